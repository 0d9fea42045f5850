"""What is awaited beside the stage of a case is told of itself: its own office, words and times, never a link."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, text

from hectis_flow.services.house import House
from tests.notices import STATION, delivered, ends, line, planned, reaching, referred, staffed
from tests.sinks import Calls, Mails, options_for
from tests.tables import one, rows

WATCHERS = "wc-pocs"
WATCHER = "watching_brief_official"
AWAIT = """
    WITH o AS (SELECT id FROM office WHERE code = :office),
    i AS (
        INSERT INTO item (case_id, kind, office_id, role, opened_version)
        SELECT c.id, :awaited, o.id, :role, c.version FROM "case" c, o WHERE c.ref = :ref RETURNING id, case_id
    ),
    k AS (
        INSERT INTO clock (case_id, item_id, name, stage, office_id, urgent, policy_version, workflow_version,
                           started_at, due_at, ladder)
        SELECT i.case_id, i.id, :awaited, r.stage, o.id, false, r.policy_version, r.workflow_version, hectis_now(),
               hectis_now() + interval '10 days', CAST(:ladder AS jsonb)
        FROM i, o, clock r WHERE r.case_id = i.case_id AND r.item_id IS NULL AND r.stopped_at IS NULL
        RETURNING id, case_id, office_id
    ),
    first_step AS (
        INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, due_at)
        SELECT id, 1, case_id, 0, office_id, :role, hectis_now() + interval '3 days' FROM k
    )
    INSERT INTO task (kind, case_id, item_id, office_id, role, due_at)
    SELECT :task, i.case_id, i.id, o.id, :role, hectis_now() + interval '10 days' FROM i, o RETURNING id
"""
CLIMB = """
    WITH step AS (
        UPDATE clock_step s SET step = :level + 1, level = :level, due_at = hectis_now(), done_at = hectis_now()
        FROM clock k WHERE k.id = s.clock_id AND k.item_id IS NOT NULL AND s.done_at IS NULL
        RETURNING s.id, s.case_id, s.clock_id, s.level, s.office_id, s.role
    ),
    next AS (
        INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, due_at)
        SELECT clock_id, :level + 2, case_id, level + 1, office_id, role, hectis_now() + interval '3 days' FROM step
    ),
    raised AS (
        INSERT INTO escalation (case_id, clock_id, level, office_id, role)
        SELECT case_id, clock_id, level, office_id, role FROM step
    )
    INSERT INTO outbox (event, case_id, subject_id) SELECT 'case.escalated', case_id, id FROM step
"""


@pytest.fixture
def post(house: House, clean: Engine, mails: Mails, calls: Calls) -> House:
    """A house whose notices arrive in the sinks, with somebody on duty at the station and with the watchers."""
    reached = reaching(house, options_for(mails, calls))
    staffed(reached, line("hr-1"), line("wb-1", WATCHER, WATCHERS))
    return reached


def awaited(
    engine: Engine,
    ref: str,
    kind: str = "back_on_roll",
    task: str = "note_back_on_roll",
    office: str = WATCHERS,
    role: str = WATCHER,
) -> int:
    """Let something be awaited beside the stage of this case, its clock and task with it; the task's id."""
    office_id = one(engine, "SELECT id FROM office WHERE code = :office", office=office)
    day = "2099-01-0{}T08:00:00+00:00"
    ladder = [
        {
            "level": level,
            "office_id": office_id,
            "role": role,
            "transition": None,
            "due_at": day.format(level + 1),
        }
        for level in range(3)
    ]
    values = {"ref": ref, "awaited": kind, "task": task, "office": office, "role": role}
    with engine.begin() as connection:
        return int(
            connection.execute(text(AWAIT), {**values, "ladder": json.dumps(ladder)}).scalar_one(),
        )


def opened(engine: Engine, task_id: int) -> None:
    """Say that a task was opened, as whoever opens it does."""
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO outbox (event, case_id, subject_id) VALUES ('task.opened', 1, :id)"),
            {"id": task_id},
        )


def climb(engine: Engine, level: int) -> None:
    """Let the clock of what is awaited reach a rung, as the sweep would."""
    with engine.begin() as connection:
        connection.execute(text(CLIMB), {"level": level})


def done(engine: Engine, task_id: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE task SET done_at = hectis_now(), done_by = 'x' WHERE id = :id"), {"id": task_id}
        )


def told(engine: Engine) -> list[tuple[Any, ...]]:
    """Every delivery: kind, staff code, office, role, level, what its link may do."""
    query = """
        SELECT d.kind, s.code, o.code, d.role, d.level, l.purpose
        FROM delivery d JOIN staff s ON s.id = d.staff_id JOIN office o ON o.id = d.office_id
        LEFT JOIN action_link l ON l.delivery_id = d.id ORDER BY d.event_id, d.id
    """
    return [tuple(row) for row in rows(engine, query)]


def flat(mails: Mails, number: int = -1) -> str:
    """One letter's subject and text, on one line."""
    letter = mails.letters[number]
    body = letter.get_body(("plain",))
    assert body is not None
    return " ".join(f"{letter['Subject']} {body.get_content()}".split())


def test_a_task_that_was_opened_is_told_to_its_own_office(post: House, clean: Engine, mails: Mails) -> None:
    (ref,) = referred(post, clean)
    planned(post)
    delivered(post)
    task_id = awaited(clean, ref)
    opened(clean, task_id)

    assert planned(post) == 1
    assert delivered(post) == 1

    assert told(clean)[1:] == [("task", "wb-1", WATCHERS, WATCHER, None, None)]
    assert one(
        clean,
        "SELECT t.due_at = d.wanted_by FROM task t, delivery d WHERE t.id = :id AND d.id = 2",
        id=task_id,
    )
    said = flat(mails)
    assert said.startswith(f"{ref} · Note that a case is back on the roll")
    assert (
        "This case is back on the roll. Please note at Department of Police Oversight and Community Safety"
        in said
    )
    # Who is told next, as the ladder of what is awaited has it.
    assert "Watching brief official, Department of Police Oversight and Community Safety, is told on" in said
    assert "/a/" not in said
    assert planned(post) == 0


def test_a_task_of_the_stage_carries_the_link_of_its_move(post: House, clean: Engine) -> None:
    referred(post, clean)
    planned(post)
    opened(clean, one(clean, "SELECT id FROM task WHERE by_stage AND done_at IS NULL"))

    assert planned(post) == 1
    assert told(clean)[1] == ("task", "hr-1", STATION, "saps_liaison", None, "acknowledge")


def test_a_task_with_no_clock_is_told_by_its_own_time(post: House, clean: Engine, mails: Mails) -> None:
    referred(post, clean)
    planned(post)
    delivered(post)
    with clean.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO task (kind, case_id, office_id, role, due_at) "
                "SELECT 'choose_precinct', 1, id, 'saps_liaison', '2099-05-01 08:00Z' FROM office WHERE code = :code"
            ),
            {"code": STATION},
        )
    opened(clean, one(clean, "SELECT max(id) FROM task"))

    assert (planned(post), delivered(post)) == (1, 1)
    said = flat(mails)
    assert "Choose the precinct" in said
    assert "1 May 2099" in said
    assert "is told on" not in said


def test_a_task_that_is_done_is_told_no_more(post: House, clean: Engine) -> None:
    refs = referred(post, clean)
    planned(post)
    delivered(post)
    before, after = awaited(clean, refs[0]), awaited(clean, refs[0], "watching_brief", "acknowledge_brief")
    opened(clean, before)
    opened(clean, after)
    done(clean, before)

    assert planned(post) == 1
    done(clean, after)
    assert delivered(post) == 0

    assert ends(clean) == ["sent", "cancelled"]
    assert rows(clean, "SELECT 1 FROM outbox WHERE event = 'task.opened' AND done_at IS NULL") == []


@pytest.mark.target("R12")
def test_a_task_that_does_not_exist_is_put_aside(post: House, clean: Engine) -> None:
    referred(post, clean)
    opened(clean, 999)

    planned(post)

    query = "SELECT event, reason FROM outbox WHERE parked_at IS NOT NULL"
    assert rows(clean, query) == [("task.opened", "subject_missing")]


def test_silence_on_what_is_awaited_is_told_in_its_words_and_by_its_own_time(
    post: House, clean: Engine, mails: Mails
) -> None:
    (ref,) = referred(post, clean)
    awaited(clean, ref)
    climb(clean, 1)

    # The stage's own notice and that of the other clock: one each, however many clocks run.
    assert (planned(post), delivered(post)) == (2, 2)

    assert told(clean) == [
        ("task", "hr-1", STATION, "saps_liaison", None, "acknowledge"),
        ("escalation", "wb-1", WATCHERS, WATCHER, 1, None),
    ]
    query = """
        SELECT d.wanted_by = k.due_at FROM delivery d JOIN clock k ON (k.item_id IS NULL) = (d.level IS NULL)
        WHERE d.case_id = k.case_id AND k.stopped_at IS NULL ORDER BY d.id
    """
    assert [row[0] for row in rows(clean, query)] == [True, True]
    stage, beside = sorted((flat(mails, n) for n in (0, 1)), key=lambda said: "No answer" in said)
    assert "Acknowledge a referral" in stage
    assert "Station commander, Harare, is told on" in stage
    assert beside.startswith(f"{ref} · No answer yet: note that a case is back on the roll")
    assert "Department of Police Oversight and Community Safety has not yet noted" in beside
    assert "Saturday 3 January 2099" in beside
    assert "Harare has not" not in beside


def test_a_reminder_of_what_is_awaited_has_no_link_though_the_stage_has_one(
    post: House, clean: Engine
) -> None:
    (ref,) = referred(post, clean)
    planned(post)
    awaited(clean, ref, "j88", "collect_j88", STATION, "saps_liaison")
    climb(clean, 0)

    assert planned(post) == 1
    assert told(clean)[1] == ("escalation", "hr-1", STATION, "saps_liaison", 0, None)


def test_the_end_of_one_clock_silences_its_own_notices_alone(post: House, clean: Engine) -> None:
    (ref,) = referred(post, clean)
    awaited(clean, ref)
    climb(clean, 1)
    planned(post)
    with clean.begin() as connection:
        connection.execute(
            text(
                "UPDATE clock SET stopped_at = hectis_now(), stopped_by = 'settled' WHERE item_id IS NOT NULL"
            )
        )

    assert delivered(post) == 1
    assert sorted(ends(clean)) == ["cancelled", "sent"]


def test_a_thing_of_another_version_is_still_told(post: House, clean: Engine, mails: Mails) -> None:
    (ref,) = referred(post, clean)
    planned(post)
    delivered(post)
    awaited(clean, ref, "of_another_version", "of_another_version")
    climb(clean, 0)

    assert (planned(post), delivered(post)) == (1, 1)
    assert "Reminder: a case waits" in flat(mails)
