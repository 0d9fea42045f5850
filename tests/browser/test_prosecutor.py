"""A prosecutor between two matters: outcome, cause and next date in three taps, and back again within ten minutes."""

from collections.abc import Callable, Iterator
from itertools import cycle

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import Engine

from hectis_flow.services import countdown
from hectis_flow.services.house import House
from tests.api.people import COURT_STAFF, STAFF, hire
from tests.road import Road, roads
from tests.services.test_countdown import at

Sound = Callable[[], None]
ME = "Prosecutor NPA office at Khayelitsha"
DAY, MOST_TAPS, MATTERS = "2026-12-10", 3, 12
CHARGES = ("1=attempted_murder,firearm_possession", "1=murder;2=murder", "1=robbery_aggravating")
# Outcomes as they come on a day: what is pressed one after the other.
TAPS = (
    ("Postponed", "Docket not at court", "Thu 17 Dec"),
    ("Pleaded", "Not guilty", "Thu 24 Dec"),
    ("Withdrawn, s6(a)", "Complainant withdrew", "Witness"),
    ("Struck off, no order", "Docket not at court", "SAPS"),
    ("Struck off, s342A", "Investigation incomplete", "SAPS"),
    ("More", "Warrant, J50"),
    ("More", "Diverted", "Adult dispute resolution"),
)
BECOME = {
    *("postponed", "pleaded", "withdrawn_6a", "struck_informal", "struck_342a", "warrant_j50", "diverted"),
}


def on_the_roll(house: House, clean: Engine, how_many: int) -> list[Road]:
    """So many matters on the roll of one day, half of them postponed to it; it is the morning of that day."""
    hire(house, clean, STAFF + COURT_STAFF)
    at(clean, "2026-11-25T10:00")
    found = roads(house, clean, how_many=how_many)
    for place, road in enumerate(found):
        road.investigated().enrolled(CHARGES[place % len(CHARGES)])
        road.go("place_on_roll", next_date=DAY)
        if place % 2:
            road.go("postpone", reason="forensic_outstanding", next_date=DAY)
    at(clean, "2026-12-01T10:00")
    countdown.prepare(house)
    at(clean, f"{DAY}T08:30")
    return found


@pytest.fixture
def matters(clean: Engine, house: House) -> list[Road]:
    return on_the_roll(house, clean, 3)


@pytest.fixture
def phone(chromium: Browser, served: str) -> Iterator[Page]:
    """A telephone without scripts."""
    context = chromium.new_context(
        base_url=served, viewport={"width": 320, "height": 640}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def signed_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=ME, exact=True).click()


def named(within: Page | Locator, name: str) -> Locator:
    """A button, a link or a fold that is called so, with whatever is said beside it."""
    button, link = (within.get_by_role(role, name=name) for role in ("button", "link"))
    return button.or_(link).or_(within.locator("summary", has_text=name)).first


@pytest.mark.target("S7")
def test_a_matter_is_postponed_in_three_taps_and_taken_back(
    page: Page, sound: Sound, matters: list[Road]
) -> None:
    road = matters[1]
    signed_in(page)
    page.get_by_role("link", name="Court day").click()
    sound()
    roll = page.locator("ol.roll > li")
    expect(roll).to_have_count(3)
    expect(roll.nth(1)).to_contain_text("postponed for: Forensic outstanding")

    roll.nth(1).get_by_role("link", name="Postponed").click()
    sound()
    page.get_by_role("button", name="Witness absent").click()
    sound()
    page.get_by_role("button", name="Thu 24 Dec in 2 weeks").click()

    expect(page.get_by_role("status")).to_contain_text("Postponed: Witness absent; next Thu 24 Dec")
    expect(roll).to_have_count(2)
    sound()
    assert road.stage == "postponed"
    page.get_by_role("status").get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status")).to_contain_text(f"Taken back: {road.ref}")
    expect(roll).to_have_count(3)
    assert road.stage == "on_roll"

    page.get_by_role("link", name="Prepare the days ahead").click()
    sound()
    page.get_by_role("button", name=f"Yes to all of it: {road.ref}").click()
    expect(page.get_by_role("status")).to_contain_text(f"Answered: {road.ref}")
    page.goto("/court/decisions")
    sound()


def test_the_keyboard_alone_is_enough(phone: Page, matters: list[Road]) -> None:
    signed_in(phone)
    row = phone.locator("ol.roll > li").first
    for target in (
        phone.get_by_role("link", name="Court day"),
        row.get_by_role("link", name="Postponed"),
        phone.get_by_role("button", name="Witness absent"),
        phone.get_by_role("button", name="Thu 17 Dec in 1 week"),
    ):
        reach(phone, target)
        phone.keyboard.press("Enter")
    expect(phone.get_by_role("status")).to_contain_text("next Thu 17 Dec")
    reach(phone, phone.get_by_role("status").get_by_role("button", name="Take it back"))
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("status")).to_contain_text("Taken back")


def reach(page: Page, target: Locator) -> None:
    """Go to it with the tabulator."""
    expect(target).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.and_(page.locator(":focus")).count():
            return
    pytest.fail("The tabulator does not lead there.")


def test_a_whole_roll_is_entered_with_three_taps_a_matter(phone: Page, clean: Engine, house: House) -> None:
    left = on_the_roll(house, clean, MATTERS)
    signed_in(phone)
    phone.goto("/court")
    pressed = []
    for taps in (taps for _, taps in zip(left, cycle(TAPS), strict=False)):
        row = phone.locator("ol.roll > li").first
        named(row, taps[0]).click()
        for tap in taps[1:]:
            named(phone, tap).click()
        expect(phone.get_by_role("status")).to_contain_text("Done.")
        pressed.append(len(taps))
    assert len(pressed) == MATTERS
    assert max(pressed) <= MOST_TAPS
    expect(phone.get_by_text("That was the roll")).to_be_visible()
    assert {road.stage for road in left} == BECOME
