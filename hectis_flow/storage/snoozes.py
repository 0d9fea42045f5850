"""Clocks that were put off: a running clock as it stands, and the one statement that moves all of it, or moves it back.

`services.snooze` calls it with the case held, so that no step fires meanwhile. It must not reckon a time.
"""

import json
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ForeignKey, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.snooze import Running
from hectis_flow.storage.base import Base
from hectis_flow.storage.clocks import WAITING
from hectis_flow.storage.database import DAY
from hectis_flow.storage.reversals import CONFIRMING

#: The snooze `z` holds still: nobody took it back, and its day has not come.
HOLDS: Final = f"z.ended_at IS NULL AND z.until > {DAY}"
#: The day to which the clock of the task `r` is put off.
OF_TASK: Final = f"""(
    SELECT max(z.until) FROM snooze z JOIN clock k ON k.id = z.clock_id AND k.stopped_at IS NULL
    WHERE z.case_id = r.case_id AND {HOLDS} AND (r.item_id IS NOT NULL OR r.by_stage AND r.kind <> '{CONFIRMING}')
      AND k.item_id IS NOT DISTINCT FROM r.item_id)"""  # noqa: S608
#: The task `t` is what the clock `k` waits for. One that asks to confirm a proposal ends with the stage as well, and
#: keeps its own time.
ITS_TASK: Final = f"""
    t.case_id = k.case_id AND t.done_at IS NULL
    AND CASE WHEN k.item_id IS NULL THEN t.by_stage AND t.kind <> '{CONFIRMING}' ELSE t.item_id = k.item_id END
"""


class Snooze(Base):
    """A clock was put off once: why, until when, by how many working days and by whom; `was` is how it stood."""

    __tablename__ = "snooze"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str]
    until: Mapped[date]
    days: Mapped[int] = mapped_column(SmallInteger)
    role: Mapped[str]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    put_by: Mapped[str]
    put_at: Mapped[datetime]
    was: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class Found(NamedTuple):
    """A running clock that somebody names: when it began, by when its task is due, and the snooze that holds."""

    id: int
    started_at: datetime
    task_due: datetime | None
    snooze_id: int | None
    clock: Running


class Meant(NamedTuple):
    """Which clock of which case: the one of its stage by name, or that of an item."""

    ref: str
    clock: str | None
    item: int | None


class Put(NamedTuple):
    """One snooze to be written, and the times that the clock then has."""

    number: int
    reason: str
    until: date
    days: int
    role: str
    office_id: int | None
    by: str
    due_at: datetime
    ladder: str
    task_due: datetime | None


# The clock of the stage by its name, or that of an item by the item's number.
RUNNING = text(
    f"""
    SELECT k.id, k.started_at, t.due_at AS task_due, z.id AS snooze_id, k.name, k.urgent, k.due_at, k.ladder,
           (SELECT s.step FROM clock_step s WHERE s.clock_id = k.id AND {WAITING}) AS step,
           (SELECT e.level FROM escalation e WHERE e.clock_id = k.id) AS level,
           (SELECT count(*) FROM snooze n WHERE n.clock_id = k.id) AS times, z.until
    FROM clock k
    LEFT JOIN task t ON {ITS_TASK}
    LEFT JOIN snooze z ON z.clock_id = k.id AND {HOLDS}
    WHERE k.case_id = :case_id AND k.stopped_at IS NULL
      AND (k.item_id = CAST(:item AS bigint) OR CAST(:item AS bigint) IS NULL AND k.item_id IS NULL AND k.name = :clock)
    ORDER BY t.id LIMIT 1
    """  # noqa: S608  (constants of this module)
)
# What is given moves; a task keeps a day that somebody else named for it.
MOVED: Final = f"""
    moved AS (
        UPDATE clock SET due_at = :due_at, ladder = CAST(:ladder AS jsonb) WHERE id = :clock_id
        RETURNING id, case_id, item_id, ladder
    ),
    step AS (
        UPDATE clock_step s SET due_at = CAST(moved.ladder -> s.step - 1 ->> 'due_at' AS timestamptz)
        FROM moved WHERE s.clock_id = moved.id AND {WAITING}
    ),
    task AS (
        UPDATE task t SET due_at = :task_due FROM moved k
        WHERE CAST(:task_due AS timestamptz) IS NOT NULL AND {ITS_TASK}
    )
"""  # noqa: S608
PUT = text(
    f"""
    WITH put AS (
        INSERT INTO snooze (case_id, clock_id, number, reason, until, days, role, office_id, put_by, was)
        SELECT k.case_id, k.id, :number, :reason, :until, :days, :role, :office_id, :by,
               jsonb_build_object('due_at', k.due_at, 'ladder', k.ladder, 'task_due', CAST(:task_was AS timestamptz))
        FROM clock k WHERE k.id = :clock_id
    ),
    {MOVED}
    SELECT id FROM moved
    """  # noqa: S608
)
BACK = text(
    f"""
    WITH ended AS (
        UPDATE snooze SET ended_at = hectis_now(), ended_by = :by WHERE id = :snooze_id
    ),
    {MOVED}
    SELECT id FROM moved
    """  # noqa: S608
)


def of_task(session: Session, task_id: int) -> Meant | None:
    """The clock that runs for an open task; None where none does."""
    statement = text(
        f"""
        SELECT c.ref, CASE WHEN k.item_id IS NULL THEN k.name END, k.item_id
        FROM task t JOIN "case" c ON c.id = t.case_id JOIN clock k ON k.stopped_at IS NULL AND {ITS_TASK}
        WHERE t.id = :id
        """  # noqa: S608  (a constant of this module)
    )
    row = session.execute(statement, {"id": task_id}).first()
    return Meant(*row) if row else None


def running(session: Session, case_id: int, clock: str | None, item: int | None) -> Found | None:
    """The running clock of the stage by its name, or that of an item; None where none runs."""
    row = session.execute(RUNNING, {"case_id": case_id, "clock": clock, "item": item}).first()
    if row is None:
        return None
    id_, started_at, task_due, snooze_id, *running_ = row
    return Found(id_, started_at, task_due, snooze_id, Running(*running_))


def put_off(session: Session, found: Found, put: Put) -> None:
    """Write a snooze and move the clock, its waiting step and its task; a `task_due` of None leaves the task."""
    values = {**put._asdict(), "clock_id": found.id, "task_was": found.task_due if put.task_due else None}
    session.execute(PUT, values)


def take_back(session: Session, found: Found, by: str) -> None:
    """End the snooze that holds: clock, waiting step and task stand as they stood before it."""
    was: dict[str, Any] = session.execute(
        text("SELECT was FROM snooze WHERE id = :id"), {"id": found.snooze_id}
    ).scalar_one()
    values = {
        "snooze_id": found.snooze_id,
        "clock_id": found.id,
        "by": by,
        "due_at": was["due_at"],
        "ladder": json.dumps(was["ladder"]),
        "task_due": was["task_due"],
    }
    session.execute(BACK, values)
