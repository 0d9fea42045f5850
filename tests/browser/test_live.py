"""What pages do besides where scripts run: say what changed without moving, send forms and say so, hear keys."""

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESK, PHONE, seen
from tests.road import Road

Sound = Callable[[], None]


REFUSED = "Failed to load resource"


def sign_in(page: Page, name: str = "SAPS liaison (station) Khayelitsha") -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", name="Your queue")).to_be_visible()


@seen(PHONE, DESK)
def test_what_is_new_is_offered_and_nothing_moves_until_it_is_asked_for(
    page: Page, sound: Sound, cases: list[Road]
) -> None:
    sign_in(page)
    first = page.locator(".rows li").first
    before = first.bounding_box()
    expect(page.locator("#live")).to_be_empty()
    asked_again(page, lambda: cases[1].go("open_cas", cas_number="9/01/2026"))
    bar = page.locator("#live")
    expect(bar).to_contain_text("Show")
    assert first.bounding_box() == before
    sound()
    bar.get_by_role("link", name="Show").press("Enter")
    expect(page.locator("#live")).to_be_empty()
    expect(page.locator(".rows li")).to_have_count(1)


def asked_again(page: Page, change: Callable[[], object]) -> None:
    """Let the page ask once more now instead of some seconds later, after this change."""
    change()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@seen(DESK)
def test_a_form_that_gets_no_answer_says_so_and_can_be_pressed_again(page: Page, cases: list[Road]) -> None:
    sign_in(page)
    page.goto(f"/cases/{cases[0].ref}")
    held: list[Route] = []
    page.context.expected = (REFUSED,)  # type: ignore[attr-defined]

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/moves", hold)
    button = page.get_by_role("button", name="Acknowledge the referral")
    button.click()
    working = page.get_by_role("button", name="Sending …")
    expect(working).to_have_attribute("aria-disabled", "true")
    working.click(force=True)  # pressed again while it works: sent once
    assert len(held) == 1
    held[0].abort()
    expect(button).to_be_visible()
    expect(page.locator("#live")).to_contain_text("No answer came")
    assert cases[0].stage == "referred"
    page.unroute("**/moves")
    button.click()
    expect(page.get_by_role("status")).to_contain_text("Done: Acknowledge the referral.")
    assert cases[0].stage == "acknowledged"


@seen(DESK)
def test_without_a_connection_the_page_says_so_and_keeps_what_was_typed(
    page: Page, sound: Sound, cases: list[Road]
) -> None:
    sign_in(page)
    page.goto(f"/cases/{cases[1].ref}")
    page.locator("summary", has_text="Open a CAS").click()
    field = page.get_by_label("CAS number")
    field.fill("nonsense")
    page.context.expected = (REFUSED,)  # type: ignore[attr-defined]
    page.context.set_offline(True)
    expect(page.locator("#live")).to_contain_text("No connection: nothing is sent now.")
    sound()
    form = page.locator("form", has=field)
    form.get_by_role("button").click()
    expect(form.get_by_role("button")).to_have_text("Open a CAS")
    expect(field).to_have_value("nonsense")
    page.context.set_offline(False)
    expect(page.locator("#live")).to_be_empty()
    form.get_by_role("button").click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(page.get_by_label("CAS number")).to_have_value("nonsense")
    sound()


@seen(DESK)
def test_keys_lead_through_the_rooms_and_are_turned_off(page: Page, sound: Sound, cases: list[Road]) -> None:
    sign_in(page)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    sound()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".rows li").nth(1).get_by_role("link").last).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name=cases[0].ref)).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text("Done: Acknowledge the referral.")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Find a case")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("gq?j")  # typed, and nothing else
    expect(page.get_by_label("The case’s number")).to_have_value("gq?j")
    page.goto("/account")
    sound()
    page.get_by_role("button", name="Turn the keys off").click()
    expect(page.get_by_text("They are off in this browser.")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
