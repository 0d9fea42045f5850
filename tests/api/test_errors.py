"""Every error leaves in one shape, says nothing of what was sent, and carries its request's id."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from config.settings import Settings
from hectis_flow.app import create_app
from hectis_flow.storage.base import db
from tests.api.province import FACILITY_A, Province, canaries

LIAISON = ("facility_liaison", FACILITY_A)
STEWARD = ("health_data_steward", None)
REQUEST_ID = "0123456789abcdef0123456789abcdef"
PRIVATE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}


def error_of(answer: TestResponse, status: int, code: str) -> dict[str, object]:
    """The error of an answer, after a look at its shape and its headers."""
    assert answer.status_code == status
    assert answer.content_type == "application/json"
    assert set(answer.json) == {"error"}
    error: dict[str, object] = answer.json["error"]
    assert set(error) == {"code", "message", "fields", "request_id"}
    assert error["code"] == code
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert {name: answer.headers.get(name) for name in PRIVATE} == PRIVATE
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    return error


def test_an_unknown_address_is_told_in_the_one_shape(client: FlaskClient) -> None:
    error_of(client.get("/no/such/address"), 404, "not_found")


def test_a_wrong_method_is_told_with_those_that_work(client: FlaskClient) -> None:
    answer = client.post("/api/v1/cases")
    error_of(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_a_body_larger_than_we_take_is_refused_unread(client: FlaskClient, settings: Settings) -> None:
    answer = client.get(
        "/api/v1/cases", environ_overrides={"CONTENT_LENGTH": str(settings.max_message_bytes + 1)}
    )
    error_of(answer, 413, "too_large")


def test_a_request_without_a_token_is_told_how_to_send_one(client: FlaskClient) -> None:
    answer = client.get("/api/v1/cases")
    error_of(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_role_without_the_list_is_told_so(client: FlaskClient, province: Province) -> None:
    error_of(province.get(client, ("auditor", None), "/api/v1/cases"), 403, "not_allowed")


@pytest.mark.parametrize(
    ("noun", "query", "field"),
    [
        ("cases", "limit=0", "limit"),
        ("cases", "limit=201", "limit"),
        ("cases", "limit=many", "limit"),
        ("cases", "stage=nowhere", "stage"),
        ("cases", "phase=space", "phase"),
        ("cases", "facility=No%20Such%00", "facility"),
        ("cases", "from=yesterday", "from"),
        ("cases", "from=2026-11-22T14:00:00", "from"),
        ("cases", "to=0001-01-01", "to"),
        ("cases", "cursor=", "cursor"),
        ("messages", "state=lost", "state"),
        ("messages", "reason=%27%3B--", "reason"),
        ("messages", "reason=no_birth_date%0A", "reason"),
        ("messages", "control_id=a%00b", "control_id"),
        ("incidents", "intent=X99", "intent"),
        ("incidents", "stage=recorded", "unknown"),
    ],
)
def test_a_parameter_at_fault_is_named(client: FlaskClient, noun: str, query: str, field: str) -> None:
    error = error_of(client.get(f"/api/v1/{noun}?{query}"), 422, "invalid")
    assert set(error["fields"]) == {field}


def test_a_cursor_of_nobody_is_refused_with_a_sentence(client: FlaskClient, province: Province) -> None:
    for cursor in ("x", "MQ", "MTAw.AAAA", "a" * 200):
        answer = province.get(client, STEWARD, f"/api/v1/cases?cursor={cursor}")
        assert "start again" in str(error_of(answer, 400, "bad_cursor")["message"])


def test_a_cursor_of_another_list_is_refused(client: FlaskClient, province: Province) -> None:
    cursor = province.get(client, STEWARD, "/api/v1/messages?limit=1").json["next_cursor"]
    error_of(province.get(client, STEWARD, f"/api/v1/cases?cursor={cursor}"), 400, "bad_cursor")


def test_a_database_that_is_away_is_told_with_when_to_come_back(settings: Settings) -> None:
    away = create_app(replace(settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    answer = away.test_client().get("/api/v1/cases", headers={"Authorization": "Bearer hf_" + "a" * 43})
    error_of(answer, 503, "database_away")
    assert answer.headers["Retry-After"] == "5"


def test_an_unknown_fault_says_nothing_but_that_it_happened(
    client: FlaskClient, province: Province, engine: Engine, logged: list[str]
) -> None:
    with engine.begin() as connection:  # sealed for another purpose: does not open here
        connection.execute(
            text("UPDATE patient SET identity_enc = (SELECT raw_enc FROM inbound_message LIMIT 1)")
        )
    answer = province.get(client, LIAISON, f"/api/v1/incidents/{province.told['A'].incident_id}")
    assert error_of(answer, 500, "internal")["message"] == "internal error"
    assert any("VaultFault" in line for line in logged)


def test_a_machines_request_id_is_kept_and_any_other_is_replaced(client: FlaskClient) -> None:
    kept = client.get("/healthz", headers={"X-Request-Id": REQUEST_ID})
    assert kept.headers["X-Request-Id"] == REQUEST_ID
    for sent in ("Thandiwe-Mokoena", "9001015000081", REQUEST_ID + "0", "", "../../etc"):
        made = client.get("/healthz", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
        assert made != sent
        assert len(made) == 32


@pytest.mark.target("S9")
def test_what_a_caller_sends_is_neither_logged_nor_said_back(
    client: FlaskClient, province: Province, logged: list[str]
) -> None:
    said = []
    for mark in canaries("A").values():
        for path in (f"/api/v1/cases/{mark}", f"/{mark}", f"/api/v1/cases?{mark}=1&facility={mark}"):
            header = province.header(STEWARD) | {"X-Request-Id": mark}
            answer = client.get(path, headers=header)
            said += [answer.get_data(as_text=True), str(answer.headers)]
            said.append(client.get(path, headers={"Authorization": f"Bearer {mark}"}).get_data(as_text=True))
    for incident in ("A", "B", "R"):
        province.get(client, LIAISON, f"/api/v1/incidents/{province.told[incident].incident_id}")
    assert logged
    for letter in ("A", "B", "R"):
        for mark in canaries(letter).values():
            assert not [line for line in logged if mark in line]
            assert not [body for body in said if mark in body]


def test_an_address_without_a_policy_line_does_not_exist(settings: Settings) -> None:
    app = create_app(settings)
    app.add_url_rule("/side-door", "side_door", lambda: "open")
    error_of(app.test_client().get("/side-door"), 404, "not_found")
    close(app)


def close(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
