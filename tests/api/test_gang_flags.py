"""The gang flag over the API: set by three roles, reviewed by a second person, lifted, run out; never seen by health."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from hectis_flow.domain.access_rules import token_roles
from hectis_flow.domain.gang_flag import SOURCES
from hectis_flow.services import escalation, sealing, terms, tokens
from hectis_flow.services.house import House
from tests.api.committee import COMMITTEE_STAFF, Table
from tests.api.people import COURT_STAFF, STAFF, hire
from tests.api.province import KINDS, Province, docketed
from tests.api.test_access_matrix import requests
from tests.notices import EVENTS
from tests.services.test_undo import later
from tests.tables import one, rows

AGU = {"source": "agu_assessment"}
HEALTH = {role for role in token_roles() if role.startswith(("facility", "health"))} | {"feed_sender"}
#: Who sees the flag of the docketed case, besides those who may set one.
SEEING = {
    *SOURCES,
    *(
        "saps_liaison",
        "senior_public_prosecutor",
        "chief_prosecutor",
        "dpp_office",
        "watching_brief_official",
    ),
}


@pytest.fixture
def table(client: FlaskClient, province: Province, house: House, engine: Engine) -> Table:
    """A case that was struck off, and everybody who may have to do with it."""
    docketed(house, province)
    people = hire(house, engine, (*STAFF, *COURT_STAFF, *COMMITTEE_STAFF))
    return Table(client, people, engine, house, province.told["D"].ref)


def path(table: Table, what: str = "") -> str:
    return f"cases/{table.ref}/gang-flag{what}"


def test_a_flag_is_set_reviewed_by_another_and_lifted(table: Table, engine: Engine, house: House) -> None:
    flag = table.done("agu-1", path(table), AGU)["gang_flag"]
    assert (flag["source"], flag["office"], flag["reviewed_at"]) == ("agu_assessment", "wc-agu", None)
    assert table.refused("agu-2", path(table), AGU) == "already_flagged"
    assert table.refused("agu-1", path(table, "/renew"), {}) == "same_person"
    assert table.refused("kp-1", path(table, "/renew"), {}) == "not_your_flag"
    assert table.refused("kp-1", path(table, "/lift"), {"reason": "not_confirmed"}) == "not_your_flag"
    due = one(engine, "SELECT due_at - started_at FROM clock WHERE name = 'gang_flag_review'")
    assert due == timedelta(days=166)
    later(engine, "170 days")
    while escalation.sweep(house):
        pass
    told = (
        "SELECT e.role FROM escalation e JOIN clock k ON k.id = e.clock_id WHERE k.name = 'gang_flag_review'"
    )
    assert rows(engine, told) == [("provincial_saps",)]
    assert "review_flag" in table.tasks("agu-2")
    renewed = table.done("agu-2", path(table, "/renew"), {})["gang_flag"]
    assert renewed["reviewed_at"] is not None
    assert renewed["expires_at"] > flag["expires_at"]
    assert (
        one(
            engine,
            "SELECT count(*) FROM escalation e JOIN clock k ON k.id = e.clock_id "
            "WHERE k.name = 'gang_flag_review' AND e.cleared_at IS NULL",
        )
        == 0
    )
    assert one(engine, "SELECT count(*) FROM item WHERE kind = 'gang_flag' AND settled_at IS NULL") == 1
    assert table.done("agu-1", path(table, "/lift"), {"reason": "source_withdrawn"})["gang_flag"] is None
    assert table.refused("agu-1", path(table, "/lift"), {"reason": "not_confirmed"}) == "not_flagged"
    assert rows(engine, "SELECT ending, lift_reason FROM gang_flag") == [("lifted", "source_withdrawn")]
    assert one(engine, "SELECT count(*) FROM item WHERE kind = 'gang_flag' AND settled_at IS NULL") == 0
    notes = "SELECT body::jsonb ->> 'state' FROM ledger_entry WHERE body LIKE '%\"note\":\"gang_flag\"%' ORDER BY id"
    assert [row[0] for row in rows(engine, notes)] == ["set", "renewed", "lifted"]
    assert not list(sealing.verify(house))


def test_a_flag_that_nobody_reviews_ends_by_its_time_and_stays_on_record(
    table: Table, engine: Engine, house: House
) -> None:
    table.done(
        "kd-1", path(table), {"source": "docket_statement", "officer": "kh-io-1", "until": table.day(20)}
    )
    assert terms.keep(house) == 0
    later(engine, "22 days")
    # Gone at its moment, whenever the clock writes it down.
    assert table.get("kd-1", f"cases/{table.ref}").json["gang_flag"] is None
    assert table.get("kd-1", "cases?gang_flag=yes").json["items"] == []
    assert terms.keep(house) == 1
    assert terms.keep(house) == 0
    assert rows(engine, "SELECT ending, ended_by, officer FROM gang_flag") == [
        ("expired", "rule:clock", "kh-io-1")
    ]
    assert one(engine, "SELECT count(*) FROM item WHERE kind = 'gang_flag' AND settled_at IS NULL") == 0
    assert not list(sealing.verify(house))
    # Another one may be set then; one that has just run out is ended on the way.
    table.done("kp-1", path(table), {"source": "court_finding", "until": table.day(2)})
    later(engine, "40 days")
    table.done("kp-2", path(table), {"source": "prosecutor_assessment"})
    assert [row[0] for row in rows(engine, "SELECT ending FROM gang_flag ORDER BY id")] == [
        "expired",
        "expired",
        None,
    ]


def test_a_flag_goes_with_the_docket_that_it_was_set_on(
    table: Table, province: Province, engine: Engine, house: House
) -> None:
    ref = province.told["R"].ref
    month = one(engine, "SELECT to_char(hectis_now() AT TIME ZONE 'Africa/Johannesburg', 'MM/YYYY')")
    for move, details in (("acknowledge", {}), ("open_cas", {"cas_number": f"77/{month}"})):
        table.done("ks-1", f"cases/{ref}/moves", {"move": move, "details": details})
    table.done("agu-1", f"cases/{ref}/gang-flag", AGU)
    assert table.get("ks-1", f"cases/{ref}").json["gang_flag"]["source"] == "agu_assessment"
    table.done("ks-1", f"cases/{ref}/undo")
    assert table.get("ks-1", f"cases/{ref}").json["gang_flag"] is None
    # The unit that set it sees the case no more: nobody could lift it.
    assert table.refused("agu-1", f"cases/{ref}/gang-flag/lift", {"reason": "not_confirmed"}) == "not_found"
    assert terms.keep(house) == 1
    assert rows(engine, "SELECT ending, ended_by, lift_reason FROM gang_flag") == [
        ("lifted", "rule:clock", "source_withdrawn")
    ]
    assert one(engine, "SELECT count(*) FROM item WHERE kind = 'gang_flag' AND settled_at IS NULL") == 0
    assert not list(sealing.verify(house))


def test_what_cannot_be_flagged_so_is_refused_with_a_code(table: Table, province: Province) -> None:
    for code, body, refusal in (
        ("agu-1", {"source": "docket_statement"}, "source_not_yours"),
        ("kp-1", AGU, "source_not_yours"),
        ("kd-1", {"source": "docket_statement"}, "officer_needed"),
        ("kd-1", {"source": "docket_statement", "officer": "kh-io-2"}, "not_the_officer"),
        ("agu-1", AGU | {"officer": "kh-io-1"}, "officer_not_taken"),
        ("agu-1", AGU | {"until": table.day(0)}, "until_not_ahead"),
        ("agu-1", AGU | {"until": table.day(300)}, "until_too_far"),
        ("agu-1", {"source": "hospital"}, "invalid"),
        ("agu-1", AGU | {"note": "free text"}, "invalid"),
    ):
        assert table.refused(code, path(table), body) == refusal
    for code in ("dd-1", "bp-1", "ks-1", "kspp-1", "cwb-1", "cc-1", "gsh-1", "tbh-1", "st-1", "ps-1"):
        assert table.refused(code, path(table), AGU) == "not_found"
    assert table.refused("agu-1", f"cases/{province.told['R'].ref}/gang-flag", AGU) == "not_found"


def test_every_other_role_is_refused(table: Table, province: Province, client: FlaskClient) -> None:
    for role in set(token_roles()) - set(SOURCES):
        for office in KINDS.get(role, (None,)):
            for what, body in (("", AGU), ("/renew", {}), ("/lift", {"reason": "not_confirmed"})):
                header = province.header((role, office))
                answer = client.post(f"/api/v1/{path(table, what)}", headers=header, json=body)
                assert answer.status_code == 404, (role, what)


def test_a_token_that_is_nobodys_sets_no_flag(table: Table, house: House, client: FlaskClient) -> None:
    secret = tokens.create(house, "anti_gang_unit", "wc-agu", "a-system", 1).secret
    answer = client.post(f"/api/v1/{path(table)}", headers={"Authorization": f"Bearer {secret}"}, json=AGU)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_person")


def test_it_is_seen_by_police_prosecution_oversight_and_committee_and_by_nobody_else(
    table: Table, province: Province, client: FlaskClient, app: Flask, engine: Engine
) -> None:
    province.item_id = one(engine, "SELECT id FROM item WHERE kind = 'removal_saps'")
    province.item_task_id = one(engine, "SELECT id FROM task WHERE item_id = :id", id=province.item_id)
    table.done("agu-1", path(table), AGU)
    seen, filtered = set(), set()
    for role in token_roles():
        for office in KINDS.get(role, (None,)):
            header = province.header((role, office))
            for _, address, _, methods in requests(app, province):
                if "GET" in methods and "openapi" not in address:
                    said = client.get(address, headers=header).text
                    seen |= {role} if "agu_assessment" in said else set()
                    told = "gang_flag" in said or "agu_assessment" in said
                    assert not (told and role in HEALTH), (role, address)
            for wanted in ("yes", "no"):
                answer = client.get(f"/api/v1/cases?gang_flag={wanted}", headers=header)
                filtered |= {role} if answer.status_code == 200 else set()
                if role in HEALTH:
                    assert answer.status_code == 403
    assert seen == SEEING
    assert filtered == SEEING | {"committee_chair", "committee_secretary"}
    assert [each["ref"] for each in table.get("kp-1", "cases?gang_flag=yes").json["items"]] == [table.ref]
    assert table.get("kp-1", "cases?gang_flag=no").json["items"] == []
    assert table.get("kp-1", "cases?gang_flag=maybe").status_code == 422


def test_its_review_is_not_put_off_beyond_its_end(table: Table, engine: Engine) -> None:
    table.done("kd-1", path(table), {"source": "docket_statement", "officer": "kh-io-1"})
    item = one(engine, "SELECT id FROM item WHERE kind = 'gang_flag'")
    body = {"item": item, "reason": "officer_on_leave", "until": table.day(5)}
    assert table.refused("kd-1", f"cases/{table.ref}/snooze", body) == "clock_not_snoozed"


def test_no_notice_and_no_event_tells_of_it(table: Table, engine: Engine, house: House) -> None:
    before = one(engine, "SELECT count(*) FROM outbox")
    table.done("agu-1", path(table), AGU)
    assert one(engine, "SELECT count(*) FROM outbox") == before
    assert not [event for event in EVENTS if "gang" in event]


def test_the_database_asks_for_a_role_a_source_and_two_persons(table: Table, engine: Engine) -> None:
    table.done("agu-1", path(table), AGU)
    for change, constraint in (
        ("set_role = 'facility_liaison'", "source"),
        ("source = 'docket_statement'", "source"),
        ("reviewed_by = set_by, reviewed_at = now()", "two_people"),
        ("ended_at = now(), ended_by = 'x', ending = 'lifted'", "lift_reason"),
        ("expires_at = set_at", "expires_at"),
    ):
        with pytest.raises(IntegrityError, match=constraint), engine.begin() as connection:
            connection.execute(text(f"UPDATE gang_flag SET {change}"))  # noqa: S608
