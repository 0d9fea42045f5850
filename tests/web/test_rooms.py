"""The rooms: what each shows to whom, that a refusal says what to do, and that every page is closed by default."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine

from hectis_flow.domain.access import OWN_PAGES, PAGES
from hectis_flow.domain.access_rules import grant
from tests.api.people import People
from tests.api.province import Province, canaries
from tests.tables import one, rows
from tests.web.conftest import Browser, appoint

Browsers = Callable[[], Browser]
pytestmark = pytest.mark.target("S1")


def addresses(app: Flask, province: Province) -> list[tuple[str, str, str]]:
    """Every page of somebody signed in: endpoint, method, path."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PAGES or rule.endpoint in OWN_PAGES:
            path = rule.rule.replace("<ref>", province.told["R"].ref)
            path = re.sub("<int[^>]*:task_id>", str(province.task_id), path)
            path = re.sub("<int[^>]*:[a-z_]+>", "999999", path)
            path = path.replace("<office>", "khayelitsha-saps").replace("<staff>", "ks-1")
            found += [(rule.endpoint, method, path) for method in (rule.methods or set()) - {"HEAD"}]
    return found


def test_whoever_is_not_signed_in_is_led_to_the_door(app: Flask, people: People, browser: Browsers) -> None:
    province_less = browser()
    for path in ("/queue", "/cases", "/cases/WC-2026-000001", "/account"):
        answer = province_less.get(path)
        assert (answer.status_code, answer.location) == (303, f"/sign-in?next={path}")


def test_no_post_is_heard_without_the_form_of_the_session(
    app: Flask, people: People, province: Province, browser: Browsers
) -> None:
    mine = browser().practise("ks-1")
    for _, method, path in addresses(app, province):
        if method == "POST":
            assert mine.client.post(path, base_url="https://localhost").status_code == 403, path


def test_every_page_is_kept_by_nobody_and_runs_nothing_foreign(
    app: Flask, people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    appoint(engine)
    mine, keeper = browser().practise("ks-1"), browser().practise("adm-1")
    for endpoint, method, path in addresses(app, province):
        if method != "GET" or path == "/home":
            continue
        role = "administrator" if path.startswith("/admin") else "saps_liaison"
        answer = (keeper if path.startswith("/admin") else mine).get(path)
        policy = answer.headers["Content-Security-Policy"]
        may = endpoint in OWN_PAGES or grant(role, PAGES[endpoint]).scope != "none"
        assert answer.status_code in ({200} if may and "999999" not in path else {403, 404}), path
        assert answer.headers["Cache-Control"] == "no-store"
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert re.findall(r"(?:src|href|action)=\"(?!/|#)", answer.text) == []
        assert " style=" not in answer.text
        assert len(answer.data) < 50_000


def test_a_case_is_there_for_its_own_station_alone(
    people: People, province: Province, browser: Browsers
) -> None:
    ref = province.told["R"].ref
    own, other = browser().practise("ks-1"), browser().practise("df-1")
    shown = own.get(f"/cases/{ref}")
    assert shown.status_code == 200
    assert not [word for word in canaries("R").values() if word in shown.text]
    hidden, missing = other.get(f"/cases/{ref}"), other.get("/cases/WC-2026-999999")
    assert hidden.status_code == missing.status_code == 404
    assert _bare(hidden.text, ref) == _bare(missing.text, "WC-2026-999999")
    assert other.get("/cases/nonsense%00").status_code == 404
    assert other.get(f"/cases?number={ref}").status_code == 404
    assert own.get(f"/cases?number={ref.lower()}").location == f"/cases/{ref}"


def test_a_liaison_acknowledges_in_two_presses_and_takes_it_back(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    ref = province.told["R"].ref
    mine = browser().practise("ks-1")
    queue = mine.get("/queue").text
    assert f"/cases/{ref}" in queue
    page = mine.get(f"/cases/{ref}").text
    move = re.search(r'name="move" value="acknowledge"', page)
    key = re.search(r'name="key" value="([A-Za-z0-9_-]{22})"', page)
    assert move
    assert key
    for _ in range(2):  # pressed twice: done once
        done = mine.post(f"/cases/{ref}/moves", move="acknowledge", key=key.group(1))
        assert (done.status_code, done.location) == (303, f"/cases/{ref}?did=acknowledge")
    assert stage(engine, ref) == "acknowledged"
    again = mine.get(f"/cases/{ref}?did=acknowledge").text
    assert "Take it back" in again

    assert mine.post(f"/cases/{ref}/undo").status_code == 303
    assert stage(engine, ref) == "referred"


def test_a_move_that_is_refused_says_why_and_changes_nothing(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    ref = province.told["R"].ref
    mine = browser().practise("ks-1")
    mine.get(f"/cases/{ref}")
    for form in ({"move": "enrol"}, {"move": "open_cas", "with_cas_number": "nonsense"}, {"move": ""}, {}):
        answer = mine.post(f"/cases/{ref}/moves", **form)
        assert answer.status_code in {409, 422}, answer.status_code
        assert 'role="alert"' in answer.text
    assert stage(engine, ref) == "referred"


def test_a_role_without_a_queue_is_told_so(people: People, province: Province, browser: Browsers) -> None:
    mine = browser().practise("gsh-1")
    assert mine.get("/queue").status_code == 200
    assert mine.get(f"/cases/{province.told['R'].ref}").status_code == 404


def test_what_is_read_of_a_case_is_logged(
    people: People, province: Province, browser: Browsers, engine: Engine
) -> None:
    mine = browser().practise("ks-1")
    before = one(engine, "SELECT count(*) FROM read_log")
    mine.get(f"/cases/{province.told['R'].ref}")
    found = rows(engine, "SELECT action, record, role FROM read_log ORDER BY id DESC LIMIT 1")
    assert [tuple(row) for row in found] == [("cases.read", "case", "saps_liaison")]
    assert one(engine, "SELECT count(*) FROM read_log") == before + 1


def stage(engine: Engine, ref: str) -> str:
    return str(one(engine, 'SELECT stage FROM "case" WHERE ref = :ref', ref=ref))


def _bare(page: str, ref: str) -> str:
    """A page without what is new in each."""
    return re.sub(r'name="(form_token|key)" value="[^"]*"', "", page.replace(ref, ""))


@pytest.mark.parametrize("code", ["ks-1", "gsh-1"])
def test_everybody_is_led_to_a_room_of_theirs_and_sees_no_other_in_the_bar(
    people: People, province: Province, browser: Browsers, code: str
) -> None:
    mine = browser().practise(code)
    led = mine.get("/home")
    assert led.status_code == 303
    shown = mine.get(led.location)
    assert shown.status_code == 200
    bar = shown.text.split("<nav", 1)[1].split("</nav>")[0]
    for path in re.findall('href="([^"]+)"', bar):
        assert mine.get(path).status_code == 200, path
