"""The watching brief official and the prosecutor: briefs are taken and declined, what was seen is entered and written of."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services.house import House
from tests.browser.conftest import DESK, DESK_BARE, PHONE, PHONE_BARE, seen
from tests.road import Road, roads
from tests.tables import one, rows

Sound = Callable[[], None]
OFFICIAL = "Watching brief official"
PROSECUTOR = "Prosecutor NPA office at Khayelitsha"
GONE = {"reason": "docket_not_at_court", "attributable_to": "SAPS"}
# How fast somebody types who is in no hurry: keys a second.
PACE = 3
TEN_MINUTES = 600


@pytest.fixture
def gone(clean: Engine, house: House) -> list[Road]:
    """Two matters that were struck off this week: their briefs wait to be taken."""
    staff_the_province(house)
    found = roads(house, clean, how_many=2)
    for road in found:
        road.on_roll().go("strike_informal", **GONE)
    return found


@pytest.fixture
def sitting(clean: Engine, house: House) -> list[Road]:
    """Five matters that are watched for what they are, and in court today."""
    staff_the_province(house)
    found = roads(house, clean, how_many=5)
    for road in found:
        road.investigated().enrolled("1=rape").go("place_on_roll", next_date=road.day(0))
    return found


class Keys:
    """A keyboard and no mouse; it counts what is pressed."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1

    def type(self, text: str) -> None:
        for key in text:
            self.press(key)

    def row(self, matter: str, day: str, *letters: str) -> None:
        """One row of the sheet: what stands there already is gone past."""
        for text in (matter, day, *letters):
            self.type(text)
            self.press("Tab")


@seen(PHONE, DESK_BARE)
def test_the_official_takes_a_brief_declines_another_and_writes_of_what_was_seen(
    page: Page, sound: Sound, gone: list[Road]
) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=OFFICIAL).click()
    page.get_by_role("link", name="Watching briefs").click()
    expect(page.locator(".act")).to_have_count(2)
    assert "answer due " in page.locator(".act").first.inner_text()
    sound()
    page.get_by_role("button", name="Acknowledge").first.click()  # the second tap
    expect(page.get_by_role("status")).to_contain_text("Acknowledged.")
    expect(page.locator(".act")).to_have_count(1)

    page.get_by_role("link", name="Open:").click()
    sound()
    page.get_by_text("Decline it").first.click()
    page.get_by_label("Reason").first.select_option("conflict_of_interest")
    page.get_by_role("button", name="Decline it").click()
    expect(page.get_by_role("status")).to_contain_text("Somebody else was asked at once.")
    expect(page.get_by_text("Declined: conflict of interest")).to_be_visible()
    sound()

    page.get_by_role("link", name="Watching briefs").click()
    for room, heading in (
        ("Courts", "My courts"),
        ("Letters", "Letters"),
        ("Off the roll", "Off the roll"),
    ):
        page.get_by_role("link", name=room, exact=True).click()
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        sound()
    page.locator(".wants a").click()
    page.get_by_text("Note a day in court").click()
    page.get_by_label("What happened").select_option("struck_off")
    page.get_by_label("Docket").select_option("no")
    page.get_by_label("Cause", exact=False).first.select_option("docket_not_at_court")
    page.get_by_label("Action of").select_option("SAPS")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_role("status")).to_contain_text("Noted.")
    page.get_by_text("Write a letter").click()
    sound()
    page.get_by_label("What you recommend").select_option("reenrol")
    page.get_by_role("button", name="Send the letter").click()
    expect(page.get_by_role("status")).to_contain_text("The letter is sent.")
    page.get_by_role("link", name="Read it").click()
    expect(page.get_by_text("The docket was not at court")).to_be_visible()
    sound()


@seen(PHONE, PHONE_BARE)
def test_the_prosecutor_acknowledges_one_brief_and_declines_another(
    page: Page, sound: Sound, gone: list[Road]
) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=PROSECUTOR).click()
    page.get_by_role("link", name="Watching briefs").click()
    sound()
    page.get_by_role("button", name="Acknowledge").first.click()
    expect(page.get_by_role("status")).to_contain_text("Acknowledged.")
    page.get_by_role("link", name="Open:").click()
    page.get_by_text("Decline it").first.click()
    sound()
    page.get_by_label("Reason").first.select_option("not_my_matter")
    page.get_by_role("button", name="Decline it").click()
    expect(page.get_by_text("Declined: not my matter")).to_be_visible()
    expect(page.get_by_text("Senior public prosecutor", exact=False).first).to_be_visible()
    sound()


@seen(DESK, PHONE_BARE)
def test_the_sheet_is_sound_and_says_of_each_row_what_became_of_it(
    page: Page, sound: Sound, sitting: list[Road]
) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=OFFICIAL).click()
    page.goto("/briefs/courts")
    sound()
    page.get_by_role("link", name="Enter what was seen at").click()
    sound()
    for number, letter in ((0, "P"), (1, "S")):
        page.locator(f"[name=outcome-{number}]").select_option(letter)
        page.locator(f"[name=docket_at_court-{number}]").select_option("Y")
    page.locator("[name=cause-1]").select_option("I")
    page.get_by_role("button", name="Note all rows").click()
    expect(page.get_by_role("alert")).to_contain_text("1 noted, 1 not.")
    expect(page.locator(".why")).to_have_text(
        "▲ A cause and whose action was needed come together: give both, or neither."
    )
    assert page.locator("[name=cause-0]").input_value() == "I"
    sound()
    page.locator("[name=attributable_to-0]").select_option("S")
    page.get_by_role("button", name="Note all rows").click()
    expect(page.get_by_role("status")).to_contain_text("1 noted.")


@seen(DESK)
def test_fifty_rows_are_entered_by_keyboard_alone_within_ten_minutes(
    page: Page, clean: Engine, sitting: list[Road]
) -> None:
    """Five rows stand there already; of the others the number at court and the day are typed in full."""
    page.goto("/sign-in")
    page.get_by_role("button", name=OFFICIAL).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your queue")).to_be_visible()
    page.goto(f"/briefs/observations?court=khayelitsha-court&day={sitting[0].day(0)}&rows=50")
    page.get_by_role("button", name="Fill").focus()
    keys = Keys(page)
    keys.press("Tab")
    seen = "S", "N", "D", "", "S", "R"
    for number in range(50):
        # On the days before today each matter was postponed, and nothing was the matter.
        if number < len(sitting):
            keys.row("", "", *seen)
        else:
            road, back = sitting[number % len(sitting)], number // len(sitting)
            keys.row(f"B{road.ref[-6:]}/2026", road.day(-back), "P", "Y", "", "", "", "")
    expect(page.get_by_role("button", name="Note all rows")).to_be_focused()
    keys.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("50 noted.", timeout=30_000)
    assert keys.pressed <= PACE * TEN_MINUTES, keys.pressed
    assert one(clean, "SELECT count(*) FROM brief_observation") == 50
    first = rows(
        clean,
        "SELECT DISTINCT outcome, docket_at_court, causes, attributable_to, recommendation FROM brief_observation ORDER BY 1",
    )
    assert [tuple(row) for row in first] == [
        ("postponed", "yes", [], None, "none"),
        ("struck_off", "no", ["docket_not_at_court"], "SAPS", "reenrol"),
    ]
