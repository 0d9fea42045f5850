"""Whatever opens and presses links by itself stops no clock: it is written down, uses up nothing, and says what to do."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hectis_flow.domain.acknowledgement import Seen
from hectis_flow.domain.short_code import ALPHABET, shown
from hectis_flow.services import timeline
from hectis_flow.services.answer_page import Visitor
from hectis_flow.services.house import House
from hectis_flow.storage.acknowledgements import MOST_DOUBTS
from tests.answers import AGENT, HEADERS, code_of, mark, press
from tests.api.people import People
from tests.api.province import Province
from tests.api.test_links_page import token_for
from tests.tables import dump, one, rows

pytestmark = pytest.mark.target("S5")

PREVIEWERS = (
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; MSIE 10.0) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "WhatsApp/2.23.20.0 A",
    "facebookexternalhit/1.1",
    "python-requests/2.32.3",
)


# Whatever stands of a notice beside when its page was first seen.
SENT = "SELECT to_jsonb(d) - 'opened_at' FROM delivery d ORDER BY id"
OPENED = "SELECT count(opened_at) FROM delivery"


@pytest.fixture
def token(province: Province, people: People, house: House, engine: Engine) -> str:
    """What was sent to ks-1 about the referral of R."""
    return token_for(house, engine, province.told["R"].ref, "ks-1")


@pytest.fixture
def untouched(token: str, engine: Engine) -> Any:
    """Asks whether nothing has happened beside rows of doubt: the clock runs, the case stands, the link is good."""
    before, sent = dump(engine), rows(engine, SENT)

    def ask(*reasons: str) -> None:
        after = dump(engine)
        changed = {name for name in after if after[name] != before[name]}
        assert changed <= {"acknowledgement", "delivery"}
        assert rows(engine, SENT) == sent
        found = rows(engine, "SELECT grade, reason FROM acknowledgement ORDER BY id")
        assert [tuple(row) for row in found] == [("C", reason) for reason in reasons]
        assert (
            one(engine, "SELECT count(*) FROM clock WHERE stopped_at IS NULL AND name = 'saps_acknowledge'")
            > 0
        )

    return ask


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def test_head_and_get_leave_nothing_at_all(
    client: FlaskClient, token: str, untouched: Any, engine: Engine
) -> None:
    for agent in (*PREVIEWERS, ""):
        for method in ("HEAD", "GET"):
            client.open(f"/a/{token}", method=method, headers={**HEADERS, "User-Agent": agent})
    client.head(f"/a/{token}", headers=HEADERS)
    untouched()
    assert one(engine, OPENED) == 0
    client.get(
        f"/a/{token}", headers=HEADERS
    )  # when a person's browser first had the page is noted, and no more
    untouched()
    assert one(engine, OPENED) == 1


@pytest.mark.parametrize("agent", PREVIEWERS)
def test_a_previewer_that_submits_the_form_is_recorded_and_stops_nothing(
    client: FlaskClient, token: str, untouched: Any, agent: str
) -> None:
    headers = {**HEADERS, "User-Agent": agent}
    page = client.get(f"/a/{token}", headers=headers).text
    answer = client.post(
        f"/a/{token}", data={"page": field(page, "page"), "sign": ALPHABET[0]}, headers=headers
    )
    assert "Not acknowledged yet" in answer.text
    untouched("known_machine")


def test_a_form_that_is_submitted_at_once_or_without_its_page_stops_nothing(
    client: FlaskClient, token: str, untouched: Any
) -> None:
    page = client.get(f"/a/{token}", headers=HEADERS).text
    for form in (
        {"page": field(page, "page"), "sign": ALPHABET[3]},
        {"sign": ALPHABET[3]},
        {"page": "x" * 90, "sign": ALPHABET[3]},
        {},
    ):
        answer = client.post(f"/a/{token}", data=form, headers=HEADERS)
        assert (answer.status_code, "Nothing has changed, and the link stays good" in answer.text) == (
            200,
            True,
        )
        assert "Sign in" in answer.text
    untouched("pressed_too_soon", "no_page", "no_page", "no_page")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"User-Agent": AGENT.replace("Chrome", "HeadlessChrome")}, "headless"),
        ({"Sec-CH-UA": '"Chromium";v="126", "HeadlessChrome";v="126"'}, "headless"),
        ({"Accept-Language": ""}, "not_a_browser"),
        ({"Accept": "*/*"}, "not_a_browser"),
        ({"User-Agent": AGENT.replace("14", "13")}, "other_agent"),
    ],
)
def test_even_with_the_right_code_no_machine_is_a_person(
    client: FlaskClient, token: str, house: House, untouched: Any, headers: dict[str, str], reason: str
) -> None:
    assert "Not acknowledged yet" in press(client, house, token, headers=headers).text
    untouched(reason)


def test_a_page_opened_from_another_network_does_not_answer(
    client: FlaskClient, token: str, house: House, untouched: Any
) -> None:
    elsewhere = Visitor("203.0.113.9", Seen("GET", AGENT))
    assert "another network" in press(client, house, token, page=mark(house, token, elsewhere)).text
    untouched("other_network")


def test_a_page_of_one_link_does_not_serve_another(
    client: FlaskClient, token: str, house: House, engine: Engine, province: Province
) -> None:
    other = token_for(house, engine, province.told["R"].ref, "ks-2")
    press(client, house, token, page=mark(house, other))
    assert [tuple(row) for row in rows(engine, "SELECT grade, reason FROM acknowledgement")] == [
        ("C", "no_page")
    ]


def test_patience_a_mouse_and_any_two_keys_but_the_right_ones_stop_nothing(
    client: FlaskClient, token: str, house: House, untouched: Any
) -> None:
    """A scanner waits for five seconds, moves the mouse, and presses the same key on both pages: first, last, any."""
    right = code_of(house, token)
    for sign in (ALPHABET[0], ALPHABET[-1]):
        assert sign not in right[:2], "the first and the last key are never right"
    opened = mark(house, token, ago=5.0)
    first = client.post(f"/a/{token}", data={"page": opened, "sign": ALPHABET[0]}, headers=HEADERS)
    assert "second" in first.text
    untouched()
    second = {"page": field(first.text, "page"), "first": field(first.text, "first"), "sign": ALPHABET[0]}
    assert "not the code of this notice" in client.post(f"/a/{token}", data=second, headers=HEADERS).text
    untouched("other_code")


def test_after_two_wrong_codes_the_keys_are_not_taken_but_the_whole_code_is(
    client: FlaskClient, token: str, house: House, engine: Engine
) -> None:
    right = code_of(house, token)
    for _ in range(2):
        press(client, house, token, first=ALPHABET[0])
    locked = press(client, house, token)
    assert "too often" in locked.text
    assert 'name="sign"' not in locked.text
    whole = press(client, house, token, first=None, sign=None, code=shown(right).lower())
    assert "Acknowledged" in whole.text
    found = rows(engine, "SELECT grade, reason FROM acknowledgement ORDER BY id")
    assert [tuple(row) for row in found] == [
        ("C", "other_code"),
        ("C", "other_code"),
        ("C", "tries_spent"),
        ("B", "whole_code"),
    ]


def test_a_scanner_that_guesses_does_not_take_the_keys_from_the_person_after_it(
    client: FlaskClient, token: str, house: House, engine: Engine
) -> None:
    other = AGENT.replace("Android 14", "Android 12")
    seen = Visitor("127.0.0.1", Seen("POST", other))
    for _ in range(3):
        press(client, house, token, page=mark(house, token, seen), first="2", headers={"User-Agent": other})
    assert "Acknowledged" in press(client, house, token).text
    assert [row[0] for row in rows(engine, "SELECT reason FROM acknowledgement ORDER BY id")] == [
        *("other_code", "other_code", "tries_spent"),
        "page_and_code",
    ]


def test_three_in_parallel_stop_nothing(app: Flask, token: str, untouched: Any) -> None:
    def scan(key: int) -> None:
        client = app.test_client()
        page = client.get(f"/a/{token}", headers=HEADERS).text
        for sign in (ALPHABET[key], ALPHABET[-1 - key]):
            client.post(
                f"/a/{token}",
                data={"page": field(page, "page"), "first": sign, "sign": sign},
                headers=HEADERS,
            )

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(scan, range(3)))
    untouched(*["pressed_too_soon"] * 6)


def test_a_machine_that_never_rests_fills_no_table(client: FlaskClient, token: str, engine: Engine) -> None:
    for _ in range(MOST_DOUBTS + 5):
        client.post(f"/a/{token}")
    assert one(engine, "SELECT count(*) FROM acknowledgement") == MOST_DOUBTS


def test_guesses_that_come_all_at_once_are_counted_one_by_one(
    app: Flask, token: str, house: House, engine: Engine
) -> None:
    """And after rows enough of other doubts as well: the count of wrong codes does not end with them."""
    for _ in range(MOST_DOUBTS):
        app.test_client().post(f"/a/{token}")
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("UPDATE acknowledgement SET at = at - interval '1 hour'")
    opened, right = mark(house, token), code_of(house, token)

    def guess(key: int) -> None:
        sign = ALPHABET[key]
        assert sign != right[0] or ALPHABET[0] != right[1]
        press(app.test_client(), house, token, page=opened, first=sign, sign=ALPHABET[0])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(guess, range(12)))
    assert one(engine, "SELECT count(*) FROM acknowledgement WHERE reason = 'other_code'") == 2
    assert "too often" in press(app.test_client(), house, token, page=opened).text


def test_a_doubt_uses_nothing_up_and_leaves_no_trace_of_anybody(
    client: FlaskClient, token: str, house: House, engine: Engine
) -> None:
    press(client, house, token, headers={"User-Agent": "curl/8"})
    assert "Acknowledged" in press(client, house, token).text
    found = rows(
        engine, "SELECT grade, version IS NULL, length(trace), a::text FROM acknowledgement a ORDER BY id"
    )
    assert [tuple(row)[:3] for row in found] == [("C", True, 24), ("B", False, 24)]
    assert not [row for row in found if "127.0" in row[3] or "curl" in row[3] or "Mozilla" in row[3]]


def test_a_notice_that_was_opened_before_it_could_have_been_read_is_no_persons(
    client: FlaskClient, token: str, house: House, engine: Engine
) -> None:
    with engine.begin() as connection:
        opened = mark(house, token)
        connection.exec_driver_sql("UPDATE delivery SET sent_at = hectis_now()")
    press(client, house, token, page=opened)
    found = rows(engine, "SELECT grade, reason FROM acknowledgement")
    assert [tuple(row) for row in found] == [("C", "opened_too_soon")]


def test_the_grade_and_the_doubts_are_shown_on_record(
    client: FlaskClient, token: str, house: House, province: Province, people: People
) -> None:
    ref = province.told["R"].ref
    press(client, house, token, headers={"User-Agent": "curl/8"})
    (told,) = people.get(client, "ks-1", f"cases/{ref}/notices").json["items"]
    assert (told["state"], told["grade"], told["doubted"]) == ("queued", None, 1)
    press(client, house, token)
    (told,) = people.get(client, "ks-1", f"cases/{ref}/notices").json["items"]
    assert (told["state"], told["grade"], told["proof"], told["doubted"]) == (
        *("acknowledged", "B", "page_and_code"),
        1,
    )
    moves = people.get(client, "tbh-1", f"cases/{ref}").json["history"]
    assert [(one["grade"], one["proof"]) for one in moves if one["transition"] == "acknowledge"] == [
        ("B", "page_and_code")
    ]
    assert {one["grade"] for one in moves if one["transition"] != "acknowledge"} == {None}
    answers = [one for one in timeline.tell(house, ref).story if one.kind == "answer"]
    assert [(one.what, one.who, one.why) for one in answers] == [
        ("grade C", "ks-1", "known_machine"),
        ("grade B", "ks-1", "page_and_code"),
    ]
