"""Who sees what: every address, method, role and office, and every field, against a table of its own.

The table below is written by hand from domain.md 4.4 and 7, and shares nothing with the policy table
that the service reads: where the two differ, one of them is wrong.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hectis_flow.domain.access import OWN_PAGES, PAGES, PUBLIC
from hectis_flow.domain.access_rules import token_roles
from hectis_flow.services.house import House
from tests.api.province import (
    CHIEF,
    DPP,
    FACILITY_A,
    FACILITY_B,
    KINDS,
    NPA,
    OTHER_CHIEF,
    OTHER_NPA,
    POCS,
    STATION_S,
    STATION_T,
    Province,
    canaries,
    docketed,
    watched,
)
from tests.tables import one as only

pytestmark = pytest.mark.target("S1")

Caller = tuple[str, str | None]
CALLERS: tuple[Caller, ...] = tuple((role, one) for role in token_roles() for one in KINDS.get(role, (None,)))
# What an address does not take is refused before anybody is asked for, and HEAD is GET: a few callers show it.
SOME = (None, ("facility_liaison", FACILITY_A), ("administrator", None))
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

# Which records a caller sees, by letter; P is a message of no facility. Missing: the list is closed.
ALL = "ABRD"
NPA_ROLES = ("prosecutor", "senior_public_prosecutor")
OF_THE_COURT: tuple[Caller, ...] = (
    *((role, NPA) for role in NPA_ROLES),
    ("chief_prosecutor", CHIEF),
    ("dpp_office", DPP),
)
OF_ANOTHER: tuple[Caller, ...] = (
    *((role, OTHER_NPA) for role in NPA_ROLES),
    ("chief_prosecutor", OTHER_CHIEF),
)
COMMITTEE: tuple[Caller, ...] = (("committee_chair", "wc-committee"), ("committee_secretary", "wc-committee"))
AGU: Caller = ("anti_gang_unit", "wc-agu")
# Who can owe the committee something.
OWES = (
    *("facility_liaison", "facility_manager", "health_district_manager", "health_province_manager"),
    *("saps_liaison", "station_commander", "detective_commander", "cluster_commander", "provincial_saps"),
    *("anti_gang_unit", *NPA_ROLES, "chief_prosecutor", "dpp_office", "watching_brief_official"),
)
# Who may put a case on the committee's agenda, and take it back.
TABLES = (
    *("committee_chair", "committee_secretary", "provincial_saps", "watching_brief_official"),
    *("chief_prosecutor", "dpp_office"),
)
VISIBLE: Mapping[Caller, Mapping[str, str]] = {
    ("facility_liaison", FACILITY_A): {"messages": "A", "incidents": "A", "cases": "A"},
    ("facility_liaison", FACILITY_B): {"messages": "BRD", "incidents": "BRD", "cases": "BRD"},
    ("saps_liaison", STATION_S): {"cases": "RD"},
    ("saps_liaison", STATION_T): {"cases": ""},
    ("detective_commander", STATION_S): {"cases": "RD"},
    ("detective_commander", STATION_T): {"cases": ""},
    **{caller: {"cases": "D"} for caller in OF_THE_COURT},
    **{caller: {"cases": ""} for caller in OF_ANOTHER},
    ("watching_brief_official", POCS): {"cases": "D"},
    **{caller: {"cases": ""} for caller in COMMITTEE},
    AGU: {"cases": "D"},
    ("health_data_steward", None): {"messages": ALL + "P", "incidents": ALL, "cases": ALL},
    ("information_officer", None): {"messages": ALL + "P", "incidents": ALL, "cases": ALL},
    ("administrator", None): {"messages": ALL + "P"},
}

# Whose it is to do what with a case: A and B are recorded, R lies with station S since B referred it, and D
# was struck off the roll. An address below a case or a task answers 200, or what is said here of the body that
# the test sends, by letter where it differs.
OWN = {("facility_liaison", FACILITY_A): "A", ("facility_liaison", FACILITY_B): "BRD"}
STEWARD: Mapping[Caller, str] = {("health_data_steward", None): ALL}
OFFICER: Mapping[Caller, str] = {("information_officer", None): ALL}
LIAISON = {("saps_liaison", STATION_S): "RD"}
STATION = LIAISON | {("detective_commander", STATION_S): "RD"}
PROSECUTORS = dict.fromkeys(OF_THE_COURT, "D")
MOVERS = OWN | STEWARD | STATION | PROSECUTORS
# The task of R is the liaison's; the one of D is the detective's. The tokens of this province are nobody's.
WORKERS = {("saps_liaison", STATION_S): "R", ("detective_commander", STATION_S): "D"}
HEADS_OF_R: Mapping[Caller, str] = dict.fromkeys(
    (
        *(("facility_liaison", FACILITY_B), ("facility_manager", FACILITY_B)),
        *((role, STATION_S) for role in ("saps_liaison", "detective_commander", "station_commander")),
    ),
    "R",
)
FLAGGERS = {AGU: "D", ("detective_commander", STATION_S): "RD", ("prosecutor", NPA): "D"}
# The brief of D is closed, and its letter to station S answered: nothing is left to do with them.
WATCHERS: Mapping[Caller, str] = {("watching_brief_official", POCS): "D"}
WRITTEN_TO = {(role, STATION_S): "D" for role in ("saps_liaison", "detective_commander", "station_commander")}
BRIEFS: Mapping[str, tuple[Mapping[Caller, str], int | Mapping[str, int]]] = {
    "briefs.read": (WATCHERS | PROSECUTORS | WRITTEN_TO, 200),
    **{f"briefs.{what}": (WATCHERS | WRITTEN_TO, 200) for what in ("letter", "letter_pdf")},
    **{f"briefs.{what}": (WATCHERS | PROSECUTORS, 409) for what in ("acknowledge", "decline", "redirect")},
    **{f"briefs.{what}": (WATCHERS, 409) for what in ("observe", "send_letter", "close")},
    "briefs.reply": (WRITTEN_TO, {"D": 409}),
}
REACHED: Mapping[str, tuple[Mapping[Caller, str], int | Mapping[str, int]]] = {
    "cases.moves": (MOVERS, 200),
    "cases.referral": (OWN | LIAISON, 200),
    "cases.disclosures": (OWN | OFFICER, 200),
    "cases.notices": (OWN | OFFICER | STATION | PROSECUTORS | WATCHERS, 200),
    "cases.reads": (OWN | OFFICER | STATION | PROSECUTORS | {("auditor", None): ALL}, 200),
    # `open` is nobody's to make: refused to all who see the case.
    "cases.move": (MOVERS, 409),
    # Nobody takes back what somebody else did; and whose tokens are nobody's proposes nothing.
    "cases.undo": (MOVERS, 409),
    "cases.propose": (MOVERS, 403),
    **{f"proposals.{what}": ({}, 404) for what in ("confirm", "refuse", "take_back")},
    # The hospital's messages name the station themselves.
    "cases.precinct": (OWN | STEWARD, 409),
    # Nobody has opened a CAS for R.
    "cases.verify_cas": (STATION, {"R": 409, "D": 200}),
    "cases.arrest": (STATION, 409),
    # A facility collects nothing, and there is nothing to collect.
    "cases.j88": (OWN | STATION, 409),
    # What the detective is asked for ends with a move; it is nobody else's, and of no other case.
    "cases.settle": ({("detective_commander", STATION_S): "D"}, 409),
    # Neither is on the roll: no day in court is near.
    "cases.countdown": ({("detective_commander", STATION_S): "RD", ("prosecutor", NPA): "D"}, 409),
    # The clock of R is urgent, and most who see it do not owe it; nothing is put off.
    **dict.fromkeys(("cases.snooze", "cases.unsnooze"), (HEADS_OF_R, 409)),
    **{f"tasks.{what}": (WORKERS, 403) for what in ("claim", "release", "reassign", "complete")},
    # Whose these would be; but they are nobody's tokens, and the committee hears persons.
    **{f"meetings.{what}": (dict.fromkeys(COMMITTEE, "A"), 403) for what in ("open", "attend", "close")},
    **{f"meetings.{what}": ({}, 404) for what in ("read", "minutes", "paper")},
    **{
        f"decisions.{what}": ({COMMITTEE[0]: "A"}, 403) for what in ("confirm", "drop", "accept", "send_back")
    },
    "decisions.report": (
        dict.fromkeys((COMMITTEE[1], *(one for one in CALLERS if one[0] in OWES)), "A"),
        403,
    ),
    "decisions.read": ({}, 404),
    # A digest is its reader's alone; the tokens of this province are nobody's.
    **{f"digests.{what}": ({}, 404) for what in ("read", "pack", "acknowledge")},
    "agenda.take_back": (dict.fromkeys((one for one in CALLERS if one[0] in TABLES), "A"), 403),
    **{f"cases.{what}": (FLAGGERS, 403) for what in ("flag_gang", "renew_flag", "lift_flag")},
    **BRIEFS,
    # Nobody has the code that is asked for; to others than the administrator nobody has any.
    **{f"staff.{what}": ({}, 404) for what in ("ways", "unpark")},
    "offices.read": (dict.fromkeys((one for one in CALLERS if one[0] != "feed_sender"), ALL), 200),
}
APPEARANCE = {"court_date": "2026-01-05", "outcome": "postponed", "docket_at_court": "no"}
BODIES: Mapping[str, dict[str, Any]] = {
    "cases.move": {"move": "open"},
    "cases.propose": {"move": "link_existing"},
    "cases.precinct": {"station": STATION_T},
    "cases.verify_cas": {"verified": True},
    "cases.arrest": {"at": "2199-01-01", "how": "arrest"},
    "cases.j88": {"state": "collected"},
    "cases.settle": {"ending": "cured"},
    "cases.countdown": {"checks": [{"cause": "docket_not_at_court", "answer": "yes"}]},
    "cases.snooze": {"clock": "saps_acknowledge", "reason": "awaiting_lab", "until": "2199-01-01"},
    "cases.unsnooze": {"clock": "saps_acknowledge"},
    "tasks.reassign": {"staff": "nobody-1"},
    "links.revoke": {"staff": "nobody-1"},
    "staff.ways": {"steps": [{"channel": "email"}]},
    "staff.unpark": {"channel": "email"},
    "bulk.write": {"rows": [{"do": "claim", "task": 1_000_001}]},
    "cases.flag_gang": {"source": "agu_assessment"},
    "cases.renew_flag": {},
    "cases.lift_flag": {"reason": "not_confirmed"},
    "meetings.plan": {"held_on": "2199-01-01"},
    "meetings.attend": {"seats": []},
    "agenda.table": {"case": "WC-2026-000001", "reason": "no_answer"},
    "decisions.record": {"kind": "assign_people", "office": STATION_S, "due_on": "2199-01-01"},
    "decisions.report": {"outcome": "done"},
    "decisions.send_back": {"reason": "not_enough"},
    "briefs.open": {"case": "WC-2026-999999"},
    "briefs.import": {"rows": [APPEARANCE | {"case_ref": "WC-2026-999999"}]},
    "briefs.decline": {"reason": "overload"},
    "briefs.redirect": {"reason": "overload", "office": OTHER_NPA},
    "briefs.observe": APPEARANCE | {"recommendation": "none"},
    "briefs.send_letter": {"to": "npa", "recommendation": "none"},
    "briefs.reply": {"answer": "done"},
    "briefs.close": {"reason": "finalised"},
}
HEARS_OF_LATENESS = {
    *("facility_liaison", "facility_manager", "health_district_manager", "health_province_manager"),
    *("saps_liaison", "station_commander", "detective_commander", "cluster_commander", "provincial_saps"),
    *("committee_chair", "committee_secretary", "prosecutor", "senior_public_prosecutor"),
    *("chief_prosecutor", "dpp_office", "watching_brief_official", "anti_gang_unit"),
}
HAS_TASKS = HEARS_OF_LATENESS | {
    *("health_data_steward", "administrator"),
}
# The pages: no token opens them, and who sees what there has a test of its own (tests/web/test_rooms.py).
BY_COOKIE = {*PAGES, *OWN_PAGES, "sign_in", "sign_in_try", "enrol", "enrol_set", "practise"}
# Nothing beats in this province, and the link is nobody's.
ANYBODY = {
    **dict.fromkeys(("front", "health", "metrics", "api-docs.openapi_json", "static"), 200),
    **dict.fromkeys(("link", "link_answer", "hook_receipts", "reply_hook", "chat_hook"), 404),
    "mailbox": 200,
    "ready": 503,
}
OPEN_LISTS = {
    "tasks.list": HAS_TASKS,
    "escalations.list": HEARS_OF_LATENESS,
    "offices.list": set(token_roles()) - {"feed_sender"},
    "bulk.write": HAS_TASKS,
    "links.revoke": {"administrator", "information_officer"},
    "load.list": {
        *("detective_commander", "station_commander", "cluster_commander", "provincial_saps"),
        *("senior_public_prosecutor", "chief_prosecutor", "dpp_office"),
    },
    "balance.list": {
        *("committee_chair", "committee_secretary", "auditor", "information_officer", "health_data_steward"),
        *("administrator", "health_province_manager", "provincial_saps", "dpp_office"),
    },
    **{name: {role for role, _ in COMMITTEE} for name in ("meetings.list", "agenda.read")},
    "decisions.list": {"committee_chair", "committee_secretary", *OWES},
    "briefs.list": {
        *("watching_brief_official", "saps_liaison", "detective_commander", "station_commander"),
        *("prosecutor", "senior_public_prosecutor", "chief_prosecutor", "dpp_office"),
        *("committee_chair", "committee_secretary"),
    },
    "digests.list": {
        *("committee_chair", "provincial_saps", "dpp_office", "health_province_manager", "chief_prosecutor"),
        *("cluster_commander", "health_district_manager", "watching_brief_official", "station_commander"),
        *("senior_public_prosecutor", "facility_manager"),
    },
    "proposals.list": {role for role, _ in MOVERS} | {"facility_manager", "station_commander"},
    "countdown.list": {"detective_commander", *NPA_ROLES},
}
# Nobody's token makes anything of these, and the other roles not even with a person.
NOBODYS: Mapping[str, set[str]] = {
    name: set() for name in ("meetings.plan", "agenda.table", "decisions.record")
}

# What has its record in the body. Messages: an empty body of no media type, from those who may send at all. The case
# that is named is not there; rows are taken over by the unit alone.
IN_THE_BODY: Mapping[str, Mapping[str, int]] = {
    "messages.send": {"feed_sender": 415},
    "briefs.open": {},
    "briefs.import": {"watching_brief_official": 200},
}
OTHERWISE = {"messages.send": 403, "briefs.open": 404, "briefs.import": 403}

ENVELOPE = {
    *("id", "received_at", "message_type", "event", "state", "reason", "facility", "control_id"),
    "application_ack",
}
TRANSPORT = {
    *("channel", "peer", "source_app", "source_facility", "size", "ack_code", "control_id_reused"),
    *("attempts", "done_at"),
}
LINKS = {"incident_id", "case_ref"}
INCIDENT_ROAD = {"id", "recorded_at", "changed_at", "voided_at", "case_ref"}
INCIDENT = INCIDENT_ROAD | {
    *("facility", "intent", "mechanism", "weapon_class", "place_type", "activity", "happened_at"),
    *("happened_precision", "time_basis", "station", "precinct_basis", "location_basis"),
}
PATIENT = {
    *("patients.role", "patients.sex", "patients.age_years", "patients.arrived_at", "patients.left_at"),
    *("patients.sats_colour", "patients.tews", "patients.codes", "patients.disposition"),
    *("patients.admitted", "patients.died", "patients.police_notified", "patients.quality"),
}
NAMED = {
    *("patients.name", "patients.numbers", "patients.born", "patients.residence"),
    *("patients.visit_number", "patients.complaint", "patients.brought_in_by", "patients.place_text"),
    *("patients.place_address", "patients.stays"),
}
CASE_ROAD = {"ref", "stage", "phase", "version", "since", "owner_office"}
ORIGIN = {"opened_at", "conflict"}
CASE_OUT = (
    CASE_ROAD
    | ORIGIN
    | {
        *("station", "incident.intent", "incident.mechanism", "incident.weapon_class", "incident.place_type"),
        *("incident.happened_at", "incident.happened_precision", "incident.time_basis"),
        *("incident.precinct_basis", "incident.location_basis"),
    }
)
CASE = CASE_OUT | {"incident_id", "facility"}
GANG = {"gang_flag"}
NUMBERS = {"docket", "court"}
TRIED = {"charges", "postponements", "removals", "brief", "awaited", "snoozes"}
# What is asked before the next day in court.
AHEAD = {"countdown"}
CLIMBED = {"climbed"}
J88 = {"j88"}
GROUNDS = {"grounds"}
PROOF = {"ledger_seq", "ledger_head", "sealed"}
HISTORY = {"history"}

# Fields of a list, and what a single record adds.
FIELDS: Mapping[str, Mapping[str, tuple[set[str], set[str]]]] = {
    "facility_liaison": {
        "messages": (ENVELOPE | LINKS, set()),
        "incidents": (INCIDENT, PATIENT | NAMED),
        "cases": (CASE | GROUNDS | J88, HISTORY | PROOF | {"put_off"}),
    },
    "saps_liaison": {"cases": (CASE_OUT | NUMBERS | GANG, TRIED | AHEAD | J88)},
    "detective_commander": {"cases": (CASE_OUT | NUMBERS | GANG, TRIED | AHEAD | J88 | CLIMBED)},
    # By its numbers; of anything medical the state of the J88, and to the watching brief not even that.
    **{
        role: {"cases": (CASE_ROAD | NUMBERS | GANG, TRIED | AHEAD | J88 | CLIMBED)}
        for role, _ in OF_THE_COURT
    },
    "prosecutor": {"cases": (CASE_ROAD | NUMBERS | GANG, TRIED | AHEAD | J88)},
    "watching_brief_official": {"cases": (CASE_ROAD | NUMBERS | GANG, TRIED)},
    "anti_gang_unit": {"cases": (CASE_ROAD | NUMBERS | GANG, {"charges", "postponements"})},
    **{role: {"cases": (CASE_ROAD | GANG, set())} for role, _ in COMMITTEE},
    "health_data_steward": {
        "messages": (ENVELOPE | TRANSPORT | LINKS, set()),
        "incidents": (INCIDENT, PATIENT),
        "cases": (CASE, HISTORY | PROOF),
    },
    "information_officer": {
        "messages": (ENVELOPE | TRANSPORT, set()),
        "incidents": (INCIDENT_ROAD, set()),
        "cases": (CASE_ROAD | ORIGIN | PROOF, set()),
    },
    "administrator": {"messages": (ENVELOPE | TRANSPORT, set())},
}


@pytest.fixture
def province(province: Province, house: House, engine: Engine) -> Province:
    """The small province, and a case that has been through court."""
    docketed(house, province)
    province.item_id = only(engine, "SELECT id FROM item WHERE kind = 'removal_saps'")
    province.item_task_id = only(engine, "SELECT id FROM task WHERE item_id = :id", id=province.item_id)
    watched(house, province, engine)
    return province


def keys(province: Province, noun: str) -> dict[str, int | str]:
    """The key of every record of a noun, by letter."""
    told = province.told.items()
    own: dict[str, dict[str, int | str]] = {
        "tasks": {"A": 1_000_001, "B": 1_000_002, "R": province.task_id, "D": province.item_task_id},
        "briefs": {"D": province.brief_id},
        **{noun: {"A": 1_000_001} for noun in ("proposals", "meetings", "decisions", "agenda", "digests")},
        "staff": {"A": "nobody-1"},
        "offices": {"A": FACILITY_A, "B": FACILITY_B, "R": STATION_S, "D": NPA},
    }
    if noun in own:
        return own[noun]
    if noun == "messages":
        return {letter: one.message_id for letter, one in told} | {"P": province.parked_id}
    if noun == "incidents":
        return {letter: one.incident_id for letter, one in told}
    return {letter: one.ref for letter, one in told}


def names(record: Mapping[str, Any]) -> set[str]:
    """The fields of a record, one level deep."""
    found: set[str] = set()
    for name, value in record.items():
        if name in {"patients", "incident"}:
            for one in value if isinstance(value, list) else [value]:
                found |= {f"{name}.{inner}" for inner in one}
        else:
            found.add(name)
    return found


def requests(app: Flask, province: Province) -> Iterator[tuple[str, str, str | None, set[str]]]:
    """Every address of the app with every key: endpoint, path, letter of the record, methods."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in BY_COOKIE:
            continue
        methods = set(rule.methods or ())
        if not rule.arguments:
            yield rule.endpoint, rule.rule, None, methods
        elif rule.endpoint.startswith("link"):
            yield rule.endpoint, "/a/no-such-token", None, methods
        elif rule.endpoint == "mailbox":
            continue  # of a mail that stands there: its own test
        elif rule.endpoint != "static":
            noun = rule.endpoint.partition(".")[0]
            for letter, key in keys(province, noun).items():
                inner = province.letter_id if noun == "briefs" else province.item_id
                below = re.sub("<.*>", str(inner), rule.rule.partition(">")[2])
                yield rule.endpoint, f"/api/v1/{noun}/{key}{below}", letter, methods


def expected(endpoint: str, letter: str | None, caller: Caller | None) -> int:
    """The status that the tables above ask for."""
    if endpoint in ANYBODY:
        return ANYBODY[endpoint]
    if caller is None:
        return 401
    if endpoint in OPEN_LISTS | NOBODYS:
        return 200 if caller[0] in (OPEN_LISTS | NOBODYS)[endpoint] else 403
    if endpoint in IN_THE_BODY:
        return IN_THE_BODY[endpoint].get(caller[0], OTHERWISE[endpoint])
    noun, _, what = endpoint.partition(".")
    if what == "list":
        return 200 if noun in VISIBLE.get(caller, {}) else 403
    reached, answer = REACHED.get(endpoint, ({caller: VISIBLE.get(caller, {}).get(noun, "")}, 200))
    answers = dict.fromkeys(ALL + "P", answer) if isinstance(answer, int) else answer
    return answers[letter] if letter is not None and letter in reached.get(caller, "") else 404


def test_every_address_answers_every_caller_as_the_table_says(
    app: Flask, client: FlaskClient, province: Province
) -> None:
    wrong, tried = [], set()
    taken = {(path, method) for _, path, _, methods in requests(app, province) for method in methods}
    for endpoint, path, letter, methods in requests(app, province):
        for caller in (None, *CALLERS):
            header = province.header(caller) if caller else {}
            for method in METHODS if caller in SOME else sorted(methods - {"HEAD"}):
                if method not in methods and ((path, method) in taken or (endpoint, caller, method) in tried):
                    continue  # another view of the same address, or refused whatever record is asked for
                tried.add((endpoint, caller, method))
                body = BODIES.get(endpoint) if method == "POST" else None
                status = client.open(path, method=method, headers=header, json=body).status_code
                wanted = expected(endpoint, letter, caller) if method in methods else 405
                if status != wanted:
                    wrong.append((method, path, caller, status, wanted))
    assert wrong == []


def test_the_table_speaks_of_every_address(app: Flask) -> None:
    nouns = {noun for seen in VISIBLE.values() for noun in seen}
    said = {f"{noun}.{what}" for noun in nouns for what in ("list", "read")}
    said |= {*ANYBODY, *REACHED, *OPEN_LISTS, *NOBODYS, *IN_THE_BODY}
    assert {rule.endpoint for rule in app.url_map.iter_rules()} - BY_COOKIE == said
    assert len(ANYBODY) == len(PUBLIC.keys() - BY_COOKIE)


def test_a_list_holds_the_visible_records_and_fields_only(client: FlaskClient, province: Province) -> None:
    for caller, seen in VISIBLE.items():
        for noun, letters in seen.items():
            items = province.get(client, caller, f"/api/v1/{noun}").json["items"]
            key = "ref" if noun == "cases" else "id"
            assert {item[key] for item in items} == {keys(province, noun)[letter] for letter in letters}
            for item in items:
                assert names(item) == FIELDS[caller[0]][noun][0]


def test_a_record_holds_the_granted_fields_only(client: FlaskClient, province: Province) -> None:
    for caller, seen in VISIBLE.items():
        for noun, letters in seen.items():
            listed, added = FIELDS[caller[0]][noun]
            for letter in letters:
                record = province.get(client, caller, f"/api/v1/{noun}/{keys(province, noun)[letter]}").json
                assert names(record) == listed | added


def test_names_are_seen_by_the_own_facility_and_by_nobody_else(
    app: Flask, client: FlaskClient, province: Province
) -> None:
    seen = set()
    for path in [path for _, path, _, methods in requests(app, province) if "GET" in methods]:
        for caller in (None, *CALLERS):
            header = province.header(caller) if caller else {}
            # What is on paper is no text.
            body = client.get(path, headers=header).get_data().decode("utf-8", "replace")
            for letter in ALL + "P":
                seen |= {(caller, letter, what) for what, mark in canaries(letter).items() if mark in body}
    named = set(canaries("A")) - {"raw"}
    own = {(("facility_liaison", FACILITY_A), "A", what) for what in named}
    own |= {(("facility_liaison", FACILITY_B), letter, what) for letter in "BRD" for what in named}
    # What the patients of R and D consented to, and what a consent can carry: no number, nothing medical.
    consented = {"family", "given", "street", "place"}
    own |= {(("saps_liaison", STATION_S), letter, what) for letter in "RD" for what in consented}
    assert seen == own


def test_a_patient_of_another_facility_stays_hidden_in_a_shared_incident(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    told = province.told
    with engine.begin() as connection:
        statement = text("UPDATE incident_patient SET incident_id = :to WHERE incident_id = :from")
        connection.execute(statement, {"to": told["A"].incident_id, "from": told["B"].incident_id})
    path = f"/api/v1/incidents/{told['A'].incident_id}"
    own = province.get(client, ("facility_liaison", FACILITY_A), path).json["patients"]
    assert [patient["name"]["family"] for patient in own] == [canaries("A")["family"]]
    assert len(province.get(client, ("health_data_steward", None), path).json["patients"]) == 2


def test_a_changed_role_and_a_revoked_token_count_from_the_next_request_on(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    caller, path = ("health_data_steward", None), "/api/v1/cases"

    def change(what: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE api_token SET {what} WHERE label = 'health_data_steward'"))  # noqa: S608

    assert province.get(client, caller, path).status_code == 200
    change("role = 'auditor'")
    assert province.get(client, caller, path).status_code == 403
    change("role = 'facility_liaison'")  # of no office: nothing is its own
    assert province.get(client, caller, path).json["items"] == []
    change("role = 'nobody'")
    assert province.get(client, caller, path).status_code == 403
    change("role = 'health_data_steward', expires_at = now() - interval '1 second'")
    assert province.get(client, caller, path).status_code == 401
    change("expires_at = now() + interval '1 day', revoked_at = now()")
    assert province.get(client, caller, path).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer hf_",
        "Basic aGY6eA==",
        "Bearer hf_" + "a" * 43,
        "Bearer hf_" + "a" * 43 + ", Bearer x",
        "Bearer " + "é" * 46,
    ],
)
def test_what_is_no_living_token_is_answered_alike(client: FlaskClient, header: str) -> None:
    answer = client.get("/api/v1/cases", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.json["error"]["message"] == "Send a living token as 'Authorization: Bearer hf_...'."
