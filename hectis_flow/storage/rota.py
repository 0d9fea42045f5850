"""Which posts must not stand empty, and the gaps on record; a gap is written with its event and its task.

`services.rota` calls it, in one transaction. Who answers is not decided here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.duty import Post
from hectis_flow.domain.events import ROTA_GAP_FOUND
from hectis_flow.storage.clocks import RUNG

TASK = "fill_rota"

# Posts that somebody waits for: open tasks, steps that will be told before long, and the owners of stages.
NEEDED = text(
    f"""
    SELECT office_id, role FROM task t WHERE done_at IS NULL AND NOT (kind = :kind AND EXISTS (
        SELECT FROM rota_gap g WHERE g.id = t.subject_id AND (g.office_id, g.role) = (t.office_id, t.role)))
    UNION
    SELECT office_id, role FROM clock_step
    WHERE done_at IS NULL AND cancelled_at IS NULL AND parked_at IS NULL AND due_at <= :until
      AND office_id IS NOT NULL AND role IS NOT NULL
    UNION
    SELECT r.office_id, r.role FROM clock k, jsonb_to_recordset(k.ladder) AS r ({RUNG})
    WHERE k.stopped_at IS NULL AND r.due_at > hectis_now() AND r.due_at <= :until
      AND r.office_id IS NOT NULL AND r.role IS NOT NULL
    UNION
    SELECT o.id, own.role
    FROM office o JOIN unnest(CAST(:kinds AS text[]), CAST(:roles AS text[])) AS own (kind, role) USING (kind)
    WHERE o.valid_from <= :day AND (o.valid_to IS NULL OR o.valid_to > :day)
    """  # noqa: S608  (a constant of storage.clocks)
)
OPEN = text(
    """
    WITH said AS (
        SELECT * FROM unnest(CAST(:offices AS bigint[]), CAST(:roles AS text[]), CAST(:starts AS timestamptz[]),
            CAST(:fill_offices AS bigint[]), CAST(:fill_roles AS text[]))
            AS s (office_id, role, starts_at, fill_office_id, fill_role)
    ),
    gap AS (
        INSERT INTO rota_gap (office_id, role, starts_at)
        SELECT office_id, role, starts_at FROM said
        ON CONFLICT (office_id, role) WHERE closed_at IS NULL DO NOTHING
        RETURNING id, office_id, role, starts_at
    ),
    told AS (INSERT INTO outbox (event, subject_id) SELECT :event, id FROM gap),
    asked AS (
        INSERT INTO task (kind, subject_id, office_id, role, due_at)
        SELECT :kind, gap.id, said.fill_office_id, said.fill_role, gap.starts_at
        FROM gap JOIN said USING (office_id, role)
    )
    SELECT id FROM gap
    """
)
CLOSE = text(
    """
    WITH closed AS (
        UPDATE rota_gap SET closed_at = hectis_now() WHERE id = ANY(:ids) AND closed_at IS NULL RETURNING id
    ),
    ended AS (
        UPDATE task SET done_at = hectis_now(), done_by = 'rule' FROM closed
        WHERE task.kind = :kind AND task.subject_id = closed.id AND task.case_id IS NULL AND task.done_at IS NULL
    )
    SELECT id FROM closed
    """
)
MOVE = text(
    """
    WITH said AS (
        SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:starts AS timestamptz[])) AS s (id, starts_at)
    ),
    moved AS (
        UPDATE rota_gap g SET starts_at = said.starts_at FROM said
        WHERE g.id = said.id AND g.starts_at <> said.starts_at
          AND greatest(g.starts_at, said.starts_at) > hectis_now()  -- what has begun keeps its beginning
        RETURNING g.id, g.starts_at
    )
    UPDATE task SET due_at = moved.starts_at FROM moved
    WHERE task.kind = :kind AND task.subject_id = moved.id AND task.case_id IS NULL AND task.done_at IS NULL
    """
)


class Gap(NamedTuple):
    """A post without anybody from `starts_at` on. `filler` is the office asked to find somebody."""

    id: int
    office: str
    role: str
    starts_at: datetime
    found_at: datetime
    filler: str | None
    filler_role: str | None


class OpenGap(NamedTuple):
    """An open gap by its ids."""

    id: int
    office_id: int
    role: str


class Fresh(NamedTuple):
    """A gap to be noted, and the post that is to fill it."""

    post: Post
    starts_at: datetime
    filler: Post


def hold(session: Session) -> None:
    """One watch at a time: another one waits until this transaction ends."""
    session.execute(text("LOCK TABLE rota_gap IN SHARE ROW EXCLUSIVE MODE"))


def needed(session: Session, own: Sequence[tuple[str, str]], at: datetime, until: datetime) -> set[Post]:
    """Posts that somebody must answer for. `own` are the roles that own stages, with their kind of office."""
    values = {
        "until": until,
        "kind": TASK,
        "day": at.date(),
        "kinds": [kind for kind, _ in own],
        "roles": [role for _, role in own],
    }
    return {(row[0], row[1]) for row in session.execute(NEEDED, values)}


def open_gaps(session: Session) -> list[OpenGap]:
    """The gaps that are open."""
    query = text("SELECT id, office_id, role FROM rota_gap WHERE closed_at IS NULL ORDER BY id")
    return [OpenGap(*row) for row in session.execute(query)]


def open_new(session: Session, fresh: Sequence[Fresh]) -> int:
    """Note gaps, each with its event and its task; gives how many were not on record."""
    if not fresh:
        return 0
    values = {
        "offices": [one.post[0] for one in fresh],
        "roles": [one.post[1] for one in fresh],
        "starts": [one.starts_at for one in fresh],
        "fill_offices": [one.filler[0] for one in fresh],
        "fill_roles": [one.filler[1] for one in fresh],
        "event": ROTA_GAP_FOUND,
        "kind": TASK,
    }
    return len(session.execute(OPEN, values).all())


def close(session: Session, ids: Sequence[int]) -> int:
    """Somebody answers again, or nobody needs to: the gap and its task are over. How many."""
    return len(session.execute(CLOSE, {"ids": list(ids), "kind": TASK}).all()) if ids else 0


def move(session: Session, starts: Sequence[tuple[int, datetime]]) -> None:
    """An open gap begins earlier or later than was thought; nobody is told again."""
    if starts:
        ids, moments = [one for one, _ in starts], [moment for _, moment in starts]
        session.execute(MOVE, {"ids": ids, "starts": moments, "kind": TASK})


def listing(session: Session) -> list[Gap]:
    """The open gaps, the soonest first, with who is asked to fill each."""
    query = text(
        """
        SELECT g.id, o.code, g.role, g.starts_at, g.found_at, f.code, t.role
        FROM rota_gap g JOIN office o ON o.id = g.office_id
        LEFT JOIN task t ON t.kind = :kind AND t.subject_id = g.id AND t.case_id IS NULL AND t.done_at IS NULL
        LEFT JOIN office f ON f.id = t.office_id
        WHERE g.closed_at IS NULL ORDER BY g.starts_at, o.code, g.role
        """
    )
    return [Gap(*row) for row in session.execute(query, {"kind": TASK})]
