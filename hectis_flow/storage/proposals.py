"""Proposals: moves that wait for a second person, each with a task that ends when its case moves on.

`services.proposals` calls it. A proposal is about one version of its case; once the case has another, nothing can
confirm it. That two people make what two people must make is the database's to refuse as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.reading_sources import SOURCES
from hectis_flow.storage.reversals import CONFIRMING


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move that somebody proposed. `decision` is None while it is open."""

    id: int
    ref: str
    case_version: int
    transition: str
    details: dict[str, str]
    role: str
    office_id: int | None
    office: str | None
    office_kind: str | None
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decision: str | None


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose list: the cases within their scope, the moves that are theirs, or those of the office that they head."""

    scope: str
    office_id: int | None
    moves: Sequence[str]
    heads: Sequence[str]


COLUMNS: Final = """
    p.id, r.ref, p.case_version, p.transition, p.details, p.role, p.office_id, o.code, o.kind, p.proposed_by,
    p.proposed_at, p.decided_by, p.decision
"""
FROM: Final = 'proposal p JOIN "case" r ON r.id = p.case_id LEFT JOIN office o ON o.id = p.office_id'
ADD = text(
    f"""
    WITH fresh AS (
        INSERT INTO proposal (case_id, case_version, transition, details, role, office_id, proposed_by)
        VALUES (:case_id, :version, :transition, CAST(:details AS jsonb), :role, :office_id, :by)
        ON CONFLICT DO NOTHING RETURNING id, case_id, proposed_at
    ),
    asked AS (
        INSERT INTO task (kind, case_id, subject_id, office_id, role, by_stage, opened_at, due_at)
        SELECT '{CONFIRMING}', case_id, id, :asks, :role, true, proposed_at, :due_at FROM fresh
    )
    SELECT id FROM fresh
    """  # noqa: S608  (a constant)
)
# Whose case has moved on since is over, whoever comes to say so.
SWEEP = text(
    """
    UPDATE proposal p SET decided_at = hectis_now(), decided_by = :by, decision = 'overtaken' FROM "case" c
    WHERE p.case_id = :case_id AND c.id = p.case_id AND p.decided_at IS NULL AND p.case_version <> c.version
    """
)
DECIDE = text(
    f"""
    WITH decided AS (
        UPDATE proposal SET decided_at = hectis_now(), decided_by = :by, decision = :decision
        WHERE id = :id AND decided_at IS NULL RETURNING id, case_id, decided_at
    )
    UPDATE task t SET done_at = d.decided_at, done_by = :by FROM decided d
    WHERE t.case_id = d.case_id AND t.kind = '{CONFIRMING}' AND t.subject_id = d.id AND t.done_at IS NULL
    """  # noqa: S608
)


def add(session: Session, values: Mapping[str, Any]) -> int | None:
    """A new proposal and the task to confirm it; None where the case has an open one."""
    found: int | None = session.scalar(ADD, dict(values))
    return found


def overtake(session: Session, case_id: int, by: str) -> None:
    """Close what is open about an earlier version of this case."""
    session.execute(SWEEP, {"case_id": case_id, "by": by})


def one(session: Session, proposal_id: int) -> Proposal | None:
    """A proposal, open or not."""
    row = session.execute(text(f"SELECT {COLUMNS} FROM {FROM} WHERE p.id = :id"), {"id": proposal_id}).first()  # noqa: S608
    return Proposal(*row) if row else None


def decide(session: Session, proposal_id: int, decision: str, by: str) -> None:
    """End an open proposal with its task."""
    session.execute(DECIDE, {"id": proposal_id, "decision": decision, "by": by})


def page(
    session: Session, whose: Whose, after: int | None, limit: int, ref: str | None = None
) -> list[Proposal]:
    """Proposals that are open about cases as they stand (with a `ref`: about that one), newest first."""
    statement = text(
        f"""
        SELECT {COLUMNS} FROM {FROM}
        WHERE p.decided_at IS NULL AND p.case_version = r.version AND {SOURCES["case"].scopes[whose.scope]}
          AND (coalesce(p.details ->> 'undoes', p.transition) = ANY(:moves)
               OR p.office_id = :office_id AND o.kind = ANY(:heads))
          AND (CAST(:after AS bigint) IS NULL OR p.id < :after) {"AND r.ref = :ref" if ref else ""}
        ORDER BY p.id DESC LIMIT :limit
        """  # noqa: S608  (constants, chosen by name)
    )
    values = {"office_id": whose.office_id, "moves": list(whose.moves), "heads": list(whose.heads)}
    return [
        Proposal(*row)
        for row in session.execute(statement, {**values, "after": after, "limit": limit, "ref": ref})
    ]
