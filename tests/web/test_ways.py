"""How somebody is reached: kept by the administrator over the API, on their page, and by the command; by nobody else."""

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hectis_flow.commands import staff as command
from hectis_flow.services import tokens
from hectis_flow.services.house import House
from tests.api.people import People
from tests.tables import one, rows
from tests.web.conftest import Browser, appoint

Browsers = Callable[[], Browser]
PATH = "/api/v1/staff/ks-1/{}"


@pytest.fixture
def reached(people: People, house: House, clean: Engine) -> Engine:
    """ks-1 by e-mail and webhook, of which the e-mail takes nothing more."""
    with clean.begin() as connection:
        connection.execute(
            text(
                """INSERT INTO contact_point (staff_id, channel, rank, address_blind, key_id, address_enc)
                   SELECT id, c.channel, c.rank, sha256(c.channel::bytea), 'k1', 'canary@station.invalid'
                   FROM staff, (VALUES ('email', 1), ('webhook', 2)) AS c (channel, rank) WHERE code = 'ks-1'"""
            )
        )
        connection.execute(
            text(
                """UPDATE contact_point SET parked_at = hectis_now(), parked_reason = 'smtp_550'
                   WHERE channel = 'email'"""
            )
        )
        connection.execute(
            text(
                """INSERT INTO task (kind, subject_id, office_id, role, due_at)
                   SELECT 'address_parked', p.id, o.id, 'station_commander', hectis_now()
                   FROM contact_point p, office o WHERE p.channel = 'email' AND o.code = 'khayelitsha-saps'"""
            )
        )
    return clean


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def keeper(house: House) -> dict[str, str]:
    secret = tokens.create(house, "administrator", None, "adm-1", 30).secret
    return {"Authorization": f"Bearer {secret}"}


def changes(engine: Engine) -> list[tuple[str, str]]:
    return [tuple(row) for row in rows(engine, "SELECT what, by FROM contact_change ORDER BY id")]


@pytest.mark.target("S1")
def test_the_administrator_keeps_order_waits_and_hours_over_the_api(
    client: FlaskClient, reached: Engine, keeper: dict[str, str], people: People
) -> None:
    body = {
        "steps": [{"channel": "webhook"}, {"channel": "email", "wait_minutes": 45}],
        "quiet": "21:00-05:30",
    }
    answer = client.post(PATH.format("ways"), json=body, headers=keeper)

    assert answer.status_code == 200
    assert answer.json["quiet"] == "21:00-05:30"
    assert [(way["channel"], way["wait_minutes"]) for way in answer.json["ways"]] == [
        ("webhook", None),
        ("email", 45),
    ]
    assert "canary" not in answer.text
    assert {by for _, by in changes(reached)} == {"adm-1"}
    assert client.post(PATH.format("ways"), json={}, headers=keeper).json["quiet"] is None
    for wrong in (
        {"steps": [{"channel": "email"}]},
        {"steps": [{"channel": "email", "wait_minutes": 0}, {"channel": "webhook"}]},
        {"quiet": "9-5"},
        {"quiet": 7},
    ):
        assert client.post(PATH.format("ways"), json=wrong, headers=keeper).status_code == 422
    assert people.post(client, "ks-9", "staff/ks-1/ways", body).status_code == 404


@pytest.mark.target("S1")
def test_a_parked_address_is_used_again_over_the_api_and_its_task_ends(
    client: FlaskClient, reached: Engine, keeper: dict[str, str], people: People
) -> None:
    assert people.post(client, "ks-9", "staff/ks-1/unpark", {"channel": "email"}).status_code == 404
    answer = client.post(PATH.format("unpark"), json={"channel": "email"}, headers=keeper)

    assert answer.status_code == 200
    assert [way["parked_at"] for way in answer.json["ways"]] == [None, None]
    assert changes(reached) == [("unparked", "adm-1")]
    assert one(reached, "SELECT done_by FROM task WHERE kind = 'address_parked'") == "adm-1"
    gone = client.post("/api/v1/staff/nobody-1/unpark", json={"channel": "email"}, headers=keeper)
    assert gone.status_code == 404


@pytest.mark.target("S1")
def test_the_page_shows_what_is_parked_and_keeps_what_is_typed(reached: Engine, browser: Browsers) -> None:
    appoint(reached)
    mine, path = browser(), "/admin/staff/ks-1"
    mine.post("/practice/sign-in", code="adm-1")
    shown = mine.get(path).text
    assert "smtp_550" in shown
    assert "canary" not in shown

    assert mine.post(f"{path}/unpark", channel="email").location == path
    sent = {
        "rank_email": "2",
        "wait_email": "45",
        "rank_webhook": "1",
        "quiet_from": "21:00",
        "quiet_to": "05:30",
    }
    assert mine.post(f"{path}/ways", channel=["email", "webhook"], **sent).location == path

    shown = mine.get(path).text
    assert "smtp_550" not in shown
    assert re.search(r'name="wait_email"[^>]*value="45"', shown)
    assert 'value="21:00"' in shown
    assert rows(reached, "SELECT channel, rank FROM contact_point ORDER BY rank") == [
        ("webhook", 1),
        ("email", 2),
    ]
    for odd in ({"quiet_from": "21:00"}, {"rank_email": "first"}, {"wait_email": "-4"}):
        assert mine.post(f"{path}/ways", channel=["email", "webhook"], **odd).status_code == 422
    assert browser().practise("ks-1").post(f"{path}/unpark", channel="email").status_code == 404


def test_the_command_does_the_same(reached: Engine, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "house", lambda: house)

    def said(*words: str) -> str:
        done = CliRunner().invoke(command.staff, words)
        assert done.exit_code == 0, done.output
        return done.output

    assert "parked since" in said("ways", "ks-1")
    assert "is reached by email again" in said("unpark", "ks-1", "email")
    assert "nothing of ks-1" in said("unpark", "ks-1", "email")
    assert said("ways", "ks-1", "--order", "webhook,email:45", "--quiet", "none").split("\n")[:2] == [
        "webhook",
        "email  after 45 min",
    ]
    assert rows(reached, "SELECT quiet_from = quiet_to FROM staff WHERE code = 'ks-1'") == [(True,)]
    assert CliRunner().invoke(command.staff, ["ways", "ks-1", "--order", "email:x"]).exit_code == 2
