"""Every page, method, role and office, and every field: a page lets in and shows what the API does, and no more.

Nothing here is a list of pages or of fields: pages come from the app's map of addresses, what may be seen from what
the API (whose own matrix is written by hand, `tests/api/test_access_matrix.py`) says to the very same session.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache, partial
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from hectis_flow.domain import workflow
from hectis_flow.domain.access import PAGES
from hectis_flow.domain.access_rules import record_fields
from hectis_flow.render import due, notice_words, page_words
from hectis_flow.services.house import House
from hectis_flow.storage import reading
from hectis_flow.storage.reading import Wanted
from tests.api.province import Province, canaries, docketed, watched
from tests.tables import one, rows
from tests.web.everybody import (
    MISSING,
    Address,
    Somebody,
    hire_everybody,
    is_silent,
    pages,
    signed_in,
    text_of,
    without_fresh,
)

pytestmark = pytest.mark.target("S1", "S2")

LETTERS = "ABRDP"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# What looking at a page may write.
OF_LOOKING = ("read_log", "api_token", "sign_in_try", "idempotency_key", "alembic_version")
REFUSED = {400, 403, 404, 409, 422}
REF = re.compile(r"WC-[0-9]{4}-[0-9]{6}")
# The committee is told how many cases left the roll for which cause, and sees of no case for which it did.
COUNTED: Mapping[str, set[str]] = {"committee": {"removals"}}
# A value of a record that says nothing by itself.
SAYS_LITTLE = re.compile(r"[0-9.]{0,4}|true|false|none|null|unknown|.{0,2}", re.IGNORECASE)


@pytest.fixture
def province(province: Province, house: House, engine: Engine) -> Province:
    """The small province with a case that has been through court, and somebody at every post."""
    docketed(house, province)
    province.item_id = one(engine, "SELECT id FROM item WHERE kind = 'removal_saps'")
    province.item_task_id = one(engine, "SELECT id FROM task WHERE item_id = :id", id=province.item_id)
    watched(house, province, engine)
    hire_everybody(engine)
    return province


def standing(engine: Engine) -> list[tuple[str, str]]:
    """Everything that is on record, folded small."""
    names = [row[0] for row in rows(engine, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    asked = " UNION ALL ".join(
        f"SELECT '{name}', coalesce(md5(string_agg(r::text, '|' ORDER BY r::text)), '') FROM \"{name}\" r"  # noqa: S608
        for name in sorted(names)
        if name not in OF_LOOKING
    )
    return sorted((row[0], row[1]) for row in rows(engine, asked))


def api_path(app: Flask, address: Address, values: Mapping[str, Any]) -> str | None:
    """Where the API takes the same action with the same keys; None where its address asks for other keys."""
    action = PAGES[address.endpoint]
    for rule in app.url_map.iter_rules():
        if rule.endpoint == action and set(rule.arguments) <= set(values):
            return str(app.url_map.bind("localhost").build(rule.endpoint, dict(values)))
    return None


def test_a_form_does_what_the_table_lets_its_sender_do_and_nothing_else(
    app: Flask, province: Province, engine: Engine
) -> None:
    """Closed to the role, or of a record that the API hides: refused as if there were none, and nothing is changed.

    A form that is not filled in well may be refused before anybody looks for its record, whoever sends it.
    """
    wrong, tried, refs = [], 0, [case.ref for case in province.told.values()]
    before = standing(engine)
    for somebody in signed_in(app):
        said, of_none = seen_by_the_api(app, somebody, refs), cache(partial(sent, somebody))
        for address in pages(app, province):
            if address.method != "POST" or address.endpoint not in PAGES:
                continue
            if somebody.may(address.endpoint) and not hidden(app, somebody, address, said):
                continue
            tried += 1
            answer = sent(somebody, address.path)
            if answer[0] not in REFUSED:
                wrong.append((somebody.code, address, answer[0]))
            ref = re.search(REF, address.path)
            if (
                ref
                and ref.group() not in said
                and answer != of_none(address.path.replace(ref.group(), MISSING))
            ):
                wrong.append((somebody.code, address, "not as if there were none"))
    assert wrong == []
    assert standing(engine) == before
    assert tried > 100


def sent(somebody: Somebody, path: str) -> tuple[int, str]:
    """How a form without sense is answered, without what is new in each answer."""
    answer = somebody.browser.post(path, key="k" * 22, move="acknowledge")
    ref = re.search(REF, path)
    return answer.status_code, without_fresh(text_of(answer), ref.group() if ref else "")


def hidden(app: Flask, somebody: Somebody, address: Address, said: str) -> bool:
    """Whether the record of an address is none that this session may do anything with; asked without doing it."""
    values = app.url_map.bind("localhost").match(address.path, address.method)[1]
    path = api_path(app, address, values)
    if path is None or not values:
        return False
    header = {"Authorization": f"Bearer {somebody.secret}", "Idempotency-Key": "not a key"}
    # A key that is none is refused before anything is done, and after nothing: so the record is asked for by a look.
    if "ref" in values:
        return values["ref"] not in said
    answer = somebody.browser.client.post(path, base_url="https://localhost", headers=header, json={})
    return answer.status_code == 404


def seen_by_the_api(app: Flask, somebody: Somebody, told: Iterable[str]) -> str:
    """All that the API says to this session: by every address without a key, of these cases, and of what those name."""
    lists = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and "GET" in (rule.methods or ()) and not rule.arguments
    ]
    said = "\n".join((somebody.office, *map(somebody.api, lists)))
    parts = [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/cases/<ref>")]
    for ref in sorted(set(re.findall(REF, said)) | set(map(str, told))):
        for part in parts:
            if "<" not in part.partition("<ref>")[2]:
                said += somebody.api(part.replace("<ref>", ref))
    for noun in ("incidents", "briefs", "meetings", "decisions", "messages"):
        for number in re.findall(r'"id" ?: ?([0-9]+)', somebody.api(f"/api/v1/{noun}")):
            said += somebody.api(f"/api/v1/{noun}/{number}")
    return said


def test_a_page_opens_to_whom_the_table_lets_in_and_says_what_the_api_says_to_the_same_session(
    app: Flask, province: Province, engine: Engine, house: House
) -> None:
    """Every page and every role and office; every field of each record, by every value that tells it."""
    told = telling(house, engine, province)
    named = {mark for letter in LETTERS for mark in canaries(letter).values()}
    wrong, shown, refs = set(), set(), [case.ref for case in province.told.values()]
    for somebody in signed_in(app):
        said = seen_by_the_api(app, somebody, refs)
        for address in pages(app, province):
            if address.method != "GET":
                continue
            answer = somebody.browser.get(address.path)
            if answer.status_code not in answers(somebody, address) and not is_silent(answer):
                wrong.add((somebody.code, address.path, answer.status_code))
            page = bare(text_of(answer), address.path)
            for mark in named | set(refs):
                if mark in page and mark not in said:
                    wrong.add((somebody.code, address.path, mark))
            for field, value, forms in told:
                if any(form in page for form in forms):
                    shown.add(field)
                    if value not in said and value not in address.path and field not in counted(address):
                        wrong.add((somebody.code, address.path, field, value))
    assert sorted(wrong) == []
    assert {"docket", "court", "removals"} <= shown  # or nothing was looked at


def answers(somebody: Somebody, address: Address) -> set[int]:
    """How a page may answer somebody: closed is closed, what is not there is not there."""
    if not somebody.may(address.endpoint):
        return {303, 403, 404}
    return {303, 404} if MISSING in address.path else {200, 303, 404}


def counted(address: Address) -> set[str]:
    """Fields by which a page counts cases without naming one."""
    return COUNTED.get(address.endpoint, set())


def telling(house: House, engine: Engine, province: Province) -> list[tuple[str, str, tuple[str, ...]]]:
    """Every value of every field of cases and incidents that tells something: field, value, and how a page may say it."""
    known = words_of_the_pages()
    names = dict(map(tuple, rows(engine, "SELECT code, name FROM office")))
    found = set()
    with house.transaction() as session:
        for record, keys in (
            ("case", [one.ref for one in province.told.values()]),
            ("incident", [one.incident_id for one in province.told.values()]),
        ):
            fields = tuple(name for name in record_fields(record) if not name.startswith("patients."))
            for key in keys:
                whole = reading.one(session, Wanted(record, fields, "province", None), key)
                assert whole
                found |= set(leaves(json.loads(json.dumps(whole[1], default=str))))
    told, today = [], one(engine, "SELECT hectis_now()::date::text")
    for field, value in sorted(found):
        if value.startswith(today):
            continue  # the minute in which this test runs stands on every page
        forms = tuple(form for form in ways_to_say(value, names) if form not in known)
        if forms and not SAYS_LITTLE.fullmatch(value):
            told.append((field, value, forms))
    return told


def leaves(record: Mapping[str, Any], field: str = "") -> Iterator[tuple[str, str]]:
    """Each value of a record, with the field that it belongs to."""
    for name, value in record.items():
        of = field or name
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from leaves(inner, of)
            elif inner is not None:
                yield of, str(inner)


def ways_to_say(value: str, names: Mapping[str, str]) -> Iterator[str]:
    """A value as a page may write it."""
    yield value
    if value in names:
        yield names[value]
    elif re.fullmatch("[a-z][a-z0-9_]+", value):
        yield page_words.of_code(value)
    elif re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", value):
        yield due.moment("en", datetime.fromisoformat(value))


def words_of_the_pages() -> str:
    """What stands on pages whatever is on record: their words, and titles and codes of stages, moves and choices."""
    return "\n".join((*page_words.ENGLISH.values(), repr(notice_words.__dict__), repr(workflow.__dict__)))


def bare(page: str, path: str) -> str:
    """What a page says of records: without what may be chosen in its forms, and what it was asked for itself."""
    for choices in (r"<select.*?</select>", r"<details class=\"move others\">.*?</details>"):
        page = re.sub(choices, "", page, flags=re.DOTALL)
    asked = re.search(REF, path)
    page = unescape(page)
    return page.replace(asked.group(), "") if asked and "trouble" not in page else page


def test_a_page_takes_its_own_method_alone(app: Flask, province: Province) -> None:
    wrong = []
    (somebody,) = signed_in(app, ["saps-liaison-x0"])
    there = app.url_map.bind("localhost", url_scheme="https")
    for path in sorted({address.path for address in pages(app, province)}):
        for method in METHODS:
            if there.test(path, method):  # this page's own, or another's at the same address
                continue
            answer = somebody.browser.client.open(path, base_url="https://localhost", method=method)
            if answer.status_code != 405:
                wrong.append((method, path, answer.status_code))
    assert wrong == []


def test_a_form_may_not_name_another_method(app: Flask, province: Province, engine: Engine) -> None:
    (somebody,) = signed_in(app, ["saps-liaison-x0"])
    before = standing(engine)
    for address in pages(app, province):
        if address.method == "GET":
            answer = somebody.browser.client.get(
                address.path,
                base_url="https://localhost",
                query_string={"_method": "POST", "move": "acknowledge"},
                headers={"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "DELETE"},
            )
            assert answer.status_code < 500, address
    assert standing(engine) == before


def test_a_changed_post_counts_from_the_next_page_on(app: Flask, province: Province, engine: Engine) -> None:
    (somebody,) = signed_in(app, ["saps-liaison-x0"])
    path = f"/cases/{province.told['R'].ref}"
    assert somebody.browser.get(path).status_code == 200
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE api_token SET role = 'station_commander' WHERE label = :code"),
            {"code": somebody.code},
        )
        connection.execute(text("UPDATE staff_post SET role = 'station_commander'"))
    assert somebody.browser.get(path).status_code == 404
