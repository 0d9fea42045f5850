"""What happened to one case, in order (moves, rungs, notices, disclosures), and what it waits for now.

`services.timeline` calls it, on one snapshot. It reads codes, times and offices; no field of a patient, no
person's name and no address, so nothing here needs the vault.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.clocks import RUNGS, TO_COME

STANDS = text(
    f"""
    SELECT c.id, c.ref, c.stage, c.opened_at, c.stage_entered_at, owner.name AS owner, f.name AS facility,
           s.name AS station, x.reason AS conflict,
           CASE WHEN n.case_id IS NOT NULL
                THEN format('%s CAS %s/%s/%s', of_cas.name, n.serial, n.month, n.year) END AS cas,
           k.name AS clock, k.due_at,
           next.role AS next_role, next.office AS next_office, next.due_at AS next_due,
           t.kind AS task, t.role AS task_role, holder.code AS held_by, hectis_now() AS now
    FROM "case" c JOIN office owner ON owner.id = c.owner_office_id
    LEFT JOIN office f ON f.id = c.facility_id
    LEFT JOIN office s ON s.id = c.station_id
    LEFT JOIN case_conflict x ON x.case_id = c.id AND x.resolved_at IS NULL
    LEFT JOIN cas_number n ON n.case_id = c.id
    LEFT JOIN office of_cas ON of_cas.id = n.station_id
    LEFT JOIN clock k ON k.case_id = c.id AND k.stopped_at IS NULL AND k.item_id IS NULL
    LEFT JOIN task t ON t.case_id = c.id AND t.by_stage AND t.done_at IS NULL
    LEFT JOIN staff holder ON holder.id = t.claimed_by
    LEFT JOIN LATERAL (
        SELECT r.role, w.name AS office, r.due_at
        FROM clock_step s, {RUNGS} LEFT JOIN office w ON w.id = r.office_id
        WHERE s.clock_id = k.id AND {TO_COME} ORDER BY r.step LIMIT 1
    ) next ON true
    WHERE c.ref = :ref
    """  # noqa: S608  (constants of storage.clocks)
)
# Of what happened at one moment the move comes first, then what followed from it.
HAPPENED = text(
    """
    SELECT at, kind, what, who, why FROM (
        SELECT 1 AS place, version AS step, at, 'move' AS kind, to_stage AS what,
               actor_role || ':' || actor AS who,
               concat_ws(', ', transition, details ->> 'reason', details ->> 'disclosure_basis') AS why
        FROM stage_transition WHERE case_id = :id
        UNION ALL
        SELECT 2, seq, at, 'escalation', 'L' || (body::jsonb ->> 'level'),
               concat_ws(' at ', body::jsonb ->> 'role', body::jsonb ->> 'office'), body::jsonb ->> 'clock'
        FROM ledger_entry WHERE case_id = :id AND kind = 'escalation'
        UNION ALL
        SELECT 3, d.version, d.at, 'disclosure', cardinality(d.fields) || ' fields', o.code, d.basis
        FROM disclosure d JOIN office o ON o.id = d.office_id WHERE d.case_id = :id
        UNION ALL
        SELECT 4, d.id, coalesce(d.sent_at, d.cancelled_at, d.gave_up_at, d.created_at), 'notice',
               CASE WHEN d.sent_at IS NOT NULL THEN 'sent'
                    WHEN d.cancelled_at IS NOT NULL THEN 'not needed any more'
                    WHEN d.gave_up_at IS NOT NULL THEN 'given up' ELSE 'waits' END,
               d.role || ' at ' || o.code, concat_ws(', ', d.channel, d.fault)
        FROM delivery d JOIN office o ON o.id = d.office_id WHERE d.case_id = :id
    ) happened ORDER BY at, place, step
    """
)


class Stands(NamedTuple):
    """Where a case stands, whose it is, what runs, who is told next, and which task is open."""

    id: int
    ref: str
    stage: str
    opened_at: datetime
    since: datetime
    owner: str
    facility: str | None
    station: str | None
    conflict: str | None
    cas: str | None
    clock: str | None
    due_at: datetime | None
    next_role: str | None
    next_office: str | None
    next_due: datetime | None
    task: str | None
    task_role: str | None
    held_by: str | None
    now: datetime


class Happened(NamedTuple):
    """One thing that happened: `kind` is move, escalation, disclosure or notice."""

    at: datetime
    kind: str
    what: str
    who: str
    why: str


def stands(session: Session, ref: str) -> Stands | None:
    """Where the case of this number stands, if there is one."""
    row = session.execute(STANDS, {"ref": ref}).first()
    return Stands(*row) if row else None


def happened(session: Session, case_id: int) -> list[Happened]:
    """Everything that happened to a case, oldest first."""
    return [Happened(*row) for row in session.execute(HAPPENED, {"id": case_id})]
