"""A liaison with a phone: signs in, sees what is wanted and by when, acknowledges in two presses, takes it back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, DESK_BARE, PHONE, PHONE_BARE, seen
from tests.road import Road

Sound = Callable[[], None]


@pytest.mark.target("S7")
def test_a_liaison_acknowledges_in_two_presses_and_takes_it_back(
    page: Page, sound: Sound, cases: list[Road]
) -> None:
    page.goto("/sign-in")
    sound()
    page.get_by_role("button", name="SAPS liaison (station) Khayelitsha").click()
    expect(page.get_by_role("heading", name="Your queue")).to_be_visible()
    sound()
    expect(page.locator(".rows li")).to_have_count(2)
    assert "due " in page.locator(".rows li").first.inner_text()

    page.get_by_role("link", name=f"Open: Acknowledge a referral, {cases[0].ref}").click()
    sound()
    page.get_by_role("button", name="Acknowledge the referral").click()

    expect(page.get_by_role("status")).to_contain_text("Done: Acknowledge the referral.")
    sound()
    assert cases[0].stage == "acknowledged"
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert cases[0].stage == "referred"


@seen(DESK, PHONE_BARE)
def test_the_keyboard_alone_is_enough(page: Page, cases: list[Road]) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="SAPS liaison (station) Khayelitsha").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"Open: Acknowledge a referral, {cases[0].ref}").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Acknowledge the referral").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Done: Acknowledge the referral.")


@seen(PHONE, DESK_BARE)
def test_many_are_acknowledged_and_a_cas_is_opened_by_the_keyboard(
    page: Page, sound: Sound, cases: list[Road]
) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="SAPS liaison (station) Khayelitsha").click()
    page.get_by_role("checkbox", name=f"Select: Acknowledge a referral, {cases[0].ref}").focus()
    page.keyboard.press("Space")
    sound()
    page.get_by_role("button", name="Acknowledge").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Acknowledged: 1.")
    sound()
    page.get_by_role("link", name=cases[0].ref).focus()
    page.keyboard.press("Enter")
    page.locator("summary", has_text="Open a CAS").focus()
    page.keyboard.press("Enter")
    page.get_by_label("The CAS number").focus()
    page.keyboard.type(f"{int(cases[0].ref[-6:])}/01/2026")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Done: Open a CAS.")
    sound()
    page.get_by_role("button", name="It was found in CAS").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Noted in the docket.")


@seen(PHONE, DESK)
def test_the_page_of_a_case_at_court_is_sound(page: Page, sound: Sound, cases: list[Road]) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Prosecutor NPA office at Khayelitsha").click()
    page.goto(f"/cases/{cases[3].ref}")
    for move in page.locator("summary").all():
        move.click()
    sound()
    expect(page.get_by_text("What is wanted of you")).to_be_visible()
