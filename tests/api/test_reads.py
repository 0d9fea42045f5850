"""Reads of named records: each is logged, what is hidden looks like what is not there, doubt means no."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from config.keys import KeyMaterial
from config.settings import Settings
from hectis_flow.app import create_app
from tests.api.province import FACILITY_A, FACILITY_B, Province, canaries
from tests.api.test_errors import close

LIAISON = ("facility_liaison", FACILITY_A)
READERS = (
    LIAISON,
    ("facility_liaison", FACILITY_B),
    ("health_data_steward", None),
    ("information_officer", None),
    ("saps_liaison", "khayelitsha-saps"),
    ("auditor", None),
)


@pytest.mark.target("S11")
def test_two_hundred_sampled_reads_leave_one_line_each(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    chance = random.Random(11)  # noqa: S311
    paths = [f"/api/v1/incidents/{one.incident_id}" for one in province.told.values()]
    paths += [f"/api/v1/cases/{one.ref}" for one in province.told.values()]
    paths += ["/api/v1/cases/WC-2026-999999", "/api/v1/incidents/999999"]
    shown: Counter[str] = Counter()
    while shown.total() < 200:
        caller, path = chance.choice(READERS), chance.choice(paths)
        answer = province.get(client, caller, path)
        if answer.status_code == 200:
            shown[answer.headers["X-Request-Id"]] += 1
    with engine.connect() as connection:
        lines = connection.execute(text("SELECT * FROM read_log")).mappings().all()
    assert Counter(line["request_id"] for line in lines) == shown
    assert all(line["purpose"] and line["record_id"] and line["token_id"] for line in lines)
    written = str([dict(line) for line in lines])
    assert not [mark for letter in "ABR" for mark in canaries(letter).values() if mark in written]


def test_a_read_is_logged_with_who_what_and_why(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    told = province.told["A"]
    province.get(client, LIAISON, f"/api/v1/incidents/{told.incident_id}")
    with engine.connect() as connection:
        line = connection.execute(
            text(
                """
                SELECT l.role, o.code, l.action, l.record, l.record_id, l.purpose
                FROM read_log l JOIN office o ON o.id = l.office_id
                """
            )
        ).one()
    assert tuple(line) == (
        *("facility_liaison", FACILITY_A, "incidents.read", "incident", told.incident_id),
        "Consent, referral and correct data of own patients",
    )


@pytest.mark.target("S2")
def test_what_is_hidden_answers_like_what_does_not_exist(client: FlaskClient, province: Province) -> None:
    told = province.told["B"]
    hidden = [f"cases/{told.ref}", f"incidents/{told.incident_id}", f"messages/{told.message_id}"]
    hidden.append(f"messages/{province.parked_id}")
    missing = [f"{noun}/{key}" for noun in ("incidents", "messages") for key in range(1000, 1100)]
    missing += [f"cases/WC-2026-{number:06d}" for number in range(900000, 900100)]
    missing += [
        "incidents/9223372036854775807",
        "incidents/9223372036854775808",
        "incidents/0",
        "incidents/x",
    ]
    missing += ["cases/WC", "cases/%00", "cases/WC-2026-000001%00", "cases/" + "9" * 400]
    answers = {answer_without_id(client, province, path) for path in hidden + missing}
    assert len(answers) == 1


def answer_without_id(client: FlaskClient, province: Province, path: str) -> tuple[object, ...]:
    """Status, headers and body of an answer, without what is new in each."""
    answer = province.get(client, LIAISON, f"/api/v1/{path}")
    made = answer.headers.pop("X-Request-Id")
    return (answer.status_code, str(sorted(answer.headers)), answer.get_data(as_text=True).replace(made, ""))


def test_a_hidden_record_leaves_no_line_in_the_log(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    province.get(client, LIAISON, f"/api/v1/incidents/{province.told['B'].incident_id}")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM read_log")) == 0


@pytest.mark.target("S12")
def test_a_read_that_cannot_be_logged_is_refused(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    path = f"/api/v1/incidents/{province.told['A'].incident_id}"
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER log_is_full BEFORE INSERT ON read_log "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        )
    try:
        answer = province.get(client, LIAISON, path)
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TRIGGER log_is_full ON read_log"))
    assert answer.status_code == 500
    assert "Canary" not in answer.get_data(as_text=True)
    assert province.get(client, LIAISON, path).status_code == 200


@pytest.mark.target("S12")
def test_a_name_whose_key_is_away_is_refused(province: Province, settings: Settings, engine: Engine) -> None:
    other = KeyMaterial({"k2": bytes(32)}, "k2", bytes(range(32, 64)), "another secret")
    app = create_app(replace(settings, keys=other))
    client = app.test_client()
    path = f"/api/v1/incidents/{province.told['A'].incident_id}"
    assert province.get(client, LIAISON, path).status_code == 500
    assert province.get(client, ("health_data_steward", None), path).status_code == 200  # needs no key
    close(app)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM read_log")) == 1


@pytest.mark.target("S12")
def test_a_role_that_the_policy_does_not_know_gets_nothing(
    client: FlaskClient, province: Province, engine: Engine
) -> None:
    for role in ("rule", "feed", "superuser", ""):
        with engine.begin() as connection:
            connection.execute(text("UPDATE api_token SET role = :role"), {"role": role})
        for noun, key in (("cases", province.told["A"].ref), ("messages", str(province.parked_id))):
            assert province.get(client, LIAISON, f"/api/v1/{noun}").status_code == 403
            assert province.get(client, LIAISON, f"/api/v1/{noun}/{key}").status_code == 404
