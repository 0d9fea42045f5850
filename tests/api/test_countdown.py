"""The countdown over the API: who is asked, who sees what, what is refused, and an answer once a key."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hectis_flow.api.schemas_countdown import CountdownOfCase, CountdownPage
from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, hire
from tests.api.province import NPA, STATION_S, Province
from tests.api.test_court import OF_HOSPITAL, Walk
from tests.api.test_errors import error_of
from tests.tables import one

DOCKET = {"cause": "docket_not_at_court", "answer": "yes"}


@pytest.fixture
def walk(client: FlaskClient, province: Province, house: House, engine: Engine) -> Walk:
    """A case that is to be in court the day after tomorrow, for the first time."""
    walk = Walk(client, hire(house, engine, (*STAFF, *COURT_STAFF)), engine, province.told["R"].ref)
    walk.submitted()
    details = {"court_case_no": "B77/2026", "next_date": walk.day(2), "charges": "1=murder"}
    assert walk.go("kp-1", "enrol", court="khayelitsha-court", **details) == "enrolled"
    return walk


def answered(walk: Walk, code: str, *checks: dict[str, str], **more: Any) -> Any:
    return walk.post(code, "/countdown", {"checks": list(checks), **more})


def ahead(walk: Walk, code: str, query: str = "") -> Any:
    """The days in court ahead of somebody's office."""
    page = walk.people.get(walk.client, code, f"countdown{query}").json
    assert not CountdownPage().validate(page)
    return page


def test_both_sides_see_what_is_asked_and_answer_their_own(walk: Walk) -> None:
    (own,) = ahead(walk, "kd-1")["items"]
    assert (own["case_ref"], own["side"], own["office"], own["roll_date"]) == (
        walk.ref,
        "saps",
        STATION_S,
        walk.day(2),
    )
    assert own["court_case_no"] == "B77/2026"
    assert {check["state"] for check in own["checks"]} == {"open"}
    assert "not_within_48h" in {check["cause"] for check in own["checks"]}
    for code in ("kp-1", "kspp-1"):
        (theirs,) = ahead(walk, code)["items"]
        assert (theirs["side"], theirs["office"], len(theirs["checks"])) == ("npa", NPA, 2)
    assert ahead(walk, "dd-1")["items"] == ahead(walk, "bp-1")["items"] == []

    answer = answered(walk, "kd-1", DOCKET, roll_date=walk.day(2))
    assert answer.status_code == 200
    assert not CountdownOfCase().validate(answer.json)
    for code in ("ks-1", "kd-1", "kp-1", "dpp-1"):
        shown = walk.record(code)["countdown"]
        assert [side["side"] for side in shown] == ["saps", "npa"]
        states = {check["cause"]: check["state"] for side in shown for check in side["checks"]}
        assert (states["docket_not_at_court"], states["defective_service"]) == ("ready", "open")
    assert "countdown" not in walk.record("tbh-1")
    told = str(ahead(walk, "kp-1")) + str(walk.record("kp-1")["countdown"])
    assert not [word for word in OF_HOSPITAL if word in told]


def test_once_all_is_there_the_task_is_done_and_the_day_stays_on_the_list(walk: Walk) -> None:
    assert walk.task("kp-1", "prepare_court_npa")
    both = [
        {"cause": cause, "answer": "not_needed"}
        for cause in ("witnesses_not_subpoenaed", "defective_service")
    ]
    assert answered(walk, "kp-1", *both).status_code == 200
    (own,) = ahead(walk, "kp-1")["items"]
    assert (own["ready"], {check["state"] for check in own["checks"]}) == (True, {"ready"})
    tasks = walk.people.get(walk.client, "kp-1", "tasks").json["items"]
    assert "prepare_court_npa" not in {task["kind"] for task in tasks}
    error_of(walk.done("kd-1", "prepare_court_saps"), 409, "ends_by_answers")


def test_an_answer_is_written_once_a_key(walk: Walk, engine: Engine) -> None:
    path, body = f"cases/{walk.ref}/countdown", {"checks": [DOCKET]}
    first, again = (walk.people.post(walk.client, "kd-1", path, body, key="a-key-of-mine") for _ in range(2))
    assert (first.json, first.status_code) == (again.json, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert one(engine, "SELECT count(*) FROM ledger_entry WHERE body LIKE '%answers%'") == 1


def test_what_cannot_be_answered_is_refused_by_a_stable_code(walk: Walk) -> None:
    error_of(answered(walk, "kp-1", DOCKET), 409, "not_asked")
    error_of(answered(walk, "kd-1", DOCKET, roll_date=walk.day(3)), 409, "date_moved")
    past = {**DOCKET, "answer": "by_when", "by_when": walk.day(-1)}
    error_of(answered(walk, "kd-1", past), 409, "date_not_ahead")
    for stranger in ("dd-1", "bp-1", "kspp-1", "ks-1", "cwb-1", "tbh-1", "ks-9"):
        error_of(answered(walk, stranger, DOCKET), 404, "not_found")
    error_of(walk.people.get(walk.client, "ks-9", "countdown"), 403, "not_allowed")


@pytest.mark.parametrize(
    "checks",
    [
        [],
        "docket_not_at_court",
        [{"cause": "docket_not_at_court"}],
        [{"cause": "weather", "answer": "yes"}],
        [{"cause": ["weather"], "answer": {}}],
        [{**DOCKET, "answer": "perhaps"}],
        [{**DOCKET, "note": "it is on my desk"}],
        [{**DOCKET, "by_when": "2026-12-01"}],
        [{**DOCKET, "answer": "by_when"}],
        [{**DOCKET, "answer": "by_when", "by_when": "tomorrow"}],
        [{**DOCKET, "answer": "by_when", "by_when": "2026-02-30"}],
        [{**DOCKET, "answer": "by_when", "by_when": 20261201}],
        [DOCKET, DOCKET],
    ],
)
def test_what_is_no_answer_does_not_come_through_the_door(walk: Walk, checks: Any, engine: Engine) -> None:
    error_of(walk.post("kd-1", "/countdown", {"checks": checks}), 422, "invalid")
    assert one(engine, "SELECT count(*) FROM court_check WHERE answer IS NOT NULL") == 0


def test_the_list_goes_on_by_the_day_page_by_page(walk: Walk) -> None:
    assert walk.go("kp-1", "place_on_roll", next_date=walk.day(3)) == "on_roll"
    page = ahead(walk, "kp-1", "?limit=1")
    assert [one["roll_date"] for one in page["items"]] == [walk.day(3)]
    assert ahead(walk, "kp-1", f"?limit=1&cursor={page['next_cursor']}") == {"items": [], "next_cursor": None}
    error_of(walk.people.get(walk.client, "kp-1", "countdown?cursor=x"), 400, "bad_cursor")
