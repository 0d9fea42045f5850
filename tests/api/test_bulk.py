"""Many writes at once: each has its own verdict, none touches another, and a repeat is answered alike."""

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from hectis_flow.api.schemas_hands import Verdicts
from hectis_flow.services import bulk, sealing
from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, People, hire
from tests.api.province import FACILITY_A
from tests.api.test_errors import error_of
from tests.road import POLICE, Road, roads
from tests.tables import dump, one, rows

ACKNOWLEDGED = "SELECT count(*) FROM stage_transition WHERE transition = 'acknowledge'"
MANY = 200


@pytest.fixture
def crew(house: House, clean: Engine) -> People:
    chair = ("cc-1", "committee_chair", "wc-committee")
    return hire(house, clean, (*STAFF, *COURT_STAFF, chair))


def referred(house: House, engine: Engine, how_many: int) -> list[Road]:
    found = roads(house, engine, how_many)
    for road in found:
        road.go("basis_recorded", disclosure_basis="consent_written")
    return found


def move(road: Road | str, name: str = "acknowledge", **details: str) -> dict[str, Any]:
    ref = road if isinstance(road, str) else road.ref
    return {"do": "move", "case": ref, "body": {"move": name, "details": details}}


def send(
    client: FlaskClient, crew: People, code: str, sent: Sequence[dict[str, Any]], key: str | None = None
) -> Any:
    answer = crew.post(client, code, "bulk", {"rows": sent}, key)
    assert answer.status_code == 200, answer.text
    assert not Verdicts().validate(answer.json)
    return answer.json


def verdicts(said: Any) -> list[str]:
    return [f"{row['verdict']} {row.get('code', '')}".strip() for row in said["rows"]]


@pytest.mark.target("S3")
def test_two_hundred_with_three_bad_ones_do_the_other_hundred_and_ninety_seven(
    client: FlaskClient, house: House, clean: Engine, crew: People
) -> None:
    found = referred(house, clean, MANY - 1)
    found[7].go("acknowledge")
    sent = [move(road) for road in found]
    sent[50] = move(found[50], "burn")
    sent.insert(99, move("WC-2026-999999"))
    key = str(uuid.uuid4())

    answer = crew.post(client, "ks-1", "bulk", {"rows": sent}, key)

    said = answer.json
    assert (said["done"], said["refused"], said["not_visible"]) == (197, 2, 1)
    bad = {row["row"]: row for row in said["rows"] if row["verdict"] != "done"}
    assert {number: row.get("code") for number, row in bad.items()} == {
        8: "already_there",
        51: "unknown_transition",
        100: None,
    }
    assert bad[8]["message"]
    assert said["rows"][0]["stands"]["stage"] == "acknowledged"
    assert one(clean, ACKNOWLEDGED) == 198
    before = dump(clean)
    again = crew.post(client, "ks-1", "bulk", {"rows": sent}, key)
    assert (again.data, again.headers["Idempotency-Replayed"]) == (answer.data, "true")
    assert dump(clean) == before
    error_of(crew.post(client, "ks-1", "bulk", {"rows": sent[:5]}, key), 422, "key_reused")
    assert not list(sealing.verify(house))


def test_each_row_is_asked_by_its_own_line(
    client: FlaskClient, house: House, clean: Engine, crew: People
) -> None:
    (first, second) = referred(house, clean, 2)
    tasks = {
        row[0]: row[1]
        for row in rows(
            clean, 'SELECT c.ref, t.id FROM task t JOIN "case" c ON c.id = t.case_id WHERE t.done_at IS NULL'
        )
    }
    sent = [move(first), {"do": "claim", "task": tasks[second.ref]}]

    assert verdicts(send(client, crew, "df-1", sent)) == ["not_visible", "not_visible"]
    assert verdicts(send(client, crew, "kd-1", sent)) == ["refused role_not_allowed", "not_visible"]
    assert verdicts(send(client, crew, "cc-1", sent)) == ["not_visible", "not_visible"]
    said = send(client, crew, "ks-1", sent)
    assert verdicts(said) == ["done", "done"]
    assert said["rows"][1]["stands"]["opened_by"] == "ks-1"
    assert verdicts(send(client, crew, "ks-2", sent)) == ["refused already_there", "refused already_claimed"]
    assert one(clean, ACKNOWLEDGED) == 1


def test_what_cannot_be_taken_together_is_refused_whole(
    client: FlaskClient, house: House, clean: Engine, crew: People
) -> None:
    (road,) = referred(house, clean, 1)
    too_many = [move(f"WC-2026-{number:06}") for number in range(MANY + 1)]
    for sent, code in (
        ([], "no_rows"),
        (too_many, "too_many_rows"),
        ([move(road), move(road, "return_for_info", reason="place_unclear")], "same_case_twice"),
        ([{"do": "claim", "task": 1}, {"do": "complete", "task": 1}], "same_case_twice"),
        ([{"case": road.ref}], "invalid"),
        ([move(road) | {"why": "x"}], "invalid"),
    ):
        error_of(crew.post(client, "ks-1", "bulk", {"rows": sent}), 422, code)
    assert one(clean, ACKNOWLEDGED) == 0


def test_a_row_that_is_written_wrongly_is_its_own_refusal(
    client: FlaskClient, house: House, clean: Engine, crew: People
) -> None:
    (road,) = referred(house, clean, 1)
    wrong = [
        {"do": "burn", "case": "WC-2026-000900"},
        {"do": "move", "case": "WC-2026-000901"},
        {"do": "move", "task": 900},
        {"do": "move", "case": "WC-2026-000902", "task": 901, "body": {"move": "acknowledge"}},
        {"do": "settle", "case": "WC-2026-000903", "body": {"ending": "cured"}},
        {"do": "claim", "task": 902, "body": {"staff": "x"}},
        {"do": "move", "case": "WC-2026-000904", "body": {"move": "acknowledge", "by": "me"}},
    ]
    said = send(client, crew, "ks-1", [*wrong, move(road), move("'; DROP TABLE task")])

    assert verdicts(said) == ["refused invalid"] * len(wrong) + ["done", "not_visible"]


def test_items_and_notes_and_snoozes_are_rows_as_well(
    client: FlaskClient, house: House, clean: Engine, crew: People
) -> None:
    first, second, third = roads(house, clean, 3)
    for road in (first, second):
        road.investigated()
    first.go("submit_docket", court="khayelitsha-court")
    first.go("return_docket", reason="report_outstanding", items="ballistic_report")
    third.go("basis_recorded", disclosure_basis="consent_written")
    third.go("acknowledge")
    item = one(clean, "SELECT id FROM item WHERE kind = 'outstanding_item'")
    sent = [
        {"do": "settle", "case": first.ref, "item": item, "body": {"ending": "cured"}},
        {"do": "verify_cas", "case": second.ref, "body": {"verified": True}},
    ]
    assert verdicts(send(client, crew, "kd-1", sent)) == ["done", "done"]
    assert one(clean, "SELECT ending FROM item WHERE id = :id", id=item) == "cured"
    inspect = one(
        clean,
        """SELECT t.id FROM task t JOIN "case" c ON c.id = t.case_id
           WHERE t.kind = 'inspect_docket' AND t.done_at IS NULL AND c.ref = :ref""",
        ref=second.ref,
    )
    said = send(client, crew, "kd-1", [{"do": "complete", "task": inspect}])
    assert (verdicts(said), said["rows"][0]["stands"]["status"]) == (["done"], "done")
    assert verdicts(send(client, crew, "kd-1", [{"do": "complete", "task": inspect}])) == [
        "refused already_done"
    ]
    until = {"clock": "cas_opening", "reason": "awaiting_lab", "until": third.day(0)}
    sent = [
        {"do": "snooze", "case": third.ref, "body": until},
        {"do": "unsnooze", "case": second.ref, "body": {"clock": "investigation_progress"}},
    ]
    assert verdicts(send(client, crew, "ks-1", sent)) == ["refused until_too_near", "refused not_yours"]


@pytest.mark.target("S3")
def test_after_a_broken_connection_a_repeat_goes_on_and_what_was_said_stays_said(
    client: FlaskClient, house: House, clean: Engine, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = referred(house, clean, 6)
    sent = [move(road) for road in found]
    sent[1] = move(found[1], "open_cas", cas_number="7/01/2026")  # not acknowledged yet
    key, whole = str(uuid.uuid4()), bulk._verdict

    def breaks(*what: Any) -> Any:
        if what[2] == 4:
            raise OperationalError("", {}, Exception())
        return whole(*what)

    monkeypatch.setattr(bulk, "_verdict", breaks)
    error_of(crew.post(client, "ks-1", "bulk", {"rows": sent}, key), 503, "database_away")
    monkeypatch.undo()
    assert one(clean, ACKNOWLEDGED) == 2
    found[1].go("acknowledge", POLICE)  # now it could be done, and was refused

    said = send(client, crew, "ks-1", sent, key)

    assert verdicts(said) == ["done", "refused wrong_stage", "done", "done", "done", "done"]
    assert one(clean, ACKNOWLEDGED) == 6
    assert send(client, crew, "ks-1", sent, key) == said


@pytest.mark.target("S3")
def test_the_same_many_sent_at_once_are_done_once_and_answered_alike(
    app: Flask, house: House, clean: Engine, crew: People
) -> None:
    found = referred(house, clean, 12)
    found[3].go("acknowledge")
    sent, key = [move(road) for road in found], str(uuid.uuid4())

    def ask(_: int) -> tuple[int, bytes]:
        answer = crew.post(app.test_client(), "ks-1", "bulk", {"rows": sent}, key)
        return answer.status_code, answer.data

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(ask, range(8)))

    assert [status for status, _ in answers] == [200]
    assert one(clean, ACKNOWLEDGED) == 12
    assert not list(sealing.verify(house))


def test_without_a_key_it_is_a_new_request_each_time(
    client: FlaskClient, house: House, clean: Engine, crew: People
) -> None:
    (road,) = referred(house, clean, 1)
    assert verdicts(send(client, crew, "ks-1", [move(road)])) == ["done"]
    assert verdicts(send(client, crew, "ks-1", [move(road)])) == ["refused already_there"]
    assert one(clean, "SELECT count(*) FROM idempotency") == 0


def test_a_token_that_ends_on_the_way_ends_the_whole(
    client: FlaskClient, house: House, clean: Engine, crew: People
) -> None:
    (road,) = referred(house, clean, 1)
    header = {"Authorization": "Bearer hf_" + "a" * 43}
    error_of(
        client.post("/api/v1/bulk", headers=header, json={"rows": [move(road)]}), 401, "not_authenticated"
    )


def test_nothing_of_a_person_is_in_a_verdict(
    client: FlaskClient, house: House, clean: Engine, crew: People
) -> None:
    (road,) = referred(house, clean, 1)
    said = str(send(client, crew, "ks-1", [move(road), move("WC-2026-000999")]))
    assert FACILITY_A not in said
    assert "consent" not in said
