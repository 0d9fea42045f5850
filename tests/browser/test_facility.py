"""A facility liaison: finds what waits, records a patient's consent, says that a J88 is ready; keyboard alone as well."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, DESK_BARE, PHONE, PHONE_BARE, seen
from tests.road import Road

Sound = Callable[[], None]
WHO = "Facility liaison Khayelitsha Hospital"


@seen(PHONE, DESK_BARE)
def test_a_consent_is_recorded_one_press_from_the_room(page: Page, sound: Sound, cases: list[Road]) -> None:
    page.goto("/sign-in?office=Khayelitsha")
    page.get_by_role("button", name=WHO).click()
    expect(page.get_by_role("heading", name="What waits at the hospital")).to_be_visible()
    sound()
    waiting = cases[4]
    page.get_by_role("link", name=f"Record basis: {waiting.ref}").click()
    sound()
    page.get_by_role("link", name="Patient").click()
    sound()
    page.get_by_role("link", name="Referral").click()
    expect(page.get_by_role("heading", name="What stays with you")).to_be_visible()
    sound()
    page.get_by_role("link", name="The case").click()
    page.get_by_text("Record a legal basis", exact=True).first.click()
    page.get_by_label("The legal basis").first.select_option(label="The patient's written consent")
    page.get_by_role("button", name="Record a legal basis").click()
    expect(page.get_by_role("status")).to_contain_text("Done: Record a legal basis.")
    assert waiting.stage == "referred"

    for name in ("Disclosures", "Notices", "Who looked"):
        page.get_by_role("link", name=name).click()
        sound()


@seen(DESK, PHONE_BARE)
def test_a_j88_is_ready_by_the_keyboard_alone(page: Page, cases: list[Road]) -> None:
    page.goto("/sign-in?office=Khayelitsha")
    page.get_by_role("button", name=WHO).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"Say it is ready: {cases[2].ref}").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="The J88 is ready to be collected").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The J88 is ready")
