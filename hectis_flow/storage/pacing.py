"""When notices go out that do not go at once: held ones, further ways, bundles; and what is newer in place of what waits.

`services.pacing` calls this, for whole batches. Each due row was reckoned when its notice was planned; here it only comes due.
What a step tells of is looked at again then (`notices.OVER`). It must not decide how long anything waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.reach import FurtherWay
from hectis_flow.storage.base import Base
from hectis_flow.storage.deliveries import WAITING
from hectis_flow.storage.notices import OVER


class FurtherStep(Base):
    """A step of one person's ladder after the first way: due once, if nobody has answered by then."""

    __tablename__ = "further_way"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    step: Mapped[int] = mapped_column(SmallInteger)
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_point.id"))
    channel: Mapped[str]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class Bundle(Base):
    """Notices of one person on one channel that go out as one message. Once released nothing joins it."""

    __tablename__ = "bundle"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    channel: Mapped[str]
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    released_at: Mapped[datetime | None]


class ToldLately(Base):
    """How much one person was told on one channel since a moment: what decides whether there is a bundle."""

    __tablename__ = "told_lately"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    told: Mapped[int] = mapped_column(Integer)


FREE = "(o.lease_until IS NULL OR o.lease_until <= hectis_machine_now())"
UNSENT = "o.sent_at IS NULL AND o.cancelled_at IS NULL AND o.gave_up_at IS NULL"
# What is newer stands for what waits, unless it could say less: a link that only the older one has stays.
REPLACE = text(
    f"""
    WITH newer AS (
        SELECT n.case_id, n.staff_id, n.cause, max(n.event_id) AS event_id,
               bool_or(l.id IS NOT NULL) AS linked
        FROM delivery n LEFT JOIN action_link l ON l.delivery_id = n.id
        WHERE n.id = ANY(:ids) AND n.case_id IS NOT NULL GROUP BY 1, 2, 3
    ), older AS (
        SELECT o.id, {UNSENT} AND {FREE} AND (n.linked OR x.id IS NULL) AS unsent
        FROM newer n JOIN delivery o ON o.case_id = n.case_id AND o.staff_id = n.staff_id AND o.cause = n.cause
        LEFT JOIN action_link x ON x.delivery_id = o.id
        WHERE o.event_id < n.event_id
    ), stepped AS (
        UPDATE further_way w SET cancelled_at = hectis_now() FROM older
        WHERE w.delivery_id = older.id AND w.done_at IS NULL AND w.cancelled_at IS NULL
    )
    UPDATE delivery d SET cancelled_at = hectis_now(), fault = 'replaced', lease_until = NULL
    FROM older WHERE d.id = older.id AND older.unsent AND {WAITING} RETURNING d.id
    """  # noqa: S608  (constants)
)
FURTHER = text(
    """
    INSERT INTO further_way (delivery_id, step, contact_point_id, channel, due_at)
    SELECT d.id, g.step, g.contact_point_id, g.channel, g.due_at
    FROM unnest(CAST(:event_id AS bigint[]), CAST(:staff_id AS bigint[]), CAST(:step AS smallint[]),
                CAST(:contact_point_id AS bigint[]), CAST(:channel AS text[]), CAST(:due_at AS timestamptz[]))
         AS g (event_id, staff_id, step, contact_point_id, channel, due_at)
    JOIN delivery d ON d.event_id = g.event_id AND d.staff_id = g.staff_id
    WHERE d.id = ANY(:ids) AND d.cancelled_at IS NULL ON CONFLICT DO NOTHING
    """
)
# The row of `told_lately` is held until the end of the transaction: of two planners one counts after the other.
GATHER = text(
    f"""
    WITH fresh AS (
        SELECT staff_id, channel, count(*)::int AS told FROM delivery
        WHERE id = ANY(:ids) AND NOT urgent AND held_for IS NULL AND cancelled_at IS NULL
          AND channel = ANY(:channels)
        GROUP BY 1, 2 ORDER BY 1, 2
    ), counted AS (
        INSERT INTO told_lately AS t (staff_id, channel, since, told)
        SELECT staff_id, channel, hectis_now(), told FROM fresh
        ON CONFLICT (staff_id, channel) DO UPDATE SET
            since = CASE WHEN t.since > hectis_now() - CAST(:within AS interval) THEN t.since ELSE excluded.since END,
            told = excluded.told
                + CASE WHEN t.since > hectis_now() - CAST(:within AS interval) THEN t.told ELSE 0 END
        RETURNING staff_id, channel, told
    ), made AS (
        INSERT INTO bundle AS b (staff_id, channel, due_at)
        SELECT c.staff_id, c.channel, g.due_at
        FROM counted c JOIN unnest(CAST(:staff AS bigint[]), CAST(:dues AS timestamptz[])) AS g (staff_id, due_at)
            USING (staff_id)
        WHERE c.told > :over
        ON CONFLICT (staff_id, channel) WHERE released_at IS NULL DO UPDATE SET due_at = b.due_at
        RETURNING id, staff_id, channel, due_at
    )
    UPDATE delivery o
    SET bundle_id = made.id, held_for = 'bundle', held_until = made.due_at, next_attempt_at = 'infinity'
    FROM made
    WHERE o.staff_id = made.staff_id AND o.channel = made.channel AND NOT o.urgent AND o.attempts = 0
      AND o.held_for IS NULL AND o.bundle_id IS NULL AND {UNSENT} AND {FREE}
    """  # noqa: S608  (constants)
)
RELEASE = text(
    f"""
    UPDATE delivery o SET held_for = NULL, next_attempt_at = hectis_machine_now()
    WHERE o.held_for = 'quiet' AND o.held_until <= hectis_now() AND {UNSENT}
    RETURNING o.id, o.staff_id
    """  # noqa: S608
)
CLOSE = text(
    "UPDATE bundle SET released_at = hectis_now() WHERE released_at IS NULL AND due_at <= hectis_now()"
)
# Of a bundle one delivery is sent and stands for the others. Where it came to nothing, the next one takes its place.
CARRY = text(
    f"""
    WITH members AS (
        SELECT o.id, o.bundle_id, o.next_attempt_at FROM delivery o JOIN bundle b ON b.id = o.bundle_id
        WHERE o.bundle_id IS NOT NULL AND {UNSENT} AND b.released_at IS NOT NULL
    ), chosen AS (
        SELECT min(id) AS id FROM members GROUP BY bundle_id HAVING bool_and(next_attempt_at = 'infinity')
    )
    UPDATE delivery o SET next_attempt_at = hectis_machine_now(), held_for = NULL
    FROM chosen WHERE o.id = chosen.id RETURNING o.id
    """  # noqa: S608
)
# An answer is an answer of the whole post: a link of the same event that was used, or a task that somebody has taken up.
ANSWERED = """
    (EXISTS (SELECT FROM delivery q JOIN action_link l ON l.delivery_id = q.id
             WHERE q.event_id = d.event_id AND l.used_at IS NOT NULL)
     OR EXISTS (SELECT FROM task v WHERE v.case_id = d.case_id AND v.done_at IS NULL AND v.claimed_at IS NOT NULL
                AND v.office_id = d.office_id AND v.role = d.role))
"""
FIRE = text(
    f"""
    WITH due AS (
        SELECT id, delivery_id, contact_point_id, channel FROM further_way
        WHERE done_at IS NULL AND cancelled_at IS NULL AND due_at <= hectis_now()
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), judged AS (
        SELECT due.id AS way_id, due.contact_point_id AS point_id, due.channel AS way_channel, d.*,
               d.cancelled_at IS NOT NULL OR p.parked_at IS NOT NULL
                   OR p.valid_to <= (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date
                   OR ({OVER}) OR {ANSWERED} AS over
        FROM due JOIN delivery d ON d.id = due.delivery_id JOIN outbox e ON e.id = d.event_id
        JOIN contact_point p ON p.id = due.contact_point_id
    ), ended AS (
        UPDATE further_way w SET done_at = CASE WHEN NOT coalesce(j.over, false) THEN hectis_now() END,
                                 cancelled_at = CASE WHEN j.over THEN hectis_now() END
        FROM judged j WHERE w.id = j.way_id
    ), fresh AS (
        INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, level, channel,
                              contact_point_id, wanted_by, urgent, cause)
        SELECT event_id, case_id, kind, staff_id, office_id, role, level, way_channel, point_id, wanted_by, urgent, cause
        FROM judged WHERE NOT coalesce(over, false) ON CONFLICT DO NOTHING RETURNING id, event_id, staff_id
    ), linked AS (
        INSERT INTO action_link (delivery_id, case_id, staff_id, office_id, role, purpose, expires_at)
        SELECT f.id, l.case_id, l.staff_id, l.office_id, l.role, l.purpose,
               hectis_machine_now() + CAST(:link_life AS interval)
        FROM fresh f JOIN judged j USING (event_id, staff_id) JOIN action_link l ON l.delivery_id = j.id
    )
    SELECT id, staff_id FROM fresh
    """  # noqa: S608  (constants)
)


def replace(session: Session, ids: Sequence[int]) -> list[int]:
    """Let these deliveries stand for older ones of their case, person and cause that were not sent; ids of those."""
    return sorted(session.scalars(REPLACE, {"ids": list(ids)}))


def further(session: Session, ids: Sequence[int], ways: Sequence[FurtherWay]) -> None:
    """The further ways of those of these deliveries that still stand."""
    if ways and ids:
        names = ("event_id", "staff_id", "step", "contact_point_id", "channel", "due_at")
        columns = map(list, zip(*map(astuple, ways), strict=True))
        session.execute(FURTHER, {**dict(zip(names, columns, strict=True)), "ids": list(ids)})


def gather(
    session: Session,
    ids: Sequence[int],
    dues: Mapping[int, datetime],
    channels: Sequence[str],
    over: int,
    within: timedelta,
) -> None:
    """Count these deliveries, and bundle what waits for whoever is told more than `over` within a time.

    `dues` says by person when a bundle that begins now goes out.
    """
    if not ids:
        return
    values = {"ids": list(ids), "channels": list(channels), "over": over, "within": within}
    session.execute(GATHER, {**values, "staff": list(dues), "dues": list(dues.values())})


def release(session: Session) -> list[tuple[int, int]]:
    """Let what was held over quiet hours that are over be due now; ids with their people."""
    return [(row.id, row.staff_id) for row in session.execute(RELEASE)]


def close_bundles(session: Session) -> None:
    """Let nothing more join the bundles that are due, and send each by one of its deliveries."""
    session.execute(CLOSE)
    session.execute(CARRY)


def fire(session: Session, limit: int, link_life: timedelta) -> list[tuple[int, int]]:
    """Take the further ways that are due, oldest first; the ids of the deliveries they make, with their people."""
    found = session.execute(FIRE, {"limit": limit, "link_life": link_life})
    return [(row.id, row.staff_id) for row in found]
