"""A write that is asked for twice under one key happens once, and is answered alike."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hectis_flow.services import once
from hectis_flow.services.house import House
from tests.api.people import People
from tests.api.province import Province
from tests.api.test_errors import error_of
from tests.tables import dump, one

ACKNOWLEDGE = {"move": "acknowledge"}
pytestmark = pytest.mark.target("S3")


def fresh_key() -> str:
    return str(uuid.uuid4())


def test_the_same_request_with_the_same_key_is_done_once_and_answered_alike(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    path, key = f"cases/{province.told['R'].ref}/moves", fresh_key()
    first = people.post(client, "ks-1", path, ACKNOWLEDGE, key)
    before = dump(engine)
    again = people.post(client, "ks-1", path, ACKNOWLEDGE, key)
    assert (first.status_code, first.json["stage"]) == (200, "acknowledged")
    assert (again.status_code, again.data, again.mimetype) == (200, first.data, first.mimetype)
    assert first.headers.get("Idempotency-Replayed") is None
    assert again.headers["Idempotency-Replayed"] == "true"
    assert dump(engine) == before
    # Without the key it is a new request, and the workflow says that it is too late.
    error_of(people.post(client, "ks-1", path, ACKNOWLEDGE), 409, "already_there")


def test_a_key_that_stood_on_another_request_is_refused(
    client: FlaskClient, province: Province, people: People
) -> None:
    path, key = f"cases/{province.told['R'].ref}/moves", fresh_key()
    people.post(client, "ks-1", path, ACKNOWLEDGE, key)
    back = {"move": "return_for_info", "details": {"reason": "place_unclear"}}
    error_of(people.post(client, "ks-1", path, back, key), 422, "key_reused")
    error_of(people.post(client, "ks-1", f"tasks/{province.task_id}/claim", key=key), 422, "key_reused")


def test_a_key_is_the_tokens_own(client: FlaskClient, province: Province, people: People) -> None:
    path, key = f"tasks/{province.task_id}/claim", fresh_key()
    assert people.post(client, "ks-1", path, key=key).status_code == 200
    error_of(people.post(client, "ks-2", path, key=key), 409, "already_claimed")


def test_what_was_refused_leaves_its_key_free(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    path, key = f"tasks/{province.task_id}/claim", fresh_key()
    people.post(client, "ks-1", path)
    error_of(people.post(client, "ks-2", path, key=key), 409, "already_claimed")
    assert one(engine, "SELECT count(*) FROM idempotency") == 0
    people.post(client, "ks-1", f"tasks/{province.task_id}/release")
    assert people.post(client, "ks-2", path, key=key).status_code == 200


def test_the_same_key_sent_many_times_at_once_has_one_effect(
    app: Flask, province: Province, people: People, engine: Engine
) -> None:
    path, key = f"cases/{province.told['R'].ref}/moves", fresh_key()

    def ask(_: int) -> tuple[int, bytes]:
        answer = people.post(app.test_client(), "ks-1", path, ACKNOWLEDGE, key)
        return answer.status_code, answer.data

    with ThreadPoolExecutor(5) as pool:
        answers = set(pool.map(ask, range(20)))
    assert len(answers) == 1
    assert answers.pop()[0] == 200
    assert one(engine, "SELECT count(*) FROM stage_transition WHERE transition = 'acknowledge'") == 1


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "two words here", "9001015000081é", "a,b,c,d,e,f"])
def test_a_key_of_another_form_is_refused_and_not_said_back(
    client: FlaskClient, province: Province, people: People, key: str
) -> None:
    header = people.header("ks-1") | {"Idempotency-Key": key.encode().decode("latin-1")}
    answer = client.post(f"/api/v1/tasks/{province.task_id}/claim", headers=header)
    error = error_of(answer, 400, "bad_key")
    assert not key or key not in str(error)


def test_the_answer_is_kept_in_the_transaction_of_the_write(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    """A write whose answer cannot be kept has not happened."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER keeps_nothing BEFORE UPDATE ON idempotency FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        )
    try:
        path = f"cases/{province.told['R'].ref}/moves"
        assert people.post(client, "ks-1", path, ACKNOWLEDGE, fresh_key()).status_code == 500
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TRIGGER keeps_nothing ON idempotency"))
    assert one(engine, "SELECT count(*) FROM stage_transition WHERE transition = 'acknowledge'") == 0
    assert one(engine, "SELECT count(*) FROM idempotency") == 0


def test_keys_of_a_week_ago_are_forgotten(
    client: FlaskClient, province: Province, people: People, engine: Engine, house: House
) -> None:
    for code in ("ks-1", "ks-1"):
        people.post(client, code, f"tasks/{province.task_id}/claim", key=fresh_key())
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE idempotency SET at = now() - interval '8 days' WHERE key = (SELECT min(key) FROM idempotency)"
            )
        )
    once.forget_old_keys(house)
    assert one(engine, "SELECT count(*) FROM idempotency") == 1
