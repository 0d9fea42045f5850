"""Replies to notices: which calls came already, whose address it is, and which notices wait for an answer.

`services.replies` calls this. Of a call only a keyed digest of its id is kept, for an hour.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import LargeBinary, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.links import Bound


class ReplyCall(Base):
    """A call of the provider that came, so that a replay of it does nothing."""

    __tablename__ = "reply_call"

    call_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    at: Mapped[datetime]


# A call is genuine for five minutes to either side of its time.
REMEMBER = text(
    """
    WITH forgotten AS (
        DELETE FROM reply_call WHERE at < hectis_machine_now() - interval '1 hour'
    )
    INSERT INTO reply_call (call_digest) VALUES (:digest) ON CONFLICT DO NOTHING RETURNING 1
    """
)
STAFF_AT = text(
    """
    SELECT DISTINCT p.staff_id FROM contact_point p,
        (SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date AS day) today
    WHERE p.address_blind = ANY(:blinds) AND p.valid_from <= day AND (p.valid_to IS NULL OR p.valid_to > day)
    """
)
WAITING = """
    SELECT id, purpose, case_id, staff_id, expires_at FROM action_link
    WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > hectis_machine_now()
"""
OF_STAFF = text(f"{WAITING} AND staff_id = ANY(:staff_ids) ORDER BY id DESC LIMIT :most")
OF_ALL = text(f"{WAITING} ORDER BY id DESC LIMIT :most")


def remember(session: Session, digest: bytes) -> bool:
    """Write down that a call came; False where it came before."""
    return session.scalar(REMEMBER, {"digest": digest}) is not None


def staff_at(session: Session, blinds: Sequence[bytes]) -> set[int]:
    """Who is reached at an address today, by its fingerprints; several where they share it."""
    return set(session.scalars(STAFF_AT, {"blinds": list(blinds)}))


def waiting_of(session: Session, staff_ids: Collection[int], most: int) -> list[Bound]:
    """The links of these people that still may be used, newest first."""
    values = {"staff_ids": list(staff_ids), "most": most}
    return [Bound(*row) for row in session.execute(OF_STAFF, values)] if staff_ids else []


def waiting(session: Session, most: int) -> list[Bound]:
    """The newest links of anybody that still may be used."""
    return [Bound(*row) for row in session.execute(OF_ALL, {"most": most})]
