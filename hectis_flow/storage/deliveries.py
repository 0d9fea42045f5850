"""Deliveries: one notice to one person on one channel, each its own due row, leased and begun.

`services.notification` calls this; what comes of an attempt, `attempts` writes down. A delivery waits while it has no end
(sent, cancelled, given up) and its next attempt is due. Taking it counts the attempt and puts the next one off for
as long as this one may last, so that a job which runs twice finds nothing the second time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ForeignKey, Integer, SmallInteger, Uuid, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.clocks import RUNGS, TO_COME
from hectis_flow.storage.links import Bound
from hectis_flow.storage.notices import ABOUT, OVER


class Delivery(Base):
    """One notice to one person on one channel."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str]
    level: Mapped[int | None] = mapped_column(SmallInteger)
    channel: Mapped[str]
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_point.id"))
    message_key: Mapped[str] = mapped_column(Uuid(as_uuid=False))
    wanted_by: Mapped[datetime | None]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    fault: Mapped[str | None]
    urgent: Mapped[bool]
    cause: Mapped[str | None]
    held_until: Mapped[datetime | None]
    held_for: Mapped[str | None]
    bundle_id: Mapped[int | None] = mapped_column(ForeignKey("bundle.id"))
    provider_id: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]


class Held(NamedTuple):
    """A delivery taken for one attempt, with all that its words are made of. The address is ciphertext.

    `task` is the kind of the task it tells of, `awaited` that of the thing awaited beside the stage that it is about.
    """

    id: int
    key: str
    kind: str
    level: int | None
    channel: str
    over: bool
    wanted_by: datetime | None
    now: datetime
    case_ref: str | None
    stage: str | None
    task: str | None
    awaited: str | None
    precinct: str | None
    office: str
    role: str
    silent_office: str | None
    next_office: str | None
    next_role: str | None
    next_at: datetime | None
    gap_role: str | None
    carries: int | None
    carried_by: str | None
    benchmark: int | None
    capacity: str | None
    bundle: int | None
    parked: bool
    language: str
    address_key: str
    address_enc: bytes
    link: Bound | None


class Channel(NamedTuple):
    """Notices of one channel that wait: how many, how many of them failed before, and the oldest of those in hours."""

    channel: str
    waiting: int
    failing: int
    oldest_hours: float


LINKED: Final = len(Held._fields) - 1  # columns before those of the link
WAITING = "sent_at IS NULL AND cancelled_at IS NULL AND gave_up_at IS NULL"
LEASE = text(
    f"""
    WITH due AS (
        SELECT id FROM delivery
        WHERE {WAITING} AND next_attempt_at <= hectis_machine_now()
          AND (lease_until IS NULL OR lease_until <= hectis_machine_now())
        ORDER BY next_attempt_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE delivery d SET lease_until = hectis_machine_now() + make_interval(secs => :seconds)
    FROM due WHERE d.id = due.id RETURNING d.id
    """  # noqa: S608  (a constant of this module)
)
# A delivery `d` with all that its words are made of.
READ = f"""
    SELECT d.id, d.message_key::text, d.kind, d.level, d.channel, {OVER} AS over, d.wanted_by, hectis_now(),
           c.ref, c.stage, a.kind, i.kind, station.name, office.name, d.role, silent.name, above.name, n.role,
           n.due_at, g.role, x.carries, x.carried_by, x.benchmark, x.capacity, d.bundle_id, p.parked_at IS NOT NULL, f.language, p.key_id, p.address_enc, l.id, l.purpose, l.case_id, l.staff_id, l.expires_at
    FROM d JOIN outbox e ON e.id = d.event_id
    JOIN office ON office.id = d.office_id
    JOIN staff f ON f.id = d.staff_id
    JOIN contact_point p ON p.id = d.contact_point_id
    LEFT JOIN "case" c ON c.id = d.case_id
    LEFT JOIN office station ON station.id = c.station_id
    LEFT JOIN action_link l ON l.delivery_id = d.id
    {ABOUT}
    LEFT JOIN item i ON i.id = k.item_id
    LEFT JOIN escalation x ON x.clock_id = s.clock_id AND d.level > 0
    LEFT JOIN office silent ON silent.id = coalesce(g.office_id, a.office_id,
        CASE WHEN k.item_id IS NULL THEN c.owner_office_id ELSE k.office_id END)
    LEFT JOIN LATERAL (
        SELECT r.due_at, r.office_id, r.role FROM clock_step s, {RUNGS}
        WHERE s.clock_id = k.id AND {TO_COME} AND r.level > coalesce(d.level, 0)
        ORDER BY r.step LIMIT 1
    ) n ON true
    LEFT JOIN office above ON above.id = n.office_id
"""  # noqa: S608
TAKE = text(
    f"""
    WITH due AS (
        SELECT id FROM delivery
        WHERE id = ANY(:ids) AND {WAITING} AND next_attempt_at <= hectis_machine_now()
        ORDER BY id FOR UPDATE SKIP LOCKED
    ), d AS (
        UPDATE delivery t
        SET attempts = attempts + 1, next_attempt_at = hectis_machine_now() + make_interval(secs => :seconds),
            lease_until = hectis_machine_now() + make_interval(secs => :seconds)
        FROM due WHERE t.id = due.id RETURNING t.*
    )
    {READ}
    ORDER BY d.id
    """  # noqa: S608
)

BUNDLED = text(
    f"WITH d AS (SELECT * FROM delivery WHERE bundle_id = ANY(:ids) AND {WAITING}) {READ} ORDER BY d.id"  # noqa: S608
)
OF_BUNDLE = text(
    f"WITH d AS (SELECT * FROM delivery WHERE bundle_id = :id AND staff_id = :staff_id) {READ} ORDER BY d.id"  # noqa: S608
)


def lease_due(session: Session, limit: int, seconds: float) -> list[int]:
    """Lease deliveries whose attempt is due, the longest due first; ids of what this caller now holds."""
    return sorted(session.scalars(LEASE, {"limit": limit, "seconds": seconds}))


def take(session: Session, ids: Sequence[int], seconds: float) -> list[Held]:
    """Begin an attempt at the due ones of these, which nobody else may begin for so many seconds."""
    return [_held(row) for row in session.execute(TAKE, {"ids": list(ids), "seconds": seconds})]


def bundled(session: Session, bundle_ids: Sequence[int]) -> list[Held]:
    """What waits of these bundles, each as if it were taken; no attempt is counted."""
    return [_held(row) for row in session.execute(BUNDLED, {"ids": list(bundle_ids)})]


def of_bundle(session: Session, bundle_id: int, staff_id: int) -> list[Held]:
    """Every notice of a bundle that is this person's, whatever became of it."""
    return [_held(row) for row in session.execute(OF_BUNDLE, {"id": bundle_id, "staff_id": staff_id})]


def _held(row: Sequence[Any]) -> Held:
    return Held._make((*row[:LINKED], None if row[LINKED] is None else Bound(*row[LINKED:])))


def waiting(session: Session) -> list[Channel]:
    """What waits to go out, by channel; found by the index of what is due, however much went out."""
    statement = text(
        f"""
        SELECT channel, count(*), count(*) FILTER (WHERE fault IS NOT NULL),
               coalesce(extract(epoch FROM hectis_now() - min(created_at) FILTER (WHERE fault IS NOT NULL)), 0)::float
               / 3600
        FROM delivery WHERE {WAITING} GROUP BY 1 ORDER BY 1
        """  # noqa: S608  (a constant of this module)
    )
    return [Channel(*row) for row in session.execute(statement)]
