"""The clock of a practice database, and how far its messages are worked; used by `services.practice`.

The database itself refuses a clock row where `deployment.practice` is false (migration 0001).
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.direct import Direct


class Kind(NamedTuple):
    """What kind of database this is; `created_at` tells one from another."""

    practice: bool
    created_at: datetime


def kind(session: Session) -> Kind | None:
    """What was said of this database when it was made; None where nothing was."""
    row = session.execute(text("SELECT practice, created_at FROM deployment")).first()
    return Kind(*row) if row else None


def untouched(session: Session) -> bool:
    """True as long as no message was ever stored."""
    return bool(session.scalar(text("SELECT NOT EXISTS (SELECT FROM inbound_message)")))


def set_clock(session: Session, to: datetime) -> None:
    """Let `hectis_now()` be `to` from this moment on."""
    statement = text(
        """
        INSERT INTO practice_clock (shift) VALUES (CAST(:to AS timestamptz) - statement_timestamp())
        ON CONFLICT (only_row) DO UPDATE SET shift = excluded.shift, moved_at = excluded.moved_at
        """
    )
    session.execute(statement, {"to": to})


def age(session: Session, ref: str, by: timedelta) -> tuple[str | None, datetime | None] | None:
    """Let the running clocks of a case, and what is left of their ladders, be due so much earlier.

    The name of the clock of which a step is due next, and when: where nothing is left to fire, that of its stage or
    of what is awaited first, and None; two times None where no clock runs. None for no such case.
    """
    statement = text(
        """
        WITH held AS (SELECT id FROM "case" WHERE ref = :ref FOR NO KEY UPDATE),
        aged AS (
            UPDATE clock k SET due_at = k.due_at - :by, ladder = (
                SELECT coalesce(jsonb_agg(jsonb_set(rung, '{due_at}',
                    to_jsonb(CAST(rung ->> 'due_at' AS timestamptz) - :by)) ORDER BY step), '[]')
                FROM jsonb_array_elements(k.ladder) WITH ORDINALITY AS planned (rung, step))
            FROM held WHERE k.case_id = held.id AND k.stopped_at IS NULL
            RETURNING k.id, k.name, k.item_id
        ),
        shifted AS (
            UPDATE clock_step s SET due_at = s.due_at - :by FROM aged
            WHERE s.clock_id = aged.id AND s.done_at IS NULL AND s.cancelled_at IS NULL AND s.parked_at IS NULL
            RETURNING s.due_at, s.clock_id
        )
        SELECT n.name, n.due_at FROM held LEFT JOIN LATERAL (
            SELECT k.name, s.due_at FROM aged k LEFT JOIN shifted s ON s.clock_id = k.id
            ORDER BY s.due_at NULLS LAST, k.item_id NULLS FIRST LIMIT 1
        ) n ON true
        """
    )
    row = session.execute(statement, {"ref": ref, "by": by}).first()
    return (row[0], row[1]) if row else None


def unworked(session: Session) -> int:
    """How many messages wait for work or are being worked."""
    statement = text("SELECT count(*) FROM inbound_message WHERE done_at IS NULL")
    return int(session.execute(statement).scalar_one())


# One round trip, for a play asks it again and again.
IN_HAND: Final = b"""
    SELECT (SELECT count(*) FROM inbound_message WHERE done_at IS NULL),
           (SELECT count(*) FROM outbox WHERE done_at IS NULL)
             + (SELECT count(*) FROM delivery
                WHERE sent_at IS NULL AND cancelled_at IS NULL AND gave_up_at IS NULL)
    FROM deployment WHERE practice
"""


def in_hand(direct: Direct) -> tuple[int, int] | None:
    """Messages that wait, and events to be told with notices to go out; None outside a practice database."""
    found = direct.rows(IN_HAND, {})
    return (found[0][0], found[0][1]) if found else None


def totals(session: Session) -> dict[str, int]:
    """How much of everything the database holds."""
    statement = text(
        """
        SELECT (SELECT count(*) FROM inbound_message) AS messages,
               (SELECT count(*) FROM encounter) AS visits,
               (SELECT count(*) FROM incident WHERE voided_at IS NULL) AS incidents,
               (SELECT count(*) FROM "case") AS cases
        """
    )
    return dict(session.execute(statement).mappings().one())
