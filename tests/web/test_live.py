"""What a page asks by itself: numbers alone, for whom they are, and no session lives the longer for it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from hectis_flow.services.house import House
from tests.api.people import People
from tests.api.province import Province, canaries
from tests.tables import one
from tests.web.conftest import HOST, Browser

ROOT = Path(__file__).resolve().parents[2]
Browsers = Callable[[], Browser]
LIVE = re.compile(r'data-live="([^"]+)"')
# Tasks beside the one of the province: newer, and due long ago or in a while.
MORE = """
    INSERT INTO task (kind, subject_id, office_id, role, due_at)
    SELECT 'look', n, o.id, 'saps_liaison', hectis_now() + make_interval(hours => :hours)
    FROM office o, generate_series(CAST(:first AS int), CAST(:last AS int)) n WHERE o.code = 'khayelitsha-saps'
"""


def told(answer: TestResponse) -> dict[str, object]:
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    head, data, *rest = answer.text.split("\n")
    assert re.fullmatch(r"retry: [0-9]{5}", head)
    assert rest == ["", ""]
    found: dict[str, object] = json.loads(data.removeprefix("data: "))
    return found


def asked(page: TestResponse) -> str:
    found = LIVE.search(page.text)
    assert found, page.text
    return found.group(1)


def add(engine: Engine, first: int, last: int, hours: int) -> None:
    with engine.begin() as connection:
        connection.execute(text(MORE), {"first": first, "last": last, "hours": hours})


def test_a_queue_says_in_numbers_what_came_since_it_was_shown(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    mine = browser().practise("ks-1")
    where = asked(mine.get("/queue"))
    assert told(mine.get(where)) == {}
    add(engine, 1, 3, hours=5)
    add(engine, 4, 4, hours=-5)
    assert told(mine.get(where)) == {
        "said": "4 new tasks, 1 more is overdue. 5 wait, 1 of them overdue.",
        "show": "/queue",
        "word": "Show",
    }
    assert told(mine.get(asked(mine.get("/queue")))) == {}


def test_that_somebody_opened_a_task_is_said_too(
    people: People, province: Province, browser: Browsers
) -> None:
    mine, other = browser().practise("ks-1"), browser().practise("ks-2")
    where = asked(mine.get("/queue"))
    assert other.post(f"/queue/{province.task_id}/claim", next="/queue").status_code == 303
    assert told(mine.get(where))["said"] == "Your queue has changed. 1 wait, 0 of them overdue."


def test_a_case_says_that_it_has_moved_to_those_alone_who_may_see_it(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    ref = province.told["R"].ref
    mine, colleague, stranger = (browser().practise(code) for code in ("ks-1", "ks-2", "df-1"))
    where = asked(mine.get(f"/cases/{ref}"))
    reads = one(engine, "SELECT count(*) FROM read_log")
    assert told(mine.get(where)) == {}
    assert colleague.post(f"/cases/{ref}/moves", move="acknowledge").status_code == 303
    assert told(mine.get(where)) == {
        "said": "This case has moved on.",
        "show": f"/cases/{ref}",
        "word": "Show",
    }
    hidden, missing = stranger.get(where), stranger.get("/cases/WC-2026-999999/live?shown=1")
    assert told(hidden) == told(missing) == {}
    assert told(stranger.get("/cases/nonsense%00/live")) == {"end": True}
    assert not [word for word in canaries("R").values() if word in mine.get(where).text]
    assert one(engine, "SELECT count(*) FROM read_log") == reads  # it says nothing that is in a record


@pytest.mark.parametrize("shown", ["", "1", "1.2.3", "a.b.c.d", "1.0.0.9999999999999999999", "1'.0.0.1"])
def test_nonsense_is_no_news_and_no_fault(
    people: People, province: Province, browser: Browsers, shown: str
) -> None:
    mine = browser().practise("ks-1")
    assert told(mine.client.get("/queue/live", base_url=HOST, query_string={"shown": shown})).keys() <= {
        "said",
        "show",
        "word",
    }


@pytest.mark.target("S6")
def test_a_page_that_asks_by_itself_keeps_no_session_alive(
    people: People, province: Province, browser: Browsers, engine: Engine, house: House
) -> None:
    mine = browser().practise("ks-1")
    where = asked(mine.get("/queue"))
    set_idle(engine, "5 minutes")
    before = one(engine, "SELECT idle_ends_at FROM api_token WHERE kind = 'session'")
    assert told(mine.get(where)) == {}
    assert one(engine, "SELECT idle_ends_at FROM api_token WHERE kind = 'session'") == before
    set_idle(engine, "-1 second")
    ended = told(mine.get(where))
    assert (ended["end"], ended["show"]) == (True, "/sign-in")
    assert told(browser().get(where)) == ended  # nobody is signed in there
    assert mine.get("/queue").status_code == 303


def test_a_page_that_somebody_asks_for_does_keep_it_alive(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    mine = browser().practise("ks-1")
    set_idle(engine, "5 minutes")
    before = one(engine, "SELECT idle_ends_at FROM api_token WHERE kind = 'session'")
    mine.get("/queue")
    assert one(engine, "SELECT idle_ends_at FROM api_token WHERE kind = 'session'") > before


def test_our_own_script_is_told_where_to_go_on(people: People, province: Province, browser: Browsers) -> None:
    mine = browser().practise("ks-1")
    ref = province.told["R"].ref
    form = {"form_token": mine.token, "move": "acknowledge"}
    answer = mine.client.post(
        f"/cases/{ref}/moves", base_url=HOST, data=form, headers={"X-Hectis-Script": "1"}
    )
    assert (answer.status_code, answer.location, answer.data) == (204, f"/cases/{ref}?did=acknowledge", b"")
    again = mine.client.post(
        f"/cases/{ref}/moves", base_url=HOST, data=form, headers={"X-Hectis-Script": "1"}
    )
    assert again.status_code == 409
    assert 'role="alert"' in again.text


@pytest.mark.target("S7")
def test_keys_are_turned_off_and_on_in_this_browser_alone(
    people: People, province: Province, browser: Browsers
) -> None:
    mine, other = browser().practise("ks-1"), browser().practise("ks-1")
    assert 'data-keys="on"' in mine.get("/queue").text
    assert "<dialog" in mine.get("/queue").text
    off = mine.post("/account/keys", keys="off")
    assert off.location == "/account"
    cookie = off.headers["Set-Cookie"]
    assert cookie.startswith("__Host-hectis-keys=off;")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    shown = mine.get("/queue").text
    assert 'data-keys="off"' in shown
    assert "<dialog" not in shown
    assert "They are off in this browser." in mine.get("/account").text
    assert 'data-keys="on"' in other.get("/queue").text
    mine.post("/account/keys", keys="on")
    assert 'data-keys="on"' in mine.get("/queue").text


def test_the_script_is_small_and_ours() -> None:
    script = (ROOT / "hectis_flow" / "web" / "static" / "room.js").read_text()
    assert len(script.encode()) <= 6 * 1024
    assert not re.search(r"innerHTML|eval\(|localStorage|https?:", script)


def set_idle(engine: Engine, left: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE api_token SET idle_ends_at = hectis_machine_now() + CAST(:left AS interval) "
                "WHERE kind = 'session'"
            ),
            {"left": left},
        )
