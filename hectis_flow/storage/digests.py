"""Digests as rows: planned once a person and window, composed, and told of where nobody opens them.

`services.digest` calls it. That there is one a window is refused by the database, not found out here. What a digest says
is read by `digest_content`; what was sent, and what became of it, by `digest_reading`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.digest import Line, Preference, Reader, Window
from hectis_flow.domain.duty import Post

CHASE: Final = "chase_digest"

PLAN: Final = text(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
            staff_id bigint, office_id bigint, role text, offices bigint[], window_on date, window_at timestamptz,
            late boolean)
    ), fresh AS (
        INSERT INTO digest (staff_id, office_id, role, offices, window_on, window_at, late)
        SELECT staff_id, office_id, role, offices, window_on, window_at, late FROM given
        ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO outbox (event, subject_id) SELECT 'digest.due', id FROM fresh RETURNING id
    """
)
TAKE: Final = text(
    """
    WITH held AS (
        SELECT e.id, e.subject_id FROM outbox e
        WHERE e.id = ANY(:ids) AND e.event = 'digest.due' AND e.done_at IS NULL AND e.parked_at IS NULL
        ORDER BY e.id FOR UPDATE SKIP LOCKED
    )
    SELECT h.id, d.id, d.staff_id, s.code, d.office_id, o.name, d.role, d.offices, d.window_on, d.window_at, d.late,
           b.id, b.composed_at, hectis_now()
    FROM held h JOIN digest d ON d.id = h.subject_id JOIN office o ON o.id = d.office_id
    JOIN staff s ON s.id = d.staff_id
    LEFT JOIN LATERAL (
        SELECT id, composed_at FROM digest b
        WHERE b.staff_id = d.staff_id AND b.window_on < d.window_on AND b.composed_at IS NOT NULL AND NOT b.quiet
        ORDER BY b.window_on DESC LIMIT 1
    ) b ON true
    ORDER BY h.id
    """
)
# One that nobody opened is told of once: whoever marks the row is the one who asks. Where the reader has a newer one,
# that is the one to be opened.
UNOPENED: Final = text(
    """
    WITH marked AS (
        UPDATE digest SET climbed_at = hectis_now() WHERE id IN (
            SELECT id FROM digest
            WHERE open_by <= hectis_now() AND opened_at IS NULL AND climbed_at IS NULL
            ORDER BY open_by LIMIT :limit FOR UPDATE SKIP LOCKED)
        RETURNING id, staff_id, window_on, office_id, role
    )
    SELECT m.id, m.office_id, m.role FROM marked m WHERE NOT EXISTS (
        SELECT FROM digest n
        WHERE n.staff_id = m.staff_id AND n.window_on > m.window_on AND n.open_by IS NOT NULL)
    ORDER BY m.id
    """
)
ASK: Final = text(
    f"""
    WITH asked AS (
        INSERT INTO task (kind, subject_id, office_id, role, due_at)
        VALUES ('{CHASE}', :id, :office_id, :role, :due_at) ON CONFLICT DO NOTHING RETURNING id, opened_at
    )
    INSERT INTO outbox (event, subject_id, at) SELECT 'task.opened', id, opened_at FROM asked
    """  # noqa: S608  (a constant)
)


class Due(NamedTuple):
    """A digest that is to be composed, held; `before_id` is the last one of the same person."""

    event_id: int
    id: int
    staff_id: int
    staff_code: str
    office_id: int
    office: str
    role: str
    offices: list[int]
    window_on: date
    window_at: datetime
    late: bool
    before_id: int | None
    since: datetime | None
    now: datetime


class Known(NamedTuple):
    """When somebody wants theirs, and the day of the last window that they were served."""

    wish: Preference
    last: date | None


def posts(session: Session, roles: Collection[str]) -> list[Post]:
    """Every post of these roles that somebody holds today."""
    statement = text(
        """
        SELECT DISTINCT office_id, role FROM staff_post
        WHERE role = ANY(:roles) AND valid_from <= (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date
          AND (valid_to IS NULL OR valid_to > (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date)
        """
    )
    return [(row[0], row[1]) for row in session.execute(statement, {"roles": list(roles)})]


def known(session: Session, staff: Collection[int]) -> dict[int, Known]:
    """The wish of each of these people, and their last window."""
    statement = text(
        """
        SELECT s.id, p.send_at, p.every, (SELECT max(d.window_on) FROM digest d WHERE d.staff_id = s.id)
        FROM unnest(CAST(:staff AS bigint[])) AS s (id) LEFT JOIN digest_preference p ON p.staff_id = s.id
        """
    )
    rows = session.execute(statement, {"staff": list(staff)})
    return {row[0]: Known(Preference(row[1], row[2]) if row[1] else Preference(), row[3]) for row in rows}


def plan(session: Session, due: Sequence[tuple[Reader, Window, bool]]) -> list[int]:
    """Write digests to be composed, with their events; what stands already is left. Ids of the events."""
    rows = [
        {
            "staff_id": reader.staff_id,
            "office_id": reader.office_id,
            "role": reader.role,
            "offices": list(reader.offices),
            "window_on": window.on.isoformat(),
            "window_at": window.at.isoformat(),
            "late": late,
        }
        for reader, window, late in due
    ]
    return sorted(session.scalars(PLAN, {"rows": json.dumps(rows)})) if rows else []


def take(session: Session, event_ids: Sequence[int]) -> list[Due]:
    """Hold the waiting ones of these events; what another composes is left to it."""
    return [Due(*row) for row in session.execute(TAKE, {"ids": list(event_ids)})]


def compose(
    session: Session, due: Due, content: Mapping[str, Any], pack: bytes, by: datetime | None, *, quiet: bool
) -> None:
    """Keep what a digest shows, and its paper; `by` is when it is to be opened, None where nobody need."""
    statement = text(
        """
        UPDATE digest SET composed_at = :now, before_id = :before_id, quiet = :quiet, content = CAST(:content AS jsonb),
            pack = CAST(:pack AS bytea), pack_hash = sha256(CAST(:pack AS bytea)), open_by = :by WHERE id = :id
        """
    )
    values = {"id": due.id, "now": due.now, "before_id": due.before_id, "quiet": quiet, "by": by}
    session.execute(statement, {**values, "content": json.dumps(dict(content)), "pack": pack})


def keep_lines(session: Session, digest_id: int, lines: Sequence[Line]) -> None:
    """What stood with the reader when it was composed: the next one is compared with it."""
    statement = text(
        """
        INSERT INTO digest_line (digest_id, kind, subject_id, level)
        SELECT :id, kind, subject_id, level
        FROM unnest(CAST(:kinds AS text[]), CAST(:subjects AS bigint[]), CAST(:levels AS smallint[]))
            AS l (kind, subject_id, level)
        """
    )
    columns = {"kinds": [one.kind for one in lines], "subjects": [one.id for one in lines]}
    session.execute(statement, {"id": digest_id, **columns, "levels": [one.level for one in lines]})


def unopened(session: Session, limit: int) -> list[tuple[int, int, str]]:
    """Mark those that were to be opened by now, once; the newest of each reader, with the post that it is for."""
    return [(row[0], row[1], row[2]) for row in session.execute(UNOPENED, {"limit": limit})]


def ask(session: Session, digest_id: int, post: Post, due_at: datetime) -> None:
    """Ask somebody to see that a digest is opened; told at once, as any such task."""
    session.execute(ASK, {"id": digest_id, "office_id": post[0], "role": post[1], "due_at": due_at})
