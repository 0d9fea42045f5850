"""Gang flags: one stands on a case, with its source, its end, and who has reviewed it.

`services.gang_flags` calls it with the case held. It must not decide who may set one, and no other module writes here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Flag(NamedTuple):
    """A flag that has not ended yet."""

    id: int
    case_id: int
    source: str
    set_role: str
    office_id: int
    set_by: str
    expires_at: datetime


def standing(session: Session, case_id: int) -> Flag | None:
    """The flag of a case that nothing has ended, though its time may be over."""
    statement = text(
        """
        SELECT id, case_id, source, set_role, office_id, set_by, expires_at FROM gang_flag
        WHERE case_id = :case_id AND ended_at IS NULL
        """
    )
    row = session.execute(statement, {"case_id": case_id}).first()
    return Flag(*row) if row else None


def put(session: Session, values: Mapping[str, Any]) -> int:
    """A new flag; its number."""
    statement = text(
        """
        INSERT INTO gang_flag (case_id, source, set_role, office_id, officer, set_by, set_at, expires_at)
        VALUES (:case_id, :source, :role, :office_id, :officer, :by, :at, :expires_at) RETURNING id
        """
    )
    made: int = session.execute(statement, dict(values)).scalar_one()
    return made


def renew(session: Session, flag_id: int, by: str, expires_at: datetime) -> None:
    """Somebody else has reviewed it: it stands until another moment."""
    statement = text(
        """
        UPDATE gang_flag SET reviewed_by = :by, reviewed_at = hectis_now(), expires_at = :expires_at WHERE id = :id
        """
    )
    session.execute(statement, {"id": flag_id, "by": by, "expires_at": expires_at})


def end(session: Session, flag_id: int, by: str, ending: str, reason: str | None = None) -> None:
    """It has been lifted, or its time is over."""
    statement = text(
        """
        UPDATE gang_flag SET ended_at = hectis_now(), ended_by = :by, ending = :ending, lift_reason = :reason
        WHERE id = :id AND ended_at IS NULL
        """
    )
    session.execute(statement, {"id": flag_id, "by": by, "ending": ending, "reason": reason})


def run_out(session: Session, limit: int) -> list[int]:
    """Cases whose flag has run out, the longest ago first, and those that have no CAS number any more."""
    statement = text(
        """
        SELECT case_id FROM gang_flag g
        WHERE ended_at IS NULL AND (expires_at <= hectis_now()
              OR NOT EXISTS (SELECT FROM cas_number n WHERE n.case_id = g.case_id))
        ORDER BY expires_at, id LIMIT :limit
        """
    )
    return list(session.scalars(statement, {"limit": limit}))
