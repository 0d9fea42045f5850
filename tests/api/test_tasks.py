"""A queue holds what the own office must do, due first; a task is opened by one person, and everybody sees by whom."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import marshmallow
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from hectis_flow.api.schemas_work import Task, TaskPage
from hectis_flow.services import tasks, tokens
from hectis_flow.services.house import House
from hectis_flow.services.tokens import TokenRefused
from tests.api.people import People
from tests.api.province import FACILITY_A, STATION_S, Province
from tests.api.test_errors import error_of
from tests.tables import one, rows

MORE = text(
    """
    INSERT INTO task (kind, subject_id, office_id, role, due_at)
    SELECT :kind, n, o.id, :role, hectis_now() + make_interval(hours => n % 7) FROM generate_series(1, :count) n, office o
    WHERE o.code = :office
    """
)


def add_tasks(
    engine: Engine,
    count: int,
    office: str = STATION_S,
    role: str = "saps_liaison",
    kind: str = "mend_delivery",
) -> None:
    with engine.begin() as connection:
        connection.execute(MORE, {"count": count, "office": office, "role": role, "kind": kind})


def test_a_referral_is_a_task_of_the_station_and_of_nobody_else(
    client: FlaskClient, province: Province, people: People
) -> None:
    (task,) = people.get(client, "ks-1", "tasks").json["items"]
    assert (task["kind"], task["status"], task["opened_by"]) == ("acknowledge_referral", "not_opened", None)
    assert (task["case_ref"], task["stage"], task["station"]) == (
        province.told["R"].ref,
        "referred",
        STATION_S,
    )
    assert task["overdue"] is False
    for other in ("df-1", "tbh-1", "gsh-1", "ks-9"):
        assert people.get(client, other, "tasks").json["items"] == []


def test_a_queue_goes_by_what_is_due_page_by_page_without_gap_or_double(
    client: FlaskClient, people: People, engine: Engine
) -> None:
    add_tasks(engine, 20)
    add_tasks(engine, 5, role="station_commander", kind="other_1")
    add_tasks(engine, 5, office=FACILITY_A, role="facility_liaison", kind="other_2")
    expected = [
        row[0]
        for row in rows(
            engine,
            "SELECT t.id FROM task t JOIN office o ON o.id = t.office_id "
            "WHERE o.code = :office AND t.role = 'saps_liaison' AND done_at IS NULL ORDER BY due_at, t.id",
            office=STATION_S,
        )
    ]
    assert len(expected) == 21
    for limit in (1, 4, 7, 20, 21, 50):
        path, found = f"tasks?{urlencode({'limit': limit})}", []
        while path:
            answer = people.get(client, "ks-1", path)
            TaskPage(unknown=marshmallow.RAISE).load(answer.json)
            found += [item["id"] for item in answer.json["items"]]
            path = answer.headers.get("Link", "").partition(">")[0].removeprefix("</api/v1/")
        assert found == expected


def test_a_cursor_of_another_list_is_refused_by_the_queue(client: FlaskClient, people: People) -> None:
    cursor = people.get(client, "gsh-1", "offices?limit=1").json["next_cursor"]
    assert cursor
    for sent in (cursor, "x", "WyJ4IiwgMV0.AAAA"):
        error_of(people.get(client, "ks-1", f"tasks?cursor={sent}"), 400, "bad_cursor")


def test_a_task_is_opened_let_go_and_opened_by_another(
    client: FlaskClient, province: Province, people: People
) -> None:
    path = f"tasks/{province.task_id}"
    mine = people.post(client, "ks-1", f"{path}/claim")
    Task(unknown=marshmallow.RAISE).load(mine.json)
    assert (mine.json["status"], mine.json["opened_by"]) == ("opened", "ks-1")
    assert people.post(client, "ks-1", f"{path}/claim").json == mine.json
    error = error_of(people.post(client, "ks-2", f"{path}/claim"), 409, "already_claimed")
    assert "ks-1" in str(error["message"])
    error_of(people.post(client, "ks-2", f"{path}/release"), 409, "already_claimed")
    assert people.get(client, "ks-2", "tasks").json["items"][0]["opened_by"] == "ks-1"
    free = people.post(client, "ks-1", f"{path}/release").json
    assert (free["status"], free["opened_by"], free["claimed_at"]) == ("not_opened", None, None)
    assert people.post(client, "ks-1", f"{path}/release").json == free
    assert people.post(client, "ks-2", f"{path}/claim").json["opened_by"] == "ks-2"


def test_of_many_who_open_a_task_at_once_one_holds_it(
    app: Flask, province: Province, people: People, engine: Engine
) -> None:
    def claim(code: str) -> int:
        return people.post(app.test_client(), code, f"tasks/{province.task_id}/claim").status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(claim, ("ks-1", "ks-2") * 8))
    holder = one(
        engine,
        "SELECT s.code FROM task t JOIN staff s ON s.id = t.claimed_by WHERE t.id = :id",
        id=province.task_id,
    )
    assert sorted(set(statuses)) == [200, 409]
    assert all(
        (status == 200) == (code == holder)
        for code, status in zip(("ks-1", "ks-2") * 8, statuses, strict=True)
    )


def test_a_task_goes_to_somebody_on_duty_and_to_nobody_else(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    path = f"tasks/{province.task_id}/reassign"
    people.post(client, "ks-1", f"tasks/{province.task_id}/claim")
    assert people.post(client, "ks-2", path, {"staff": "ks-2"}).json["opened_by"] == "ks-2"
    for code in ("df-1", "ks-9", "tbh-1", "nobody"):
        error_of(people.post(client, "ks-1", path, {"staff": code}), 422, "not_on_duty")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff_leave (staff_id, starts_at, ends_at) SELECT id, hectis_now() - interval '1 day', "
                "hectis_now() + interval '1 day' FROM staff WHERE code = 'ks-1'"
            )
        )
    error_of(people.post(client, "ks-2", path, {"staff": "ks-1"}), 422, "not_on_duty")


def test_a_task_of_a_stage_ends_with_a_move_and_any_other_by_a_call(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    error_of(people.post(client, "ks-1", f"tasks/{province.task_id}/complete"), 409, "ends_by_move")
    add_tasks(engine, 1)
    other = one(engine, "SELECT max(id) FROM task")
    people.post(client, "ks-1", f"tasks/{other}/claim")
    error_of(people.post(client, "ks-2", f"tasks/{other}/complete"), 409, "already_claimed")
    assert people.post(client, "ks-1", f"tasks/{other}/complete").json["status"] == "done"
    error_of(people.post(client, "ks-1", f"tasks/{other}/complete"), 409, "already_done")
    error_of(people.post(client, "ks-2", f"tasks/{other}/claim"), 409, "already_done")
    assert rows(engine, "SELECT done_by FROM task WHERE id = :id", id=other) == [("ks-1",)]
    assert [task["id"] for task in people.get(client, "ks-1", "tasks").json["items"]] == [province.task_id]


def test_a_task_whose_case_is_contradicted_says_that_there_is_a_problem(
    client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    people.post(client, "ks-1", f"tasks/{province.task_id}/claim")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO case_conflict (case_id, reason, message_id) "
                "SELECT case_id, 'code_taken_back', (SELECT min(id) FROM inbound_message) FROM task WHERE id = :id"
            ),
            {"id": province.task_id},
        )
    assert people.get(client, "ks-1", "tasks").json["items"][0]["status"] == "problem"


def test_a_token_that_is_nobodys_opens_nothing(client: FlaskClient, province: Province) -> None:
    header = province.header(("saps_liaison", STATION_S))
    answer = client.post(f"/api/v1/tasks/{province.task_id}/claim", headers=header)
    error_of(answer, 403, "no_person")


def test_the_administrator_is_shown_a_task_without_its_case(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    add_tasks(engine, 1, office="wc-health-data", role="administrator", kind="mend_row")
    (task,) = province.get(client, ("administrator", None), "/api/v1/tasks").json["items"]
    assert task["kind"] == "mend_row"
    assert not {"case_ref", "stage", "station"} & set(task)


def test_a_token_of_a_person_ends_with_the_post(
    client: FlaskClient, people: People, engine: Engine, house: House
) -> None:
    assert people.get(client, "ks-1", "tasks").status_code == 200
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE staff_post SET valid_to = (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date "
                "FROM staff s WHERE s.id = staff_id AND s.code = 'ks-1'"
            )
        )
    error_of(people.get(client, "ks-1", "tasks"), 401, "not_authenticated")
    with pytest.raises(TokenRefused):
        tokens.create(house, "saps_liaison", STATION_S, "ks-1", 1, "ks-1")
    with engine.begin() as connection:  # standing in for a colleague is as good as a post
        connection.execute(
            text(
                "INSERT INTO staff_deputy (staff_id, deputy_id) SELECT a.id, b.id FROM staff a, staff b "
                "WHERE a.code = 'ks-2' AND b.code = 'ks-1'"
            )
        )
    assert people.get(client, "ks-1", "tasks").status_code == 200
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE staff SET valid_to = '2020-01-01', valid_from = '2019-01-01' WHERE code = 'ks-1'")
        )
    error_of(people.get(client, "ks-1", "tasks"), 401, "not_authenticated")


def test_a_queue_is_shown_to_living_tokens_alone(
    client: FlaskClient, people: People, engine: Engine, house: House
) -> None:
    ended = tokens.create(house, "saps_liaison", STATION_S, "desk-1", 1)
    expired = tokens.create(house, "saps_liaison", STATION_S, "desk-2", 1)
    tokens.revoke(house, ended.token_id)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE api_token SET expires_at = hectis_machine_now() WHERE id = :id"),
            {"id": expired.token_id},
        )
    for sent in (ended.secret, expired.secret, "hf_" + "a" * 43, "hf_", "x", ""):
        answer = client.get("/api/v1/tasks", headers={"Authorization": f"Bearer {sent}"})
        error_of(answer, 401, "not_authenticated")


def test_a_queue_is_read_again_on_a_new_connection_when_the_server_closed_the_old_one(
    client: FlaskClient, people: People, engine: Engine
) -> None:
    before = people.get(client, "ks-1", "tasks").json
    with engine.begin() as connection:
        ended = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE '%asked AS MATERIALIZED%' "
                "AND pid <> pg_backend_pid()"
            )
        ).all()
    assert ended
    assert people.get(client, "ks-1", "tasks").json == before


def test_an_office_says_who_is_above_it_and_who_is_on_duty(
    client: FlaskClient, people: People, engine: Engine
) -> None:
    office = people.get(client, "ks-1", f"offices/{STATION_S}").json
    assert [above["kind"] for above in office["parents"]][:2] == ["cluster", "saps_province"]
    assert office["on_duty"] == [
        {"role": "saps_liaison", "staff": ["ks-1", "ks-2"]},
        {"role": "station_commander", "staff": ["ks-9"]},
    ]
    assert people.get(client, "ks-1", "offices/no-such-office").status_code == 404


def test_an_office_says_to_some_only_that_it_is_there(client: FlaskClient, province: Province) -> None:
    office = province.get(client, ("auditor", None), f"/api/v1/offices/{STATION_S}").json
    assert "on_duty" not in office
    assert office["parents"]


def test_what_a_leaver_held_is_back_in_the_queue(
    house: House, client: FlaskClient, province: Province, people: People, engine: Engine
) -> None:
    add_tasks(engine, 1)
    first, second = (task["id"] for task in people.get(client, "ks-1", "tasks").json["items"])
    people.post(client, "ks-1", f"tasks/{first}/claim")
    people.post(client, "ks-2", f"tasks/{second}/claim")
    assert tasks.take_over(house) == 0

    with engine.begin() as connection:
        connection.execute(text("UPDATE staff SET valid_to = valid_from + 1 WHERE code = 'ks-1'"))

    assert tasks.take_over(house) == 1
    held = {task["id"]: task["opened_by"] for task in people.get(client, "ks-2", "tasks").json["items"]}
    assert held == {first: None, second: "ks-2"}
