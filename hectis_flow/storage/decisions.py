"""Decisions of the committee and the reports of them, each with the tasks that it asks of somebody.

`services.decisions` calls it, with the case held where a decision is about one. Of a decision about a case an item
climbs (`storage.items`); one that is about none has its ladder here, and `climb` lets it fire. It must not decide
who may say what.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Tasks that a decision asks: of the owner, of whoever leads the offices above, and of the chair.
ANSWER: Final = "answer_decision"
CHASE: Final = "chase_decision"
CONFIRM: Final = "confirm_decision"
ACCEPT: Final = "accept_report"

FIND = """
    SELECT d.id, d.meeting_id, m.office_id, d.kind, d.case_id, d.office_id, d.role, d.due_on, d.recorded_by,
           d.confirmed_at, d.dropped_at, d.ended_at, p.id, p.outcome, p.reported_by
    FROM committee_decision d JOIN meeting m ON m.id = d.meeting_id
    LEFT JOIN decision_report p ON p.decision_id = d.id AND p.answered_at IS NULL
    WHERE d.id = :id
"""
# The next rung of each ladder that is due: whoever was asked before is asked no more, and it is told at once.
CLIMB = text(
    f"""
    WITH due AS (
        SELECT id, ladder -> rung AS now, ladder -> (rung + 1) AS after FROM committee_decision
        WHERE next_due <= hectis_now() ORDER BY next_due, id LIMIT :limit FOR UPDATE SKIP LOCKED
    ),
    climbed AS (
        UPDATE committee_decision d SET rung = rung + 1, next_due = (due.after ->> 'due_at')::timestamptz
        FROM due WHERE d.id = due.id
    ),
    ended AS (
        UPDATE task t SET done_at = hectis_now(), done_by = 'rule:clock' FROM due
        WHERE t.kind = '{CHASE}' AND t.subject_id = due.id AND t.case_id IS NULL AND t.done_at IS NULL
        RETURNING t.id
    ),
    asked AS (
        INSERT INTO task (kind, subject_id, office_id, role, due_at)
        SELECT '{CHASE}', due.id, (due.now ->> 'office_id')::bigint, due.now ->> 'role',
               coalesce(due.after ->> 'due_at', due.now ->> 'due_at')::timestamptz
        FROM due, (SELECT count(*) FROM ended) AS before WHERE due.now ->> 'office_id' IS NOT NULL
        RETURNING id, opened_at
    ),
    told AS (INSERT INTO outbox (event, subject_id, at) SELECT 'task.opened', id, opened_at FROM asked)
    SELECT count(*) FROM due
    """  # noqa: S608  (constants of this module)
)


class Decision(NamedTuple):
    """A decision, held for an answer. `committee` is the office that decided it; `report_id` waits for the chair."""

    id: int
    meeting_id: int
    committee: int
    kind: str
    case_id: int | None
    office_id: int
    role: str
    due_on: date
    recorded_by: str
    confirmed_at: datetime | None
    dropped_at: datetime | None
    ended_at: datetime | None
    report_id: int | None
    outcome: str | None
    reported_by: str | None


def add(session: Session, values: Mapping[str, Any]) -> int:
    """A decision that was recorded in a meeting; its number."""
    statement = text(
        """
        INSERT INTO committee_decision (meeting_id, kind, case_id, office_id, role, due_on, recorded_by)
        VALUES (:meeting_id, :kind, :case_id, :office_id, :role, :due_on, :by) RETURNING id
        """
    )
    made: int = session.execute(statement, dict(values)).scalar_one()
    return made


def find(session: Session, decision_id: int) -> Decision | None:
    """A decision as it stands, not held."""
    row = session.execute(text(FIND), {"id": decision_id}).first()
    return Decision(*row) if row else None


def hold(session: Session, decision_id: int) -> Decision:
    """A decision, held until the transaction ends, as it then stands. There must be one."""
    session.execute(text("SELECT FROM committee_decision WHERE id = :id FOR UPDATE"), {"id": decision_id})
    return Decision(*session.execute(text(FIND), {"id": decision_id}).one())


def confirm(session: Session, decision_id: int, by: str) -> None:
    """The chair has confirmed it."""
    _set(session, decision_id, "confirmed_at = hectis_now(), confirmed_by = :by", by=by)


def drop(session: Session, decision_id: int, by: str) -> None:
    """The chair does not confirm it."""
    _set(session, decision_id, "dropped_at = hectis_now(), dropped_by = :by", by=by)


def end(session: Session, decision_id: int, ending: str) -> None:
    """It has come to its end; nothing climbs any more."""
    _set(session, decision_id, "ended_at = hectis_now(), ending = :ending", ending=ending)


def wait(session: Session, decision_id: int, ladder: str) -> None:
    """Let the ladder of a decision about no case begin at its first rung."""
    statement = (
        "ladder = CAST(:ladder AS jsonb), rung = 0, next_due = (CAST(:ladder AS jsonb) -> 0 ->> 'due_at')"
    )
    _set(session, decision_id, f"{statement}::timestamptz", ladder=ladder)


def put_off(session: Session, decision_id: int, due_on: date) -> None:
    """It is wanted by another day."""
    _set(session, decision_id, "due_on = :due_on", due_on=due_on)


def rest(session: Session, decision_id: int, by: str) -> None:
    """Nothing is asked of anybody for now: its ladder stops, and its tasks are done."""
    _set(session, decision_id, "next_due = NULL")
    settle_tasks(session, decision_id, (ANSWER, CHASE), by)


def report(session: Session, decision_id: int, values: Mapping[str, Any]) -> None:
    """What its owner says became of it."""
    statement = text(
        """
        INSERT INTO decision_report (decision_id, outcome, reason, paper_ref, reported_by)
        VALUES (:id, :outcome, :reason, :paper_ref, :by)
        """
    )
    session.execute(statement, {"id": decision_id, **values})


def answer(session: Session, report_id: int, said: str, reason: str | None, by: str) -> None:
    """What the chair says of a report."""
    statement = text(
        """
        UPDATE decision_report SET answer = :answer, answer_reason = :reason, answered_by = :by,
            answered_at = hectis_now() WHERE id = :id
        """
    )
    session.execute(statement, {"id": report_id, "answer": said, "reason": reason, "by": by})


def ask(session: Session, kind: str, decision_id: int, office_id: int, role: str, due_at: datetime) -> None:
    """A task about a decision, told at once, that ends only with what it asks for."""
    statement = text(
        """
        WITH asked AS (
            INSERT INTO task (kind, subject_id, office_id, role, by_stage, due_at)
            VALUES (:kind, :id, :office_id, :role, true, :due_at) ON CONFLICT DO NOTHING RETURNING id, opened_at
        )
        INSERT INTO outbox (event, subject_id, at) SELECT 'task.opened', id, opened_at FROM asked
        """
    )
    values = {"kind": kind, "id": decision_id, "office_id": office_id, "role": role, "due_at": due_at}
    session.execute(statement, values)


def settle_tasks(session: Session, decision_id: int, kinds: Sequence[str], by: str) -> None:
    """These tasks of a decision are done."""
    statement = text(
        """
        UPDATE task SET done_at = hectis_now(), done_by = :by
        WHERE kind = ANY(:kinds) AND subject_id = :id AND case_id IS NULL AND done_at IS NULL
        """
    )
    session.execute(statement, {"kinds": list(kinds), "id": decision_id, "by": by})


def item_of(session: Session, case_id: int, decision_id: int) -> int | None:
    """The item by which a case awaits what was decided about it, while it is awaited."""
    statement = text(
        """
        SELECT id FROM item WHERE case_id = :case_id AND kind = 'committee_decision' AND code = :code
          AND settled_at IS NULL
        """
    )
    found: int | None = session.scalar(statement, {"case_id": case_id, "code": str(decision_id)})
    return found


def climb(session: Session, limit: int) -> int:
    """Let the rungs that are due of decisions about no case be told, the oldest first; how many were."""
    return int(session.execute(CLIMB, {"limit": limit}).scalar_one())


def _set(session: Session, decision_id: int, what: str, **values: Any) -> None:
    statement = text(f"UPDATE committee_decision SET {what} WHERE id = :id")  # noqa: S608  (constants of this module)
    session.execute(statement, {"id": decision_id, **values})
