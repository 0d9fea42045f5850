"""Cases are moved over the API by those whose move it is, seen by those whose case it is, and refused in words."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hectis_flow.services import casework, tokens
from hectis_flow.services.house import House
from tests.api.people import People
from tests.api.province import (
    CLUSTER_OTHER,
    CLUSTER_ST,
    FACILITY_A,
    FACILITY_B,
    FEED,
    RULE,
    STATION_S,
    STATION_T,
    Province,
)
from tests.api.test_errors import error_of
from tests.tables import dump, one, rows


def move(client: FlaskClient, people: People, code: str, ref: str, name: str, **details: str) -> object:
    answer = people.post(client, code, f"cases/{ref}/moves", {"move": name, "details": details})
    return answer.json["stage"] if answer.status_code == 200 else answer.json["error"]["code"]


def test_a_liaison_is_shown_what_to_do_and_what_it_needs(
    client: FlaskClient, province: Province, people: People
) -> None:
    ref = province.told["R"].ref
    shown = people.get(client, "ks-1", f"cases/{ref}/moves").json
    assert (shown["ref"], shown["stage"], shown["phase"]) == (ref, "referred", "saps")
    moves = {one["move"]: one for one in shown["moves"]}
    assert set(moves) == {"acknowledge", "return_for_info"}
    assert moves["return_for_info"]["needs"] == ["reason"]
    assert "place_unclear" in moves["return_for_info"]["codes"]["reason"]
    assert people.get(client, "tbh-1", f"cases/{ref}/moves").json["moves"] == []


def test_a_case_walks_from_the_referral_to_a_cas_and_each_stage_asks_its_owner(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    ref = province.told["R"].ref

    def queue(code: str) -> list[str]:
        return [task["kind"] for task in people.get(client, code, "tasks").json["items"]]

    assert (
        move(client, people, "ks-1", ref, "return_for_info", reason="person_unclear") == "returned_for_info"
    )
    assert (queue("ks-1"), queue("tbh-1")) == ([], ["answer_info"])
    assert move(client, people, "tbh-1", ref, "refer_again") == "referred"
    assert move(client, people, "ks-2", ref, "acknowledge") == "acknowledged"
    assert (queue("ks-1"), queue("tbh-1")) == (["open_cas"], [])
    assert move(client, people, "ks-2", ref, "open_cas", cas_number="KHAYELITSHA 1/3/2026") == "case_opened"
    assert queue("ks-1") == []
    told = rows(engine, "SELECT actor_role, actor FROM stage_transition WHERE transition = 'acknowledge'")
    assert told == [("saps_liaison", "ks-2")]
    (answer,) = rows(
        engine,
        "SELECT s.code, a.grade, a.link_id FROM acknowledgement a JOIN staff s ON s.id = a.staff_id "
        "JOIN stage_transition t ON (t.case_id, t.version) = (a.case_id, a.version) WHERE t.transition = 'acknowledge'",
    )
    assert tuple(answer) == ("ks-2", "A", None)


@pytest.mark.target("S3")
def test_a_move_that_is_not_allowed_is_refused_with_a_code_and_changes_nothing(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    ref = province.told["R"].ref
    before = dump(engine)
    for code, name, details, refusal in (
        ("ks-1", "burn", {}, "unknown_transition"),
        ("ks-1", "refer", {}, "role_not_allowed"),
        ("tbh-1", "acknowledge", {}, "role_not_allowed"),
        ("ks-1", "open_cas", {"cas_number": "1/3/2026"}, "wrong_stage"),
        ("ks-1", "refuse_case", {"reason": "duplicate"}, "wrong_stage"),
        ("ks-1", "return_for_info", {}, "missing_detail"),
        ("ks-1", "return_for_info", {"reason": "no_reason"}, "unknown_reason"),
        ("ks-1", "acknowledge", {"reason": "duplicate"}, "unknown_detail"),
    ):
        assert move(client, people, code, ref, name, **details) == refusal
    assert dump(engine) == before


@pytest.mark.target("S2")
def test_a_case_that_one_may_not_see_cannot_be_moved_and_looks_like_none(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    before = dump(engine)
    for code, ref in (
        ("df-1", province.told["R"].ref),
        ("ks-1", province.told["A"].ref),
        ("gsh-1", province.told["R"].ref),
    ):
        hidden = people.post(client, code, f"cases/{ref}/moves", {"move": "acknowledge"})
        nothing = people.post(client, code, "cases/WC-2026-999999/moves", {"move": "acknowledge"})
        assert hidden.json["error"]["message"] == nothing.json["error"]["message"]
        for answer in (hidden, nothing, people.get(client, code, f"cases/{ref}/moves")):
            error_of(answer, 404, "not_found")
    assert dump(engine) == before


@pytest.mark.target("S1")
def test_a_station_sees_a_case_from_its_referral_on_and_no_case_before_it(
    client: FlaskClient, province: Province, people: People, house: House, engine: Engine
) -> None:
    ref = province.told["A"].ref
    for name, actor, details in (
        ("classify", FEED, {"reason": "external_cause_code"}),
        ("await_basis", RULE, {}),
        ("keep_anonymous", RULE, {"reason": "consent_refused"}),
    ):
        casework.move(house, ref, name, actor, details)
        assert people.get(client, "ks-1", f"cases/{ref}").status_code == 404
    assert (
        move(client, people, "gsh-1", ref, "basis_recorded", disclosure_basis="consent_written") == "referred"
    )
    for name, code, details in (
        (None, "", {}),
        ("acknowledge", "ks-1", {}),
        ("refuse_case", "ks-1", {"reason": "other_precinct"}),
    ):
        if name:
            move(client, people, code, ref, name, **details)
        assert people.get(client, "ks-1", f"cases/{ref}").status_code == 200
        assert people.get(client, "df-1", f"cases/{ref}").status_code == 404
    # The right precinct is chosen: the first station sees it no more, the other one only once it is referred.
    body = {"station": STATION_T}
    assert people.post(client, "gsh-1", f"cases/{ref}/precinct", body).status_code == 200
    assert people.get(client, "ks-1", f"cases/{ref}").status_code == 404
    assert people.get(client, "df-1", f"cases/{ref}").status_code == 404
    assert move(client, people, "gsh-1", ref, "appeal", reason="station_corrected") == "referred"
    assert people.get(client, "ks-1", f"cases/{ref}").status_code == 404
    assert people.get(client, "df-1", f"cases/{ref}").status_code == 200


def test_a_chosen_precinct_lets_a_case_go_on_at_once(
    client: FlaskClient, province: Province, people: People, house: House, engine: Engine
) -> None:
    ref = province.told["A"].ref
    with engine.begin() as connection:
        for statement in (
            """
            UPDATE incident i SET station_id = NULL, precinct_basis = 'unresolved'
            FROM "case" c WHERE c.incident_id = i.id AND c.ref = :ref
            """,
            'UPDATE "case" SET station_id = NULL WHERE ref = :ref',
        ):
            connection.execute(text(statement), {"ref": ref})
    casework.move(house, ref, "classify", FEED, {"reason": "external_cause_code"})
    casework.move(house, ref, "await_basis", RULE)
    details = {"disclosure_basis": "consent_written"}
    shown = people.post(
        client, "gsh-1", f"cases/{ref}/moves", {"move": "basis_recorded", "details": details}
    ).json
    assert shown["stage"] == "referral_ready"
    assert {one["move"]: one["lacks"] for one in shown["moves"]}["refer"] == ["station"]
    assert move(client, people, "gsh-1", ref, "refer") == "precinct_unresolved"
    assert [task["kind"] for task in people.get(client, "gsh-1", "tasks").json["items"]] == [
        "choose_precinct"
    ]
    wrong = people.post(client, "gsh-1", f"cases/{ref}/precinct", {"station": FACILITY_B})
    error_of(wrong, 409, "unknown_station")
    chosen = people.post(client, "gsh-1", f"cases/{ref}/precinct", {"station": STATION_S})
    assert chosen.json["stage"] == "referred"
    assert people.get(client, "gsh-1", "tasks").json["items"] == []
    assert ref in {task["case_ref"] for task in people.get(client, "ks-1", "tasks").json["items"]}


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        [],
        "acknowledge",
        {"move": 1},
        {"move": "Acknowledge"},
        {"move": "acknowledge\n"},
        {"move": "acknowledge", "details": []},
        {"move": "acknowledge", "details": {"x": 1}},
        {"move": "acknowledge", "details": {"canary_family": ["x"]}},
        {"move": "acknowledge", "details": {"reason": "\0"}},
        {"move": "acknowledge", "details": {"reason": "\ud800"}},
        {"move": "acknowledge", "details": {"reason": "x" * 4001}},
        {"move": "acknowledge", "canary_family": "x"},
    ],
)
def test_a_body_of_another_form_is_refused_without_saying_it_back(
    client: FlaskClient, province: Province, people: People, body: object
) -> None:
    answer = people.post(client, "ks-1", f"cases/{province.told['R'].ref}/moves", body)
    error = error_of(answer, 422, "invalid")
    assert "canary" not in str(error)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"move": ' + b'{"a":' * 50_000])
def test_a_body_that_is_no_json_is_refused(
    client: FlaskClient, province: Province, people: People, body: bytes
) -> None:
    answer = client.post(
        f"/api/v1/cases/{province.told['R'].ref}/moves",
        data=body,
        headers=people.header("ks-1"),
        content_type="application/json",
    )
    error_of(answer, 400, "bad_request")


def test_what_a_station_was_given_and_what_it_was_not(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    ref = province.told["R"].ref
    given = people.get(client, "ks-1", f"cases/{ref}/referral").json
    assert given["basis"] == "consent_written"
    assert given["fields"]["name"]["family"] == "CanaryRfamily"
    assert not {"numbers", "complaint", "visit_number"} & set(given["fields"])
    (sent,) = people.get(client, "tbh-1", f"cases/{ref}/disclosures").json["items"]
    assert (sent["office"], sent["fields"]["name"]) == (STATION_S, "consent_written")
    assert "Canary" not in str(sent)
    assert one(engine, "SELECT count(*) FROM read_log WHERE action = 'cases.referral'") == 1


def test_escalations_are_seen_from_above_and_from_nowhere_else(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO escalation (case_id, clock_id, level, office_id, role) "
                "SELECT case_id, id, 1, office_id, 'station_commander' FROM clock WHERE stopped_at IS NULL"
            )
        )

    def seen(*caller: str) -> list[str]:
        answer = province.get(client, caller, "/api/v1/escalations")  # type: ignore[arg-type]
        return [one["case_ref"] for one in answer.json["items"]]

    ref = province.told["R"].ref
    for role, office in (
        *(("saps_liaison", STATION_S), ("station_commander", STATION_S), ("detective_commander", STATION_S)),
        *(("cluster_commander", CLUSTER_ST), ("provincial_saps", "wc-saps")),
    ):
        assert seen(role, office) == [ref], role
    for role, office in (
        *(
            ("saps_liaison", STATION_T),
            ("station_commander", STATION_T),
            ("cluster_commander", CLUSTER_OTHER),
        ),
        *(
            ("facility_manager", FACILITY_B),
            ("facility_liaison", FACILITY_A),
            ("health_province_manager", "wc-health-data"),
        ),
        ("committee_chair", "wc-committee"),
    ):
        assert seen(role, office) == [], role
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE escalation SET level = 4, office_id = (SELECT id FROM office WHERE code = 'wc-committee')"
            )
        )
    assert seen("committee_chair", "wc-committee") == [ref]
    assert seen("station_commander", STATION_S) == [ref]
    with engine.begin() as connection:
        connection.execute(text("UPDATE escalation SET cleared_at = hectis_now()"))
    assert seen("station_commander", STATION_S) == []
    cleared = province.get(client, ("station_commander", STATION_S), "/api/v1/escalations?state=cleared").json
    assert [one["level"] for one in cleared["items"]] == [4]


def test_a_case_of_no_known_facility_is_taken_on_by_the_office_that_owns_it(
    client: FlaskClient, province: Province, people: People, house: House, engine: Engine
) -> None:
    told = province.told["A"]
    with engine.begin() as connection:
        for change in (
            "UPDATE incident SET facility_id = NULL WHERE id = :id",
            """UPDATE encounter SET facility_id = NULL FROM incident_patient p
               WHERE p.encounter_id = encounter.id AND p.incident_id = :id""",
            """UPDATE "case" SET facility_id = NULL, owner_office_id = o.id FROM office o
               WHERE incident_id = :id AND o.code = 'wc-health-data'""",
            "INSERT INTO staff (code, key_id, person_enc) VALUES ('wc-1', 'k1', '\\x00')",
            """INSERT INTO staff_post (staff_id, office_id, role) SELECT s.id, o.id, 'facility_liaison'
               FROM staff s, office o WHERE s.code = 'wc-1' AND o.code = 'wc-health-data'""",
        ):
            connection.execute(text(change), {"id": told.incident_id})
    theirs = People({**people.secrets, "wc-1": tokens.create_for_staff(house, "wc-1", 1).secret})

    for code, seen in (("wc-1", 200), ("gsh-1", 404), ("tbh-1", 404)):
        for path in (f"cases/{told.ref}", f"cases/{told.ref}/moves", f"incidents/{told.incident_id}"):
            assert theirs.get(client, code, path).status_code == seen
    assert [case["ref"] for case in theirs.get(client, "wc-1", "cases").json["items"]] == [told.ref]
    assert len(theirs.get(client, "wc-1", f"incidents/{told.incident_id}").json["patients"]) == 1
    assert move(client, theirs, "wc-1", told.ref, "open") == "role_not_allowed"
    chosen = theirs.post(client, "wc-1", f"cases/{told.ref}/precinct", {"station": STATION_T})
    assert error_of(chosen, 409, "precinct_resolved")
