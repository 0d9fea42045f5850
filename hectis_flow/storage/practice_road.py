"""What the people of a practice province see of the road: cases that moved since they last looked, and what is asked.

`services.practice_road` calls it, which refuses every database but one for practice. Codes, times and counts only.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

# The clock of a case off the roll is that of its removal's item; any other has one of its stage.
MOVED = text(
    """
    WITH moved AS (SELECT DISTINCT case_id FROM stage_transition WHERE id > :last AND id <= :newest)
    SELECT c.ref, c.version, c.stage, coalesce(k.started_at, c.stage_entered_at), k.due_at,
           f.code, s.code, o.code,
           h.cas_at, h.sent_back, h.postponed, h.removed, h.refused, m.removed_at,
           NOT EXISTS (SELECT FROM item i WHERE i.case_id = c.id AND i.kind = 'outstanding_item'
                       AND i.settled_at IS NULL)
    FROM moved JOIN "case" c ON c.id = moved.case_id
    LEFT JOIN office f ON f.id = c.facility_id
    LEFT JOIN office s ON s.id = c.station_id
    LEFT JOIN office o ON o.id = c.court_id
    LEFT JOIN LATERAL (SELECT r.id, r.removed_at FROM removal r WHERE r.case_id = c.id AND r.ended_at IS NULL
                       ORDER BY r.id DESC LIMIT 1) m ON true
    LEFT JOIN LATERAL (
        SELECT k.started_at, k.due_at FROM clock k LEFT JOIN item i ON i.id = k.item_id
        WHERE k.case_id = c.id AND k.stopped_at IS NULL
          AND (k.item_id IS NULL OR i.removal_id = m.id AND i.kind = ANY(:own))
        ORDER BY k.item_id NULLS FIRST LIMIT 1) k ON true
    CROSS JOIN LATERAL (
        SELECT max(t.at) FILTER (WHERE t.transition = 'open_cas') AS cas_at,
               count(*) FILTER (WHERE t.transition = 'return_docket') AS sent_back,
               count(*) FILTER (WHERE t.transition = 'postpone') AS postponed,
               count(*) FILTER (WHERE t.transition = ANY(:ways_out)) AS removed,
               count(*) FILTER (WHERE t.transition = 'refuse_reenrolment') AS refused
        FROM stage_transition t WHERE t.case_id = c.id) h
    ORDER BY c.id
    """
)
ASKED = text(
    """
    SELECT i.id, i.kind, i.code, c.ref, i.office_id, i.role, k.started_at, k.due_at,
           ARRAY(SELECT q.cause FROM court_check q WHERE q.item_id = i.id ORDER BY q.id)
    FROM item i JOIN "case" c ON c.id = i.case_id JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
    WHERE i.id > :last AND i.settled_at IS NULL ORDER BY i.id
    """
)


class Moved(NamedTuple):
    """A case that moved, with the clock that runs for it and what its history counts; codes of its offices."""

    ref: str
    version: int
    stage: str
    begun: datetime
    due: datetime | None
    facility: str | None
    station: str | None
    court: str | None
    cas_at: datetime | None
    sent_back: int
    postponed: int
    removed: int
    refused: int
    removed_at: datetime | None
    cured: bool


class Asked(NamedTuple):
    """Something that an office was asked for beside a stage, and that is open.

    `causes` are the checks of a countdown to a day in court.
    """

    id: int
    kind: str
    code: str | None
    ref: str
    office_id: int
    role: str
    begun: datetime
    due: datetime
    causes: list[str]


def newest_move(session: Session) -> int:
    """The number of the newest move of any case; 0 where there is none."""
    return int(session.scalar(text("SELECT coalesce(max(id), 0) FROM stage_transition")) or 0)


def moved(
    session: Session, last: int, newest: int, own: tuple[str, ...], ways_out: tuple[str, ...]
) -> list[Moved]:
    """The cases that moved after the move `last`, up to `newest`, each as it stands now.

    `own` are the kinds of item of which a removal awaits one; `ways_out` the moves that take charges off the roll.
    """
    values = {"last": last, "newest": newest, "own": list(own), "ways_out": list(ways_out)}
    return [Moved(*row) for row in session.execute(MOVED, values)]


def asked(session: Session, last: int) -> list[Asked]:
    """What was asked after the item of this number, and is open."""
    return [Asked(*row) for row in session.execute(ASKED, {"last": last})]
