"""What became of the committee's decisions: those that a meeting followed up, and all that are not ended.

`services.meetings` and `services.agenda` call it; it only reads.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.reading_committee import state

FOLLOWED = text(
    f"""
    SELECT d.id, d.kind, c.ref AS case_ref, o.code AS office, d.due_on, {state("d")} AS state, p.paper_ref
    FROM committee_decision d JOIN meeting m ON m.id = d.meeting_id JOIN office o ON o.id = d.office_id
    LEFT JOIN "case" c ON c.id = d.case_id
    LEFT JOIN LATERAL (
        SELECT paper_ref FROM decision_report WHERE decision_id = d.id ORDER BY id DESC LIMIT 1) p ON true
    WHERE m.office_id = :office_id AND d.meeting_id <> :id AND d.confirmed_at IS NOT NULL
      AND (d.ended_at IS NULL OR d.ended_at > (
          SELECT coalesce(max(b.opened_at), CAST('-infinity' AS timestamptz)) FROM meeting b, meeting this
          WHERE this.id = :id AND b.office_id = :office_id AND b.opened_at < this.opened_at))
    ORDER BY d.id
    """  # noqa: S608
)
OWED = text(
    f"""
    SELECT d.id, d.kind, c.ref AS case_ref, o.code AS office, d.role, d.due_on, {state("d")} AS state
    FROM committee_decision d JOIN meeting m ON m.id = d.meeting_id JOIN office o ON o.id = d.office_id
    LEFT JOIN "case" c ON c.id = d.case_id
    WHERE m.office_id = :office_id AND d.confirmed_at IS NOT NULL AND d.ended_at IS NULL ORDER BY d.due_on, d.id
    """  # noqa: S608
)
LISTED = text(
    f"""
    SELECT d.id, m.held_on, d.kind, c.ref, o.code, d.role, d.due_on, {state("d")}
    FROM committee_decision d JOIN meeting m ON m.id = d.meeting_id JOIN office o ON o.id = d.office_id
    LEFT JOIN "case" c ON c.id = d.case_id
    WHERE d.id > :after AND (:every OR d.ended_at IS NULL AND d.dropped_at IS NULL)
    ORDER BY d.id LIMIT :limit
    """  # noqa: S608
)


class Listed(NamedTuple):
    """A decision, as a list shows it."""

    id: int
    held_on: date
    kind: str
    ref: str | None
    office: str
    role: str
    due_on: date
    state: str


def followed(session: Session, office_id: int, meeting_id: int) -> list[Mapping[str, Any]]:
    """Decisions of earlier meetings that a meeting followed up, with what was last reported of each."""
    values = {"office_id": office_id, "id": meeting_id}
    return [dict(row._mapping) for row in session.execute(FOLLOWED, values)]  # noqa: SLF001  (SQLAlchemy's own way)


def owed(session: Session, office_id: int) -> list[Mapping[str, Any]]:
    """Every decision of this committee that is confirmed and has not ended, due first."""
    return [dict(row._mapping) for row in session.execute(OWED, {"office_id": office_id})]  # noqa: SLF001


def listing(session: Session, after: int | None, limit: int, *, every: bool) -> list[Listed]:
    """Decisions beyond the number `after`, oldest first: those that nothing has ended, or all."""
    return [
        Listed(*row) for row in session.execute(LISTED, {"after": after or 0, "limit": limit, "every": every})
    ]
