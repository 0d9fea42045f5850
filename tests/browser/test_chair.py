"""The committee's chair: sees what to decide, decides with owner and day, closes, reads the minutes; and who is told of silence."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from hectis_flow.commands.reference import SEATS, read_seats
from hectis_flow.services import committee, escalation, practice
from hectis_flow.services.house import House
from tests.browser.conftest import DESK, DESK_BARE, PHONE, PHONE_BARE, seen
from tests.road import Road

Sound = Callable[[], None]


@pytest.fixture
def late(house: House, cases: list[Road]) -> list[Road]:
    """The cases of the station, after nobody has answered anything for months."""
    committee.load_seats(house, read_seats(SEATS))
    for road in cases:
        practice.age(house, road.ref, timedelta(days=120))
    while escalation.sweep(house):
        pass
    return cases


@pytest.mark.target("S7")
def test_the_chair_decides_and_reads_it_in_the_minutes(page: Page, sound: Sound, late: list[Road]) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Committee chair").click()
    expect(page.get_by_role("heading", name="What you must decide first")).to_be_visible()
    expect(page.locator("#first + ol li").first).to_contain_text("Otherwise: ")
    sound()
    page.get_by_role("link", name="Plan a meeting").click()
    sound()
    page.get_by_role("button", name="Plan it").click()
    page.get_by_role("button", name="Open the meeting").click()
    expect(page.get_by_role("status")).to_contain_text("The meeting is open")
    sound()
    page.get_by_label("Department of Police Oversight").check()
    page.get_by_role("button", name="Note attendance").click()
    expect(page.get_by_role("status")).to_contain_text("Attendance is noted.")

    page.get_by_role("link", name=f"{late[0].ref}").and_(
        page.get_by_role("link", name="Decide")
    ).first.click()
    expect(page.get_by_label("Station commander, Khayelitsha")).to_be_checked()
    sound()
    page.get_by_label("What is to be done").select_option("assign_people")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("status")).to_contain_text("Decided.")
    expect(page.locator("#decided + ul")).to_contain_text("Assign people")
    sound()

    page.get_by_role("button", name="Close the meeting").click()
    page.get_by_role("link", name="Read the minutes").click()
    minutes = page.locator("main")
    for said in (late[0].ref, "assign people", "station commander at khayelitsha-saps", "present"):
        expect(minutes).to_contain_text(said)
    sound()
    link = page.get_by_role("link", name="The minutes as PDF").get_attribute("href")
    printed = page.context.request.get(f"{page.url.partition('/committee')[0]}{link}")
    assert (printed.status, printed.headers["content-type"]) == (200, "application/pdf")
    assert printed.body().startswith(b"%PDF-")
    for path in (
        "/committee",
        "/committee/agenda",
        "/committee/matters",
        "/decisions",
        "/decisions/1",
        "/late",
    ):
        page.goto(path)
        sound()


@seen(DESK, PHONE_BARE)
def test_the_keyboard_alone_is_enough(page: Page, late: list[Road]) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Committee chair").press("Enter")
    page.get_by_role("link", name="Plan a meeting").press("Enter")
    page.get_by_role("button", name="Plan it").press("Enter")
    page.get_by_role("button", name="Open the meeting").press("Enter")
    page.get_by_role("link", name="Decide something that is about no case").press("Enter")
    page.get_by_label("What is to be done").focus()
    page.keyboard.type("Mend")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Record the decision").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Decided.")
    expect(page.locator("#decided + ul")).to_contain_text("Mend the process")


@seen(PHONE, DESK_BARE)
def test_who_commands_sees_what_climbed_and_what_the_offices_carry(
    page: Page, sound: Sound, late: list[Road]
) -> None:
    page.goto("/sign-in?office=City of Cape Town SAPS")
    page.get_by_role("button", name="Cluster or district commander").first.click()
    expect(page.get_by_role("heading", name="Escalations")).to_be_visible()
    sound()
    page.get_by_role("link", name="Gone above you").click()
    expect(page.locator(".rows li").first).to_contain_text("Khayelitsha has not ")
    sound()
    page.get_by_role("link", name="All that they carry").click()
    expect(page.get_by_role("row", name="Khayelitsha")).to_be_visible()
    sound()
