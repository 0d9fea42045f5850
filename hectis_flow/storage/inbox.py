"""The parked inbox: who looks after what could not be understood, until when, and what stands in it.

`storage.messages` parks, `services.inbox` and `services.readiness` read. Only what the envelope says is
read here, never the bytes: those are opened by the service for the names of their fields alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.offices import FALLBACK_OFFICE

# Hours after which a parked message is an alarm.
ALARM_HOURS = 24


class ParkedMessage(Base):
    """Who owns a message that is parked, since when, and when its silence becomes an alarm."""

    __tablename__ = "parked_message"

    message_id: Mapped[int] = mapped_column(ForeignKey("inbound_message.id"), primary_key=True)
    owner_office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    parked_at: Mapped[datetime]
    alarm_at: Mapped[datetime]


class Listed(NamedTuple):
    """One line of the inbox; nothing in it comes from the message but its header."""

    id: int
    received_at: datetime
    state: str
    reason: str
    owner: str
    alarmed: bool
    source_app: str
    source_facility: str
    message_type: str
    event: str


class Overdue(NamedTuple):
    """How many messages an office has left parked beyond their alarm, and for how long the oldest."""

    owner: str
    messages: int
    oldest_hours: float


FILTERS: Mapping[str, str] = {
    "state": "m.state = :state",
    "reason": "m.reason = :reason",
    "source": "(m.source_app = :source OR m.source_facility = :source)",
    "since": "m.received_at >= :since",
    "after": "m.id < :after",
}
FOUND = """
    SELECT m.id, m.received_at, m.state, coalesce(m.reason, '') AS reason, coalesce(o.code, '') AS owner,
           coalesce(p.alarm_at <= hectis_now(), false) AS alarmed,
           m.source_app, m.source_facility, m.message_type, m.event {more}
    FROM inbound_message m
    LEFT JOIN parked_message p ON p.message_id = m.id
    LEFT JOIN office o ON o.id = p.owner_office_id
    WHERE {conditions}
"""
DETAILS = """, m.channel, m.peer, m.control_id, m.size, m.ack_code, m.attempts, m.control_id_reused,
    p.parked_at, p.alarm_at, m.key_id, m.raw_enc"""


def park(session: Session, parked: Sequence[tuple[int, int | None]]) -> None:
    """Give messages that were just parked (each with its facility) an owner and an alarm."""
    statement = text(
        """
        INSERT INTO parked_message AS p (message_id, owner_office_id, parked_at, alarm_at)
        SELECT id, coalesce(facility_id, (SELECT id FROM office WHERE code = :steward)),
               hectis_now(), hectis_now() + make_interval(hours => :hours)
        FROM unnest(CAST(:ids AS bigint[]), CAST(:facilities AS bigint[])) AS g (id, facility_id)
        ON CONFLICT (message_id) DO UPDATE SET owner_office_id = excluded.owner_office_id
        """
    )
    ids, facilities = map(list, zip(*parked, strict=True))
    values = {"ids": ids, "facilities": facilities, "steward": FALLBACK_OFFICE, "hours": ALARM_HOURS}
    session.execute(statement, values)


def reopen(session: Session, ids: Sequence[int]) -> int:
    """Let parked or ignored messages wait for work again; gives how many."""
    statement = text(
        """
        WITH freed AS (
            UPDATE inbound_message
            SET state = 'received', reason = NULL, done_at = NULL, lease_until = NULL, attempts = 0
            WHERE id = ANY(:ids) AND state IN ('parked', 'ignored') RETURNING id
        ), forgotten AS (
            DELETE FROM parked_message p USING freed WHERE p.message_id = freed.id
        )
        SELECT count(*) FROM freed
        """
    )
    count: int = session.execute(statement, {"ids": list(ids)}).scalar_one()
    return count


def waiting(session: Session, reason: str | None) -> list[int]:
    """Ids of what is parked, oldest first; with a reason, of what is parked or ignored for it."""
    condition = (
        "state = 'parked'" if reason is None else "state IN ('parked', 'ignored') AND reason = :reason"
    )
    statement = text(f"SELECT id FROM inbound_message WHERE {condition} ORDER BY id")  # noqa: S608  (constants)
    return list(session.scalars(statement, {} if reason is None else {"reason": reason}))


def page(session: Session, filters: Mapping[str, Any], limit: int) -> list[Listed]:
    """Messages by what their envelope says, newest first; `after` goes on below an id."""
    conditions = " AND ".join(["true", *(FILTERS[name] for name in sorted(filters))])
    query = FOUND.format(more="", conditions=conditions) + " ORDER BY m.id DESC LIMIT :limit"
    return [Listed(*row) for row in session.execute(text(query), {**filters, "limit": limit})]


def one(session: Session, message_id: int) -> dict[str, Any] | None:
    """Everything about one message but what it says; `raw_enc` is ciphertext."""
    query = text(FOUND.format(more=DETAILS, conditions="m.id = :id"))
    row = session.execute(query, {"id": message_id}).mappings().first()
    return dict(row) if row else None


def overdue(session: Session) -> list[Overdue]:
    """Whose parked messages have waited beyond their alarm."""
    statement = text(
        """
        SELECT coalesce(o.code, ''), count(*), max(extract(epoch FROM hectis_now() - p.parked_at) / 3600)::float
        FROM parked_message p LEFT JOIN office o ON o.id = p.owner_office_id
        WHERE p.alarm_at <= hectis_now() GROUP BY 1 ORDER BY 1
        """
    )
    return [Overdue(*row) for row in session.execute(statement)]


def people_of(session: Session, ids: Sequence[int]) -> list[bytes]:
    """The blind folder numbers of everybody whom these accepted messages speak of."""
    statement = text(
        """
        SELECT DISTINCT n.blind FROM inbound_message m
        LEFT JOIN encounter e ON e.id = m.encounter_id
        LEFT JOIN person_message p ON p.message_id = m.id
        JOIN patient_number n ON n.patient_id = coalesce(e.patient_id, p.patient_id) AND n.folder
        WHERE m.id = ANY(:ids) AND m.state = 'accepted' ORDER BY 1
        """
    )
    return list(session.scalars(statement, {"ids": list(ids)}))


def take_back(session: Session, blinds: Sequence[bytes]) -> list[int]:
    """Let every accepted message of these people wait again; to be worked in the same transaction."""
    statement = text(
        """
        WITH people AS (SELECT DISTINCT patient_id FROM patient_number WHERE folder AND blind = ANY(:blinds)),
        theirs AS (
            SELECT m.id FROM people JOIN encounter e USING (patient_id)
            JOIN inbound_message m ON m.encounter_id = e.id WHERE m.state = 'accepted'
            UNION
            SELECT m.id FROM people JOIN person_message p USING (patient_id)
            JOIN inbound_message m ON m.id = p.message_id WHERE m.state = 'accepted'
        )
        UPDATE inbound_message m SET state = 'received', done_at = NULL, attempts = 1
        FROM theirs WHERE m.id = theirs.id RETURNING m.id
        """
    )
    return sorted(session.scalars(statement, {"blinds": list(blinds)}))


def accepted_of(session: Session, source: str) -> list[int]:
    """Ids of what was accepted from a sender (its MSH-3 or MSH-4), oldest first."""
    statement = text(
        """
        SELECT id FROM inbound_message
        WHERE state = 'accepted' AND (source_app = :source OR source_facility = :source) ORDER BY id
        """
    )
    return list(session.scalars(statement, {"source": source}))
