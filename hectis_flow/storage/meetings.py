"""The committee's meetings and agendas: what is on the next agenda is asked, what was on one is kept.

`services.meetings`, `services.agenda` and `services.decisions` call it. An agenda is written when its meeting
opens and never changed; minutes are written when it closes, with a hash that PostgreSQL checks. It must not decide
who may hold a meeting.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.committee import FollowUp
from hectis_flow.storage.reading_committee import state

# The opening of the last meeting of a committee, whether it is open still or not.
LAST = """
    coalesce((SELECT max(opened_at) FROM meeting WHERE office_id = :office_id), CAST('-infinity' AS timestamptz))
"""
# What the next agenda holds: what stands with the committee, what was tabled, what was settled since the last time. A
# reminder of what the secretary owes has not climbed.
CAME = f"""
    SELECT CASE WHEN e.cleared_at IS NULL THEN 1 ELSE 3 END AS part,
           CASE WHEN e.cleared_at IS NULL THEN 'escalated' ELSE 'settled_meanwhile' END AS kind,
           e.case_id, e.id AS escalation_id, CAST(NULL AS bigint) AS matter_id, k.office_id, k.name AS reason,
           e.raised_at AS since
    FROM escalation e JOIN clock k ON k.id = e.clock_id
    WHERE e.office_id = :office_id AND e.level > 0 AND (e.cleared_at IS NULL OR e.cleared_at > {LAST})
    UNION ALL
    SELECT 2, 'tabled', t.case_id, NULL, t.id, c.owner_office_id, t.reason, t.tabled_at
    FROM tabled_matter t JOIN "case" c ON c.id = t.case_id
    WHERE t.meeting_id IS NULL AND t.taken_back_at IS NULL
"""  # noqa: S608  (a constant)
LINES = text(
    f"""
    SELECT l.kind, c.ref AS case_ref, c.stage, o.code AS office, l.reason, l.since,
           floor(extract(epoch FROM hectis_now() - l.since) / 86400)::integer AS days
    FROM ({CAME}) l JOIN "case" c ON c.id = l.case_id JOIN office o ON o.id = l.office_id
    ORDER BY l.part, l.since, l.escalation_id, l.matter_id
    """  # noqa: S608
)
FIX = text(
    f"""
    WITH fixed AS (
        INSERT INTO agenda_line (meeting_id, place, kind, case_id, escalation_id, matter_id, stage, office_id, reason,
                                 since)
        SELECT :id, row_number() OVER (ORDER BY l.part, l.since, l.escalation_id, l.matter_id), l.kind, l.case_id,
               l.escalation_id, l.matter_id, c.stage, l.office_id, l.reason, l.since
        FROM ({CAME}) l JOIN "case" c ON c.id = l.case_id
        RETURNING matter_id
    )
    UPDATE tabled_matter t SET meeting_id = :id FROM fixed WHERE t.id = fixed.matter_id AND t.taken_back_at IS NULL
    """  # noqa: S608
)
FOLLOWED = text(
    f"""
    SELECT state, count(*) FROM (
        SELECT {state("d")} AS state FROM committee_decision d JOIN meeting m ON m.id = d.meeting_id
        WHERE m.office_id = :office_id AND d.confirmed_at IS NOT NULL
          AND (d.ended_at IS NULL OR d.ended_at > {LAST})
    ) followed GROUP BY 1
    """  # noqa: S608
)
HELD = """
    SELECT id, office_id, held_on, opened_at, closed_at FROM meeting WHERE office_id = :office_id AND {which} FOR UPDATE
"""


class Meeting(NamedTuple):
    """A meeting, held for a change."""

    id: int
    office_id: int
    held_on: date
    opened_at: datetime | None
    closed_at: datetime | None


class AgendaLine(NamedTuple):
    """One line of an agenda: a case by its number, where it stands, whose step is late or who owns it, and why."""

    kind: str
    case_ref: str
    stage: str
    office: str
    reason: str
    since: datetime
    days: int


def plan(session: Session, office_id: int, held_on: date, by: str) -> int | None:
    """A meeting on a day; None where there is one already."""
    statement = text(
        """
        INSERT INTO meeting (office_id, held_on, planned_by) VALUES (:office_id, :held_on, :by)
        ON CONFLICT DO NOTHING RETURNING id
        """
    )
    made: int | None = session.scalar(statement, {"office_id": office_id, "held_on": held_on, "by": by})
    return made


def hold(session: Session, office_id: int | None, meeting_id: int) -> Meeting | None:
    """A meeting of this committee, held until the transaction ends."""
    statement = text(HELD.format(which="id = :id"))
    row = session.execute(statement, {"id": meeting_id, "office_id": office_id}).first()
    return Meeting(*row) if row else None


def sitting(session: Session, office_id: int | None) -> Meeting | None:
    """The meeting that is open now, held until the transaction ends."""
    statement = text(HELD.format(which="opened_at IS NOT NULL AND closed_at IS NULL"))
    row = session.execute(statement, {"office_id": office_id}).first()
    return Meeting(*row) if row else None


def hold_next(session: Session, office_id: int | None) -> Meeting | None:
    """The next meeting that is planned, held until the transaction ends."""
    statement = text(HELD.format(which="opened_at IS NULL ORDER BY held_on LIMIT 1"))
    row = session.execute(statement, {"office_id": office_id}).first()
    return Meeting(*row) if row else None


def unclosed(session: Session, office_id: int) -> list[Meeting]:
    """All meetings that are planned or open, held: so one after the other opens."""
    statement = text(HELD.format(which="closed_at IS NULL ORDER BY id"))
    return [Meeting(*row) for row in session.execute(statement, {"office_id": office_id})]


def coming(session: Session, office_id: int) -> tuple[int, date] | None:
    """The next meeting that is planned, and its day."""
    statement = text(
        "SELECT id, held_on FROM meeting WHERE office_id = :office_id AND opened_at IS NULL ORDER BY held_on LIMIT 1"
    )
    row = session.execute(statement, {"office_id": office_id}).first()
    return (row[0], row[1]) if row else None


def open_now(session: Session, office_id: int) -> tuple[int, date] | None:
    """The meeting that is open, not held, and its day."""
    statement = text(
        "SELECT id, held_on FROM meeting WHERE office_id = :office_id AND opened_at IS NOT NULL AND closed_at IS NULL"
    )
    row = session.execute(statement, {"office_id": office_id}).first()
    return (row[0], row[1]) if row else None


def lines(session: Session, office_id: int) -> list[AgendaLine]:
    """What the next agenda holds by now: what stands with the committee first, the longest first."""
    return [AgendaLine(*row) for row in session.execute(LINES, {"office_id": office_id})]


def follow_up(session: Session, office_id: int) -> FollowUp:
    """Where the decisions stand that were open at the last meeting or made since."""
    return FollowUp(**{row[0]: row[1] for row in session.execute(FOLLOWED, {"office_id": office_id})})


def open_one(session: Session, meeting: Meeting, by: str, followed: FollowUp) -> None:
    """Open a meeting: its agenda is what it is now, and stays so."""
    session.execute(FIX, {"id": meeting.id, "office_id": meeting.office_id})
    statement = text(
        """
        UPDATE meeting SET opened_at = hectis_now(), opened_by = :by, follow_up = CAST(:follow_up AS jsonb)
        WHERE id = :id
        """
    )
    session.execute(statement, {"id": meeting.id, "by": by, "follow_up": json.dumps(followed.counts)})


def attend(session: Session, meeting_id: int, seats: Sequence[str], by: str) -> int:
    """These seats are there, and no others; how many of them exist today."""
    values = {"id": meeting_id, "seats": list(seats), "by": by}
    session.execute(text("DELETE FROM attendance WHERE meeting_id = :id"), values)
    statement = text(
        """
        INSERT INTO attendance (meeting_id, seat_id, noted_by)
        SELECT :id, s.id, :by FROM committee_seat s WHERE s.code = ANY(:seats) AND s.valid_to IS NULL RETURNING seat_id
        """
    )
    return len(session.execute(statement, values).all())


def unanswered(session: Session, meeting_id: int) -> int:
    """How many decisions of a meeting are neither confirmed nor dropped."""
    statement = text(
        """
        SELECT count(*) FROM committee_decision
        WHERE meeting_id = :id AND confirmed_at IS NULL AND dropped_at IS NULL
        """
    )
    return int(session.execute(statement, {"id": meeting_id}).scalar_one())


def close(session: Session, meeting_id: int, by: str, paper: Mapping[str, Any], minutes: str) -> None:
    """Close a meeting with its minutes, and their hash."""
    statement = text(
        """
        UPDATE meeting SET closed_at = hectis_now(), closed_by = :by, paper = CAST(:paper AS jsonb),
            minutes = :minutes, minutes_hash = sha256(convert_to(:minutes, 'UTF8'))
        WHERE id = :id
        """
    )
    session.execute(statement, {"id": meeting_id, "by": by, "paper": json.dumps(paper), "minutes": minutes})


def minutes(
    session: Session, office_id: int | None, meeting_id: int
) -> tuple[str, str, Mapping[str, Any]] | None:
    """The minutes of a closed meeting as they were written, their hash in hex, and what the PDF is made of."""
    statement = text(
        """
        SELECT minutes, encode(minutes_hash, 'hex'), paper FROM meeting
        WHERE id = :id AND office_id = :office_id AND closed_at IS NOT NULL
        """
    )
    row = session.execute(statement, {"id": meeting_id, "office_id": office_id}).first()
    return (row[0], row[1], row[2]) if row else None


def written(session: Session, meeting_id: int | None) -> tuple[str, str, Mapping[str, Any]] | None:
    """The same of a meeting by its number alone, or of the one that closed last."""
    statement = text(
        """
        SELECT minutes, encode(minutes_hash, 'hex'), paper FROM meeting
        WHERE closed_at IS NOT NULL AND id = coalesce(CAST(:id AS bigint), id) ORDER BY closed_at DESC LIMIT 1
        """
    )
    row = session.execute(statement, {"id": meeting_id}).first()
    return (row[0], row[1], row[2]) if row else None
