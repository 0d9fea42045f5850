"""A real browser before the real service: pages are served over HTTP on this machine, and Chromium looks at them.

Where there is no Chromium the tests are skipped with a sentence that says how to get it: `workers/bootstrap.py` brings
it for `make test` where it can.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine
from werkzeug.serving import make_server

from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services.house import House
from tests.road import Road, roads
from workers.browser import where

CHROMIUM = where()
# Everything that a browser would otherwise say to the outside.
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@dataclass(frozen=True)
class Look:
    """How somebody looks at a page: how wide, light or dark, with scripts or without."""

    width: int
    scheme: str
    scripts: bool


PHONE, DESK = Look(320, "light", scripts=True), Look(1280, "dark", scripts=True)
PHONE_BARE, DESK_BARE = Look(320, "dark", scripts=False), Look(1280, "light", scripts=False)
# Every width with every scheme, with scripts and without. The two that are missing here, with axe, are those in which
# `test_every_page` looks at everything.
LOOKS = [PHONE, DESK, PHONE_BARE, DESK_BARE]


def name_of(look: Look) -> str:
    """How a test names a look."""
    return f"{look.width}-{look.scheme}-{'scripts' if look.scripts else 'bare'}"


def seen(*looks: Look) -> pytest.MarkDecorator:
    """Run a test in these looks alone."""
    return pytest.mark.parametrize("page", looks, indirect=True, ids=name_of)


RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say plainly where the tests of the browser do not run."""
    if CHROMIUM is None:
        why = pytest.mark.skip(reason="No Chromium on this machine: apt install chromium, and run again.")
        for item in items:
            if "tests/browser" in str(item.path):
                item.add_marker(why)


@pytest.fixture(scope="module")
def served(app: Flask) -> Iterator[str]:
    """The service over HTTP; gives its address. `localhost`, for only there a browser keeps secure cookies."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(params=LOOKS, ids=name_of)
def page(request: pytest.FixtureRequest, chromium: Browser, served: str) -> Iterator[Page]:
    """A page of a browser of its own. Whatever the browser complains about is a failure."""
    look: Look = request.param
    context = chromium.new_context(
        base_url=served,
        viewport={"width": look.width, "height": 800},
        color_scheme="dark" if look.scheme == "dark" else "light",
        java_script_enabled=look.scripts,
    )
    context.scripts = look.scripts  # type: ignore[attr-defined]
    context.expected = ()  # type: ignore[attr-defined]  # beginnings of complaints that a test brings about
    complaints: list[str] = []
    opened = context.new_page()
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
    opened.on(
        "request",
        lambda asked: complaints.append(asked.url) if not asked.url.startswith((served, "data:")) else None,
    )
    yield opened
    expected: tuple[str, ...] = context.expected  # type: ignore[attr-defined]
    context.close()
    assert [said for said in complaints if not said.startswith(expected)] == []


@pytest.fixture
def sound(page: Page) -> Callable[[], None]:
    """Asks whether the page that is open has no fault that axe finds, and is no wider than the screen."""
    scripts: bool = page.context.scripts  # type: ignore[attr-defined]

    def ask() -> None:
        if scripts:  # axe is one itself
            found = Axe().run(page, options=RULES)
            assert found.response["violations"] == [], found.generate_report()
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )

    return ask


@pytest.fixture
def cases(clean: Engine, house: House) -> list[Road]:
    """Cases of one station: one waits for an acknowledgement, one is acknowledged, one investigated, one on the roll.

    A fifth waits at its hospital for a legal basis.
    """
    staff_the_province(house)
    found = roads(house, clean, how_many=5)
    for road in found[:2]:
        road.go("basis_recorded", disclosure_basis="consent_written")
    found[1].go("acknowledge")
    found[2].investigated()
    found[3].on_roll()
    return found
