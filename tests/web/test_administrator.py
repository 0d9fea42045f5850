"""The administrator's room: how the system stands, who answers where, links to enrol; no case, and nobody else."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from hectis_flow.domain.access import PAGES
from hectis_flow.domain.access_rules import grant, token_roles
from hectis_flow.services import rota
from hectis_flow.services.house import House
from tests.api.people import People
from tests.api.province import Province, canaries
from tests.tables import one
from tests.web.conftest import Browser, appoint

Browsers = Callable[[], Browser]
PATHS = (
    *("/admin", "/admin/offices", "/admin/offices/khayelitsha-saps", "/admin/staff/ks-1", "/admin/gaps"),
    *("/admin/messages", "/admin/policy"),
)
LINK = re.compile(r"<code>(http[^<]+/enrol/he_[A-Za-z0-9_-]{43})</code>")
pytestmark = pytest.mark.target("S1")


@pytest.fixture
def keeper(people: People, engine: Engine, browser: Browsers) -> Browser:
    appoint(engine)
    mine = browser()
    assert mine.post("/practice/sign-in", code="adm-1").status_code == 303
    assert mine.get("/home").location == "/admin"
    mine.get("/admin")
    return mine


def test_the_room_is_the_administrators_alone(
    app: Flask, people: People, province: Province, browser: Browsers
) -> None:
    mine = browser().practise("ks-1")
    for path in PATHS:
        assert mine.get(path).status_code == 404, path
    assert mine.post("/admin/staff/ks-1/enrol").status_code == 404
    assert "/admin" not in mine.get("/queue").text
    actions = {action for endpoint, action in PAGES.items() if endpoint.startswith("admin")}
    assert actions == {"system.read", "staff.read", "staff.enrol", "staff.ways", "staff.unpark"}
    for action in actions:
        assert {role for role in token_roles() if grant(role, action).scope != "none"} == {"administrator"}


def test_no_page_of_it_shows_a_case_or_a_person(
    province: Province, keeper: Browser, house: House, engine: Engine
) -> None:
    with engine.begin() as connection:
        finding = "INSERT INTO audit_finding (kind, subject_id, case_id) SELECT 'task_missing', id, id FROM \"case\""
        connection.execute(text(finding))
    hidden = {told.ref for told in province.told.values()}
    hidden |= {word for letter in ("A", "B", "R", "P") for word in canaries(letter).values()}
    for path in PATHS:
        shown = keeper.get(path)
        assert shown.status_code == 200, path
        assert not [word for word in hidden if word in shown.text], path
    for path in ("/cases", f"/cases/{province.told['R'].ref}"):
        assert keeper.get(path).status_code in {403, 404}
    assert "Task missing" in keeper.get("/admin").text


def test_what_wants_somebody_stands_first(keeper: Browser, province: Province, house: House) -> None:
    rota.watch(house)
    shown = keeper.get("/admin").text
    found = len(rota.gaps(house))
    assert found
    assert f"Posts that nobody answers for, now or soon: {found}" in shown
    assert "The MLLP listener was not seen today" in shown
    assert "Nothing wants you." not in shown
    gaps = keeper.get("/admin/gaps").text
    assert gaps.count("is asked to find somebody") == found


def test_an_office_says_who_answers_now_and_who_is_above_it(keeper: Browser, engine: Engine) -> None:
    shown = keeper.get("/admin/offices/khayelitsha-saps").text
    assert '<a href="/admin/staff/ks-1">ks-1</a>, <a href="/admin/staff/ks-2">ks-2</a>' in shown
    assert "/admin/offices/wc-saps" in shown
    away(engine, "ks-1")
    away(engine, "ks-2")
    shown = keeper.get("/admin/offices/khayelitsha-saps").text
    assert "Nobody answers now" in shown
    assert shown.count("· away") == 2
    assert keeper.get("/admin/offices/no-such-office").status_code == 404
    assert keeper.get("/admin/offices/%00").status_code == 404


def test_offices_are_found_by_part_of_their_name_and_by_kind(keeper: Browser) -> None:
    assert rows(keeper.get("/admin/offices?named=KHAYEL").text) >= {"khayelitsha-saps", "khayelitsha-court"}
    assert rows(keeper.get("/admin/offices?kind=dpp").text) == {"wc-dpp"}
    assert "No office has this in its name." in keeper.get("/admin/offices?named=%25_").text
    first = keeper.get("/admin/offices").text
    further = re.search(r'href="(/admin/offices\?after=[^"]+)"', first)
    assert further
    second = keeper.get(further.group(1)).text
    assert rows(second)
    assert not rows(first) & rows(second)


def test_somebody_is_shown_by_posts_leave_deputies_and_ways(keeper: Browser, engine: Engine) -> None:
    away(engine, "ks-1")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff_deputy (staff_id, deputy_id, rank) "
                "SELECT a.id, b.id, 1 FROM staff a, staff b WHERE a.code = 'ks-1' AND b.code = 'ks-9'"
            )
        )
    shown = keeper.get("/admin/staff/ks-1").text
    assert "away now" in shown
    assert '<a href="/admin/staff/ks-9">ks-9</a>' in shown
    assert "no address is on record" in shown
    assert "Not enrolled yet." in shown
    assert "Stands in for" in keeper.get("/admin/staff/ks-9").text
    assert keeper.get("/admin/staff/nobody-1").status_code == 404
    assert keeper.get("/admin/staff/%27").status_code == 404


@pytest.mark.target("S6")
def test_a_link_to_enrol_is_shown_once_and_ends_the_older_one(
    keeper: Browser, browser: Browsers, house: House, engine: Engine
) -> None:
    links = []
    for _ in range(2):
        shown = keeper.post("/admin/staff/ks-1/enrol")
        assert shown.status_code == 200
        found = LINK.search(shown.text)
        assert found
        links.append(found.group(1).removeprefix(house.outward.options.base_url))
    assert "/enrol/" not in keeper.get("/admin/staff/ks-1").text.replace("ks-1/enrol", "")
    assert browser().get(links[0]).status_code == 404
    assert "ks-1" in browser().get(links[1]).text
    made = one(engine, "SELECT count(*) FROM enrolment WHERE used_at IS NULL AND revoked_at IS NULL")
    assert made == 1
    token = links[1].rpartition("/")[2]
    kept = "SELECT count(*) FROM api_answer WHERE CAST(api_answer AS text) LIKE '%' || :token || '%'"
    if one(engine, "SELECT to_regclass('api_answer') IS NOT NULL"):
        assert one(engine, kept, token=token) == 0
    assert keeper.post("/admin/staff/nobody-1/enrol").status_code == 404


def test_parked_messages_say_their_reason_and_how_they_are_worked_again(
    keeper: Browser, province: Province
) -> None:
    shown = keeper.get("/admin/messages").text
    assert "Unknown facility: 1" in shown
    assert "hectis messages replay --reason unknown_facility" in shown


def test_the_policy_is_said_in_words(keeper: Browser) -> None:
    shown = keeper.get("/admin/policy").text
    for words in (
        "Acknowledging the referral",
        "4 working hours",
        "1 working day",
        "urgent: 1 hour, 2 hours",
    ):
        assert words in shown
    assert "Mon–Fri 07:30–16:00" in shown
    assert "Station commander" in shown


def away(engine: Engine, code: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff_leave (staff_id, starts_at, ends_at, reason) SELECT id, "
                "hectis_now() - interval '1 day', hectis_now() + interval '2 days', 'sick' FROM staff "
                "WHERE code = :code"
            ),
            {"code": code},
        )


def rows(page: str) -> set[str]:
    listed = page.partition('<ul class="rows">')[2]
    return set(re.findall(r'class="wants"><a href="/admin/offices/([^"]+)"', listed))
