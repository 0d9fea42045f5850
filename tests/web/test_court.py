"""The court day: the roll, an outcome in three taps and taken back, the checklists, and what each role sees of it."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine

from hectis_flow.services import countdown
from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, hire
from tests.road import Road, roads
from tests.services.test_countdown import at
from tests.tables import one, rows
from tests.web.conftest import Browser

Browsers = Callable[[], Browser]
OWN, SENIOR, OTHER, STATION, LIAISON = "kp-1", "kspp-1", "bp-1", "kd-1", "ks-1"
DAY = "2026-12-10"  # a Thursday
KEY = re.compile(r'name="key" value="([A-Za-z0-9_-]{22})"')
pytestmark = pytest.mark.target("S1")


@pytest.fixture
def matters(clean: Engine, house: House) -> list[Road]:
    """Four matters of one court and one day: two were postponed, one is before plea, one was never asked for."""
    hire(house, clean, STAFF + COURT_STAFF)
    at(clean, "2026-11-25T10:00")
    found = roads(house, clean, how_many=4)
    for road in found[:3]:
        road.investigated().enrolled("1=attempted_murder,firearm_possession;2=murder")
        road.go("place_on_roll", next_date="2026-11-27" if road in found[:2] else DAY)
    found[3].investigated().go("submit_docket", court="khayelitsha-court")
    at(clean, "2026-11-27T10:00")
    for road in found[:2]:
        road.go("postpone", reason="forensic_outstanding", next_date=DAY)
    at(clean, "2026-12-01T10:00")
    countdown.prepare(house)
    return found


@pytest.fixture
def on_the_day(matters: list[Road], clean: Engine) -> list[Road]:
    at(clean, f"{DAY}T09:30")
    return matters


def number(road: Road) -> str:
    return f"B{road.ref[-6:]}/2026"


def key(page: str) -> str:
    found = KEY.search(page)
    assert found
    return found.group(1)


def day(clean: Engine, road: Road) -> str:
    statement = 'SELECT min(next_date) FROM charge g JOIN "case" k ON k.id = g.case_id WHERE k.ref = :ref'
    return str(one(clean, statement, ref=road.ref))


def test_the_roll_says_what_each_matter_is_for_and_how_it_stands(
    on_the_day: list[Road], browser: Browsers
) -> None:
    page = browser().practise(OWN).get("/court").text
    refs = re.findall(r'class="ref" href="/cases/(WC-[0-9-]+)"', page)
    assert refs == [road.ref for road in on_the_day[:3]]
    assert number(on_the_day[0]) in page
    assert page.count("Before plea; postponed for: Forensic outstanding") == 2
    assert page.count("2 accused, 3 charges") == 3
    assert page.count("Nobody has said what is ready") == 3
    assert page.count('aria-label="Outcome of') == 3
    assert len(page) < 50_000


def test_the_roll_of_another_office_and_of_a_role_without_one(
    on_the_day: list[Road], browser: Browsers
) -> None:
    ref = on_the_day[0].ref
    other, liaison = browser().practise(OTHER), browser().practise(LIAISON)
    assert ref not in other.get("/court").text
    hidden, missing = (
        other.get(f"/court/{ref}?move=postpone"),
        other.get("/court/WC-2026-999999?move=postpone"),
    )
    assert hidden.status_code == missing.status_code == 404
    other.get("/queue")
    given = {"move": "postpone", "with_reason": "witness_absent", "with_next_date": "2026-12-17"}
    assert other.post(f"/court/{ref}", **given).status_code == 404
    assert other.post(f"/court/{ref}/undo").status_code == 404
    assert other.post(f"/court/{ref}/checks", says="defective_service=yes").status_code == 404
    assert liaison.get("/court").status_code == 403
    assert 'href="/court"' not in liaison.get("/queue").text
    assert [road.stage for road in on_the_day[:3]] == ["postponed", "postponed", "on_roll"]


def test_outcome_cause_and_next_date_are_three_taps_and_can_be_taken_back(
    on_the_day: list[Road], browser: Browsers, clean: Engine
) -> None:
    road, mine = on_the_day[0], browser().practise(OWN)
    causes = mine.get(f"/court/{road.ref}?move=postpone").text
    assert 'method="get"' in causes
    assert 'value="witness_absent"' in causes
    days = mine.get(f"/court/{road.ref}?move=postpone&with_reason=witness_absent").text
    offered = re.findall(r'name="with_next_date" value="([0-9-]+)"', days)
    # A week, two, four and eight on; a closed day gives way to the next on which courts sit.
    assert offered == ["2026-12-17", "2026-12-24", "2027-01-07", "2027-02-04"]
    given = {
        "move": "postpone",
        "with_reason": "witness_absent",
        "with_next_date": offered[0],
        "key": key(days),
    }
    for _ in range(2):  # pressed twice: done once
        done = mine.post(f"/court/{road.ref}", **given)
        assert (done.status_code, done.location) == (303, f"/court?did={road.ref}")
    assert (road.stage, day(clean, road)) == ("postponed", "2026-12-17")
    moves = rows(clean, "SELECT transition FROM stage_transition ORDER BY case_id, version DESC LIMIT 2")
    assert [row[0] for row in moves] == ["postpone", "call_again"]

    page = mine.get(f"/court?did={road.ref}").text
    assert "Postponed: Witness absent; next Thu 17 Dec" in page
    assert page.count("Take it back") >= 1
    again = mine.get(f"/court/{on_the_day[1].ref}?move=postpone&with_reason=other").text
    assert re.search(r'value="2026-12-17">Thu 17 Dec <span>as last time', again)
    first = mine.get(f"/court/{on_the_day[1].ref}?move=postpone").text
    assert first.index('value="witness_absent"') < first.index('value="further_investigation"')

    mine.get("/court")
    assert mine.post(f"/court/{road.ref}/undo").location == f"/court?undone={road.ref}"
    assert (road.stage, day(clean, road)) == ("on_roll", DAY)
    assert road.ref in mine.get("/court").text
    assert mine.post(f"/court/{road.ref}/undo").status_code == 409


def test_what_is_refused_says_why_keeps_what_was_chosen_and_calls_nothing_again(
    on_the_day: list[Road], browser: Browsers
) -> None:
    road, mine = on_the_day[0], browser().practise(OWN)
    mine.get("/court")
    past = {"move": "postpone", "with_reason": "witness_absent", "with_next_date": "2026-12-10"}
    answer = mine.post(f"/court/{road.ref}", **past)
    assert answer.status_code == 409
    assert "The next day in court must be after today." in answer.text
    assert "Witness absent" in answer.text
    assert 'value="2026-12-10"' in answer.text
    for form in ({}, {"move": "enrol"}, {"move": "abate"}, {"move": "postpone"}, {"move": "sentence"}):
        assert mine.post(f"/court/{road.ref}", **form).status_code in {409, 422}, form
    assert road.stage == "postponed"


def test_what_somebody_else_entered_meanwhile_is_not_entered_twice(
    on_the_day: list[Road], browser: Browsers, clean: Engine
) -> None:
    road, mine, senior = on_the_day[0], browser().practise(OWN), browser().practise(SENIOR)
    page = mine.get("/court").text
    step = re.search(f'href="(/court/{road.ref}[?]move=postpone[^"]*)"', page)
    assert step
    given = {"move": "postpone", "with_reason": "witness_absent", "on": DAY}
    assert senior.post(f"/court/{road.ref}", with_next_date="2026-12-17", **given).status_code == 303
    answers = (
        mine.get(step.group(1).replace("&amp;", "&")),
        mine.post(f"/court/{road.ref}", with_next_date="2026-12-24", **given),
    )
    for answer in answers:
        assert answer.status_code == 409
        assert "An outcome of this matter was entered meanwhile" in answer.text
    assert day(clean, road) == "2026-12-17"


def test_an_outcome_that_asks_nothing_is_one_tap(on_the_day: list[Road], browser: Browsers) -> None:
    mine = browser().practise(OWN)
    page = mine.get("/court").text
    assert '<button class="quiet" type="submit" name="move" value="issue_warrant">' in page
    assert mine.post(f"/court/{on_the_day[2].ref}", move="issue_warrant").status_code == 303
    assert on_the_day[2].stage == "warrant_j50"


def test_an_outcome_can_be_of_some_charges_alone(on_the_day: list[Road], browser: Browsers) -> None:
    road, mine = on_the_day[2], browser().practise(OWN)
    step = mine.get(
        f"/court/{road.ref}?move=withdraw_6a&with_of=1.2&with_of=2.1&with_reason=insufficient_evidence"
    )
    assert "Only 1.2,2.1" in step.text
    given = {"with_of": "1.2,2.1", "with_reason": "insufficient_evidence", "with_attributable_to": "none"}
    assert mine.post(f"/court/{road.ref}", move="withdraw_6a", **given).status_code == 303
    assert [stage for *_, stage in road.charges()] == ["on_roll", "withdrawn_6a", "withdrawn_6a"]


def test_a_matter_that_goes_to_another_court_leaves_the_roll_with_a_word(
    on_the_day: list[Road], browser: Browsers
) -> None:
    road, mine = on_the_day[2], browser().practise(OWN)
    page = mine.get(f"/court/{road.ref}?move=transfer").text
    assert '<option value="bellville-court">' in page
    given = {
        "with_court": "bellville-court",
        "with_court_case_no": "RC7/2026",
        "with_next_date": "2026-12-17",
    }
    done = mine.post(f"/court/{road.ref}", move="transfer", **given)
    assert done.status_code == 303
    assert f"Done: {road.ref} has left your roll." in mine.get(done.location).text
    assert road.ref in browser().practise(OTHER).get("/court?day=2026-12-17").text


def test_what_nobody_entered_comes_up_the_next_day(
    on_the_day: list[Road], browser: Browsers, clean: Engine
) -> None:
    at(clean, "2026-12-11T08:30")
    mine = browser().practise(OWN)
    today, before = mine.get("/court").text, mine.get(f"/court?day={DAY}").text
    assert today.count("was on the roll Thu 10 Dec") == 3
    assert before.count('aria-label="Outcome of') == 3
    done = mine.post(f"/court/{on_the_day[2].ref}", move="issue_warrant", day=DAY)
    assert done.location == f"/court?day={DAY}&did={on_the_day[2].ref}"


def test_each_side_answers_its_own_checklist(matters: list[Road], browser: Browsers, clean: Engine) -> None:
    road, mine = matters[0], browser().practise(OWN)
    page = mine.get("/court/checklist").text
    assert page.count("Are the witnesses subpoenaed for this day?") >= 3
    assert "Will the docket be at court?" not in page
    path, given = f"/court/{road.ref}/checks", {"roll_date": DAY}
    assert (
        mine.post(path, says="defective_service=no", **given).location == f"/court/checklist?did={road.ref}"
    )
    assert mine.post(path, says="defective_service=by_when", by_when="2026-12-03", **given).status_code == 303
    assert "by Thu 3 Dec" in mine.get("/court/checklist").text
    left = "witnesses_not_subpoenaed,defective_service"
    assert mine.post(path, says="all", left=left, **given).status_code == 303
    assert "Everything is there." in mine.get("/court/checklist").text
    for wrong in (
        "docket_not_at_court=yes",
        "defective_service=by_when",
        "nonsense",
        "defective_service=perhaps",
    ):
        answer = mine.post(path, says=wrong, **given)
        assert answer.status_code == 409, wrong
        assert 'role="alert"' in answer.text
    assert mine.post(path, says="defective_service=yes", roll_date="2026-12-11").status_code == 409

    senior, station = browser().practise(SENIOR), browser().practise(STATION)
    assert "For the prosecutor to answer." in senior.get("/court/checklist").text
    assert senior.post(path, says="defective_service=no", **given).status_code == 404
    assert "Will the docket be at court?" in station.get("/court/checklist").text
    assert station.post(path, says="docket_not_at_court=yes", **given).status_code == 303
    page = station.get(f"/court?day={DAY}").text
    assert road.ref in page
    assert 'aria-label="Outcome of' not in page


def test_what_waits_for_a_decision_is_found_by_whoever_decides(
    on_the_day: list[Road], browser: Browsers
) -> None:
    on_the_day[2].go("strike_informal", reason="docket_not_at_court", attributable_to="SAPS")
    on_the_day[2].go("request_reenrolment", reason="all_cured")
    mine, senior = (
        browser().practise(OWN).get("/court/decisions"),
        browser().practise(SENIOR).get("/court/decisions"),
    )
    assert f'href="/cases/{on_the_day[3].ref}"' in mine.text
    assert on_the_day[2].ref not in mine.text
    assert f'href="/cases/{on_the_day[2].ref}"' in senior.text
    assert "Record a day in court" not in mine.text + senior.text


ADDRESSES = (
    *("/court?day=9999-12-31", "/court?day=0001-01-01", "/court?day=2026-13-45", "/court?day=x"),
    *("/court?after=x", "/court?did=%00", "/court?undone=%3Cb%3E", "/court/checklist?after=x"),
    *("/court/decisions?after=x", "/court?day=2099-12-31", "/court?day=2000-01-01"),
    *("/court/{ref}?move=enrol", "/court/{ref}?move=%00&with_reason=x", "/court/{ref}?move=transfer"),
    "/court/{ref}?move=postpone&with_reason=nonsense&with_next_date=never&with_of=x",
    "/court/{ref}?day=nonsense",
)


def test_no_address_makes_a_page_fall(on_the_day: list[Road], browser: Browsers) -> None:
    mine = browser().practise(OWN)
    for path in ADDRESSES:
        answer = mine.get(path.format(ref=on_the_day[2].ref))
        assert answer.status_code == 200, path
        assert "<b>" not in answer.text


def test_a_step_is_a_small_page(on_the_day: list[Road], browser: Browsers, app: Flask) -> None:
    mine = browser().practise(OWN)
    for step in ("postpone", "postpone&with_reason=other", "withdraw_6a", "plead&with_plea=guilty"):
        assert len(mine.get(f"/court/{on_the_day[2].ref}?move={step}").data) < 10_000
