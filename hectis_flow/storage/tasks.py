"""Tasks: what an office must do, by when, and who has opened it.

`services.tasks` calls it. The tasks of a stage begin and end with the stage (`storage.clocks`); here they
are read one by one, opened, handed on and, where no move ends them, done; `storage.task_queue` lists them.
Whoever holds a task holds it by one UPDATE that finds it free.

Every statement is put together from constants of this module; what a caller says is always bound.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Boolean, ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.access import OFFICE_KINDS
from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement
from hectis_flow.storage.snoozes import OF_TASK
from hectis_flow.storage.tokens import HOLDS_POST


class Task(Base):
    """Something an office must do. `by_stage`: it ends when the case leaves the stage, and only so.

    One of an `item` ends when the item is settled.
    """

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    subject_id: Mapped[int | None]
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str]
    by_stage: Mapped[bool] = mapped_column(Boolean)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    claimed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))


@dataclass(frozen=True, slots=True)
class Queue:
    """Whose queue it is: the role, at its office. A role without one of its own works at `fallback`."""

    office_id: int | None
    role: str
    fallback: str


class TaskState(NamedTuple):
    """What a task looks like to somebody who wants it."""

    id: int
    kind: str
    office_id: int
    role: str
    by_stage: bool
    claimed_by: int | None
    holder: str | None
    done: bool
    item_id: int | None


OWN = """
    r.role = :role
    AND r.office_id = coalesce(CAST(:office_id AS bigint), (SELECT id FROM office WHERE code = :fallback))
"""
# A task is in trouble where the hospital says otherwise than its case: a person must look first.
STATUS = """
    CASE WHEN r.done_at IS NOT NULL THEN 'done'
         WHEN EXISTS (SELECT FROM case_conflict x WHERE x.case_id = r.case_id AND x.resolved_at IS NULL)
             THEN 'problem'
         WHEN r.claimed_by IS NOT NULL THEN 'opened' ELSE 'not_opened' END
"""
COLUMNS: Mapping[str, str] = {
    "status": STATUS,
    "opened_by": "h.code",
    "office": "o.code",
    "overdue": "r.due_at <= hectis_now()",
    "snoozed_until": OF_TASK,
    "case_ref": "c.ref",
    "stage": "c.stage",
    "station": "s.code",
}
JOINS = """
    JOIN office o ON o.id = r.office_id
    LEFT JOIN staff h ON h.id = r.claimed_by
    LEFT JOIN "case" c ON c.id = r.case_id
    LEFT JOIN office s ON s.id = c.station_id
"""
SEEN = "r.id, r.kind, r.office_id, r.role, r.by_stage, r.claimed_by, h.code, r.done_at IS NOT NULL, r.item_id"
FREE = "done_at IS NULL AND (claimed_by IS NULL OR claimed_by = :staff_id)"
FIND = Statement(
    f"SELECT {SEEN} FROM task r LEFT JOIN staff h ON h.id = r.claimed_by WHERE r.id = :id AND {OWN}"  # noqa: S608
)
CLAIM = text(
    "UPDATE task SET claimed_by = :staff_id, claimed_at = coalesce(claimed_at, hectis_now()) "
    "WHERE id = :id AND done_at IS NULL AND (claimed_by IS NULL OR claimed_by = :staff_id) RETURNING id"
)
RELEASE = text(
    "UPDATE task SET claimed_by = NULL, claimed_at = NULL "
    "WHERE id = :id AND done_at IS NULL AND claimed_by = :staff_id RETURNING id"
)
# A role that belongs to no office works at the fallback office, wherever its post is.
_BOUND = ", ".join(f"'{role}'" for role in OFFICE_KINDS)
_WHERE = f"CASE WHEN t.role IN ({_BOUND}) THEN t.office_id END"
LEFT = text(
    f"""
    UPDATE task t SET claimed_by = NULL, claimed_at = NULL FROM staff s
    WHERE t.claimed_by IS NOT NULL AND t.done_at IS NULL AND s.id = t.claimed_by
      AND NOT {HOLDS_POST.format(role="t.role", office_id=_WHERE)} RETURNING t.id
    """  # noqa: S608  (a constant of storage.tokens)
)
HAND_ON = text(
    "UPDATE task SET claimed_by = :staff_id, claimed_at = hectis_now() "
    "WHERE id = :id AND done_at IS NULL AND claimed_by IS NOT DISTINCT FROM :holder_id RETURNING id"
)
COMPLETE = text(
    "UPDATE task SET done_at = hectis_now(), done_by = :done_by "  # noqa: S608
    f"WHERE id = :id AND NOT by_stage AND {FREE} RETURNING id"
)


def one(session: Session, queue: Queue, fields: tuple[str, ...], task_id: int) -> str:
    """One task of this queue as a JSON object."""
    statement = one_statement(fields)
    item: str = statement.run(session, {**_whose(queue), "id": task_id}).scalar_one()
    return item


def find(session: Session, queue: Queue, task_id: int) -> TaskState | None:
    """A task of this queue; None where there is none of this number."""
    row = FIND.run(session, {**_whose(queue), "id": task_id}).first()
    return TaskState(*row) if row else None


def claim(session: Session, task_id: int, staff_id: int) -> bool:
    """Let this person hold an open task, once more if they ask twice; False where another does, or it is done."""
    return session.scalar(CLAIM, {"id": task_id, "staff_id": staff_id}) is not None


def release(session: Session, task_id: int, staff_id: int) -> bool:
    """Let an open task of this person go; False where it is not theirs."""
    return session.scalar(RELEASE, {"id": task_id, "staff_id": staff_id}) is not None


def left_behind(session: Session) -> int:
    """Let the open tasks go of everybody who no longer answers for their post; gives how many there were."""
    return len(session.scalars(LEFT).all())


def hand_on(session: Session, task_id: int, holder_id: int | None, staff_id: int) -> bool:
    """Pass an open task from its holder to somebody else; False where the holder is another by now."""
    values = {"id": task_id, "holder_id": holder_id, "staff_id": staff_id}
    return session.scalar(HAND_ON, values) is not None


def complete(session: Session, task_id: int, staff_id: int, done_by: str) -> bool:
    """End a task that no move ends; False where it is done or somebody else holds it."""
    values = {"id": task_id, "staff_id": staff_id, "done_by": done_by}
    return session.scalar(COMPLETE, values) is not None


@lru_cache(maxsize=64)
def one_statement(fields: tuple[str, ...]) -> Statement:
    """The statement that reads one task of a queue."""
    return Statement(f"SELECT ({_object(fields)})::text FROM task r {JOINS} WHERE r.id = :id AND {OWN}")  # noqa: S608


def _object(fields: tuple[str, ...]) -> str:
    pairs = ", ".join(f"'{name}', {COLUMNS.get(name, f'r.{name}')}" for name in fields)
    return f"json_build_object({pairs})"


def _whose(queue: Queue) -> dict[str, object]:
    return {"office_id": queue.office_id, "role": queue.role, "fallback": queue.fallback}
