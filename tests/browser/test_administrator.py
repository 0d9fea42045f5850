"""The administrator: sees what does not run, finds an office and who answers there, makes a link to enrol."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services import rota
from hectis_flow.services.house import House
from tests.browser.conftest import DESK_BARE, PHONE, seen

Sound = Callable[[], None]


@pytest.fixture
def staffed(clean: Engine, house: House) -> Engine:
    """Everybody at their posts, but for those who have left one station."""
    staff_the_province(house)
    with clean.begin() as connection:
        connection.execute(
            text(
                "UPDATE staff SET valid_to = (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date "
                "WHERE code LIKE 'harare-saps.%'"
            )
        )
    rota.watch(house)
    return clean


@seen(PHONE, DESK_BARE)
def test_an_administrator_finds_who_is_missing_and_lets_somebody_in(
    page: Page, sound: Sound, staffed: Engine
) -> None:
    page.goto("/sign-in?office=provincial+health+data")
    page.get_by_role("button", name="Administrator").click()
    expect(page.get_by_role("heading", name="How it stands")).to_be_visible()
    sound()
    page.get_by_role("link", name="Open: Posts that nobody answers for").click()
    expect(page.get_by_role("heading", name="Empty posts")).to_be_visible()
    sound()
    page.get_by_role("link", name="Open: SAPS liaison (station), Harare").click()
    expect(page.get_by_text("Nobody answers now").first).to_be_visible()
    sound()
    tabs = page.get_by_role("navigation", name="Of the system")
    for name, heading in (
        ("Parked", "Parked messages"),
        ("Policy", "Policy"),
        ("Offices", "Offices and staff"),
    ):
        tabs.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        sound()
    page.get_by_label("Part of an office’s name").fill("khayelitsha")
    page.keyboard.press("Enter")
    page.locator('a[href="/admin/offices/khayelitsha-saps"]').click()
    page.get_by_role("link", name="khayelitsha-saps.liaison").last.click()
    expect(page.get_by_role("heading", name="khayelitsha-saps.liaison")).to_be_visible()
    sound()
    page.get_by_role("button", name="Make a link to enrol").press("Enter")
    link = page.get_by_role("status").locator("code")
    expect(link).to_contain_text("/enrol/he_")
    sound()
    page.get_by_role("link", name="Back to").click()
    expect(page.get_by_role("status")).to_have_count(0)
