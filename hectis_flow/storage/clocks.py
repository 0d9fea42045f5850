"""Clocks, their ladders and the tasks of a stage, as the part of a move's one statement that writes them.

`storage.cases` puts `FOLLOWED` behind the move it writes: the old stage's clock, steps, escalation and
task end, the new stage's begin, in the same statement or not at all. `storage.escalations` lets due steps
fire. Of a ladder only the step that is due next is a row: few are ever climbed. It must not decide what
runs where or when anything is due: that comes in as values.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement


class Clock(Base):
    """The time a case may stand at one stage, or wait for one item. One a case or item runs (`stopped_at` is null).

    `ladder` holds every step as it was reckoned when the clock began, lowest first.
    """

    __tablename__ = "clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    name: Mapped[str]
    stage: Mapped[str]
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    urgent: Mapped[bool] = mapped_column(Boolean)
    policy_version: Mapped[str]
    workflow_version: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ladder: Mapped[list[Any]] = mapped_column(JSONB)
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[str | None]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))


class ClockStep(Base):
    """One step of a clock's ladder, due once: an office is told (`level`), or a rule moves (`transition`).

    At most one of a clock waits; the next is written when it is settled.
    """

    __tablename__ = "clock_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    step: Mapped[int] = mapped_column(SmallInteger)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    level: Mapped[int | None] = mapped_column(SmallInteger)
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str | None]
    transition: Mapped[str | None]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    parked_at: Mapped[datetime | None]


# What ends with a stage: `moved` is the case as the statement before it wrote it, `:id` its id. Each part looks
# for its rows by an index, even by a plan that was made while the tables were empty.
ENDED = """
    stopped AS (
        UPDATE clock SET stopped_at = moved.stage_entered_at, stopped_by = :transition FROM moved
        WHERE clock.case_id = :id AND clock.stopped_at IS NULL AND clock.item_id IS NULL RETURNING clock.id
    ),
    cancelled AS (
        UPDATE clock_step s SET cancelled_at = moved.stage_entered_at FROM moved
        WHERE s.clock_id = (SELECT id FROM stopped) AND s.done_at IS NULL AND s.cancelled_at IS NULL
    ),
    cleared AS (
        UPDATE escalation e SET cleared_at = moved.stage_entered_at FROM moved
        WHERE e.clock_id = (SELECT id FROM stopped) AND e.cleared_at IS NULL
    ),
    answered AS (
        UPDATE task t SET done_at = moved.stage_entered_at, done_by = :ledger_actor FROM moved
        WHERE t.case_id = :id AND t.by_stage AND t.done_at IS NULL RETURNING t.id
    )
"""

# A step as it stands in a ladder.
RUNG = "level smallint, office_id bigint, role text, transition text, due_at timestamptz"

# The step `s` waits to fire.
WAITING = "s.done_at IS NULL AND s.cancelled_at IS NULL AND s.parked_at IS NULL"
# The steps `r` of the clock `k`, and which of them are still to come, where `s` is the one that waits.
RUNGS = f"""
    ROWS FROM (jsonb_to_recordset(k.ladder) AS ({RUNG})) WITH ORDINALITY
        AS r (level, office_id, role, transition, due_at, step)
"""
TO_COME = f"{WAITING} AND r.step >= s.step"


def next_step(settled: str) -> str:
    """SQL that writes the step after each one of `settled` (clock_id, case_id, ladder, step), if there is one."""
    return f"""
        INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, transition, due_at)
        SELECT b.clock_id, b.step + 1, b.case_id, r.level, r.office_id, r.role, r.transition, r.due_at
        FROM {settled} b, jsonb_to_record(b.ladder -> b.step) AS r ({RUNG})
        WHERE b.ladder -> b.step IS NOT NULL
    """  # noqa: S608  (the names of parts of our statements)


# What begins with a stage. The counts make the old row end first: one clock a case, one task of a kind.
BEGUN = f"""
    started AS (
        INSERT INTO clock (case_id, name, stage, office_id, urgent, policy_version, workflow_version,
                           started_at, due_at, ladder)
        SELECT m.id, :clock, m.stage, m.owner_office_id, :urgent, :policy_version, m.workflow_version,
               :started_at, :due_at, CAST(:ladder AS jsonb)
        FROM moved m, (SELECT count(*) FROM stopped) AS before
        WHERE CAST(:clock AS text) IS NOT NULL
        RETURNING id AS clock_id, case_id, ladder, 0 AS step
    ),
    first_step AS ({next_step("started")}),
    asked AS (
        INSERT INTO task (kind, case_id, office_id, role, by_stage, opened_at, due_at)
        SELECT :task, m.id, m.owner_office_id, :task_role, true, m.stage_entered_at, :due_at
        FROM moved m, (SELECT count(*) FROM answered) AS before
        WHERE CAST(:task AS text) IS NOT NULL
    )
"""  # noqa: S608

FOLLOWED = f"{ENDED}, {BEGUN}"

# A stage that is only passed through, in the same transaction: no clock, no task.
NOTHING: Mapping[str, Any] = {
    "clock": None,
    "urgent": False,
    "policy_version": None,
    "started_at": None,
    "due_at": None,
    "ladder": None,
    "task": None,
    "task_role": None,
}

RESTART = Statement(
    f"""
    WITH moved AS (
        SELECT id, stage, owner_office_id, workflow_version, hectis_now() AS stage_entered_at
        FROM "case" WHERE id = :id
    ), {FOLLOWED}
    SELECT clock_id FROM started
    """  # noqa: S608  (constants of this module)
)


def restart(session: Session, values: Mapping[str, Any]) -> None:
    """Let the clock and task of the case's stage begin anew, without a move; `values` as for a move."""
    RESTART.run(session, values)


UNTOUCHED = Statement(
    """
    SELECT c.started_at FROM clock c
    WHERE c.case_id = :id AND c.stopped_at IS NULL AND c.name = :name AND c.item_id IS NULL
      AND NOT EXISTS (SELECT FROM clock_step s WHERE s.clock_id = c.id AND s.done_at IS NOT NULL)
    """
)


def untouched(session: Session, case_id: int, name: str) -> datetime | None:
    """When the running clock of this name started, if none of its steps has fired."""
    row = UNTOUCHED.run(session, {"id": case_id, "name": name}).first()
    return row[0] if row else None
