"""What came of an attempt to deliver a notice: written down, and what follows from it.

`services.notification` calls this with what the channels said; `deliveries` begins the attempts. Most went out, and
are written down past the session. It must not decide how long is waited or who is asked to call.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.deliveries import WAITING
from hectis_flow.storage.direct import Direct
from hectis_flow.storage.driver import array

#: Attempts after which the person's next channel is tried beside this one.
FAILOVER_AFTER = 2


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


# `left` was no attempt. The wait triples with each failure, never shorter than the other side asked for, and
# is spread by a fifth so that a server which comes back is not met by everything at once.
RECORD = text(
    f"""
    UPDATE delivery d
    SET sent_at = CASE WHEN r.code = 'sent' THEN hectis_now() END,
        cancelled_at = CASE WHEN r.code = 'cancelled' THEN hectis_now() END,
        gave_up_at = CASE WHEN r.code IN ('never', 'gone') OR r.code IN ('later', 'refused') AND d.attempts >= :most
                          THEN hectis_now() END,
        attempts = d.attempts - (r.code = 'left')::int,
        next_attempt_at = hectis_machine_now() + make_interval(secs => CASE r.code WHEN 'left' THEN 0 ELSE
            greatest(r.wait, least(:longest, :base * power(3, d.attempts - 1)) * (0.8 + 0.4 * random())) END),
        lease_until = NULL, fault = nullif(r.fault, '')
    FROM unnest(CAST(:ids AS bigint[]), CAST(:codes AS text[]), CAST(:faults AS text[]),
                CAST(:waits AS float8[])) AS r (id, code, fault, wait)
    WHERE d.id = r.id AND {WAITING}
    RETURNING d.id, d.case_id, d.office_id, d.role, d.gave_up_at IS NOT NULL,
              r.code IN ('refused', 'never', 'gone') OR r.code = 'later' AND d.attempts >= {FAILOVER_AFTER}
    """  # noqa: S608  (two constants)
)
OTHER_WAY = text(
    """
    WITH failed AS (
        SELECT DISTINCT ON (d.event_id, d.staff_id) d.*, p.id AS other_point, p.channel AS other_channel
        FROM delivery d
        JOIN contact_point p ON p.staff_id = d.staff_id AND p.valid_to IS NULL AND p.parked_at IS NULL
             AND p.channel = ANY(:offered)
        WHERE d.id = ANY(:ids) AND NOT EXISTS (
            SELECT FROM delivery o WHERE o.event_id = d.event_id AND o.staff_id = d.staff_id
                                     AND o.channel = p.channel)
        ORDER BY d.event_id, d.staff_id, p.rank, p.id
    ), fresh AS (
        INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, level, channel,
                              contact_point_id, wanted_by, urgent, cause)
        SELECT event_id, case_id, kind, staff_id, office_id, role, level, other_channel, other_point, wanted_by,
               urgent, cause
        FROM failed ON CONFLICT DO NOTHING RETURNING id, event_id, staff_id
    ), linked AS (
        INSERT INTO action_link (delivery_id, case_id, staff_id, office_id, role, purpose, expires_at)
        SELECT fresh.id, l.case_id, l.staff_id, l.office_id, l.role, l.purpose,
               hectis_machine_now() + CAST(:link_life AS interval)
        FROM fresh JOIN failed USING (event_id, staff_id) JOIN action_link l ON l.delivery_id = failed.id
    )
    SELECT id, staff_id FROM fresh
    """
)
# What is told of a bundle is told of all its members that stood in the message.
FOLLOW = text(
    """
    UPDATE delivery f SET sent_at = c.sent_at, gave_up_at = c.gave_up_at, fault = c.fault, attempts = c.attempts,
                          held_for = NULL, lease_until = NULL
    FROM delivery c
    WHERE c.id = ANY(:ids) AND f.bundle_id = c.bundle_id AND f.id <> c.id AND f.sent_at IS NULL
      AND f.cancelled_at IS NULL AND f.gave_up_at IS NULL AND num_nonnulls(c.sent_at, c.gave_up_at) = 1
    RETURNING f.id, f.case_id, f.office_id, f.role, f.gave_up_at IS NOT NULL
    """
)
SENT = f"""
    UPDATE delivery SET sent_at = hectis_now(), lease_until = NULL, fault = NULL
    WHERE id = ANY(%(ids)s::bigint[]) AND {WAITING} RETURNING id
""".encode()  # noqa: S608  (a constant)


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


def sent(direct: Direct, ids: Sequence[int]) -> None:
    """Write down, at once, that these went out: as `record` would, for the attempts that most of all are."""
    direct.rows(SENT, {"ids": array(ids)})


def try_other_way(
    session: Session, ids: Sequence[int], link_life: timedelta, offered: Sequence[str]
) -> list[tuple[int, int]]:
    """A second delivery on the person's next channel of those offered, where it was not used; ids with their people."""
    values = {"ids": list(ids), "link_life": link_life, "offered": list(offered)}
    found = session.execute(OTHER_WAY, values)
    return [(row.id, row.staff_id) for row in found]


def follow(session: Session, ids: Sequence[int]) -> list[GivenUp]:
    """Let the rest of a bundle end as the delivery did that carried it; those that were given up."""
    rows = session.execute(FOLLOW, {"ids": list(ids)}).all()
    return [GivenUp(*row[:4]) for row in rows if row[4]]


def unreached(session: Session, ids: Sequence[int]) -> list[GivenUp]:
    """Those given up whose person has no other delivery of the event that went out or still may."""
    statement = text(
        """
        SELECT d.id, d.case_id, d.office_id, d.role FROM delivery d
        WHERE d.id = ANY(:ids) AND NOT EXISTS (
            SELECT FROM delivery o WHERE o.event_id = d.event_id AND o.staff_id = d.staff_id
                                     AND num_nonnulls(o.gave_up_at, o.cancelled_at, o.bounced_at) = 0)
        ORDER BY d.id
        """
    )
    return [GivenUp(*row) for row in session.execute(statement, {"ids": list(ids)})]
