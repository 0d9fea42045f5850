"""Somebody who reads isiXhosa or Afrikaans: chooses it on the account page, and pages fit and are sound in it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE_BARE, seen
from tests.road import Road

Sound = Callable[[], None]


@seen(PHONE_BARE, DESK)
def test_a_language_is_chosen_and_the_pages_are_sound_in_it(
    page: Page, sound: Sound, cases: list[Road]
) -> None:
    page.goto("/sign-in?office=Khayelitsha")
    page.get_by_role("button", name="Facility liaison Khayelitsha Hospital").click()
    for name, heading, queue in (
        ("isiXhosa", "Iakhawunti yakho", "Uluhlu lwakho"),
        ("Afrikaans", "U rekening", "U waglys"),
    ):
        page.goto("/account")
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        expect(page.get_by_role("button", name=name)).to_have_attribute("aria-current", "true")
        sound()
        page.goto("/queue")
        expect(page.get_by_role("heading", name=queue)).to_be_visible()
        sound()
        page.goto(f"/cases/{cases[0].ref}")
        sound()
    page.goto("/account")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Your account", level=1)).to_be_visible()
