"""What happened to one case, in order (moves, charges, notes, rungs, notices), and what it waits for now.

`services.timeline` calls it, on one snapshot. It reads codes, times and offices; no field of a patient, no
person's name and no address, so nothing here needs the vault.
"""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.clocks import RUNGS, TO_COME
from hectis_flow.storage.snoozes import HOLDS

STANDS = text(
    f"""
    SELECT c.id, c.ref, c.stage, c.opened_at, c.stage_entered_at, owner.name AS owner, f.name AS facility,
           s.name AS station, x.reason AS conflict,
           CASE WHEN n.case_id IS NOT NULL
                THEN format('%s CAS %s/%s/%s', of_cas.name, n.serial, n.month, n.year) END AS cas,
           k.name AS clock, k.due_at,
           next.role AS next_role, next.office AS next_office, next.due_at AS next_due,
           t.kind AS task, t.role AS task_role, holder.code AS held_by, hectis_now() AS now,
           (SELECT z.until FROM snooze z WHERE z.clock_id = k.id AND {HOLDS}) AS snoozed_until
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
               concat_ws(', ', transition, details ->> 'reason', details ->> 'disclosure_basis',
                         details ->> 'attributable_to', details ->> 'plea', details ->> 'verdict_on',
                         details ->> 'sentence', details ->> 'next_date') AS why
        FROM stage_transition WHERE case_id = :id
        UNION ALL
        SELECT 2, t.version, t.at, 'charges', g.to_stage,
               string_agg(c.accused || '.' || c.count, ', ' ORDER BY c.accused, c.count), g.from_stage
        FROM charge_transition g JOIN charge c ON c.id = g.charge_id
        JOIN stage_transition t ON (t.case_id, t.version) = (g.case_id, g.case_version)
        WHERE g.case_id = :id GROUP BY t.version, t.at, g.to_stage, g.from_stage
        UNION ALL
        SELECT 2, seq, at, 'note', body::jsonb ->> 'note', actor,
               concat_ws(', ', body::jsonb ->> 'kind', body::jsonb ->> 'code', body::jsonb ->> 'how',
                         body::jsonb ->> 'state', body::jsonb ->> 'verified', body::jsonb ->> 'ending',
                         body::jsonb ->> 'dpp_ref',
                         body::jsonb ->> 'clock', body::jsonb ->> 'reason', body::jsonb ->> 'until')
        FROM ledger_entry WHERE case_id = :id AND kind = 'note'
        UNION ALL
        SELECT 2, seq, at, 'escalation', 'L' || (body::jsonb ->> 'level'),
               concat_ws(' at ', body::jsonb ->> 'role', body::jsonb ->> 'office'), body::jsonb ->> 'clock'
        FROM ledger_entry WHERE case_id = :id AND kind = 'escalation'
        UNION ALL
        SELECT 3, d.version, d.at, 'disclosure', cardinality(d.fields) || ' fields', o.code, d.basis
        FROM disclosure d JOIN office o ON o.id = d.office_id WHERE d.case_id = :id
        UNION ALL
        SELECT 3, a.id, a.at, 'answer', 'grade ' || a.grade, coalesce(s.code, 'a system'), a.reason
        FROM acknowledgement a LEFT JOIN staff s ON s.id = a.staff_id WHERE a.case_id = :id
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
DOCKET = text(
    """
    SELECT d.officer, d.assigned_at, n.verified_by_saps, d.j88_completed_at, d.j88_collected_at,
           (SELECT count(*) FROM arrest a WHERE a.case_id = d.case_id)
    FROM docket d LEFT JOIN cas_number n ON n.case_id = d.case_id WHERE d.case_id = :id
    """
)
AT_COURT = text(
    """
    SELECT w.name, m.number FROM "case" c JOIN office w ON w.id = c.court_id
    LEFT JOIN court_matter m ON m.case_id = c.id AND m.closed_at IS NULL WHERE c.id = :id
    """
)
CHARGES = text(
    """
    SELECT accused, count, offence, stage, plea, pleaded_at, next_date FROM charge
    WHERE case_id = :id AND voided_at IS NULL ORDER BY accused, count
    """
)
REMOVALS = text(
    """
    SELECT way_out, cause, attributable_to, removed_at, stage, awaits, requests, ended_at, ending FROM removal
    WHERE case_id = :id ORDER BY id
    """
)
AWAITED = text(
    """
    SELECT i.kind, i.code, i.role, w.name, k.due_at FROM item i JOIN office w ON w.id = i.office_id
    JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
    WHERE i.case_id = :id AND i.settled_at IS NULL ORDER BY k.due_at, i.id
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
    snoozed_until: date | None


class Happened(NamedTuple):
    """One thing that happened: `kind` is move, charges, note, escalation, disclosure, answer or notice.

    Of an `answer`, `what` is how much it proves, `why` the reason, and `who` the person whose way it came by. Of `charges`, `who` are those that went from the stage `why` to the stage `what`.
    """

    at: datetime
    kind: str
    what: str
    who: str
    why: str


class Docket(NamedTuple):
    """Who investigates since when, whether SAPS found the number in CAS, the J88, and how many were arrested."""

    officer: str
    assigned_at: datetime
    verified: bool | None
    j88_completed_at: datetime | None
    j88_collected_at: datetime | None
    arrests: int


class AtCourt(NamedTuple):
    """The court that has the docket, and the number of the matter there."""

    court: str
    number: str | None


class ChargeNow(NamedTuple):
    """One accused, one count, and where it stands."""

    accused: int
    number: int
    offence: str
    stage: str
    plea: str | None
    pleaded_at: datetime | None
    next_date: date | None


class Removed(NamedTuple):
    """One act that took charges off the roll, and what came of it."""

    way_out: str
    cause: str
    attributable_to: str
    removed_at: datetime
    stage: str
    awaits: str | None
    requests: int
    ended_at: datetime | None
    ending: str | None


class Awaits(NamedTuple):
    """What is awaited beside the stage, of whom, and by when."""

    kind: str
    code: str | None
    role: str
    office: str
    due_at: datetime


def docket(session: Session, case_id: int) -> Docket | None:
    """The docket of a case, if it has one."""
    row = session.execute(DOCKET, {"id": case_id}).first()
    return Docket(*row) if row else None


def at_court(session: Session, case_id: int) -> AtCourt | None:
    """Where the matter is heard, once a docket was submitted."""
    row = session.execute(AT_COURT, {"id": case_id}).first()
    return AtCourt(*row) if row else None


def charges(session: Session, case_id: int) -> tuple[ChargeNow, ...]:
    """The charges, by accused and count."""
    return tuple(ChargeNow(*row) for row in session.execute(CHARGES, {"id": case_id}))


def removals(session: Session, case_id: int) -> tuple[Removed, ...]:
    """Every removal, oldest first."""
    return tuple(Removed(*row) for row in session.execute(REMOVALS, {"id": case_id}))


def awaited(session: Session, case_id: int) -> tuple[Awaits, ...]:
    """What is awaited beside the stage, due first."""
    return tuple(Awaits(*row) for row in session.execute(AWAITED, {"id": case_id}))


def stands(session: Session, ref: str) -> Stands | None:
    """Where the case of this number stands, if there is one."""
    row = session.execute(STANDS, {"ref": ref}).first()
    return Stands(*row) if row else None


def happened(session: Session, case_id: int) -> list[Happened]:
    """Everything that happened to a case, oldest first."""
    return [Happened(*row) for row in session.execute(HAPPENED, {"id": case_id})]
