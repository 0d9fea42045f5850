"""What a digest is made of, read in a few statements however many cases there are.

`services.digest_content` calls it, for all offices that one reader answers for. What stands with an office is what the
API's lists say: escalations above the reminder that are open there. It only reads.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.committee import FollowUp
from hectis_flow.storage.agenda_lines import AGES, Aged
from hectis_flow.storage.clocks import RUNGS, TO_COME
from hectis_flow.storage.meetings import CAME
from hectis_flow.storage.reading_committee import state

_DAYS: Final = "floor(extract(epoch FROM hectis_now() - {}) / 86400)::integer"
STANDING: Final = text(
    f"""
    SELECT 'escalation', e.id, e.level, c.ref, c.stage, k.name, w.name, o.name, {_DAYS.format("e.raised_at")},
           e.raised_at AS since
    FROM escalation e JOIN clock k ON k.id = e.clock_id JOIN "case" c ON c.id = e.case_id
    JOIN office w ON w.id = k.office_id JOIN office o ON o.id = e.office_id
    WHERE e.office_id = ANY(:offices) AND e.level > 0 AND e.cleared_at IS NULL
    UNION ALL
    SELECT 'matter', t.id, 0, c.ref, c.stage, t.reason, w.name, '', {_DAYS.format("t.tabled_at")}, t.tabled_at
    FROM tabled_matter t JOIN "case" c ON c.id = t.case_id JOIN office w ON w.id = c.owner_office_id
    WHERE :tabled AND t.meeting_id IS NULL AND t.taken_back_at IS NULL
    ORDER BY since, 2
    """  # noqa: S608  (constants of this module)
)
# What was shown last and does not stand with this reader now.
GONE: Final = text(
    f"""
    SELECT l.kind, l.subject_id, coalesce(e.level, 0), c.ref, c.stage, coalesce(k.name, t.reason), w.name,
           coalesce(o.name, ''), {_DAYS.format("coalesce(e.raised_at, t.tabled_at)")},
           coalesce(e.raised_at, t.tabled_at) AS since,
           e.cleared_at IS NOT NULL OR t.id IS NOT NULL AS over
    FROM digest_line l
    LEFT JOIN escalation e ON l.kind = 'escalation' AND e.id = l.subject_id
    LEFT JOIN clock k ON k.id = e.clock_id
    LEFT JOIN tabled_matter t ON l.kind = 'matter' AND t.id = l.subject_id
    JOIN "case" c ON c.id = coalesce(e.case_id, t.case_id)
    JOIN office w ON w.id = coalesce(k.office_id, c.owner_office_id)
    LEFT JOIN office o ON o.id = e.office_id
    WHERE l.digest_id = :before AND CASE l.kind
        WHEN 'escalation' THEN e.cleared_at IS NOT NULL OR NOT e.office_id = ANY(:offices)
        ELSE t.meeting_id IS NOT NULL OR t.taken_back_at IS NOT NULL END
    ORDER BY since, 2
    """  # noqa: S608
)
BY_AGE: Final = text(
    """
    SELECT reason, count(*), max(days), count(*) FILTER (WHERE days < :week),
           count(*) FILTER (WHERE days >= :week AND days < :month),
           count(*) FILTER (WHERE days >= :month AND days < :quarter), count(*) FILTER (WHERE days >= :quarter)
    FROM (
        SELECT k.name AS reason, floor(extract(epoch FROM hectis_now() - e.raised_at) / 86400)::integer AS days
        FROM escalation e JOIN clock k ON k.id = e.clock_id
        WHERE e.office_id = ANY(:offices) AND e.level > 0 AND e.cleared_at IS NULL
    ) standing GROUP BY 1 ORDER BY 2 DESC, 1
    """
)
# Who is told next, and when, of an escalation that stands.
NEXT: Final = text(
    f"""
    SELECT e.id, n.role, above.name, n.due_at
    FROM escalation e JOIN clock k ON k.id = e.clock_id
    JOIN LATERAL (
        SELECT r.due_at, r.office_id, r.role FROM clock_step s, {RUNGS}
        WHERE s.clock_id = k.id AND {TO_COME} AND r.level > e.level ORDER BY r.step LIMIT 1
    ) n ON true
    JOIN office above ON above.id = n.office_id
    WHERE e.id = ANY(:ids)
    """  # noqa: S608
)
OWED: Final = text(
    f"""
    SELECT d.id, d.kind, c.ref, o.name, d.role, d.due_on, {state("d")}
    FROM committee_decision d JOIN meeting m ON m.id = d.meeting_id JOIN office o ON o.id = d.office_id
    LEFT JOIN "case" c ON c.id = d.case_id
    WHERE {{whose}} AND d.confirmed_at IS NOT NULL AND d.ended_at IS NULL ORDER BY d.due_on, d.id LIMIT :limit
    """.replace("{whose}", "(d.office_id = ANY(:offices) OR m.office_id = :committee)")  # noqa: S608
)
FOR_CHAIR: Final = text(
    f"""
    SELECT d.id, d.kind, c.ref, o.name, d.role, d.due_on, {state("d")}
    FROM committee_decision d JOIN meeting m ON m.id = d.meeting_id JOIN office o ON o.id = d.office_id
    LEFT JOIN "case" c ON c.id = d.case_id
    WHERE m.office_id = :committee AND d.dropped_at IS NULL AND d.ended_at IS NULL
      AND (d.confirmed_at IS NULL
           OR EXISTS (SELECT FROM decision_report p WHERE p.decision_id = d.id AND p.answered_at IS NULL))
    ORDER BY d.id
    """  # noqa: S608
)
UNDECIDED: Final = text(
    f"""
    SELECT count(*) FROM ({CAME}) l WHERE l.part < 3 AND NOT EXISTS (
        SELECT FROM committee_decision d
        WHERE d.case_id = l.case_id AND d.ended_at IS NULL AND d.dropped_at IS NULL)
    """  # noqa: S608
)
ASKED_OF: Final = text(
    f"""
    SELECT state, count(*) FROM (
        SELECT {state("d")} AS state FROM committee_decision d
        WHERE d.office_id = ANY(:offices) AND d.confirmed_at IS NOT NULL
          AND (d.ended_at IS NULL
               OR d.ended_at > coalesce(CAST(:since AS timestamptz), hectis_now() - interval '30 days'))
    ) asked GROUP BY 1
    """  # noqa: S608
)


class Stand(NamedTuple):
    """One thing that stands with the reader: the case, what is late, whose step it is, with whom it stands, since when."""

    kind: str
    id: int
    level: int
    ref: str
    stage: str
    reason: str
    office: str
    with_: str
    days: int
    since: datetime


class Owed(NamedTuple):
    """A decision of the committee, as a digest tells of it."""

    id: int
    kind: str
    ref: str | None
    office: str
    role: str
    due_on: date
    state: str


class Rung(NamedTuple):
    """Who is told next, and when."""

    role: str
    office: str
    at: datetime


def standing(session: Session, offices: Sequence[int], *, tabled: bool) -> list[Stand]:
    """All that stands with these offices, the longest first; with what was tabled for the committee."""
    return [Stand(*row) for row in session.execute(STANDING, {"offices": list(offices), "tabled": tabled})]


def shown(session: Session, digest_id: int | None) -> dict[tuple[str, int], int]:
    """What a digest showed, with the level it had then."""
    statement = text("SELECT kind, subject_id, level FROM digest_line WHERE digest_id = :id")
    return {(row[0], row[1]): row[2] for row in session.execute(statement, {"id": digest_id})}


def gone(session: Session, digest_id: int | None, offices: Sequence[int]) -> list[tuple[Stand, bool]]:
    """What a digest showed and stands with these offices no longer; True where it is over."""
    rows = session.execute(GONE, {"before": digest_id, "offices": list(offices)})
    return [(Stand(*row[:10]), row[10]) for row in rows]


def by_age(session: Session, offices: Sequence[int]) -> list[Aged]:
    """What stands with these offices, by reason and age, the most first."""
    week, month, quarter = AGES
    values = {"offices": list(offices), "week": week, "month": month, "quarter": quarter}
    return [Aged(row[0], row[1], row[2], tuple(row[3:])) for row in session.execute(BY_AGE, values)]


def next_rungs(session: Session, ids: Sequence[int]) -> dict[int, Rung]:
    """Who is told next of each of these escalations, where anybody is."""
    return {row[0]: Rung(*row[1:]) for row in session.execute(NEXT, {"ids": list(ids)})}


def owed(session: Session, offices: Sequence[int], committee: int | None, limit: int) -> list[Owed]:
    """Decisions that these offices owe, or that this committee waits for, due first."""
    values = {"offices": list(offices), "committee": committee, "limit": limit}
    return [Owed(*row) for row in session.execute(OWED, values)]


def for_chair(session: Session, committee: int) -> list[Owed]:
    """Decisions that wait for the chair: to be confirmed, or for an answer to a report."""
    return [Owed(*row) for row in session.execute(FOR_CHAIR, {"committee": committee})]


def undecided(session: Session, committee: int) -> int:
    """How many lines of the next agenda wait for a decision."""
    return int(session.execute(UNDECIDED, {"office_id": committee}).scalar_one())


def asked_of(session: Session, offices: Sequence[int], since: datetime | None) -> FollowUp:
    """Where the decisions stand that these offices owe, or that ended since a moment; of the last month without one."""
    rows = session.execute(ASKED_OF, {"offices": list(offices), "since": since})
    return FollowUp(**{row[0]: row[1] for row in rows})
