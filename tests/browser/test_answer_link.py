"""The page behind a link in a real browser: a person answers in two presses, and a scanner that plays one does not."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine

from hectis_flow.channels.null import NullChannel
from hectis_flow.domain.short_code import ALPHABET
from hectis_flow.services.house import House
from tests.answers import AGENT, code_of, send_earlier
from tests.browser.conftest import PHONE, PHONE_BARE, Look, name_of
from tests.notices import delivered, line, planned, reaching, referred, staffed
from tests.sinks import options_for
from tests.tables import one, rows
from tests.waiting import until

Sound = Callable[[], None]
HUMAN = {"Sec-CH-UA": '"Chromium";v="126", "Not/A)Brand";v="8"'}


@pytest.fixture
def token(house: House, clean: Engine) -> str:
    """What was sent to hr-1 about a referral, an hour ago."""
    channel = NullChannel()
    post = reaching(house, options_for(), email=channel)
    staffed(post, line("hr-1"))
    referred(post, clean)
    planned(post)
    delivered(post)
    with clean.begin() as connection:
        send_earlier(connection)
    return next(word.rpartition("/a/")[2] for word in channel.carried[0].text.split() if "/a/" in word)


@pytest.fixture(params=[PHONE, PHONE_BARE], ids=name_of)
def person(request: pytest.FixtureRequest, chromium: Browser, served: str) -> Iterator[Page]:
    """The browser of a person: it says so, and is no headless one."""
    look: Look = request.param
    context = chromium.new_context(
        base_url=served,
        viewport={"width": look.width, "height": 800},
        color_scheme="dark" if look.scheme == "dark" else "light",
        java_script_enabled=look.scripts,
        user_agent=AGENT,
        locale="en-ZA",
        extra_http_headers=HUMAN,
    )
    context.scripts = look.scripts  # type: ignore[attr-defined]
    yield context.new_page()
    context.close()


@pytest.fixture
def page(person: Page) -> Page:
    """What `sound` looks at."""
    return person


def long_enough(engine: Engine, opened: object) -> None:
    """Until as much time has passed as anybody takes to read the page."""
    past = "SELECT hectis_machine_now() > CAST(:opened AS timestamptz) + interval '1.1 seconds'"
    until(lambda: bool(one(engine, past, opened=opened)), "somebody has read the page")


def now(engine: Engine) -> object:
    return one(engine, "SELECT hectis_machine_now()")


def outcome(engine: Engine) -> tuple[str, list[tuple[str, str]]]:
    found = rows(engine, "SELECT grade, reason FROM acknowledgement ORDER BY id")
    return str(one(engine, 'SELECT stage FROM "case"')), [tuple(row) for row in found]


@pytest.mark.target("S5")
def test_a_person_acknowledges_in_two_presses(
    person: Page, sound: Sound, token: str, house: House, clean: Engine
) -> None:
    code = code_of(house, token)
    opened = now(clean)
    person.goto(f"/a/{token}")
    sound()
    assert "If nobody answers" in person.inner_text("main")
    long_enough(clean, opened)
    person.get_by_role("button", name=code[0], exact=True).click()
    expect(person.locator("#ask")).to_contain_text("second")
    sound()
    person.get_by_role("button", name=code[1], exact=True).click()
    expect(person.get_by_role("heading", name="Acknowledged")).to_be_visible()
    sound()
    assert outcome(clean) == ("acknowledged", [("B", "page_and_code")])
    person.goto(f"/a/{token}")
    expect(person.get_by_role("heading", name="Already acknowledged")).to_be_visible()
    sound()


@pytest.mark.target("S5")
def test_a_wrong_press_says_what_to_do_and_the_whole_code_can_be_pasted(
    person: Page, sound: Sound, token: str, house: House, clean: Engine
) -> None:
    opened = now(clean)
    person.goto(f"/a/{token}")
    long_enough(clean, opened)
    for _ in range(2):
        person.get_by_role("button", name=ALPHABET[0], exact=True).click()
    expect(person.get_by_role("heading", name="Not acknowledged yet")).to_be_visible()
    expect(person.locator("main")).to_contain_text("not the code of this notice")
    sound()
    opened = now(clean)
    person.locator("summary", has_text="Paste the whole code").click()
    sound()
    person.get_by_label("The code in the notice").fill(code_of(house, token).lower())
    long_enough(clean, opened)
    person.locator("details form button").click()
    expect(person.get_by_role("heading", name="Acknowledged")).to_be_visible()
    assert outcome(clean) == ("acknowledged", [("C", "other_code"), ("B", "whole_code")])


def scanner(chromium: Browser, served: str, **more: object) -> BrowserContext:
    """A browser without a head that runs scripts; `more` is how it disguises itself."""
    return chromium.new_context(base_url=served, **more)  # type: ignore[arg-type]


@pytest.mark.target("S5")
def test_a_scanner_that_runs_scripts_and_submits_stops_nothing(
    chromium: Browser, served: str, token: str, clean: Engine
) -> None:
    context = scanner(chromium, served)
    opened = context.new_page()
    opened.goto(f"/a/{token}", wait_until="networkidle")
    assert outcome(clean) == ("referred", [])
    opened.locator("form button").first.click()
    opened.wait_for_load_state("networkidle")
    opened.evaluate("for (const form of document.forms) { form.submit(); break }")
    opened.wait_for_load_state("networkidle")
    context.close()
    stage, answers = outcome(clean)
    assert stage == "referred"
    assert answers
    assert {grade for grade, _ in answers} == {"C"}
    assert (
        one(clean, "SELECT count(*) FROM clock WHERE name = 'saps_acknowledge' AND stopped_at IS NULL") == 1
    )


@pytest.mark.target("S5")
def test_a_disguised_scanner_that_waits_moves_the_mouse_and_presses_stops_nothing(
    chromium: Browser, served: str, token: str, clean: Engine
) -> None:
    """Nothing gives it away: it says what a person's browser says, waits five seconds, moves, and presses like one."""
    context = scanner(chromium, served, user_agent=AGENT, locale="en-ZA", extra_http_headers=HUMAN)
    opened = context.new_page()
    began = one(clean, "SELECT hectis_machine_now() - interval '3.9 seconds'")
    opened.goto(f"/a/{token}")
    long_enough(clean, began + timedelta(seconds=3.9 + 3.9))  # type: ignore[operator]
    for step in range(20):
        opened.mouse.move(10 + 12 * step, 30 + 25 * step, steps=5)
    opened.locator("form button").first.click()
    expect(opened.locator("#ask")).to_contain_text("second")
    opened.mouse.move(200, 300, steps=10)
    opened.locator("form button").first.click()
    expect(opened.get_by_role("heading", name="Not acknowledged yet")).to_be_visible()
    context.close()
    assert outcome(clean) == ("referred", [("C", "other_code")])
