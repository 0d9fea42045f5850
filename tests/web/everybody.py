"""Somebody of every role at every office of the small province, each in a browser of their own; and every page there is.

Pages are taken from the app's own map of addresses, and what they ask for from their source: a new one is found by
itself.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from hectis_flow.domain.access import MACHINE_ROLES, OWN_PAGES, PAGES
from hectis_flow.domain.access_rules import grant, token_roles
from tests.api.province import KINDS, Province
from tests.web.conftest import HOST, Browser

WEB = Path(__file__).resolve().parents[2] / "hectis_flow" / "web"
# Where those sit whose role is for the whole province.
PROVINCE_OFFICE = "wc-health-data"
MISSING = "WC-2026-999999"
_ASKED = re.compile(r'(?:asked|typed|(?:args|values|form)\.get)\(\s*((?:"\w+"(?:,\s*)?)+)')
_IMPORTED = re.compile(r"from hectis_flow\.web(?:\.| import )(\w+)")
_FORM = re.compile(r"<form([^>]*)>(.*?)</form>", re.DOTALL)
_ACTION = re.compile(r' action="([^"]+)"')
_FIELD = re.compile(r'<(?:input|select|textarea)[^>]*? name="(\w+)"')


@dataclass(frozen=True)
class Address:
    """One page with one choice of keys."""

    endpoint: str
    method: str
    path: str


def text_of(answer: TestResponse) -> str:
    """What an answer says, where it is text; what is on paper is none."""
    return answer.get_data().decode("utf-8", "replace")


def is_silent(answer: TestResponse) -> bool:
    """Whether it is the answer to what a page asks by itself, and says nothing of any record."""
    return answer.mimetype == "text/event-stream" and "WC-" not in answer.text


@dataclass(frozen=True)
class Somebody:
    """Whoever is signed in, and where."""

    role: str
    office: str
    code: str
    browser: Browser

    @property
    def secret(self) -> str:
        """What stands for a token of theirs."""
        cookie = self.browser.client.get_cookie("__Host-hectis", domain="localhost")
        assert cookie
        return str(cookie.value)

    def may(self, endpoint: str) -> bool:
        """Whether the policy table lets this role in at all."""
        return endpoint in OWN_PAGES or grant(self.role, PAGES[endpoint]).scope != "none"

    def api(self, path: str) -> str:
        """What the API says to the same session; nothing where it refuses."""
        header = {"Authorization": f"Bearer {self.secret}"}
        answer = self.browser.client.get(path, base_url=HOST, headers=header)
        return answer.get_data().decode("utf-8", "replace") if answer.status_code == 200 else ""


def posts() -> list[tuple[str, str, str]]:
    """Code, role and office of everybody."""
    people = [role for role in token_roles() if role not in MACHINE_ROLES]
    return [
        (f"{role.replace('_', '-')}-x{number}", role, office)
        for role in people
        for number, office in enumerate(KINDS.get(role, (PROVINCE_OFFICE,)))
    ]


def hire_everybody(engine: Engine) -> None:
    """Put everybody at their post."""
    hired = [{"code": code, "role": role, "office": office} for code, role, office in posts()]
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO staff (code, key_id, person_enc) VALUES (:code, 'k1', '\\x00')"), hired
        )
        connection.execute(
            text(
                "INSERT INTO staff_post (staff_id, office_id, role) SELECT s.id, o.id, :role "
                "FROM staff s, office o WHERE s.code = :code AND o.code = :office"
            ),
            hired,
        )


def signed_in(app: Flask, codes: Sequence[str] = ()) -> Iterator[Somebody]:
    """Everybody, or these, each signed in."""
    for code, role, office in posts():
        if not codes or code in codes:
            browser = Browser(app.test_client())
            assert browser.post("/practice/sign-in", code=code).status_code == 303, code
            browser.get("/account")  # which shows everybody a form
            yield Somebody(role, office, code, browser)


def keys(province: Province) -> Callable[[str], Sequence[str | int]]:
    """What the part of an address of this name may be: what is there, and what is not."""
    known: Mapping[str, Sequence[str | int]] = {
        "ref": [one.ref for one in province.told.values()] + [MISSING],
        "task_id": [province.task_id, province.item_task_id or 1_000_001, 1_000_002],
        "token_id": [999_999],
        "brief_id": [province.brief_id or 1, 1_000_001],
        "letter_id": [province.letter_id or 1],
        "code": ["khayelitsha-court", "khayelitsha-saps"],
        "court": ["khayelitsha-court"],
        "office": ["khayelitsha-saps"],
        "day": ["2026-03-02"],
        "date": ["2026-03-02"],
    }
    return lambda name: known.get(name, (1,))


def pages(app: Flask, province: Province) -> Iterator[Address]:
    """Every page of somebody signed in, with every choice of keys."""
    of = keys(province)
    there = app.url_map.bind("localhost", url_scheme="https")
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in PAGES and rule.endpoint not in OWN_PAGES:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for chosen in product(*(of(name) for name in sorted(rule.arguments))):
                values = dict(zip(sorted(rule.arguments), chosen, strict=True))
                path = there.build(rule.endpoint, values, method)
                yield Address(rule.endpoint, method, path)


@cache
def asked_for(endpoint: str = "") -> frozenset[str]:
    """Every name that a page reads from its address or form, by the source of its room and of what that imports.

    Without an endpoint those of all rooms.
    """
    sources = {
        file.stem: file.read_text(encoding="utf-8") for file in WEB.glob("*.py") if file.stem != "rooms"
    }
    wanted = (
        {name for name, source in sources.items() if f'"{endpoint}"' in source} if endpoint else set(sources)
    )
    while (
        further := {other for name in wanted for other in _IMPORTED.findall(sources[name])}
        & set(sources) - wanted
    ):
        wanted |= further
    read = (names for name in wanted for names in _ASKED.findall(sources[name]))
    return frozenset(name for names in read for name in re.findall(r'"(\w+)"', names))


def without_fresh(page: str, ref: str) -> str:
    """A page without what is new in each, and without the number that it was asked for."""
    return re.sub(r'name="(form_token|key)" value="[^"]*"', "", page).replace(ref, "")


def fields_of(page: str) -> Mapping[str, set[str]]:
    """Every name that the forms of a page would send, by where they would be sent to."""
    found: dict[str, set[str]] = {}
    for head, inside in _FORM.findall(page):
        if to := _ACTION.search(head):
            found.setdefault(to.group(1), set()).update(_FIELD.findall(inside))
    return found
