"""The door: enrolling, signing in, staying signed in, being signed out; and everybody whom it keeps out."""

import re
from collections.abc import Callable

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from hectis_flow.domain import sign_in as rules
from hectis_flow.services import enrolment, sign_in
from hectis_flow.services.house import House
from tests.api.conftest import logged  # noqa: F401  (a fixture)
from tests.api.people import People
from tests.tables import one, rows
from tests.web.conftest import HOST, Browser

pytestmark = pytest.mark.target("S6")
GOOD = "lantern gravel otter nine"
Browsers = Callable[[], Browser]


def enrolled(house: House, browser: Browser, code: str = "ks-1") -> str:
    """Enrol somebody; gives the secret of their phone. The step used is given back, for the tests to sign in with."""
    path = enrolment.begin(house, code).removeprefix(house.outward.options.base_url)
    shown = browser.get(path).text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", shown)
    assert secret
    digits = pyotp.TOTP(secret.group(1)).now()
    done = browser.post(path, password=GOOD, again=GOOD, digits=digits)
    assert done.status_code == 200, done.text
    with house.transaction() as session:
        session.execute(text("UPDATE credential SET totp_step = 0"))
    return secret.group(1)


def try_in(
    browser: Browser, secret: str, code: str = "ks-1", password: str = GOOD, **more: str
) -> TestResponse:
    typed = more if "digits" in more else {"digits": pyotp.TOTP(secret).now(), **more}
    return browser.post("/sign-in", **{"code": code, "password": password, **typed})


def test_an_enrolment_serves_once_and_whoever_enrolled_signs_in_and_out(
    house: House, people: People, browser: Browsers
) -> None:
    mine = browser()
    path = enrolment.begin(house, "ks-1").removeprefix(house.outward.options.base_url)
    assert "ks-1" in mine.get(path).text
    secret = enrolled(house, mine)  # a newer link: the older one has ended
    assert mine.get(path).status_code == 404

    answer = try_in(mine, secret, next="/cases")

    assert (answer.status_code, answer.location) == (303, "/cases")
    queue = mine.get("/queue")
    assert queue.status_code == 200
    assert "ks-1" not in queue.headers.get("Set-Cookie", "")
    out = mine.post("/sign-out")
    assert (out.status_code, out.location) == (303, "/sign-in")
    assert "storage" in out.headers["Clear-Site-Data"]
    assert mine.get("/queue").location == "/sign-in?next=/queue"


def test_each_sign_in_is_a_new_secret_that_no_page_and_no_row_shows(
    house: House, people: People, browser: Browsers, engine: Engine
) -> None:
    mine = browser()
    secret = enrolled(house, mine)
    cookies = []
    for _ in range(2):
        with house.transaction() as session:
            session.execute(text("UPDATE credential SET totp_step = 0"))
        cookies.append(str(try_in(mine, secret).headers["Set-Cookie"]))
    assert cookies[0] != cookies[1]
    for cookie in cookies:
        assert cookie.startswith("__Host-hectis=")
        assert all(word in cookie for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
        assert "Domain" not in cookie
        value = cookie.split("=", 1)[1].split(";")[0]
        assert value not in mine.get("/account").text
        assert (
            rows(
                engine,
                "SELECT 1 FROM api_token WHERE label = :v OR encode(token_hash, 'escape') = :v",
                v=value,
            )
            == []
        )


@pytest.mark.parametrize(
    ("code", "password", "digits"),
    [
        ("ks-1", "lantern gravel otter ten", None),
        ("ks-1", GOOD, "000000"),
        ("ks-1", GOOD, ""),
        ("ks-1", "", None),
        ("nobody-1", GOOD, None),
        ("df-1", GOOD, None),  # works here, and never enrolled
        ("ks-1\x00", GOOD, None),
        ("x" * 5000, GOOD, None),
    ],
)
def test_whatever_was_wrong_is_answered_alike(
    house: House, people: People, browser: Browsers, code: str, password: str, digits: str | None
) -> None:
    secret = enrolled(house, browser())
    typed = {} if digits is None else {"digits": digits}
    answer = try_in(browser(), secret, code=code, password=password, **typed)
    assert answer.status_code == 403
    assert sign_in.REFUSED.split(":")[0] in answer.text
    assert "Set-Cookie" not in answer.headers


def test_six_digits_are_good_for_one_sign_in(house: House, people: People, browser: Browsers) -> None:
    digits = pyotp.TOTP(enrolled(house, browser())).now()
    assert try_in(browser(), "", digits=digits).status_code == 303
    assert try_in(browser(), "", digits=digits).status_code == 403


def test_guessing_ends_soon_and_keeps_nobody_out_who_was_here_before(
    house: House, people: People, browser: Browsers, engine: Engine
) -> None:
    mine, theirs = browser(), browser()
    secret = enrolled(house, mine)
    assert try_in(mine, secret).status_code == 303

    answers = [try_in(theirs, secret, password=f"guess {n} of many").status_code for n in range(12)]

    assert answers == [403] * 10 + [429] * 2
    assert try_in(theirs, secret).status_code == 429  # the right one is not heard either
    with house.transaction() as session:
        session.execute(text("UPDATE credential SET totp_step = 0"))
    assert try_in(mine, secret).status_code == 303
    assert one(engine, "SELECT count(*) FROM sign_in_try") <= 3 * 10
    with house.transaction() as session:
        session.execute(text("UPDATE sign_in_try SET at = at - interval '61 minutes'"))
    sign_in.forget_old_tries(house)
    assert one(engine, "SELECT count(*) FROM sign_in_try") == 0


def test_many_guesses_from_many_addresses_find_nothing(
    house: House, people: People, browser: Browsers
) -> None:
    secret = enrolled(house, browser())
    heard = 0
    for n in range(80):
        tried = sign_in.Try("ks-1", f"guess {n}", pyotp.TOTP(secret).now(), f"203.0.113.{n}")
        try:
            sign_in.sign_in(house, tried)
        except rules.SignInRefused:
            heard += 1
        except rules.TooManyTries:
            pass
    assert heard == rules.LIMITS["code"]


def test_a_session_that_nobody_used_for_a_quarter_of_an_hour_has_ended(
    house: House, people: People, browser: Browsers, engine: Engine
) -> None:
    mine = browser().practise("ks-1")
    later = (
        "UPDATE api_token SET idle_ends_at = idle_ends_at - make_interval(mins => :m) WHERE kind = 'session'"
    )
    with engine.begin() as connection:
        connection.execute(text(later), {"m": 14})
    assert mine.get("/queue").status_code == 200  # and with it the quarter begins anew
    with engine.begin() as connection:
        connection.execute(text(later), {"m": 14})
    assert mine.get("/queue").status_code == 200
    with engine.begin() as connection:
        connection.execute(text(later), {"m": 15})
    assert mine.get("/queue").status_code == 303


def test_no_session_lasts_longer_than_twelve_hours(people: People, browser: Browsers, engine: Engine) -> None:
    mine = browser().practise("ks-1")
    assert one(
        engine, "SELECT expires_at - created_at <= interval '12 hours' FROM api_token WHERE kind = 'session'"
    )
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE api_token SET expires_at = hectis_machine_now() WHERE kind = 'session'")
        )
    assert mine.get("/queue").status_code == 303


def test_a_leaver_loses_everything_with_the_next_page(
    people: People, browser: Browsers, engine: Engine
) -> None:
    mine = browser().practise("ks-1")
    with engine.begin() as connection:
        connection.execute(text("UPDATE staff SET valid_to = valid_from + 1 WHERE code = 'ks-1'"))
    assert mine.get("/queue").status_code == 303
    assert mine.post("/queue/1/claim").status_code == 303
    assert browser().post("/practice/sign-in", code="ks-1").status_code == 404


def test_sessions_are_listed_and_ended_one_by_one_or_all(
    people: People, browser: Browsers, engine: Engine
) -> None:
    phone, desk, other = browser().practise("ks-1"), browser().practise("ks-1"), browser().practise("ks-2")
    ids = [row[0] for row in rows(engine, "SELECT id FROM api_token WHERE kind = 'session' ORDER BY id")]
    assert desk.get("/account").text.count("/account/sessions/") == 3  # two, and all of them

    desk.post(f"/account/sessions/{ids[2]}")  # somebody else's: nothing of it is ended
    assert other.get("/queue").status_code == 200
    desk.post(f"/account/sessions/{ids[0]}")
    assert (phone.get("/queue").status_code, desk.get("/queue").status_code) == (303, 200)
    assert desk.post("/account/sessions/0").location == "/sign-in"
    assert desk.get("/queue").status_code == 303


def test_whoever_stands_in_may_act_for_that_post_and_for_no_other(
    people: People, browser: Browsers, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff_deputy (staff_id, deputy_id, rank) "
                "SELECT a.id, b.id, 1 FROM staff a, staff b WHERE a.code = 'ks-9' AND b.code = 'ks-1'"
            )
        )
    mine = browser().practise("ks-1")
    assert "Station commander" in mine.get("/account").text
    before = mine.client.get_cookie("__Host-hectis", domain="localhost")

    assert mine.post("/account/post", role="saps_liaison", office="delft-saps").status_code == 404
    assert mine.post("/account/post", role="station_commander", office="khayelitsha-saps").status_code == 303

    assert "Station commander" in mine.get("/queue").text
    after = mine.client.get_cookie("__Host-hectis", domain="localhost")
    assert before
    assert after
    assert before.value != after.value
    assert one(engine, "SELECT count(*) FROM api_token WHERE kind = 'session' AND revoked_at IS NULL") == 1


def test_a_form_of_another_site_or_of_another_session_does_nothing(
    people: People, browser: Browsers, engine: Engine
) -> None:
    mine, other = browser().practise("ks-1"), browser().practise("ks-2")
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.invalid"},
    ):
        answer = mine.client.post(
            "/sign-out", base_url=HOST, data={"form_token": mine.token}, headers=headers
        )
        assert answer.status_code == 403
    for token in ("", other.token, "0" * 64):
        assert mine.client.post("/sign-out", base_url=HOST, data={"form_token": token}).status_code == 403
    assert mine.get("/queue").status_code == 200


@pytest.mark.parametrize(
    "path", ["https://evil.invalid/", "//evil.invalid/", "/\\evil.invalid", "javascript:alert(1)", "evil", ""]
)
def test_the_door_leads_nowhere_but_here(people: People, browser: Browsers, path: str) -> None:
    answer = browser().post("/practice/sign-in", code="ks-1", next=path)
    assert answer.location == "/home"


def test_a_database_for_real_work_has_no_practice_door(
    app: Flask, house: House, people: People, browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "hectis_practice", False)
    assert browser().post("/practice/sign-in", code="ks-1").status_code == 404
    shown = browser().get("/sign-in").text
    assert "practice" not in shown.lower()


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "Passw0rd2026!",
        "khayelitsha",
        "hectisflow1",
        "ks-1ks-1ks-1",
        "aaaaaaaaaaaaaaa",
        "1234567890",
        "x" * 129,
        "1999-12-31\n",
    ],
)
def test_a_password_that_is_guessed_early_is_refused_with_a_way_on(
    house: House, people: People, browser: Browsers, password: str
) -> None:
    path = enrolment.begin(house, "ks-1").removeprefix(house.outward.options.base_url)
    mine = browser()
    found = re.search(r"<code>([A-Z2-7]{32})</code>", mine.get(path).text)
    assert found
    digits = pyotp.TOTP(found.group(1)).now()
    answer = mine.post(path, password=password, again=password, digits=digits)
    assert answer.status_code == 422
    assert "characters" in answer.text or "words" in answer.text
    assert f'value="{password}"' not in answer.text
    assert mine.post(path, password=GOOD, again=GOOD + "x", digits=digits).status_code == 422
    assert (
        mine.post(path, password=GOOD, again=GOOD, digits=digits).status_code == 200
    )  # the link still serves


def test_enrolling_anew_ends_what_stood_before(house: House, people: People, browser: Browsers) -> None:
    mine = browser()
    before = enrolled(house, mine)
    assert try_in(mine, before).status_code == 303
    after = enrolled(house, browser())
    assert mine.get("/queue").status_code == 303
    assert try_in(browser(), before).status_code == 403
    assert try_in(browser(), after).status_code == 303


def test_a_password_is_changed_by_whoever_knows_the_old_one_and_ends_every_other_session(
    house: House, people: People, browser: Browsers
) -> None:
    mine, other = browser(), browser()
    secret = enrolled(house, mine)
    for one_of in (mine, other):
        again(house)
        assert try_in(one_of, secret).status_code == 303
    new = "harbour violin seven kelp"
    page = mine.get("/account/password").text
    assert 'autocomplete="current-password"' in page

    for wrong, status in (
        ({"password": "not the old one at all"}, 403),
        ({"digits": "000000"}, 403),
        ({"digits": ""}, 403),
        ({"wanted": "short", "again": "short"}, 422),
        ({"wanted": "Passw0rd2026!", "again": "Passw0rd2026!"}, 422),
        ({"again": new + "x"}, 422),
    ):
        again(house)
        typed = {"password": GOOD, "digits": pyotp.TOTP(secret).now(), "wanted": new, "again": new} | wrong
        answer = mine.post("/account/password", **typed)
        assert answer.status_code == status, wrong
        assert 'role="alert"' in answer.text
        assert GOOD not in answer.text
        assert new not in answer.text
    assert other.get("/queue").status_code == 200

    again(house)
    digits = pyotp.TOTP(secret).now()
    done = mine.post("/account/password", password=GOOD, digits=digits, wanted=new, again=new)
    assert (done.status_code, done.location) == (303, "/account/password?did=change")
    assert mine.get("/queue").status_code == 200
    assert other.get("/queue").status_code == 303
    again(house)
    assert try_in(browser(), secret).status_code == 403
    assert try_in(browser(), secret, password=new).status_code == 303


def test_whoever_signed_in_by_one_press_has_no_password_to_change(people: People, browser: Browsers) -> None:
    mine = browser().practise("ks-1")
    assert "no password to change" in mine.get("/account/password").text
    refused = mine.post(
        "/account/password",
        password=GOOD,
        digits="123456",
        wanted="harbour violin seven kelp",
        again="harbour violin seven kelp",
    )
    assert refused.status_code == 403


def test_every_try_to_sign_in_is_logged_without_what_was_typed(
    house: House,
    people: People,
    browser: Browsers,
    logged: list[str],  # noqa: F811
) -> None:
    mine = browser()
    secret = enrolled(house, mine)
    digits = pyotp.TOTP(secret).now()
    try_in(mine, secret, password="not the right one", digits=digits)
    try_in(mine, secret, digits="000000")
    try_in(mine, secret, code="Thandiwe Mokoena", digits=digits)
    try_in(mine, secret, digits=digits)
    try_in(browser(), secret, digits=digits)
    mine.get("/queue")
    mine.post("/sign-out")
    told = re.compile(r'"event": "((?:sign_in|session|enrolment)\.\w+)"')
    events = [event for line in logged for event in told.findall(line)]
    assert events == [
        *("enrolment.begun", "enrolment.finished"),
        *("sign_in.refused", "sign_in.refused", "sign_in.refused", "sign_in.done", "sign_in.refused"),
        "session.ended",
    ]
    for word in (GOOD, "not the right one", secret, "Thandiwe", "__Host"):
        assert not [line for line in logged if word in line], word


def again(house: House) -> None:
    """Let the digits of this moment serve once more."""
    with house.transaction() as session:
        session.execute(text("UPDATE credential SET totp_step = 0"))
