"""The ways to a person as those keep them who look after the register: order, waits, quiet hours, and what is parked.

`services.parking` and `services.ways` call this. Addresses are not read here. Each change leaves a row that stays.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.database import DAY


class ContactChange(Base):
    """One change of a way to somebody: parked, unparked, or put in another order; by whom. Never changed."""

    __tablename__ = "contact_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_point.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    what: Mapped[str]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class Parked(NamedTuple):
    """An address that takes nothing more: whose, and for which post the notice was that came back."""

    contact_point_id: int
    staff_id: int
    office_id: int
    role: str


class WayRow(NamedTuple):
    """A way to somebody, without its address."""

    channel: str
    rank: int
    wait_minutes: int | None
    parked_at: datetime | None
    parked_reason: str | None


# A server that refuses everybody is no reason to park everybody: after so many within a while a person looks first.
MOST: int = 20
PARK = text(
    f"""
    WITH gone AS (
        SELECT DISTINCT ON (p.id) p.id, p.staff_id, d.office_id, d.role, r.reason
        FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS r (id, reason)
        JOIN delivery d ON d.id = r.id JOIN contact_point p ON p.id = d.contact_point_id
        WHERE p.parked_at IS NULL ORDER BY p.id, d.id
    ), allowed AS (
        SELECT * FROM gone ORDER BY id LIMIT greatest(0, {MOST} - (
            SELECT count(*) FROM contact_change
            WHERE what = 'parked' AND at > hectis_now() - interval '15 minutes'))
    ), parked AS (
        UPDATE contact_point p SET parked_at = hectis_now(), parked_reason = a.reason
        FROM allowed a WHERE p.id = a.id AND p.parked_at IS NULL
        RETURNING p.id, p.staff_id, a.office_id, a.role, a.reason
    ), noted AS (
        INSERT INTO contact_change (contact_point_id, staff_id, what, reason, by)
        SELECT id, staff_id, 'parked', reason, 'rule:channels' FROM parked
    )
    SELECT id, staff_id, office_id, role FROM parked ORDER BY id
    """  # noqa: S608  (a number)
)
UNPARK = text(
    f"""
    WITH freed AS (
        UPDATE contact_point SET parked_at = NULL, parked_reason = NULL
        WHERE staff_id = :staff_id AND channel = :channel AND parked_at IS NOT NULL
          AND (valid_to IS NULL OR valid_to > {DAY})
        RETURNING id, staff_id
    ), noted AS (
        INSERT INTO contact_change (contact_point_id, staff_id, what, by)
        SELECT id, staff_id, 'unparked', :by FROM freed
    ), done AS (
        UPDATE task t SET done_at = hectis_now(), done_by = :by FROM freed
        WHERE t.kind = :task AND t.subject_id = freed.id AND t.case_id IS NULL AND t.done_at IS NULL
    )
    SELECT count(*) FROM freed
    """  # noqa: S608  (a constant)
)
ORDER = text(
    f"""
    WITH given AS (
        SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:waits AS integer[])) WITH ORDINALITY AS g (channel, wait, rank)
    ), ordered AS (
        UPDATE contact_point p SET rank = g.rank, wait_minutes = g.wait FROM given g
        WHERE p.staff_id = :staff_id AND p.channel = g.channel AND (p.valid_to IS NULL OR p.valid_to > {DAY})
          AND (p.rank, p.wait_minutes) IS DISTINCT FROM (g.rank, g.wait)
        RETURNING p.id, p.staff_id
    ), noted AS (
        INSERT INTO contact_change (contact_point_id, staff_id, what, by)
        SELECT id, staff_id, 'ordered', :by FROM ordered
    )
    SELECT count(*) FROM ordered
    """  # noqa: S608
)
WAYS = text(
    f"""
    SELECT channel, rank, wait_minutes, parked_at, parked_reason FROM contact_point
    WHERE staff_id = :staff_id AND valid_from <= {DAY} AND (valid_to IS NULL OR valid_to > {DAY})
    ORDER BY rank, id
    """  # noqa: S608
)
TASKS = text(
    """
    INSERT INTO task (kind, subject_id, office_id, role, due_at)
    SELECT :kind, g.subject_id, g.office_id, g.role, :due_at
    FROM unnest(CAST(:subjects AS bigint[]), CAST(:offices AS bigint[]), CAST(:roles AS text[]))
         AS g (subject_id, office_id, role)
    ON CONFLICT DO NOTHING RETURNING id, subject_id
    """
)
QUIET = text(
    """
    UPDATE staff SET quiet_from = :start, quiet_to = :end
    WHERE id = :id AND (quiet_from, quiet_to) IS DISTINCT FROM (CAST(:start AS time), CAST(:end AS time)) RETURNING id
    """
)


def disturb_always(session: Session, codes: Sequence[str]) -> int:
    """No quiet hours for those of these people who have none of their own; how many were given none."""
    statement = text(
        """
        UPDATE staff SET quiet_from = '00:00', quiet_to = '00:00'
        WHERE code = ANY(:codes) AND quiet_from IS NULL RETURNING id
        """
    )
    return len(session.execute(statement, {"codes": list(codes)}).all())


def park(session: Session, ids: Sequence[int], reasons: Sequence[str]) -> list[Parked]:
    """Park the addresses of these deliveries, each for its reason; those that were not parked before."""
    return [Parked(*row) for row in session.execute(PARK, {"ids": list(ids), "reasons": list(reasons)})]


def unpark(session: Session, staff_id: int, channel: str, task: str, by: str) -> int:
    """Use somebody's addresses of a channel again, and end the tasks of this kind about them; how many."""
    values = {"staff_id": staff_id, "channel": channel, "task": task, "by": by}
    return int(session.execute(UNPARK, values).scalar_one())


def order(
    session: Session, staff_id: int, channels: Sequence[str], waits: Sequence[int | None], by: str
) -> int:
    """Put somebody's channels in this order, each with the minutes that the one before it is given; how many changed."""
    values = {"staff_id": staff_id, "channels": list(channels), "waits": list(waits), "by": by}
    return int(session.execute(ORDER, values).scalar_one())


def ways(session: Session, staff_id: int) -> list[WayRow]:
    """Somebody's ways that are in use today, parked ones too, in their order."""
    return [WayRow(*row) for row in session.execute(WAYS, {"staff_id": staff_id})]


def quiet(session: Session, staff_id: int) -> tuple[time, time] | None:
    """Somebody's own quiet hours; None where the policy's hold."""
    query = text("SELECT quiet_from, quiet_to FROM staff WHERE id = :id")
    start, end = session.execute(query, {"id": staff_id}).one()
    return None if start is None else (start, end)


def open_tasks(
    session: Session, kind: str, rows: Sequence[tuple[int, int, str]], due_at: datetime
) -> dict[int, int]:
    """Tasks about these subjects, each at an office for a role; by subject the ids of those that are new."""
    if not rows:
        return {}
    subjects, offices, roles = (list(column) for column in zip(*rows, strict=True))
    values: dict[str, Any] = {"kind": kind, "subjects": subjects, "offices": offices, "roles": roles}
    return {row.subject_id: row.id for row in session.execute(TASKS, {**values, "due_at": due_at})}


def events_of(session: Session, event: str, subjects: Sequence[int]) -> dict[int, int]:
    """The events of this name about these subjects, by subject."""
    query = text("SELECT subject_id, id FROM outbox WHERE event = :event AND subject_id = ANY(:ids)")
    return {row.subject_id: row.id for row in session.execute(query, {"event": event, "ids": list(subjects)})}


def deputies(session: Session, staff_ids: Sequence[int]) -> dict[int, int]:
    """Of each of these people the first deputy, where they have one."""
    query = text(
        """
        SELECT DISTINCT ON (staff_id) staff_id, deputy_id FROM staff_deputy
        WHERE staff_id = ANY(:ids) ORDER BY staff_id, rank, deputy_id
        """
    )
    return {row.staff_id: row.deputy_id for row in session.execute(query, {"ids": list(staff_ids)})}


def keep_quiet(session: Session, staff_id: int, start: time | None, end: time | None) -> bool:
    """Give somebody quiet hours of their own, or (None) those of the policy again; False when they had them."""
    return session.execute(QUIET, {"id": staff_id, "start": start, "end": end}).first() is not None
