"""Many of a queue at once: what each role is offered, a verdict for each, the way back, and nothing without a tick."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, People, hire
from tests.road import Road, roads
from tests.tables import one, rows
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]
TICK = re.compile(r'name="task" value="([0-9]+ [A-Z0-9-]*)"')


@pytest.fixture
def crew(house: House, clean: Engine) -> People:
    return hire(house, clean, (*STAFF, *COURT_STAFF))


@pytest.fixture
def referred(house: House, clean: Engine, crew: People) -> list[Road]:
    found = roads(house, clean, 3)
    for road in found:
        road.go("basis_recorded", disclosure_basis="consent_written")
    return found


def test_all_that_are_selected_are_acknowledged_and_taken_back(
    referred: list[Road], browser: Browsers
) -> None:
    mine = browser().practise("ks-1")
    page = mine.get("/queue?select=page").text
    ticked = TICK.findall(page)
    assert page.count(" checked") == len(ticked) == 3
    assert "Select these 3" in mine.get("/queue").text

    told = post(mine, "/queue/bulk", do="acknowledge", task=ticked)
    assert "Acknowledged: 3." in told
    assert {road.stage for road in referred} == {"acknowledged"}
    back = TICK.findall(told)
    assert len(back) == 3
    assert "Taken back: 3." in post(mine, "/queue/bulk", do="undo", task=back)
    assert {road.stage for road in referred} == {"referred"}


def test_what_one_is_refused_touches_no_other(referred: list[Road], browser: Browsers) -> None:
    mine = browser().practise("ks-1")
    ticked = TICK.findall(mine.get("/queue").text)
    referred[1].go("acknowledge")
    told = post(mine, "/queue/bulk", do="acknowledge", task=[*ticked, "0 WC-2026-999999"])
    assert "Acknowledged: 2." in told
    assert "Not done: 2" in told
    assert {road.stage for road in referred} == {"acknowledged"}


def test_nothing_is_done_where_nothing_is_ticked_or_asked(referred: list[Road], browser: Browsers) -> None:
    mine = browser().practise("ks-1")
    ticked = TICK.findall(mine.get("/queue").text)
    for sent in (
        {"do": "acknowledge"},
        {"task": ticked},
        {"do": "complete", "task": ticked},
        {"do": "acknowledge", "task": ["x", "9" * 30]},
    ):
        answer = mine.client.post(
            "/queue/bulk", base_url="https://localhost", data={"form_token": mine.token, **sent}
        )
        assert answer.status_code == 422
        assert "Select at least one" in answer.text
    other = browser().practise("kp-1")
    assert 'value="acknowledge"' not in other.get("/queue").text
    assert post(other, "/queue/bulk", 422, do="acknowledge", task=ticked)
    assert {road.stage for road in referred} == {"referred"}


def test_a_task_is_handed_on_in_three_presses(referred: list[Road], browser: Browsers, clean: Engine) -> None:
    mine = browser().practise("ks-1")
    first = TICK.findall(mine.get("/queue").text)[:1]
    asked = post(mine, "/queue/bulk", do="hand_on", task=first)
    assert re.findall(r'name="staff" value="([^"]+)"', asked) == ["ks-2"]
    assert "Handed on: 1." in post(mine, "/queue/bulk", do="hand_on", task=first, staff="ks-2")
    held = "SELECT s.code FROM task t JOIN staff s ON s.id = t.claimed_by"
    assert [row[0] for row in rows(clean, held)] == ["ks-2"]
    assert "opened by ks-2" in mine.get("/queue").text


def test_what_is_put_off_says_until_when_and_why(
    referred: list[Road], browser: Browsers, clean: Engine
) -> None:
    for road in referred:
        road.go("acknowledge")
    mine = browser().practise("ks-1")
    ticked = TICK.findall(mine.get("/queue").text)
    assert "At most 10 working days" in post(mine, "/queue/bulk", do="put_off", task=ticked)
    until = referred[0].day(7)
    sent = {"do": "put_off", "task": ticked, "reason": "awaiting_hospital", "until": until}
    assert "Choose one of" in post(mine, "/queue/bulk", 422, **(sent | {"reason": "tired"}))
    assert "Choose one of" in post(mine, "/queue/bulk", 422, **(sent | {"until": "soon"}))
    assert "Put off: 3." in post(mine, "/queue/bulk", **sent)
    assert one(clean, "SELECT count(*) FROM snooze WHERE reason = 'awaiting_hospital'") == 3
    assert "put off until" in mine.get("/queue").text
    far = post(mine, "/queue/bulk", **(sent | {"until": referred[0].day(300)}))
    assert "Put off: 0." in far
    assert "already" in far


def test_the_queue_is_narrowed_to_a_kind_and_to_what_is_late(
    referred: list[Road], browser: Browsers, house: House
) -> None:
    referred[0].go("acknowledge")
    mine = browser().practise("ks-1")
    assert len(TICK.findall(mine.get("/queue").text)) == 3
    assert len(TICK.findall(mine.get("/queue?kind=open_cas").text)) == 1
    assert len(TICK.findall(mine.get("/queue?kind=acknowledge_referral").text)) == 2
    for nothing in ("/queue?kind=nonsense", "/queue?late=1", "/queue?kind=open_cas&late=1"):
        page = mine.get(nothing)
        assert page.status_code == 200
        assert "Nothing of this kind waits" in page.text
    assert mine.get("/queue?kind=%00&late=%F0").status_code == 200


def test_one_key_stands_for_one_form_alone(referred: list[Road], browser: Browsers) -> None:
    mine = browser().practise("ks-1")
    first, second, _ = TICK.findall(mine.get("/queue").text)
    sent = {"do": "acknowledge", "key": "a-key-of-this-form"}
    told = [post(mine, "/queue/bulk", task=[first], **sent) for _ in range(2)]
    assert [word.count("Acknowledged: 1.") for word in told] == [1, 1]
    assert "another request" in post(mine, "/queue/bulk", 422, task=[second], **sent)
    assert sorted(road.stage for road in referred) == ["acknowledged", "referred", "referred"]


def test_more_than_a_page_can_be_selected_at_once(
    crew: People, house: House, clean: Engine, browser: Browsers
) -> None:
    for road in roads(house, clean, 27):
        road.go("basis_recorded", disclosure_basis="consent_written")
    mine = browser().practise("ks-1")
    page = mine.get("/queue").text
    assert "Select these 25" in page
    assert "Select all 27" in page
    ticked = TICK.findall(mine.get("/queue?select=all").text)
    assert len(ticked) == 27
    assert "Acknowledged: 27." in post(mine, "/queue/bulk", do="acknowledge", task=ticked)
    assert one(clean, "SELECT count(*) FROM \"case\" WHERE stage = 'acknowledged'") == 27


def post(browser: Browser, path: str, status: int = 200, **sent: str | list[str]) -> str:
    answer = browser._keep(
        browser.client.post(path, base_url="https://localhost", data={"form_token": browser.token, **sent})
    )
    assert answer.status_code == status, answer.text
    return str(answer.text)
