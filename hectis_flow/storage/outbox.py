"""The outbox: past-tense facts about cases, written with the move, handed over to workers later."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Integer, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base


class Outbox(Base):
    """One past-tense fact: `subject_id` is the row it is about. Parked, with a reason, it waits for a person."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    subject_id: Mapped[int]
    at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer)
    done_at: Mapped[datetime | None]
    parked_at: Mapped[datetime | None]
    reason: Mapped[str | None]


def say(session: Session, event: str, told: Sequence[tuple[int | None, int]]) -> None:
    """An event for each of these (case and subject); one that was said of a subject is not said again."""
    statement = text(
        """
        INSERT INTO outbox (event, case_id, subject_id) VALUES (:event, :case_id, :id) ON CONFLICT DO NOTHING
        """
    )
    if told:
        session.execute(statement, [{"event": event, "case_id": case, "id": id_} for case, id_ in told])


def close_unrouted(session: Session, events: Sequence[str]) -> int:
    """Settle events that nobody listens to (`workers.routes` says so by name); what is parked stays. How many."""
    statement = text(
        """
        WITH due AS (
            SELECT id FROM outbox WHERE done_at IS NULL AND parked_at IS NULL AND event = ANY(:events)
            ORDER BY id LIMIT 5000 FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox o SET done_at = hectis_now() FROM due WHERE o.id = due.id RETURNING o.id
        """
    )
    return len(session.execute(statement, {"events": list(events)}).all())
