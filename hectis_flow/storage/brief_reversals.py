"""Watching briefs when a move of their case is taken back: as they stood before it, or undone with it.

`services.undo` calls it with the case held, before what the move had begun to await is settled. What people have
noted of a brief meanwhile stays.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

# What the move closed is open again; unless another brief of the case was opened since.
REOPEN = text(
    """
    WITH again AS (
        UPDATE watching_brief b SET closed_at = NULL, closed_by = NULL, closed_reason = NULL, closed_version = NULL
        WHERE b.case_id = :case_id AND b.closed_version = :version AND b.closed_at = :at AND NOT EXISTS (
            SELECT FROM watching_brief o WHERE o.case_id = b.case_id AND o.closed_at IS NULL)
        RETURNING b.id
    )
    UPDATE brief_seat s SET answer = NULL, answered_at = NULL, answered_by = NULL FROM again
    WHERE s.brief_id = again.id AND s.answer = 'over' AND s.answered_at = :at
    """
)
LOSE = text(
    """
    UPDATE brief_trigger t SET undone_at = :now FROM watching_brief b
    WHERE b.id = t.brief_id AND b.case_id = :case_id AND t.added_version = :version AND t.added_at = :at
      AND t.undone_at IS NULL
    RETURNING t.brief_id
    """
)
# Without a trigger that holds there is nothing to watch.
FIT = text(
    """
    WITH kept AS (
        SELECT b.id, array_agg(DISTINCT t.trigger ORDER BY t.trigger) FILTER (WHERE t.id IS NOT NULL) AS triggers
        FROM watching_brief b LEFT JOIN brief_trigger t ON t.brief_id = b.id AND t.undone_at IS NULL
        WHERE b.id = ANY(:ids) AND b.closed_at IS NULL GROUP BY b.id
    ),
    fitted AS (
        UPDATE watching_brief b SET triggers = coalesce(l.triggers, b.triggers),
            closed_at = CASE WHEN l.triggers IS NULL THEN CAST(:now AS timestamptz) END,
            closed_by = CASE WHEN l.triggers IS NULL THEN :by END,
            closed_reason = CASE WHEN l.triggers IS NULL THEN 'undone' END,
            closed_version = CASE WHEN l.triggers IS NULL THEN CAST(:version AS integer) + 1 END
        FROM kept l WHERE b.id = l.id RETURNING b.id, b.closed_at
    ),
    over AS (
        UPDATE brief_seat s SET answer = 'over', answered_at = f.closed_at, answered_by = :by FROM fitted f
        WHERE s.brief_id = f.id AND f.closed_at IS NOT NULL AND s.answered_at IS NULL
    )
    SELECT s.item_id FROM fitted f JOIN brief_seat s ON s.brief_id = f.id
    WHERE f.closed_at IS NULL AND s.item_id IS NOT NULL
    """
)


def take_back(
    session: Session, case_id: int, version: int, at: datetime, now: datetime, by: str
) -> list[int]:
    """Let briefs stand as before one move of their case; the items of seats that go on being asked all the same.

    `at` is the moment of that move, `now` that of taking it back.
    """
    values = {"case_id": case_id, "version": version, "at": at, "now": now, "by": by}
    session.execute(REOPEN, values)
    touched = sorted(set(session.scalars(LOSE, values)))
    return list(session.scalars(FIT, {**values, "ids": touched})) if touched else []


def left_over(session: Session, case_id: int, kinds: Sequence[str]) -> list[int]:
    """What is awaited still for the briefs of a case of which none is open."""
    statement = text(
        """
        SELECT i.id FROM item i
        WHERE i.case_id = :case_id AND i.settled_at IS NULL
          AND (i.kind = ANY(:kinds) OR i.kind = 'watching_brief' AND i.removal_id IS NULL)
          AND EXISTS (SELECT FROM watching_brief b WHERE b.case_id = i.case_id)
          AND NOT EXISTS (SELECT FROM watching_brief b WHERE b.case_id = i.case_id AND b.closed_at IS NULL)
        ORDER BY i.id
        """
    )
    return list(session.scalars(statement, {"case_id": case_id, "kinds": list(kinds)}))
