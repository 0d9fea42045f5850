"""The three open addresses say how the system stands, in words, and never wait for what is down."""

import re
import socket
from dataclasses import replace

import pytest
from alembic import command
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text

from config.settings import Settings, _psycopg
from hectis_flow.app import create_app
from hectis_flow.commands.database import alembic_config
from hectis_flow.services.house import House
from hectis_flow.storage import auditor, work
from tests.api.province import FACILITY_A, FACILITY_B, STATION_S, STATION_T, Province
from tests.api.test_errors import close
from workers.local_services import LocalServices

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


def beat(house: House, *parts: str, redis: str = "ok") -> None:
    with house.transaction() as session:
        for part in parts:
            work.beat(session, part, f"{part}-1", {"redis": redis} if part == "clock" else {})
        auditor.record_run(session, 1.0, 0)


def readiness(client: FlaskClient) -> tuple[int, str, dict[str, str]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json["status"], answer.json["parts"]


def samples(client: FlaskClient) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every figure of /metrics by its name and the values of its labels, in the order of the labels' names."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    found: dict[tuple[str, tuple[str, ...]], float] = {}
    for family in text_string_to_metric_families(answer.get_data(as_text=True)):
        for sample in family.samples:
            found[sample.name, tuple(value for _, value in sorted(sample.labels.items()))] = sample.value
    return found


def test_all_is_ready_when_every_part_beats(client: FlaskClient, clean: Engine, house: House) -> None:
    beat(house, "mllp", "worker", "clock")
    parts = ("database", "schema", "mllp", "worker", "clock", "redis", "queue", "inbox", "audit")
    assert readiness(client) == (200, "ready", dict.fromkeys(parts, "ok"))


@pytest.mark.parametrize(
    ("part", "words"), [("mllp", "MLLP listener"), ("worker", "worker"), ("clock", "clock")]
)
def test_a_part_that_is_down_is_named_with_what_still_works(
    client: FlaskClient, clean: Engine, house: House, part: str, words: str
) -> None:
    beat(house, *({"mllp", "worker", "clock"} - {part}))
    status, told, parts = readiness(client)
    assert (status, told) == (503, "down")
    assert parts[part].startswith(f"The {words} was not seen today: ")
    assert "can be read" in parts[part]
    assert [name for name, said in parts.items() if said != "ok" and name != "redis"] == [part]


def test_a_part_that_stopped_beating_is_down_however_it_stopped(
    client: FlaskClient, clean: Engine, house: House
) -> None:
    beat(house, "mllp", "worker", "clock")
    with clean.begin() as connection:
        connection.execute(text("UPDATE heartbeat SET at = at - interval '1 minute' WHERE part = 'worker'"))
    status, _, parts = readiness(client)
    assert status == 503
    assert re.match(r"The worker was last seen [6-9]\d s ago", parts["worker"])
    beat(house, "worker")
    assert readiness(client)[0] == 200


def test_a_second_worker_covers_for_the_first(client: FlaskClient, clean: Engine, house: House) -> None:
    beat(house, "mllp", "worker", "clock")
    with house.transaction() as session:
        session.execute(text("UPDATE heartbeat SET at = at - interval '1 minute', instance = 'old'"))
    beat(house, "mllp", "worker", "clock")
    assert readiness(client)[1] == "ready"


def test_without_redis_the_system_is_late_but_not_down(
    client: FlaskClient, clean: Engine, house: House
) -> None:
    beat(house, "mllp", "worker", "clock", redis="away")
    status, told, parts = readiness(client)
    assert (status, told) == (200, "degraded")
    assert parts["redis"].startswith("Redis does not answer: messages are still stored")


def test_an_auditor_that_is_silent_or_has_found_something_is_said(
    client: FlaskClient, clean: Engine, house: House
) -> None:
    beat(house, "mllp", "worker", "clock")
    with clean.begin() as connection:
        connection.execute(text("UPDATE audit_run SET at = at - interval '4 minutes'"))
    assert "Nobody has checked" in readiness(client)[2]["audit"]

    with house.transaction() as session:
        auditor.record_run(session, 1.0, 2)
    with clean.begin() as connection:
        connection.execute(text("INSERT INTO audit_finding (kind, subject_id) VALUES ('x', 1), ('x', 2)"))
    code, status, parts = readiness(client)
    assert (code, status) == (200, "degraded")
    assert parts["audit"].startswith("2 duties were not done in time")


def test_work_that_waits_too_long_is_said(client: FlaskClient, clean: Engine, house: House) -> None:
    beat(house, "mllp", "worker", "clock")
    with clean.begin() as connection:
        statement = (
            "INSERT INTO queue_depth VALUES ('messages', now(), 12, 0, 312), ('outbox', now(), 3, 0, 1)"
        )
        connection.execute(text(statement))
    status, told, parts = readiness(client)
    assert (status, told) == (200, "degraded")
    assert "messages: 12 wait, the oldest for 312 s" in parts["queue"]
    assert "outbox" not in parts["queue"]


def test_a_database_that_is_away_is_said_without_it(settings: Settings) -> None:
    client = create_app(replace(settings, database_url=NOWHERE)).test_client()
    status, told, parts = readiness(client)
    assert (status, told) == (503, "down")
    assert parts["database"].startswith("The database does not answer")
    assert {said for name, said in parts.items() if name != "database"} == {
        "Not known: this is read from the database."
    }
    assert client.get("/healthz").status_code == 200
    assert samples(client) == {("hectis_up", ()): 0}


def test_a_database_that_takes_the_call_and_says_nothing_does_not_hold_the_page(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        client = create_app(replace(settings, database_url=url)).test_client()
        assert readiness(client)[:2] == (503, "down")


def test_a_schema_that_is_behind_is_said_with_what_to_do(settings: Settings, services: LocalServices) -> None:
    url = _psycopg(services.create_database("behind"))
    app = create_app(replace(settings, database_url=url))
    assert "at nothing" in readiness(app.test_client())[2]["schema"]
    command.upgrade(alembic_config(url), "0003")
    status, told, parts = readiness(app.test_client())
    assert (status, told, parts["database"]) == (503, "down", "ok")
    assert parts["schema"].startswith("The database is at 0003")
    assert "hectis database upgrade" in parts["schema"]
    close(app)


def test_the_figures_are_those_of_the_database(
    client: FlaskClient, province: Province, house: House, engine: Engine
) -> None:
    beat(house, "clock")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO queue_depth VALUES ('messages', now(), 12, 3, 4.5)"))
        connection.execute(
            text(
                "INSERT INTO message_refusal (digest, reason, peer, size) VALUES ('\\x01', 'no_header', 'x', 1)"
            )
        )
    found = samples(client)
    ages = {name: found.pop(name) for name in list(found) if name[0] == "hectis_heartbeat_age_seconds"}
    assert set(ages) == {("hectis_heartbeat_age_seconds", ("clock-1", "clock"))}
    assert found == {
        ("hectis_up", ()): 1,
        ("hectis_messages", ("", "accepted")): 3,
        ("hectis_messages", ("unknown_facility", "parked")): 1,
        ("hectis_messages_refused", ("no_header",)): 1,
        ("hectis_messages_overdue", ()): 0,
        ("hectis_audit_findings", ()): 0,
        ("hectis_queue_waiting", ("messages",)): 12,
        ("hectis_queue_leased", ("messages",)): 3,
        ("hectis_queue_oldest_seconds", ("messages",)): 4.5,
        ("hectis_cases", ("recorded",)): 2,
        ("hectis_cases", ("referred",)): 1,
    }


def test_no_case_and_no_place_stands_in_the_open_addresses(client: FlaskClient, province: Province) -> None:
    said = "".join(client.get(path).get_data(as_text=True) for path in ("/healthz", "/readyz", "/metrics"))
    private = [one.ref for one in province.told.values()] + [FACILITY_A, FACILITY_B, STATION_S, STATION_T]
    assert not [word for word in private if word in said]
