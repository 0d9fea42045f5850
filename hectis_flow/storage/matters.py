"""Matters that somebody tables for the committee: one waits for a case at a time, until a meeting opens with it.

`services.agenda` calls it. It must not decide who may table what.
"""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.duty import Post


class Matter(NamedTuple):
    """A tabled matter, held with its case."""

    id: int
    case_id: int
    ref: str
    reason: str
    office_id: int
    role: str
    meeting_id: int | None
    taken_back: bool


def table(session: Session, case_id: int, reason: str, post: Post, by: str) -> int | None:
    """A matter for the next agenda; None where the case waits for it already."""
    statement = text(
        """
        INSERT INTO tabled_matter (case_id, reason, office_id, role, tabled_by)
        VALUES (:case_id, :reason, :office_id, :role, :by) ON CONFLICT DO NOTHING RETURNING id
        """
    )
    values = {"case_id": case_id, "reason": reason, "office_id": post[0], "role": post[1], "by": by}
    made: int | None = session.scalar(statement, values)
    return made


def hold(session: Session, matter_id: int) -> Matter | None:
    """A matter, held with its case until the transaction ends."""
    statement = text(
        """
        SELECT t.id, t.case_id, c.ref, t.reason, t.office_id, t.role, t.meeting_id, t.taken_back_at IS NOT NULL
        FROM tabled_matter t JOIN "case" c ON c.id = t.case_id WHERE t.id = :id FOR NO KEY UPDATE OF c, t
        """
    )
    row = session.execute(statement, {"id": matter_id}).first()
    return Matter(*row) if row else None


def take_back(session: Session, matter_id: int, by: str) -> None:
    """It is not for the next agenda any more."""
    statement = text(
        "UPDATE tabled_matter SET taken_back_by = :by, taken_back_at = hectis_now() WHERE id = :id"
    )
    session.execute(statement, {"id": matter_id, "by": by})
