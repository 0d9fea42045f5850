"""Events about to be told: leased, read with what they are about, turned into deliveries, or put aside.

`services.notification.plan` and the handover call this. Whether an event still holds (`OVER`), and which rows
it is about (`ABOUT`), is written down here once, for planning, sending and opening a link alike.
"""

from collections.abc import Sequence
from dataclasses import asdict, astuple, fields
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.notification import Errand, Notice, Told

# True once what the event `e` tells of is so no longer: the case has moved, the clock has stopped, the
# escalation is cleared, the task done, the gap closed. Each look-up is by a unique key.
OVER = """
    CASE e.event
    WHEN 'case.stage_entered' THEN NOT EXISTS (
        SELECT FROM stage_transition t JOIN "case" tc ON tc.id = t.case_id
        WHERE t.id = e.subject_id AND tc.version = t.version)
    WHEN 'case.escalated' THEN NOT EXISTS (
        SELECT FROM clock_step s JOIN clock k ON k.id = s.clock_id
        LEFT JOIN escalation x ON x.clock_id = k.id
        WHERE s.id = e.subject_id AND k.stopped_at IS NULL AND x.cleared_at IS NULL)
    WHEN 'task.opened' THEN NOT EXISTS (
        SELECT FROM task a WHERE a.id = e.subject_id AND a.done_at IS NULL)
    WHEN 'rota.gap_found' THEN NOT EXISTS (
        SELECT FROM rota_gap g WHERE g.id = e.subject_id AND g.closed_at IS NULL)
    ELSE false END
"""
# The one row that the event `e` is about, and the clock `k` that runs for it. Of a case several may run: its
# stage's (no item), and one for each thing awaited beside the stage; a step names its own. A task that neither
# its stage nor a thing awaited has brought has none.
ABOUT = """
    LEFT JOIN stage_transition t ON e.event = 'case.stage_entered' AND t.id = e.subject_id
    LEFT JOIN clock_step s ON e.event = 'case.escalated' AND s.id = e.subject_id
    LEFT JOIN task a ON e.event = 'task.opened' AND a.id = e.subject_id
    LEFT JOIN rota_gap g ON e.event = 'rota.gap_found' AND g.id = e.subject_id
    LEFT JOIN LATERAL (
        SELECT r.id, r.name, r.item_id, r.office_id, r.due_at, r.ladder FROM clock r WHERE r.id = s.clock_id
        UNION ALL
        SELECT r.id, r.name, r.item_id, r.office_id, r.due_at, r.ladder FROM clock r
        WHERE r.case_id = coalesce(t.case_id, a.case_id) AND r.stopped_at IS NULL
          AND r.item_id IS NOT DISTINCT FROM a.item_id
          AND (t.id IS NOT NULL OR a.by_stage OR a.item_id IS NOT NULL)
    ) k ON true
"""
# Whether the case `c` is urgent: a red triage, a child or a sexual offence gave it an urgent clock; charges say so too.
URGENT = """
    (EXISTS (SELECT FROM clock u WHERE u.case_id = c.id AND u.urgent OFFSET 0)
     OR EXISTS (SELECT FROM charge h WHERE h.case_id = c.id AND h.voided_at IS NULL AND h.child OFFSET 0))
"""
LEASE = text(
    """
    WITH due AS (
        SELECT id FROM outbox
        WHERE done_at IS NULL AND parked_at IS NULL AND event = ANY(:events)
          AND (lease_until IS NULL OR lease_until <= hectis_machine_now())
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox o
    SET lease_until = hectis_machine_now() + make_interval(secs => :seconds), attempts = attempts + 1
    FROM due WHERE o.id = due.id RETURNING o.id
    """
)
TAKE = text(
    f"""
    SELECT e.id, e.event, e.case_id, e.subject_id,
           num_nonnulls(t.id, s.id, a.id, g.id) = 1 AS known, {OVER} AS over, c.stage,
           CASE e.event WHEN 'case.stage_entered' THEN c.owner_office_id
                WHEN 'case.escalated' THEN coalesce(s.office_id, CASE WHEN s.level <> 0 THEN NULL
                    WHEN k.item_id IS NULL THEN c.owner_office_id ELSE k.office_id END)
                WHEN 'task.opened' THEN a.office_id
                ELSE g.office_id END AS office_id,
           coalesce(s.role, a.role, g.role) AS role, s.level,
           coalesce(a.due_at, k.due_at, g.starts_at) AS wanted_by,
           k.item_id IS NOT NULL OR a.by_stage IS FALSE AS beside,
           (SELECT i.kind FROM item i WHERE i.id = k.item_id) AS awaited, {URGENT} AS urgent,
           k.name, k.item_id, a.kind
    FROM outbox e
    LEFT JOIN "case" c ON c.id = e.case_id
    {ABOUT}
    WHERE e.id = ANY(:ids) AND e.done_at IS NULL AND e.parked_at IS NULL
    ORDER BY e.id FOR UPDATE OF e SKIP LOCKED
    """  # noqa: S608  (a constant of this module)
)
WRITE = text(
    """
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:event_id AS bigint[]), CAST(:case_id AS bigint[]), CAST(:kind AS text[]),
            CAST(:staff_id AS bigint[]), CAST(:office_id AS bigint[]), CAST(:role AS text[]),
            CAST(:level AS smallint[]), CAST(:channel AS text[]), CAST(:contact_point_id AS bigint[]),
            CAST(:wanted_by AS timestamptz[]), CAST(:purpose AS text[]), CAST(:urgent AS boolean[]),
            CAST(:cause AS text[]), CAST(:held_until AS timestamptz[])
        ) AS g (event_id, case_id, kind, staff_id, office_id, role, level, channel, contact_point_id,
                wanted_by, purpose, urgent, cause, held_until)
    ), fresh AS (
        INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, level, channel,
                              contact_point_id, wanted_by, urgent, cause, held_until, held_for, next_attempt_at)
        SELECT event_id, case_id, kind, staff_id, office_id, role, level, channel, contact_point_id, wanted_by,
               urgent, cause, held_until, CASE WHEN held_until IS NOT NULL THEN 'quiet' END,
               CASE WHEN held_until IS NULL THEN hectis_machine_now() ELSE 'infinity' END
        FROM given ON CONFLICT DO NOTHING
        RETURNING id, event_id, case_id, staff_id, office_id, role, channel
    ), linked AS (
        INSERT INTO action_link (delivery_id, case_id, staff_id, office_id, role, purpose, expires_at)
        SELECT f.id, f.case_id, f.staff_id, f.office_id, f.role, g.purpose,
               hectis_machine_now() + CAST(:link_life AS interval)
        FROM fresh f JOIN given g USING (event_id, staff_id, channel) WHERE g.purpose IS NOT NULL
    )
    SELECT id FROM fresh
    """
)
NOTICE_COLUMNS = tuple(field.name for field in fields(Notice))


def lease_events(session: Session, events: Sequence[str], limit: int, seconds: float) -> list[int]:
    """Lease waiting events of these names, oldest first; ids of what this caller now holds."""
    values = {"events": list(events), "limit": limit, "seconds": seconds}
    return sorted(session.scalars(LEASE, values))


def take_events(session: Session, ids: Sequence[int]) -> list[Told]:
    """Lock the waiting ones of these events and read what each is about."""
    return [Told(*row) for row in session.execute(TAKE, {"ids": list(ids)})]


def write(session: Session, notices: Sequence[Notice], link_life: timedelta) -> list[int]:
    """Deliveries with their links; one that stands already is left as it is. The ids of those that are new.

    A link works for `link_life` in machine time, unless its case moves on before.
    """
    if not notices:
        return []
    columns = map(list, zip(*map(astuple, notices), strict=True))
    values = dict(zip(NOTICE_COLUMNS, columns, strict=True))
    return sorted(session.scalars(WRITE, {**values, "link_life": link_life}))


def ask(session: Session, errands: Sequence[Errand], due_at: datetime) -> None:
    """Open tasks; one of its kind about the same thing that is open already stands for both."""
    statement = text(
        """
        INSERT INTO task (kind, case_id, subject_id, office_id, role, due_at)
        VALUES (:kind, :case_id, :subject_id, :office_id, :role, :due_at) ON CONFLICT DO NOTHING
        """
    )
    if errands:
        session.execute(statement, [{**asdict(one), "due_at": due_at} for one in errands])


def settle(session: Session, ids: Sequence[int]) -> None:
    """These events have been told."""
    if ids:
        session.execute(
            text("UPDATE outbox SET done_at = hectis_now() WHERE id = ANY(:ids)"), {"ids": list(ids)}
        )


def park(session: Session, event_id: int, reason: str) -> None:
    """Put an event aside that cannot be told as it stands."""
    statement = text(
        "UPDATE outbox SET parked_at = hectis_now(), reason = :reason WHERE id = :id AND parked_at IS NULL"
    )
    session.execute(statement, {"id": event_id, "reason": reason})
