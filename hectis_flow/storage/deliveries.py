"""Deliveries: one notice to one person on one channel, each its own due row, with what came of it.

`services.notification` calls this. A delivery waits while it has no end (sent, cancelled, given up) and its
next attempt is due. Taking it counts the attempt and puts the next one off for as long as this one may
last, so that a job which runs twice finds nothing the second time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ForeignKey, Integer, SmallInteger, Uuid, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.clocks import RUNGS, TO_COME
from hectis_flow.storage.direct import Direct
from hectis_flow.storage.driver import array
from hectis_flow.storage.links import Bound
from hectis_flow.storage.notices import ABOUT, OVER

#: Attempts after which the person's next channel is tried beside this one.
FAILOVER_AFTER = 2


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
    language: str
    address_key: str
    address_enc: bytes
    link: Bound | None


class Result(NamedTuple):
    """What came of one attempt; `code` is that of a channel's receipt, or `cancelled`."""

    id: int
    code: str
    fault: str
    wait: float


class GivenUp(NamedTuple):
    """A delivery after its last attempt, and the case and office that it was for."""

    id: int
    case_id: int | None
    office_id: int
    role: str


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
    SELECT d.id, d.message_key::text, d.kind, d.level, d.channel, {OVER} AS over, d.wanted_by, hectis_now(),
           c.ref, c.stage, a.kind, i.kind, station.name, office.name, d.role, silent.name, above.name, n.role,
           n.due_at, g.role, x.carries, x.carried_by, x.benchmark, x.capacity, f.language, p.key_id, p.address_enc, l.id, l.purpose, l.case_id, l.staff_id, l.expires_at
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
    ORDER BY d.id
    """  # noqa: S608
)
# `left` was no attempt. The wait triples with each failure, never shorter than the other side asked for, and
# is spread by a fifth so that a server which comes back is not met by everything at once.
RECORD = text(
    f"""
    UPDATE delivery d
    SET sent_at = CASE WHEN r.code = 'sent' THEN hectis_now() END,
        cancelled_at = CASE WHEN r.code = 'cancelled' THEN hectis_now() END,
        gave_up_at = CASE WHEN r.code = 'never' OR r.code IN ('later', 'refused') AND d.attempts >= :most
                          THEN hectis_now() END,
        attempts = d.attempts - (r.code = 'left')::int,
        next_attempt_at = hectis_machine_now() + make_interval(secs => CASE r.code WHEN 'left' THEN 0 ELSE
            greatest(r.wait, least(:longest, :base * power(3, d.attempts - 1)) * (0.8 + 0.4 * random())) END),
        lease_until = NULL, fault = nullif(r.fault, '')
    FROM unnest(CAST(:ids AS bigint[]), CAST(:codes AS text[]), CAST(:faults AS text[]),
                CAST(:waits AS float8[])) AS r (id, code, fault, wait)
    WHERE d.id = r.id AND {WAITING}
    RETURNING d.id, d.case_id, d.office_id, d.role, d.gave_up_at IS NOT NULL,
              r.code IN ('refused', 'never') OR r.code = 'later' AND d.attempts >= {FAILOVER_AFTER}
    """  # noqa: S608
)
OTHER_WAY = text(
    """
    WITH failed AS (
        SELECT DISTINCT ON (d.event_id, d.staff_id) d.*, p.id AS other_point, p.channel AS other_channel
        FROM delivery d
        JOIN contact_point p ON p.staff_id = d.staff_id AND p.valid_to IS NULL
        WHERE d.id = ANY(:ids) AND NOT EXISTS (
            SELECT FROM delivery o WHERE o.event_id = d.event_id AND o.staff_id = d.staff_id
                                     AND o.channel = p.channel)
        ORDER BY d.event_id, d.staff_id, p.rank, p.id
    ), fresh AS (
        INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, level, channel,
                              contact_point_id, wanted_by)
        SELECT event_id, case_id, kind, staff_id, office_id, role, level, other_channel, other_point, wanted_by
        FROM failed ON CONFLICT DO NOTHING RETURNING id, event_id, staff_id
    ), linked AS (
        INSERT INTO action_link (delivery_id, case_id, staff_id, office_id, role, purpose, expires_at)
        SELECT fresh.id, l.case_id, l.staff_id, l.office_id, l.role, l.purpose,
               hectis_machine_now() + CAST(:link_life AS interval)
        FROM fresh JOIN failed USING (event_id, staff_id) JOIN action_link l ON l.delivery_id = failed.id
    )
    SELECT count(*) FROM fresh
    """
)


def lease_due(session: Session, limit: int, seconds: float) -> list[int]:
    """Lease deliveries whose attempt is due, the longest due first; ids of what this caller now holds."""
    return sorted(session.scalars(LEASE, {"limit": limit, "seconds": seconds}))


def take(session: Session, ids: Sequence[int], seconds: float) -> list[Held]:
    """Begin an attempt at the due ones of these, which nobody else may begin for so many seconds."""
    rows = session.execute(TAKE, {"ids": list(ids), "seconds": seconds})
    return [Held._make((*row[:27], None if row[27] is None else Bound(*row[27:]))) for row in rows]


def record(
    session: Session, results: Sequence[Result], base: float, longest: float, most: int
) -> tuple[list[int], list[GivenUp]]:
    """Write down a batch of attempts: ids for which another way should be tried, and what was given up.

    `base` and `longest` are waits in seconds, `most` the attempts in all.
    """
    columns = [list(column) for column in zip(*results, strict=True)]
    values = dict(zip(("ids", "codes", "faults", "waits"), columns, strict=True))
    values |= {"base": base, "longest": longest, "most": most}  # type: ignore[dict-item]
    rows = session.execute(RECORD, values).all()
    return [row[0] for row in rows if row[5]], [GivenUp(*row[:4]) for row in rows if row[4]]


SENT = f"""
    UPDATE delivery SET sent_at = hectis_now(), lease_until = NULL, fault = NULL
    WHERE id = ANY(%(ids)s::bigint[]) AND {WAITING} RETURNING id
""".encode()  # noqa: S608


def sent(direct: Direct, ids: Sequence[int]) -> None:
    """Write down, at once, that these went out: as `record` would, for the attempts that most of all are."""
    direct.rows(SENT, {"ids": array(ids)})


def try_other_way(session: Session, ids: Sequence[int], link_life: timedelta) -> int:
    """A second delivery on the person's next channel, where there is one that was not used; how many."""
    return int(session.execute(OTHER_WAY, {"ids": list(ids), "link_life": link_life}).scalar_one())


def unreached(session: Session, ids: Sequence[int]) -> list[GivenUp]:
    """Those given up whose person has no other delivery of the event that went out or still may."""
    statement = text(
        """
        SELECT d.id, d.case_id, d.office_id, d.role FROM delivery d
        WHERE d.id = ANY(:ids) AND NOT EXISTS (
            SELECT FROM delivery o WHERE o.event_id = d.event_id AND o.staff_id = d.staff_id
                                     AND o.gave_up_at IS NULL AND o.cancelled_at IS NULL)
        ORDER BY d.id
        """
    )
    return [GivenUp(*row) for row in session.execute(statement, {"ids": list(ids)})]
