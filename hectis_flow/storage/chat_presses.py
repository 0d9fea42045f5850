"""Buttons pressed in a chat: taken in once, by the digest of what came, and read by a worker.

`services.chat` calls this. A press is bound to the notice by its key, and to a person by the fingerprint of who
pressed: it counts only where that is an address, in use today, of the person whom the notice went to.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, Uuid, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.links import Bound


class ChatPress(Base):
    """One press; `outcome` says what came of it."""

    __tablename__ = "chat_press"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    message_key: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    who_blind: Mapped[bytes]
    at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class Pressed(NamedTuple):
    """A press as it is read: how often it was tried, whether the notice is known, whose it is, and its link."""

    id: int
    attempts: int
    known: bool
    bound: bool
    link: Bound | None


KEEP = text(
    """
    INSERT INTO chat_press (digest, message_key, who_blind) VALUES (:digest, CAST(:key AS uuid), :who)
    ON CONFLICT DO NOTHING RETURNING id
    """
)
LEASE = text(
    """
    WITH due AS (
        SELECT id FROM chat_press
        WHERE done_at IS NULL AND (lease_until IS NULL OR lease_until <= hectis_machine_now())
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE chat_press p
    SET lease_until = hectis_machine_now() + make_interval(secs => :seconds), attempts = attempts + 1
    FROM due WHERE p.id = due.id RETURNING p.id
    """
)
TAKE = text(
    """
    SELECT p.id, p.attempts, d.id IS NOT NULL,
           EXISTS (SELECT FROM contact_point c
                   WHERE c.staff_id = d.staff_id AND c.channel = d.channel AND c.address_blind = p.who_blind
                     AND c.valid_from <= (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date
                     AND (c.valid_to IS NULL
                          OR c.valid_to > (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date)),
           l.id, l.purpose, l.case_id, l.staff_id, l.expires_at
    FROM chat_press p
    LEFT JOIN delivery d ON d.message_key = p.message_key AND d.channel = :channel
    LEFT JOIN action_link l ON l.delivery_id = d.id
    WHERE p.id = ANY(:ids) AND p.done_at IS NULL ORDER BY p.id
    """
)


def keep(session: Session, digest: bytes, key: str | None, who: bytes) -> bool:
    """Take a press in; False where the same was taken in before."""
    return session.scalar(KEEP, {"digest": digest, "key": key, "who": who}) is not None


def lease_due(session: Session, limit: int, seconds: float) -> list[int]:
    """Lease presses that nobody has read yet, oldest first; ids of what this caller now holds."""
    return sorted(session.scalars(LEASE, {"limit": limit, "seconds": seconds}))


def take(session: Session, ids: Sequence[int], channel: str) -> list[Pressed]:
    """Those of these that wait, of a channel's notices."""
    rows = session.execute(TAKE, {"ids": list(ids), "channel": channel})
    return [Pressed._make((*row[:4], None if row[4] is None else Bound(*row[4:]))) for row in rows]


def settle(session: Session, press_id: int, outcome: str) -> None:
    """Write down what came of a press, once."""
    statement = text(
        """
        UPDATE chat_press SET done_at = hectis_machine_now(), outcome = :outcome, lease_until = NULL
        WHERE id = :id AND done_at IS NULL
        """
    )
    session.execute(statement, {"id": press_id, "outcome": outcome})
