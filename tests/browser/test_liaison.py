"""A liaison with a phone: signs in, sees what is wanted and by when, acknowledges in two presses, takes it back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

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


def test_the_keyboard_alone_is_enough(page: Page, cases: list[Road]) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="SAPS liaison (station) Khayelitsha").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"Open: Acknowledge a referral, {cases[0].ref}").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Acknowledge the referral").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Done: Acknowledge the referral.")


@pytest.mark.parametrize(
    "who", ["Prosecutor NPA office at Khayelitsha", "Committee chair", "Facility liaison"]
)
def test_every_page_of_every_role_is_sound(page: Page, sound: Sound, cases: list[Road], who: str) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=who).first.click()
    for path in ("/queue", "/cases", "/account"):
        page.goto(path)
        sound()


def test_the_page_of_a_case_at_court_is_sound(page: Page, sound: Sound, cases: list[Road]) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Prosecutor NPA office at Khayelitsha").click()
    page.goto(f"/cases/{cases[3].ref}")
    for move in page.locator("summary").all():
        move.click()
    sound()
    expect(page.get_by_text("What is wanted of you")).to_be_visible()
