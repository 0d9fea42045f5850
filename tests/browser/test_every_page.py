"""Every page that there is, as somebody sees it whom the policy table lets in: axe finds nothing, nothing is cut off.

Pages are found in the app's own map of addresses, so a new one is looked at by itself; journeys look at more ways of
looking, at fewer pages.
"""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import Engine

from hectis_flow.domain.access import OWN_PAGES, PAGES
from hectis_flow.services import digest
from hectis_flow.services.house import House
from hectis_flow.web.page import COOKIE
from tests.api.province import Province, docketed, watched
from tests.browser.conftest import Look, seen
from tests.web.everybody import MISSING, Somebody, hire_everybody, pages, signed_in

Sound = Callable[[], None]
AT_THE_DOOR = ("/", "/sign-in", "/enrol/nonsense", "/a/nonsense", "/practice/mailbox", "/nowhere")
# Paper, what a page asks by itself, and what leads on to another page.
NO_PAGES = ("_pack", "_paper", "_pdf", "_live", "home")
# Roles by how many pages they open: whoever comes first is asked for a page that is open to several.
FIRST = ("saps_liaison", "prosecutor", "watching_brief_official", "committee_chair", "facility_liaison")


@pytest.fixture
def whole(clean: Engine, house: House, province: Province, engine: Engine) -> Province:
    """The small province with a case that was struck off and is watched, somebody at every post, and their digests."""
    docketed(house, province)
    watched(house, province, engine)
    hire_everybody(engine)
    digest.compose(house, digest.plan(house, at_once=True))
    return province


@seen(Look(320, "dark", scripts=True), Look(1280, "light", scripts=True))
def test_no_page_has_a_fault_that_axe_finds_or_is_wider_than_the_screen(
    page: Page, sound: Sound, app: Flask, whole: Province
) -> None:
    page.context.expected = ("Failed to load resource",)  # type: ignore[attr-defined]  # a refusal is a page too
    for path in AT_THE_DOOR:
        page.goto(path)
        sound()
    seen = 0
    for somebody, paths in opened(app, whole):
        cookie = {
            "name": COOKIE,
            "value": somebody.secret,
            "domain": "localhost",
            "path": "/",
            "secure": True,
        }
        page.context.add_cookies([cookie])  # type: ignore[list-item]
        for path in paths:
            answer = page.goto(path)
            assert answer
            assert answer.status in {200, 404}, path
            assert page.get_by_role("heading", level=1).count() == 1, path
            sound()
            seen += answer.status == 200
    assert seen > len({*PAGES.values()}) / 3  # and they were opened


def opened(app: Flask, province: Province) -> Iterator[tuple[Somebody, list[str]]]:
    """Every page once, by somebody who may open it; of each kind of record one that is there."""
    left = {
        (address.endpoint, address.path)
        for address in pages(app, province)
        if address.method == "GET" and MISSING not in address.path and not address.endpoint.endswith(NO_PAGES)
    }
    everybody = sorted(
        signed_in(app), key=lambda one: FIRST.index(one.role) if one.role in FIRST else len(FIRST)
    )
    for somebody in everybody:
        mine: dict[str, list[str]] = {}
        for endpoint, path in sorted(left):
            if somebody.may(endpoint) and somebody.browser.get(path).status_code == 200:
                mine.setdefault(endpoint, []).append(path)
        left = {one for one in left if one[0] not in mine}
        if mine:
            yield somebody, [paths[-1] for paths in mine.values()]
    assert {endpoint for endpoint, _ in left} <= {*OWN_PAGES, *PAGES}
