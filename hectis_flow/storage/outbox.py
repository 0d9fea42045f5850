"""The outbox: past-tense facts about cases, written with the move, handed over to workers later."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session


def close_unrouted(session: Session, events: Sequence[str]) -> int:
    """Settle events that nobody listens to (`workers.routes` says so by name); gives how many."""
    statement = text(
        """
        WITH due AS (
            SELECT id FROM outbox WHERE done_at IS NULL AND event = ANY(:events)
            ORDER BY id LIMIT 5000 FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox o SET done_at = hectis_now() FROM due WHERE o.id = due.id RETURNING o.id
        """
    )
    return len(session.execute(statement, {"events": list(events)}).all())
