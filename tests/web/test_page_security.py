"""What every page withstands: headers on each answer, forms of others, odd words in every argument, text that is code.

Pages, their arguments and the fields of their forms are found in the app and in its source, so a new page is tried too.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config.keys import KeyMaterial
from config.settings import Settings
from hectis_flow.app import create_app
from hectis_flow.domain.access import OWN_PAGES, PAGES, PUBLIC
from hectis_flow.services import mailbox
from hectis_flow.services.house import House
from tests.api.conftest import logged  # noqa: F401  (a fixture)
from tests.api.people import People
from tests.api.province import Province, canaries, docketed
from tests.api.test_errors import close
from tests.tables import one, rows
from tests.web.conftest import HOST, Browser
from tests.web.everybody import (
    WEB,
    Somebody,
    asked_for,
    fields_of,
    hire_everybody,
    is_silent,
    keys,
    pages,
    posts,
    signed_in,
    text_of,
    without_fresh,
)

Browsers = Callable[[], Browser]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
# Ends the session, or all of them: tried apart from what needs one.
ENDING = {"sign_out", "account_end"}
HUGE = "9" * 40
# What is unlike anything that an argument of ours can be: a third of it for each page, in turn.
ODD = (
    *("", "0", "-1", HUGE, "1.5", "1e9", "٣", "²", "0x10", "nan", "null"),
    *(
        "\x00",
        "a\x00b",
        "\r\nSet-Cookie: planted=1",
        "\u202egnp",
        "\ufeff",
        "\U0001f469\u200d\U0001f9b0",
        "ß" * 300,
    ),
    *(
        "../../etc/passwd",
        "..\\..\\",
        "%00",
        "%2e%2e%2f",
        "'; DROP TABLE task; --",
        "' OR 1=1 --",
        "\\",
        "/",
        "//evil.invalid",
    ),
    *(
        "{{7*719100713}}",
        "${7*719100713}",
        "{0.__class__}",
        "{staff}",
        "%s%n",
        "=cmd|' /C calc'!A0",
        "javascript:alert(1)",
    ),
    *(
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onfocus='alert(1)",
        "</title><svg onload=alert(1)>",
    ),
    *("WC-2026-999999\n", "WC-2026-٩٩٩٩٩٩", "2026-02-30", "0000-00-00", "9999-12-31", "x" * 5000),
)
# Those of them that break the most: one for each argument by itself, in turn.
WORST = ("\x00", HUGE, "-1", "٣", "2026-02-30", "x" * 5000)
LIVE = re.compile(r"<script>alert|<img src=x|<svg onload|onfocus='alert|onerror=alert\(1\)>|5033704991")


@pytest.fixture
def everybody(province: Province, engine: Engine) -> Province:
    """The small province with somebody at every post."""
    hire_everybody(engine)
    return province


@pytest.fixture
def client(app: Flask, clean: Engine) -> FlaskClient:
    """Somebody who is not signed in."""
    return app.test_client()


def openers(app: Flask) -> dict[str, str]:
    """For each page the code of somebody whom the table lets in."""
    found: dict[str, str] = {}
    for code, role, office in posts():
        somebody = Somebody(role, office, code, Browser(app.test_client()))
        for endpoint in (*PAGES, *OWN_PAGES):
            if somebody.may(endpoint) and (endpoint not in found or role == "saps_liaison"):
                found[endpoint] = code
    return found


def by_opener(app: Flask, province: Province) -> Iterator[tuple[Somebody, str, str, str]]:
    """Every page with somebody who may open it: who, endpoint, method, path."""
    who = openers(app)
    for code in sorted(set(who.values())):
        (somebody,) = signed_in(app, [code])
        for address in pages(app, province):
            if who[address.endpoint] == code and address.endpoint not in ENDING:
                yield somebody, address.endpoint, address.method, address.path


def check_headers(answer: TestResponse, where: object) -> None:
    """What stands on every answer whatsoever."""
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, (where, name)
    policy = answer.headers["Content-Security-Policy"]
    for word in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert word in policy, (where, word)
    assert "unsafe" not in policy, where
    assert "*" not in policy, where
    assert "http" not in policy, where  # no other host
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")], where
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert cookie.startswith("__Host-hectis"), where
        for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
            assert word in cookie, (where, word)
        assert "Domain" not in cookie, where
        assert len(cookie.split(";")[0]) < 4096, where


def check_html(answer: TestResponse, where: object) -> None:
    """What stands on every page, and in none."""
    assert answer.headers["Cache-Control"] == "no-store", where
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8", where
    page = answer.text
    assert re.findall(r"<(?:script|style)(?![^>]*\ssrc=)[ >]", page) == [], where
    assert re.findall(r"\s(?:style|on[a-z]+)=", page) == [], where
    assert re.findall(r'(?:src|href|action|formaction)="(?!/(?!/)|#|mailto:|tel:)[^"]+"', page) == [], where
    assert re.findall(r"<(?:iframe|object|embed|base|meta http-equiv)", page) == [], where


# --- headers, caches, cookies -------------------------------------------------------------------------


@pytest.mark.target("S7", "S8")
def test_every_answer_carries_every_header(app: Flask, everybody: Province) -> None:
    """Every page, opened or refused, by its own method and by others."""
    for somebody, endpoint, method, path in by_opener(app, everybody):
        where = (endpoint, path)
        if method == "GET":
            answer = somebody.browser.get(path)
            check_headers(answer, where)
            if answer.mimetype == "text/html" and answer.status_code != 303:
                check_html(answer, where)
        for other in ("POST", "PUT", "TRACE"):
            check_headers(somebody.browser.client.open(path, base_url=HOST, method=other), (where, other))
        check_headers(app.test_client().open(path, base_url=HOST, method=method), (where, "nobody"))


@pytest.mark.target("S7", "S8")
def test_pages_for_anybody_and_errors_carry_every_header(
    app: Flask, client: FlaskClient, people: People, province: Province
) -> None:
    asked = [
        ("GET", path) for path in ("/", "/sign-in", "/enrol/none", "/a/none", "/practice/mailbox", "/nowhere")
    ]
    asked += [
        ("GET", path) for path in ("/healthz", "/readyz", "/metrics", "/api/openapi.json", "/static/nothing")
    ]
    asked += [("GET", "/static/room.css"), ("GET", "/static/../app.py"), ("GET", "/api/v1/cases")]
    asked += [
        ("POST", "/sign-in"),
        ("POST", "/practice/sign-in"),
        ("POST", "/a/none"),
        ("POST", "/hooks/receipts"),
        ("POST", "/hooks/replies"),
        ("POST", "/hooks/slack"),
        ("DELETE", "/queue"),
    ]
    for method, path in asked:
        answer = client.open(path, base_url=HOST, method=method)
        check_headers(answer, path)
        answer.close()
        if not path.startswith("/static"):
            assert answer.headers["Cache-Control"] == "no-store", path
    known = {rule.endpoint for rule in app.url_map.iter_rules()} & set(PUBLIC)
    there = app.url_map.bind("localhost")
    tried = {
        there.match(path, method)[0]
        for method, path in asked
        if not path.startswith(("/nowhere", "/api/v1")) and method != "DELETE"
    }
    assert known - tried <= {"enrol_set"}  # whose page and form are one address


@pytest.mark.target("S7")
def test_a_database_that_is_away_is_a_page_like_the_others(settings: Settings) -> None:
    away = create_app(replace(settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    away.extensions["hectis_practice"] = False
    for path in ("/queue", "/sign-in", "/cases/WC-2026-000001", "/account"):
        client = away.test_client()
        client.set_cookie("__Host-hectis", "hf_" + "a" * 43, domain="localhost", secure=True)
        answer = client.get(path, base_url=HOST)
        assert answer.status_code in {200, 503}, path
        check_headers(answer, path)
        check_html(answer, path)
    close(away)


@pytest.mark.target("S8")
def test_signing_out_leaves_nothing_in_the_browser(app: Flask, people: People, browser: Browsers) -> None:
    for way in ("/sign-out", "/account/sessions/0"):
        mine = browser().practise("ks-1")
        assert mine.client.get_cookie("__Host-hectis", domain="localhost")
        answer = mine.post(way)
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
        assert mine.client.get_cookie("__Host-hectis", domain="localhost") is None
        assert mine.get("/queue").status_code == 303


@pytest.mark.target("S8")
def test_pages_keep_nothing_in_the_browser_beside_the_session(app: Flask) -> None:
    """No page of ours asks for storage, a worker or a cache; scripts of ours, if there are any, neither."""
    for file in (*WEB.glob("templates/*.html"), *WEB.glob("static/*.js")):
        said = file.read_text(encoding="utf-8")
        for word in (
            "localStorage",
            "sessionStorage",
            "indexedDB",
            "serviceWorker",
            "caches.open",
            "document.cookie",
        ):
            assert word not in said, (file.name, word)


# --- sessions -----------------------------------------------------------------------------------------


@pytest.mark.target("S6")
def test_a_session_that_was_planted_in_a_browser_ends_when_somebody_signs_in_there(
    people: People, browser: Browsers, engine: Engine
) -> None:
    planted, theirs = browser().practise("df-1"), browser()
    before = cookie_of(planted)
    theirs.client.set_cookie("__Host-hectis", before, domain="localhost", secure=True)
    theirs.practise("ks-1")
    assert cookie_of(theirs) != before
    assert planted.get("/queue").status_code == 303
    living = "SELECT count(*) FROM api_token WHERE kind = 'session' AND revoked_at IS NULL"
    assert one(engine, living) == 1


@pytest.mark.target("S6")
def test_what_a_browser_says_is_no_session(people: People, province: Province, browser: Browsers) -> None:
    """Neither words of one's own, nor a token of the API that is none of a session, nor a session in a header."""
    signed = cookie_of(browser().practise("ks-1"))
    for said in (
        "",
        "x",
        "hf_",
        "hf_" + "a" * 43,
        signed[:-1],
        signed + "a",
        "hf_" + "é" * 43,
        people.secrets["ks-1"],
    ):
        mine = browser()
        answer = mine.client.get("/queue", base_url=HOST, headers={"Cookie": f"__Host-hectis={said}"})
        assert answer.status_code == 303, said
    bearer = {"Authorization": f"Bearer {signed}"}
    assert browser().client.get("/queue", base_url=HOST, headers=bearer).status_code == 303
    assert browser().client.get(f"/queue?__Host-hectis={signed}", base_url=HOST).status_code == 303


@pytest.mark.target("S6")
@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_the_address_that_tries_are_counted_by_is_no_word_of_the_caller(
    settings: Settings, proxies: int, seen: str
) -> None:
    app = create_app(replace(settings, http_proxies=proxies))
    addresses: list[str | None] = []
    app.before_request(lambda: addresses.append(request.remote_addr))
    said = {
        "X-Forwarded-For": "198.51.100.7, 203.0.113.9",
        "X-Real-IP": "198.51.100.7",
        "Forwarded": "for=198.51.100.7",
    }
    app.test_client().get("/healthz", headers=said)
    assert addresses == [seen]
    close(app)


@pytest.mark.target("S6")
def test_a_leaver_is_out_of_every_page_at_once(app: Flask, everybody: Province, engine: Engine) -> None:
    (somebody,) = signed_in(app, ["saps-liaison-x0"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE staff SET valid_to = valid_from + 1"))
    for address in pages(app, everybody):
        answer = somebody.browser.client.open(
            address.path,
            base_url=HOST,
            method=address.method,
            data={"form_token": somebody.browser.token} if address.method == "POST" else None,
        )
        if not is_silent(answer):
            assert answer.status_code == 303, address
            assert answer.location.startswith("/sign-in"), address
    assert somebody.api("/api/v1/cases") == ""


def cookie_of(browser: Browser) -> str:
    """The secret that a browser holds."""
    cookie = browser.client.get_cookie("__Host-hectis", domain="localhost")
    assert cookie
    return str(cookie.value)


# --- forms of others ----------------------------------------------------------------------------------


@pytest.mark.target("S1", "S7")
def test_no_form_of_another_site_or_session_is_heard_anywhere(
    app: Flask, everybody: Province, engine: Engine
) -> None:
    other = next(signed_in(app, ["facility-liaison-x1"])).browser.token
    before = one(engine, 'SELECT sum(version) FROM "case"'), one(engine, "SELECT count(*) FROM api_token")
    tried = 0
    for somebody, endpoint, method, path in by_opener(app, everybody):
        if method != "POST":
            continue
        own, client = somebody.browser.token, somebody.browser.client
        for token, headers in (
            (own, {"Sec-Fetch-Site": "cross-site"}),
            (own, {"Sec-Fetch-Site": "same-site", "Origin": "https://localhost"}),
            (own, {"Origin": "https://evil.invalid"}),
            (own, {"Origin": "null"}),
            (other, {}),
            ("", {}),
            (own[:-1], {}),
            ("é", {}),
        ):
            answer = client.post(path, base_url=HOST, data={"form_token": token}, headers=headers)
            assert answer.status_code == 403, (endpoint, path, headers)
            tried += 1
        # In the address, or as JSON, a token is none.
        answer = client.post(path, base_url=HOST, query_string={"form_token": own})
        assert answer.status_code == 403, (endpoint, path)
        assert client.post(path, base_url=HOST, json={"form_token": own}).status_code == 403, (endpoint, path)
    assert tried > 50
    after = one(engine, 'SELECT sum(version) FROM "case"'), one(engine, "SELECT count(*) FROM api_token")
    assert after[0] == before[0]


@pytest.mark.target("S7")
@pytest.mark.parametrize("path", ["/sign-in", "/practice/sign-in", "/enrol/none"])
def test_nobody_is_signed_in_by_another_site(client: FlaskClient, people: People, path: str) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.invalid"}, {"Origin": "null"}):
        answer = client.post(path, base_url=HOST, data={"code": "ks-1"}, headers=headers)
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers


# --- odd words ----------------------------------------------------------------------------------------


@pytest.mark.target("S1", "S14")
def test_odd_words_in_addresses_are_refused_and_never_a_fault(app: Flask, everybody: Province) -> None:
    """In each part of a path, and in each name that a page asks its address for, at once and one by one."""
    seen = set()
    for somebody, endpoint, method, path in by_opener(app, everybody):
        if method != "GET" or endpoint in seen:
            continue
        seen.add(endpoint)
        asked = sorted(asked_for(endpoint))
        tried = [
            f"{path}?" + "&".join(f"{name}={_word(odd)}" for name in asked) for odd in ODD[len(seen) % 3 :: 3]
        ]
        tried += [
            f"{path}?{name}={_word(odd)}" for at, name in enumerate(asked) for odd in WORST[at % 6 :: 6]
        ]
        tried += [f"{path}?" + "&".join(f"{name}=a&{name}=b" for name in asked), f"{path}?%ED%A0%80=%FF&=&&;"]
        for whole in tried:
            check(somebody.browser.get(whole), whole)
    for number, rule in enumerate(app.url_map.iter_rules()):
        if not rule.arguments or rule.endpoint not in {*PAGES, *OWN_PAGES, "enrol", "link", "mailbox"}:
            continue
        (somebody,) = signed_in(app, [openers(app).get(rule.endpoint, "saps-liaison-x0")])
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        for odd in (*ODD[number % 3 :: 3], "%ED%A0%80", "%FF%FE"):
            path = re.sub(
                "<[^>]+>", (odd if odd.startswith("%E") else _word(odd)).replace("%", "%%") % (), rule.rule
            )
            answer = somebody.browser.client.open(
                path, base_url=HOST, method=method, data={"form_token": somebody.browser.token}
            )
            check(answer, path)


@pytest.mark.target("S1", "S3", "S14")
def test_odd_words_in_forms_are_refused_and_never_a_fault(
    app: Flask, everybody: Province, engine: Engine
) -> None:
    """In every field of every form that a page shows, and in every name that one asks for, at once and one by one."""
    sent = sendable(app, everybody)
    everything = {*asked_for(), *(name for fields in sent.values() for name in fields)} - {"form_token"}
    done = set()
    for somebody, endpoint, method, path in by_opener(app, everybody):
        if method != "POST" or endpoint in done:
            continue
        done.add(endpoint)
        names = sorted({*asked_for(endpoint), *sent.get(path, ())} - {"form_token"})
        moves = ["acknowledge", "open_cas", "return_for_info"] if "move" in endpoint else [None]
        for move in moves:
            kept = {} if move is None else {"move": move}
            for odd in ODD[len(done) % 3 :: 3]:
                check(somebody.browser.post(path, **dict.fromkeys(everything, odd) | kept), (path, odd))
            for at, name in enumerate(names):
                for odd in WORST[at % 2 : at % 2 + 1]:
                    check(
                        somebody.browser.post(path, **kept, **({name: odd} if name not in kept else {})),
                        (path, name, odd),
                    )
            if somebody.browser.get("/account").status_code == 303:  # a form that ended it
                somebody.browser.practise(somebody.code)


def sendable(app: Flask, province: Province) -> dict[str, set[str]]:
    """Every name in the forms of all pages, by where it is sent to."""
    sent: dict[str, set[str]] = {}
    for somebody, _, method, path in by_opener(app, province):
        if method == "GET":
            for to, fields in fields_of(text_of(somebody.browser.get(path))).items():
                sent.setdefault(to, set()).update(fields)
    return sent


def check(answer: TestResponse, where: object) -> None:
    """Refused or taken, but no fault; nothing that was sent runs, is reckoned, or became a header."""
    assert answer.status_code in {200, 204, 303, 308, 400, 403, 404, 405, 409, 413, 422, 429}, (
        where,
        answer.status_code,
    )
    assert LIVE.search(text_of(answer)) is None, where
    assert "planted" not in str(answer.headers.getlist("Set-Cookie")), where
    if answer.status_code in {303, 308}:
        assert re.match(r"(?:https://localhost)?/(?![/\\])", answer.headers["Location"]), (
            where,
            answer.location,
        )


def _word(odd: str) -> str:
    return quote(odd, safe="")


# --- what is typed and what is taken in ---------------------------------------------------------------


@pytest.mark.target("S14")
def test_text_that_is_code_is_text_on_every_page(
    app: Flask, everybody: Province, house: House, engine: Engine
) -> None:
    """Texts that are no codes come to pages as texts: here the names of offices, officers, numbers are all HTML."""
    docketed(house, everybody)
    live = "<script>alert(1)</script>"
    texts = {"office": "name", "docket": "officer", "court_matter": "number"}
    names = dict(map(tuple, rows(engine, "SELECT id, name FROM office")))
    for table, column in texts.items():
        change(engine, f'UPDATE "{table}" SET {column} = :live', live=live)  # noqa: S608
    try:
        told = 0
        for somebody, _, method, path in by_opener(app, everybody):
            if method == "GET":
                page = text_of(somebody.browser.get(path))
                assert live not in page, path
                told += "&lt;script&gt;alert(1)" in page
        assert told
    finally:  # offices outlast a test
        for office_id, name in names.items():
            change(engine, "UPDATE office SET name = :name WHERE id = :id", id=office_id, name=name)


def change(engine: Engine, statement: str, **values: object) -> None:
    """Change what stands, past all that keeps it from being changed."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement), values)


@pytest.mark.target("S14")
def test_what_was_typed_and_refused_comes_back_as_text(
    people: People, province: Province, browser: Browsers
) -> None:
    mine = browser().practise("ks-1")
    ref = province.told["R"].ref
    mine.get(f"/cases/{ref}")
    for live in (
        '"><script>alert(1)</script>',
        "' autofocus onfocus='alert(1)",
        "{{7*719100713}}",
        "=HYPERLINK(1)",
    ):
        page = mine.post(f"/cases/{ref}/moves", move="open_cas", with_cas_number=live).text
        assert 'role="alert"' in page
        assert LIVE.search(page) is None
        assert LIVE.search(mine.get(f"/cases?number={_word(live)}").text) is None
        assert (
            LIVE.search(browser().get(f"/sign-in?office={_word(live)}&next={_word('/' + live)}").text) is None
        )


@pytest.mark.target("S14")
def test_a_letter_of_the_practice_mailbox_runs_nothing_here(
    client: FlaskClient, house: House, people: People
) -> None:
    mailbox.keep(
        house,
        ["a@practice.invalid"],
        b"Subject: <script>alert(1)</script>\r\n\r\n<script>alert(1)</script>\r\n",
    )
    for path in ("/practice/mailbox", "/practice/mailbox/1"):
        assert "<script>" not in client.get(path, base_url=HOST).text


@pytest.mark.target("S3")
def test_a_form_takes_its_own_fields_and_no_others(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    """A role, an office, an owner or a stage that is sent along changes nothing: no such field is anybody's."""
    mine = browser().practise("ks-1")
    ref = province.told["R"].ref
    mine.get(f"/cases/{ref}")
    extra = {"role": "dpp_office", "office": "delft-saps", "stage": "finalised", "owner_office": "delft-saps"}
    extra |= {
        "staff_id": "1",
        "token_id": "1",
        "practice": "0",
        "actor": "rule",
        "version": "99",
        "second": "ks-2",
    }
    done = mine.post(f"/cases/{ref}/moves", move="acknowledge", **extra)
    assert done.status_code == 303
    query = """
        SELECT stage, (SELECT code FROM office WHERE id = owner_office_id), version FROM "case" WHERE ref = :ref
    """
    with engine.connect() as connection:
        stage, owner, version = connection.execute(text(query), {"ref": ref}).one()
    assert (stage, owner) == ("acknowledged", "khayelitsha-saps")
    assert version < 99
    refused = mine.post(
        f"/cases/{ref}/moves", move="open_cas", with_cas_number="9/1/2026", with_stage="finalised"
    )
    assert refused.status_code in {409, 422}
    assert one(engine, "SELECT role FROM api_token WHERE kind = 'session'") == "saps_liaison"


@pytest.mark.target("S3")
def test_a_form_that_is_sent_again_with_other_words_is_refused(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    mine = browser().practise("ks-1")
    ref = province.told["R"].ref
    path = f"/cases/{ref}/moves"
    mine.get(f"/cases/{ref}")
    key = "k" * 22
    for _ in range(3):  # the same form, pressed again: done once, answered alike
        assert mine.post(path, move="acknowledge", key=key).status_code == 303
    other = mine.post(path, move="open_cas", with_cas_number="9/1/2026", key=key)
    assert other.status_code == 422
    assert one(engine, 'SELECT stage FROM "case" WHERE ref = :ref', ref=ref) == "acknowledged"
    assert mine.post(path, move="enrol", key="n" * 22).status_code in {409, 422}  # steps beyond the next one


# --- what is hidden -----------------------------------------------------------------------------------


@pytest.mark.target("S2")
def test_a_hidden_case_and_a_missing_one_are_one_page(
    people: People, province: Province, browser: Browsers
) -> None:
    """In bytes, in headers, and in what is asked of the database."""
    other = browser().practise("df-1")
    hidden, missing = province.told["R"].ref, "WC-2026-999999"
    for path in ("/cases/{}", "/cases?number={}", "/cases/{}?did=acknowledge"):
        answers = {ref: answered(other, "GET", path.format(ref), ref) for ref in (hidden, missing)}
        assert answers[hidden] == answers[missing], path
    for path in ("/cases/{}/moves", "/cases/{}/undo"):
        answers = {ref: answered(other, "POST", path.format(ref), ref) for ref in (hidden, missing)}
        assert answers[hidden] == answers[missing], path
        assert answers[hidden][0] == 404
    asked = [statements(lambda path=f"/cases/{ref}": other.get(path)) for ref in (hidden, missing)]
    assert asked[0] == asked[1] > 0


def answered(mine: Browser, method: str, path: str, ref: str) -> tuple[object, ...]:
    """Status, headers and body without what is new in each, and without the number that was asked for."""
    answer = mine.get(path) if method == "GET" else mine.post(path, move="acknowledge")
    headers = sorted((name, value) for name, value in answer.headers if name != "X-Request-Id")
    return answer.status_code, str(headers).replace(ref, ""), without_fresh(text_of(answer), ref)


def statements(ask: Callable[[], object]) -> int:
    """How many transactions a request takes."""
    begun: list[object] = []

    def count(session: object, transaction: object, connection: object) -> None:
        begun.append(connection)

    event.listen(Session, "after_begin", count)
    try:
        ask()
    finally:
        event.remove(Session, "after_begin", count)
    return len(begun)


@pytest.mark.target("S9", "S2")
def test_nobody_is_named_in_addresses_titles_headers_and_logs(
    app: Flask,
    everybody: Province,
    logged: list[str],  # noqa: F811
) -> None:
    marks = [mark for letter in "ABR" for mark in canaries(letter).values()]
    for somebody, _, method, path in by_opener(app, everybody):
        if method != "GET":
            continue
        answer = somebody.browser.get(path)
        page = text_of(answer)
        titles = " ".join(re.findall(r"<title>(.*?)</title>", page, re.DOTALL))
        links = " ".join(re.findall(r'(?:href|action|src)="([^"]*)"', page))
        said = f"{titles} {links} {answer.headers}"
        assert not [mark for mark in marks if mark in said], path
    assert logged
    assert not [line for line in logged if any(mark in line for mark in marks)]


# --- when the guard itself fails ------------------------------------------------------------------------


@pytest.mark.target("S12", "S11")
def test_a_case_whose_reading_cannot_be_logged_is_not_shown(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    mine = browser().practise("ks-1")
    path = f"/cases/{province.told['R'].ref}"
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER log_is_full BEFORE INSERT ON read_log FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        )
    try:
        answer = mine.get(path)
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TRIGGER log_is_full ON read_log"))
    assert answer.status_code == 500
    assert "Referred" not in answer.text
    assert "refuse_change" not in answer.text
    check_headers(answer, path)
    assert mine.get(path).status_code == 200


@pytest.mark.target("S12")
def test_a_role_that_the_table_does_not_know_gets_no_room(
    app: Flask, everybody: Province, engine: Engine
) -> None:
    (somebody,) = signed_in(app, ["saps-liaison-x0"])
    for role in ("rule", "feed", "superuser"):
        with engine.begin() as connection:
            connection.execute(text("UPDATE api_token SET role = :role"), {"role": role})
        for address in pages(app, everybody):
            if address.method == "GET" and address.endpoint in PAGES:
                answer = somebody.browser.get(address.path)
                assert answer.status_code in {303, 403, 404} or is_silent(answer), (role, address)


@pytest.mark.target("S12")
def test_a_table_that_cannot_be_read_lets_nobody_in(
    app: Flask, everybody: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    (somebody,) = signed_in(app, ["saps-liaison-x0"])

    def broken(*_: object) -> None:
        raise RuntimeError("the policy table is broken")

    monkeypatch.setattr("hectis_flow.domain.access_rules.grant", broken)
    path = f"/cases/{everybody.told['R'].ref}"
    for way in (path, "/cases"):
        answer = somebody.browser.get(way)
        assert answer.status_code == 500, way
        assert everybody.told["R"].ref not in answer.text.replace(way, "")


@pytest.mark.target("S11")
def test_every_page_of_a_case_leaves_one_line_of_who_read_it(
    app: Flask, everybody: Province, engine: Engine
) -> None:
    shown = 0
    for code, _, _ in posts():
        (somebody,) = signed_in(app, [code])
        for ref in (*keys(everybody)("ref"),):
            before = one(engine, "SELECT count(*) FROM read_log")
            status = somebody.browser.get(f"/cases/{ref}").status_code
            lines = one(engine, "SELECT count(*) FROM read_log") - before
            assert lines == (status == 200), (code, ref)
            shown += status == 200
    assert shown
    written = str(one(engine, "SELECT string_agg(r::text, ' ') FROM read_log r"))
    assert not [mark for letter in "ABR" for mark in canaries(letter).values() if mark in written]


@pytest.mark.target("S12")
def test_pages_whose_key_is_away_say_nothing(everybody: Province, settings: Settings, engine: Engine) -> None:
    other = KeyMaterial({"k2": bytes(32)}, "k2", bytes(range(32, 64)), "another secret")
    app = create_app(replace(settings, keys=other))
    (somebody,) = signed_in(app, ["facility-liaison-x1"])
    for address in pages(app, everybody):
        if address.method == "GET":
            text_ = text_of(somebody.browser.get(address.path))
            assert not [mark for letter in "ABR" for mark in canaries(letter).values() if mark in text_], (
                address
            )
    close(app)
