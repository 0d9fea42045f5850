"""The page behind a link: opening it changes nothing, its button works once, and nobody else's link works at all."""

import base64
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from config.settings import Settings
from hectis_flow.app import create_app
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.short_code import ALPHABET
from hectis_flow.services import casework, link_keeping, links
from hectis_flow.services.house import House
from hectis_flow.storage.links import ActionLink
from tests.answers import HEADERS, press
from tests.api.people import People
from tests.api.province import Province
from tests.api.test_errors import close
from tests.tables import dump, one, rows

pytestmark = pytest.mark.target("S4")

LINK = text(
    """
    WITH person AS (
        SELECT s.id, p.office_id, p.role FROM staff s JOIN staff_post p ON p.staff_id = s.id WHERE s.code = :code
    ), point AS (
        INSERT INTO contact_point (staff_id, channel, address_blind, key_id, address_enc)
        SELECT id, 'email', sha256(convert_to(:code || :mark, 'UTF8')), 'k1', '\\x00' FROM person
        RETURNING id, staff_id
    ), event AS (
        SELECT e.id, e.case_id FROM outbox e JOIN "case" c ON c.id = e.case_id
        WHERE c.ref = :ref AND e.event = 'case.stage_entered' ORDER BY e.id DESC LIMIT 1
    ), sent AS (
        INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, channel, contact_point_id)
        SELECT event.id, event.case_id, 'stage', person.id, person.office_id, person.role, 'email', point.id
        FROM event, person, point RETURNING id, case_id, staff_id, office_id, role
    )
    INSERT INTO action_link (delivery_id, case_id, staff_id, office_id, role, purpose, expires_at)
    SELECT id, case_id, staff_id, office_id, role, 'acknowledge', hectis_machine_now() + interval '14 days'
    FROM sent RETURNING id
    """
)


def token_for(house: House, engine: Engine, ref: str, code: str, mark: str = "") -> str:
    """The token of a link that was sent to somebody about the newest move of a case."""
    with engine.begin() as connection:
        link_id = connection.execute(LINK, {"ref": ref, "code": code, "mark": mark}).scalar_one()
    with house.transaction() as session:
        link = session.get(ActionLink, link_id)
        assert link is not None
        return links.token_of(house, link)


def refer(house: House, ref: str) -> None:
    for name, role, details in (
        ("classify", "feed", {"reason": "external_cause_code"}),
        ("await_basis", "rule", {}),
        ("basis_recorded", "facility_liaison", {"disclosure_basis": "consent_written"}),
    ):
        casework.move(house, ref, name, Actor(role, None, "t-1"), details)


@pytest.fixture
def token(province: Province, people: People, house: House, engine: Engine) -> str:
    """What was sent to ks-1 about the referral of R."""
    return token_for(house, engine, province.told["R"].ref, "ks-1")


def test_the_page_says_what_is_wanted_by_when_and_what_else_happens(
    client: FlaskClient, token: str, province: Province
) -> None:
    page = client.get(f"/a/{token}")
    ref = province.told["R"].ref
    assert page.status_code == 200
    for said in (
        ref,
        "Khayelitsha",
        "ks-1",
        "SAPS liaison",
        "Not you?",
        "Station commander",
        '<form method="post" class="keys"',
    ):
        assert said in page.text, said
    assert len(re.findall(r'<button name="sign"', page.text)) == len(ALPHABET)
    assert re.search(r"<dt>Due</dt><dd>(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w* \d", page.text)


def test_the_page_is_private_small_and_runs_nothing(client: FlaskClient, token: str) -> None:
    for page in (client.get(f"/a/{token}"), client.get("/a/x"), client.post(f"/a/{token}")):
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in page.headers
        assert "<script" not in page.text
        assert "Canary" not in page.text
        assert re.findall(r"(?:src|href|action)=\"(?!/static|/sign-in\?next=/cases/)", page.text) == []
        styles = [client.get(f"/static/{name}.css", buffered=True).data for name in ("base", "link")]
        assert len(page.data) + sum(map(len, styles)) < 50_000


def test_that_it_was_opened_is_noted_once_and_a_look_at_its_head_is_no_opening(
    client: FlaskClient, token: str, engine: Engine
) -> None:
    before = dump(engine)
    client.head(f"/a/{token}", headers=HEADERS)
    assert dump(engine) == before
    client.get(f"/a/{token}", headers=HEADERS)
    first = one(engine, "SELECT opened_at FROM delivery")
    client.get(f"/a/{token}", headers=HEADERS)
    assert first is not None
    assert one(engine, "SELECT opened_at FROM delivery") == first
    assert {name for name, found in dump(engine).items() if found != before[name]} == {"delivery"}


def test_opening_it_again_changes_nothing_however_often_and_by_whatever(
    client: FlaskClient, token: str, engine: Engine
) -> None:
    client.get(f"/a/{token}")
    before = dump(engine)
    for agent in ("Mozilla/5.0", "Slackbot-LinkExpanding 1.0", "WhatsApp/2", "SkypeUriPreview", ""):
        for method in ("GET", "HEAD"):
            assert client.open(f"/a/{token}", method=method, headers={"User-Agent": agent}).status_code == 200
    for method in ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
        assert client.open(f"/a/{token}", method=method).status_code == 405
    assert dump(engine) == before


def test_the_button_acknowledges_once_as_the_person_the_link_was_made_for(
    client: FlaskClient, token: str, province: Province, engine: Engine, house: House
) -> None:
    ref = province.told["R"].ref
    done = press(client, house, token)
    assert (done.status_code, "Acknowledged" in done.text) == (200, True)
    assert rows(engine, 'SELECT stage FROM "case" WHERE ref = :ref', ref=ref) == [("acknowledged",)]
    assert rows(engine, "SELECT actor_role, actor FROM stage_transition ORDER BY id DESC LIMIT 1") == [
        ("saps_liaison", "ks-1")
    ]
    (answer,) = rows(
        engine,
        "SELECT a.grade, s.code, l.used_at IS NOT NULL FROM acknowledgement a JOIN staff s ON s.id = a.staff_id "
        "JOIN action_link l ON l.id = a.link_id",
    )
    assert tuple(answer) == ("B", "ks-1", True)
    after = dump(engine)
    for method in ("POST", "GET", "POST"):
        again = client.open(f"/a/{token}", method=method, headers=HEADERS)
        assert again.status_code == 200
        assert "This link was used" in again.text
        assert "<form" not in again.text
    assert dump(engine) == after


def test_three_at_once_have_one_effect(app: Flask, token: str, engine: Engine, house: House) -> None:
    def at_once(_: int) -> int:
        return press(app.test_client(), house, token).status_code

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(at_once, range(9))) == {200}
    assert one(engine, "SELECT count(*) FROM acknowledgement") == 1
    assert one(engine, "SELECT count(*) FROM stage_transition WHERE transition = 'acknowledge'") == 1


def forgeries(chance: random.Random, sound: str, other: str) -> Iterator[str]:
    """A thousand tokens that look like ours: bits turned, parts swapped, cut, grown, or made up."""
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"  # pragma: allowlist secret
    made = 0
    while made < 1_000:
        way = made % 5
        place = chance.randrange(len(sound))
        if way == 0:
            forged = sound[:place] + chance.choice(signs) + sound[place + 1 :]
        elif way == 1:
            forged = sound[:place] + other[place:]
        elif way == 2:
            forged = sound[:place]
        elif way == 3:
            forged = sound + "".join(chance.choices(signs, k=chance.randint(1, 8)))
        else:
            forged = "".join(chance.choices(signs, k=len(sound)))
        if forged not in {sound, other, ""}:
            made += 1
            yield forged


def test_a_thousand_forgeries_have_no_effect_and_look_like_links_that_never_were(
    client: FlaskClient, token: str, province: Province, house: House, engine: Engine
) -> None:
    refer(house, province.told["A"].ref)
    other = token_for(house, engine, province.told["A"].ref, "ks-2")
    before = dump(engine)
    unknown = client.get("/a/no-such-link").text
    for forged in forgeries(random.Random(4), token, other):  # noqa: S311
        answer = client.post(f"/a/{forged}")
        assert (answer.status_code, answer.text) == (404, unknown)
    assert dump(engine) == before


@pytest.mark.parametrize(
    "change",
    [
        'case_id = (SELECT id FROM "case" WHERE ref = :other)',
        "staff_id = (SELECT id FROM staff WHERE code = 'ks-2')",
        "expires_at = expires_at + interval '1 day'",
    ],
    ids=["another case", "another person", "a longer life"],
)
def test_a_link_is_bound_to_its_case_its_person_and_its_end(
    client: FlaskClient, token: str, province: Province, engine: Engine, change: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE action_link SET {change}"), {"other": province.told["A"].ref})  # noqa: S608
    before = dump(engine)
    assert client.post(f"/a/{token}").status_code == 404
    assert dump(engine) == before


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ("UPDATE action_link SET revoked_at = hectis_machine_now()", 410, "taken back"),
        (
            "UPDATE staff SET valid_to = '2020-01-01', valid_from = '2019-01-01' WHERE code = 'ks-1'",
            410,
            "taken back",
        ),
        (
            """UPDATE staff_post p SET valid_from = '2019-01-01', valid_to = '2020-01-01'
               FROM staff s WHERE s.id = p.staff_id AND s.code = 'ks-1'""",
            410,
            "taken back",
        ),
    ],
    ids=["revoked", "of somebody who left", "of somebody who sits elsewhere now"],
)
def test_a_link_that_was_taken_back_says_so_and_does_nothing(
    client: FlaskClient, token: str, engine: Engine, house: House, change: str, status: int, said: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text(change))
    before = dump(engine)
    answer = press(client, house, token)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert dump(engine) == before


def test_a_link_past_its_time_says_so_and_does_nothing(
    client: FlaskClient, province: Province, people: People, house: House, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(LINK, {"ref": province.told["R"].ref, "code": "ks-1", "mark": ""})
        connection.execute(
            text("UPDATE action_link SET expires_at = hectis_machine_now() - interval '1 second'")
        )
    with house.transaction() as session:
        token = links.token_of(house, session.get(ActionLink, 1))  # type: ignore[arg-type]
    before = dump(engine)
    for method in ("GET", "POST"):
        answer = client.open(f"/a/{token}", method=method)
        assert answer.status_code == 410
        assert "has expired" in answer.text
        assert "<form" not in answer.text
    assert dump(engine) == before


def test_a_link_whose_case_has_moved_on_says_what_happened(
    client: FlaskClient, token: str, province: Province, people: People, house: House, engine: Engine
) -> None:
    ref = province.told["R"].ref
    forwarded = token_for(house, engine, ref, "ks-2")
    people.post(
        client,
        "ks-2",
        f"cases/{ref}/moves",
        {"move": "return_for_info", "details": {"reason": "place_unclear"}},
    )
    people.post(client, "tbh-1", f"cases/{ref}/moves", {"move": "refer_again"})
    before = dump(engine)
    for sent in (token, forwarded):  # of the referral before: the new one has links of its own
        answer = press(client, house, sent)
        assert answer.status_code == 409
        assert "Return for information, by ks-2" in answer.text
    assert dump(engine) == before
    assert "Acknowledged" in press(client, house, token_for(house, engine, ref, "ks-1", "again")).text


def test_two_people_with_links_of_their_own_answer_once_together(
    client: FlaskClient, token: str, province: Province, house: House, engine: Engine
) -> None:
    other = token_for(house, engine, province.told["R"].ref, "ks-2")
    assert press(client, house, token).status_code == 200
    late = press(client, house, other)
    assert late.status_code == 409
    assert "Acknowledge the referral, by ks-1" in late.text
    assert one(engine, "SELECT count(*) FROM acknowledgement") == 1


def test_a_link_of_another_office_does_not_answer(
    client: FlaskClient, province: Province, people: People, house: House, engine: Engine
) -> None:
    token = token_for(house, engine, province.told["R"].ref, "df-1")
    before = dump(engine)
    assert press(client, house, token).status_code == 409
    assert dump(engine) == before


def test_an_answer_whose_row_cannot_be_written_has_not_happened(
    client: FlaskClient, token: str, engine: Engine, house: House
) -> None:
    before = dump(engine)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER takes_nothing BEFORE INSERT ON acknowledgement FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        )
    try:
        assert press(client, house, token).status_code == 500
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TRIGGER takes_nothing ON acknowledgement"))
    assert dump(engine) == before


def test_it_signs_nobody_in(client: FlaskClient, token: str, house: House) -> None:
    assert "Set-Cookie" not in press(client, house, token).headers
    assert client.get("/api/v1/tasks").status_code == 401
    header = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/tasks", headers=header).status_code == 401


def test_a_database_that_is_away_is_told_as_a_page(settings: Settings) -> None:
    away = create_app(replace(settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    whole = base64.urlsafe_b64encode(
        links.HEAD.pack(links.VERSION, 1) + bytes(links.MAC_BYTES) + b"k1"
    ).decode()
    answer = away.test_client().post("/a/" + whole.rstrip("="))
    close(away)
    assert (answer.status_code, answer.headers["Retry-After"], answer.mimetype) == (503, "5", "text/html")


def test_the_link_stands_in_no_log(client: FlaskClient, token: str, logged: list[str], house: House) -> None:
    client.get(f"/a/{token}")
    client.post(f"/a/{token}")
    press(client, house, token)
    client.post(f"/a/{token}x")
    assert logged
    assert not [line for line in logged if token in line]


def waiting(engine: Engine) -> int:
    return int(one(engine, "SELECT count(*) FROM action_link WHERE revoked_at IS NULL AND used_at IS NULL"))


def test_links_of_somebody_or_of_a_case_are_taken_back_at_once(
    client: FlaskClient, token: str, province: Province, house: House, engine: Engine
) -> None:
    ref = province.told["R"].ref
    other = token_for(house, engine, ref, "ks-2")

    def revoke(role: str, **what: str) -> tuple[int, int | None]:
        answer = client.post("/api/v1/links", json=what, headers=province.header((role, None)))
        return answer.status_code, answer.json.get("revoked")

    assert revoke("administrator", case=ref) == (403, None)
    assert revoke("administrator") == (422, None)
    assert revoke("information_officer", case=ref, staff="ks-1") == (422, None)
    assert revoke("administrator", staff="nobody-1") == (200, 0)
    assert waiting(engine) == 2
    assert revoke("administrator", staff="ks-1") == (200, 1)
    assert press(client, house, token).status_code == 410
    assert revoke("information_officer", case=ref) == (200, 1)
    late = press(client, house, other)
    assert (late.status_code, "taken back" in late.text, "<form" in late.text) == (410, True, False)
    assert rows(engine, "SELECT revoked_by FROM action_link ORDER BY id") == [
        ("administrator:administrator",),
        ("information_officer:information_officer",),
    ]
    assert one(engine, "SELECT count(*) FROM acknowledgement") == 0


def test_a_link_that_was_used_is_not_taken_back(
    client: FlaskClient, token: str, province: Province, house: House
) -> None:
    press(client, house, token)
    assert link_keeping.take_back(house, case=province.told["R"].ref) == 0
    assert "Already acknowledged" in client.get(f"/a/{token}").text


def test_a_leavers_link_is_dead_before_it_is_pressed(client: FlaskClient, token: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE staff SET valid_from = '2019-01-01', valid_to = '2020-01-01' WHERE code = 'ks-1'")
        )
    page = client.get(f"/a/{token}")
    assert (page.status_code, "<form" in page.text) == (410, False)


def test_a_used_link_says_who_when_and_what_is_next(client: FlaskClient, token: str, house: House) -> None:
    press(client, house, token)
    said = client.get(f"/a/{token}").text
    assert "This link was used" in said
    assert "ks-1" in said
    assert re.search(r"<dt>Next</dt><dd>Open a CAS, .* by (Mon|Tue|Wed|Thu|Fri|Sat|Sun) ", said)


def test_acknowledging_starts_the_clock_of_what_is_next(
    client: FlaskClient, token: str, house: House, engine: Engine
) -> None:
    """Progress is due from the answer on: the stage that it enters has a clock of its own."""
    assert rows(engine, "SELECT name FROM clock WHERE stopped_at IS NULL AND name = 'cas_opening'") == []
    press(client, house, token)
    (began,) = rows(
        engine,
        """SELECT t.at - k.started_at BETWEEN interval '0' AND interval '1 minute', k.due_at > k.started_at, s.due_at IS NOT NULL FROM clock k
           JOIN stage_transition t ON t.case_id = k.case_id AND t.transition = 'acknowledge'
           JOIN clock_step s ON s.clock_id = k.id WHERE k.name = 'cas_opening' AND k.stopped_at IS NULL""",
    )
    assert tuple(began) == (True, True, True)
