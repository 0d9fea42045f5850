"""The room of watching briefs: what the official and the prosecutor do there, who sees what, and the sheet's verdicts."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from hectis_flow.domain import briefs as rules
from hectis_flow.domain.workflow_words import ATTRIBUTABLE, REMOVAL_CAUSES
from hectis_flow.services.house import House
from hectis_flow.web.brief_sheet import KEYS
from tests.api.people import hire
from tests.api.province import FACILITY_A
from tests.road import COURT, roads
from tests.services.test_briefs import GONE, OTHER_NPA, STAFF, Unit
from tests.tables import one, rows
from tests.web.conftest import HOST, Browser

Browsers = Callable[[], Browser]
SHEET = "/briefs/observations"


@pytest.fixture
def unit(house: House, clean: Engine) -> Unit:
    """A matter that was struck off: its brief waits for the official and for the prosecutor."""
    people = hire(house, clean, (*STAFF, ("gsh-1", "facility_liaison", FACILITY_A)))
    found = Unit(roads(house, clean)[0], people, house, clean)
    found.road.on_roll().go("strike_informal", **GONE)
    return found


@pytest.fixture
def sitting(house: House, clean: Engine) -> list[Unit]:
    """Three matters that are watched and in court today."""
    people = hire(house, clean, STAFF)
    found = [Unit(road, people, house, clean) for road in roads(house, clean, how_many=3)]
    for each in found:
        each.road.investigated().enrolled("1=rape").go("place_on_roll", next_date=each.road.day(0))
    return found


def seats(unit: Unit) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in rows(unit.engine, "SELECT role, answer FROM brief_seat ORDER BY id")]


def noted(unit: Unit) -> int:
    return int(one(unit.engine, "SELECT count(*) FROM brief_observation"))


def row(number: int, matter: str, day: str, **said: str) -> dict[str, str]:
    """One row of the sheet as the form sends it."""
    given = {"matter": matter, "court_date": day, "outcome": "P", "docket_at_court": "Y", **said}
    return {f"{name}-{number}": value for name, value in given.items()}


def test_the_official_takes_a_brief_with_one_press_from_the_list(unit: Unit, browser: Browsers) -> None:
    mine = browser().practise("cwb-1")
    page = mine.get("/briefs").text
    assert "Waiting for your answer" in page
    assert "answer due " in page
    assert "Removed from the roll" in page
    done = mine.post(f"/briefs/{unit.brief}/acknowledge", next="/briefs")
    assert (done.status_code, done.location) == (303, "/briefs?did=acknowledge")
    after = mine.get(done.location).text
    assert "Acknowledged." in after
    assert "No brief waits for your answer." in after
    assert seats(unit)[0] == ("watching_brief_official", "acknowledged")
    refused = mine.post(f"/briefs/{unit.brief}/acknowledge")
    assert refused.status_code == 409
    assert "does not wait for you now" in refused.text


def test_the_prosecutor_declines_with_one_reason_and_the_senior_one_is_asked(
    unit: Unit, browser: Browsers
) -> None:
    mine, path = browser().practise("np-1"), f"/briefs/{unit.brief}"
    assert "Say whether you take this brief." in mine.get(path).text
    for wrong in ("", "I am tired"):
        refused = mine.post(f"{path}/decline", reason=wrong)
        assert refused.status_code == 422
        assert "Choose one of the list" in refused.text
    assert mine.post(f"{path}/decline", reason="overload").location == f"{path}?did=decline"
    assert seats(unit)[1:] == [("prosecutor", "declined"), ("senior_public_prosecutor", None)]
    shown = mine.get(f"{path}?did=decline").text
    assert "Somebody else was asked at once." in shown
    assert "Declined: overload" in shown
    assert "Say whether you take this brief." not in shown
    assert "answer due" in browser().practise("nspp-1").get("/briefs").text


def test_the_prosecutor_hands_a_brief_on_to_another_office(unit: Unit, browser: Browsers) -> None:
    mine, path = browser().practise("np-1"), f"/briefs/{unit.brief}"
    assert f'value="{OTHER_NPA}"' in mine.get(path).text
    wrong = mine.post(f"{path}/redirect", office="wc-pocs", reason="transferred")
    assert wrong.status_code == 409
    assert "npa_office" in wrong.text
    assert mine.post(f"{path}/redirect", office=OTHER_NPA, reason="transferred").status_code == 303
    theirs = browser().practise("bp-1")
    assert "Acknowledge" in theirs.get("/briefs").text
    assert theirs.get(path).status_code == 200


def test_a_brief_is_there_for_nobody_else(unit: Unit, browser: Browsers) -> None:
    path = f"/briefs/{unit.brief}"
    for code in ("bp-1", "com-1", "sec-1"):
        other = browser().practise(code)
        assert other.get("/briefs").status_code == 200
        for hidden in (path, "/briefs/999999", "/briefs/9223372036854775807", f"{path}/letters/1"):
            assert other.get(hidden).status_code == 404
        for doing in ("acknowledge", "decline", "letters", "looked", "close", "observations"):
            answer = other.post(f"{path}/{doing}", reason="overload", to="saps", recommendation="none")
            assert answer.status_code in {404, 422}, (code, doing)
    health = browser().practise("gsh-1")
    assert health.get("/briefs").status_code == 403
    assert health.get(path).status_code == 404
    assert health.get("/briefs/99999999999999999999").status_code == 404
    assert browser().practise("np-1").get(SHEET).status_code == 403
    assert seats(unit) == [("watching_brief_official", None), ("prosecutor", None)]


def test_what_was_seen_is_noted_corrected_written_of_and_answered(unit: Unit, browser: Browsers) -> None:
    mine, path = browser().practise("cwb-1"), f"/briefs/{unit.brief}"
    unit.take("cwb-1")
    assert "Note what was seen in court first." in mine.get(path).text
    seen = {
        "court_date": unit.road.day(0),
        "outcome": "struck_off",
        "docket_at_court": "no",
        "cause": "docket_not_at_court",
        "attributable_to": "SAPS",
        "recommendation": "docket_to_court",
    }
    alone = mine.post(f"{path}/observations", **{**seen, "attributable_to": ""})
    assert alone.status_code == 409
    assert 'value="docket_not_at_court" selected' in alone.text
    assert mine.post(f"{path}/observations", **seen).status_code == 303
    again = mine.post(f"{path}/observations", **seen)
    assert again.status_code == 409
    number = str(one(unit.engine, "SELECT id FROM brief_observation"))
    assert mine.post(f"{path}/observations", **seen, corrects="0").status_code == 409
    corrected = mine.post(f"{path}/observations", **{**seen, "outcome": "withdrawn", "corrects": number})
    assert corrected.status_code == 303
    assert "<s>Struck off the roll</s>" in mine.get(path).text

    assert "Causes were noted" in mine.get("/briefs/letters").text
    assert mine.post(f"{path}/letters", to="saps", recommendation="reenrol").status_code == 303
    page = mine.get("/briefs/letters").text
    assert "Every cause that was noted is written of." in page
    assert "reply due " in page
    number = one(unit.engine, "SELECT id FROM brief_letter")
    letter = f"{path}/letters/{number}"
    assert "The docket was not at court" in mine.get(letter).text
    paper = mine.client.get(f"{letter}/pdf", base_url=HOST)
    assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert paper.headers["Cache-Control"] == "no-store"

    commander = browser().practise("com-1")
    assert "Letters that wait for a reply" in commander.get("/briefs").text
    theirs = commander.get(path).text
    assert "Read the letter, and reply." in theirs
    assert "Removed from the roll" not in theirs
    assert commander.post(f"{letter}/reply", answer="done", ref="SAPS/14/2026").status_code == 422
    assert browser().practise("np-1").get(letter).status_code == 404
    assert commander.post(f"{letter}/reply", answer="done").status_code == 303
    assert "done" in mine.get(path).text
    assert "No letter waits for a reply." in mine.get("/briefs/letters").text


def test_what_is_off_the_roll_is_looked_at_until_it_is_back(unit: Unit, browser: Browsers) -> None:
    mine, path = browser().practise("cwb-1"), f"/briefs/{unit.brief}"
    assert "Nothing that you follow is off the roll." in mine.get("/briefs/off-roll").text
    unit.take("cwb-1")
    page = mine.get("/briefs/off-roll").text
    assert "off the roll since" in page
    assert "look again by" in page
    assert "Look whether it is back on the roll" in mine.get(path).text
    looked = mine.post(f"{path}/looked", next="/briefs/off-roll")
    assert looked.location == "/briefs/off-roll?did=look"
    assert "asked again in a month" in mine.get(looked.location).text
    assert (
        one(unit.engine, "SELECT count(*) FROM item WHERE kind = 'brief_monitor' AND ending = 'noted'") == 1
    )

    unit.road.go("request_reenrolment", reason="all_cured")
    unit.road.go("reenrol", court_case_no="B78/2026", next_date=unit.road.day(9))
    assert "Nothing that you follow is off the roll." in mine.get("/briefs/off-roll").text
    assert "Back on roll" in mine.get(path).text or "back on roll" in mine.get(path).text
    assert mine.post(f"{path}/looked").status_code == 404
    assert "closed: back on roll" in mine.get("/briefs?state=closed").text


def test_a_matter_is_watched_by_hand(house: House, clean: Engine, browser: Browsers) -> None:
    unit = Unit(roads(house, clean)[0], hire(house, clean, STAFF), house, clean)
    unit.road.on_roll()
    mine = browser().practise("np-1")
    for nothing in ("", "WC-2026-999999", "nonsense"):
        missing = mine.post("/briefs", case=nothing)
        assert missing.status_code == 404
        assert "No case at a court that you may have watched" in missing.text
    opened = mine.post("/briefs", case=unit.road.ref.lower())
    assert opened.location == f"/briefs/{unit.brief}?did=open"
    assert "Have a matter watched" not in browser().practise("com-1").get("/briefs").text
    closed = browser().practise("cwb-1").post(f"/briefs/{unit.brief}/close", reason="opened_in_error")
    assert closed.status_code == 303


def test_my_courts_say_who_is_in_court_today_and_lead_to_the_sheet(
    sitting: list[Unit], browser: Browsers
) -> None:
    mine = browser().practise("cwb-1")
    page = mine.get("/briefs/courts").text
    assert "Today, " in page
    assert all(each.road.ref in page for each in sitting)
    led = re.search(rf'href="({SHEET}\?court={COURT}&amp;day=[0-9-]+)"', page)
    assert led
    sheet = mine.get(led.group(1).replace("&amp;", "&")).text
    assert re.findall(r'name="matter-\d+" value="(WC-[^"]+)"', sheet) == [each.road.ref for each in sitting]
    assert sheet.count("<fieldset") == 10
    assert 'name="matter-49"' in mine.get(f"{SHEET}?rows=50").text


def test_the_sheet_notes_what_it_can_and_keeps_what_it_cannot(sitting: list[Unit], browser: Browsers) -> None:
    mine, day = browser().practise("cwb-1"), sitting[0].road.day(0)
    refs = [each.road.ref for each in sitting]
    number = f"B{refs[1][-6:]}/2026"
    cas = f"Khayelitsha CAS {int(refs[2][-6:])}/01/2026"
    sent = {
        **row(0, refs[0], day),
        **row(1, number, day, cause="D"),  # nobody's action is named
        **row(2, cas, day, cause="D", further="O", attributable_to="S"),
        **row(3, "WC-2026-999999", day),
        **row(4, refs[1], "2026-13-45", outcome="nonsense"),
    }
    mine.get(SHEET)
    answer = mine.post(SHEET, court=COURT, key="the-key-of-a-sheet", **sent)
    assert answer.status_code == 200
    assert "2 noted, 3 not." in answer.text
    assert noted(sitting[0]) == 2
    left = re.findall(r'name="matter-\d+" value="([^"]+)"', answer.text)
    assert left == [number, "WC-2026-999999", refs[1]]
    assert "<option value=D selected>D · Docket not at court" in answer.text
    assert "A cause and whose action was needed come together" in answer.text
    assert "No case that has come to a court has this number" in answer.text
    assert answer.text.count('class="why"') == 3
    assert f"Row 1, {refs[0]}: noted" in answer.text
    # Sent again by the same press it is answered alike, and nothing is noted twice.
    assert mine.post(SHEET, court=COURT, key="the-key-of-a-sheet", **sent).text.count("2 noted, 3 not.") == 1
    assert noted(sitting[0]) == 2

    mended = row(0, number, day, cause="D", attributable_to="S")
    done = mine.post(SHEET, court=COURT, day=day, **mended)
    assert done.status_code == 303
    page = mine.get(done.location).text
    assert "1 noted." in page
    assert "No matter that you watch is in court then" in page


def test_rows_that_were_offered_and_left_alone_are_left_out(sitting: list[Unit], browser: Browsers) -> None:
    mine, day = browser().practise("cwb-1"), sitting[0].road.day(0)
    refs = [each.road.ref for each in sitting]
    alone = {f"{name}-0": refs[0] for name in ("matter", "given")} | {"court_date-0": day}
    mine.get(SHEET)
    empty = mine.post(SHEET, **alone)
    assert empty.status_code == 422
    assert "Every row is empty" in empty.text
    both = mine.post(SHEET, **alone, **row(1, refs[1], day, given=refs[1]))
    assert both.status_code == 303
    assert noted(sitting[0]) == 1
    assert f'value="{refs[0]}"' in mine.get(both.location).text


def test_one_letter_chooses_each_code_of_the_sheet() -> None:
    codes = {
        "outcome": rules.OUTCOMES,
        "docket_at_court": rules.AT_COURT,
        "cause": REMOVAL_CAUSES,
        "further": REMOVAL_CAUSES,
        "attributable_to": ATTRIBUTABLE,
        "recommendation": rules.RECOMMENDATIONS,
    }
    for name, keys in KEYS.items():
        assert set(keys) == set(codes[name]), name
        assert len(set(keys.values())) == len(keys), name
