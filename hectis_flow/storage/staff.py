"""Staff: who they are, which posts they hold, who stands in for them, where they are reached; who is on duty.

Names and addresses are ciphertext here, opened by whoever sends or is asked by a person at a terminal.
`on_duty` is asked for whole batches of posts at once and costs a few statements, however many they are.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import ForeignKey, SmallInteger, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.duty import Away, Deputy, Holder, Person, Post, Roster
from hectis_flow.domain.notification import OnDuty, Way
from hectis_flow.domain.offices import Days
from hectis_flow.storage import database
from hectis_flow.storage.base import Base

HOLDERS = text(
    """
    SELECT p.office_id, p.role, p.staff_id, p.valid_from, p.valid_to
    FROM unnest(CAST(:offices AS bigint[]), CAST(:roles AS text[])) AS asked (office_id, role)
    JOIN staff_post p USING (office_id, role)
    WHERE p.valid_to IS NULL OR p.valid_to > (:now AT TIME ZONE 'Africa/Johannesburg')::date
    ORDER BY p.id
    """
)
# One step of the walk to the deputies: a recursive statement is planned so badly that it costs a hundredfold.
PEOPLE = text(
    """
    SELECT s.id, s.valid_from, s.valid_to,
        ARRAY(SELECT starts_at FROM staff_leave l WHERE l.staff_id = s.id AND ends_at > :now ORDER BY id),
        ARRAY(SELECT ends_at FROM staff_leave l WHERE l.staff_id = s.id AND ends_at > :now ORDER BY id),
        ARRAY(SELECT rank FROM staff_deputy d WHERE d.staff_id = s.id ORDER BY deputy_id),
        ARRAY(SELECT deputy_id FROM staff_deputy d WHERE d.staff_id = s.id ORDER BY deputy_id)
    FROM staff s WHERE s.id = ANY(:ids)
    """
)
REACHED = text(
    """
    SELECT s.id, s.code, c.id, c.channel, c.rank
    FROM staff s LEFT JOIN contact_point c ON c.staff_id = s.id
        AND c.valid_from <= (:now AT TIME ZONE 'Africa/Johannesburg')::date
        AND (c.valid_to IS NULL OR c.valid_to > (:now AT TIME ZONE 'Africa/Johannesburg')::date)
    WHERE s.id = ANY(:ids) ORDER BY s.id, c.rank, c.id
    """
)


class Staff(Base):
    """Somebody who works here: a permanent code, the language of their notices, a name nobody reads here."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    language: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    key_id: Mapped[str]
    person_enc: Mapped[bytes]


class StaffPost(Base):
    """A role that somebody holds at an office, from day to day."""

    __tablename__ = "staff_post"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class StaffDeputy(Base):
    """Who stands in while somebody is away; the lowest rank first."""

    __tablename__ = "staff_deputy"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    rank: Mapped[int] = mapped_column(SmallInteger)


class StaffLeave(Base):
    """When somebody is away, and why as a code."""

    __tablename__ = "staff_leave"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]
    recorded_at: Mapped[datetime]


class ContactPoint(Base):
    """One way to reach somebody; the address is ciphertext, its fingerprint tells two apart."""

    __tablename__ = "contact_point"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    channel: Mapped[str]
    rank: Mapped[int] = mapped_column(SmallInteger)
    address_blind: Mapped[bytes]
    key_id: Mapped[str]
    address_enc: Mapped[bytes]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class RotaGap(Base):
    """A post that nobody answers for, from a moment on, until somebody does."""

    __tablename__ = "rota_gap"

    id: Mapped[int] = mapped_column(primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str]
    starts_at: Mapped[datetime]
    found_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


def roster(session: Session, posts: Collection[Post], at: datetime) -> Roster:
    """The holders of these posts, from a moment on, and everybody who may stand in for them."""
    asked = {"offices": [office for office, _ in posts], "roles": [role for _, role in posts], "now": at}
    holders: dict[Post, tuple[Holder, ...]] = {}
    for office_id, role, staff_id, start, end in session.execute(HOLDERS, asked):
        post = (office_id, role)
        holders[post] = (*holders.get(post, ()), Holder(staff_id, Days(start, end)))
    return Roster(holders, _people(session, {one.staff for held in holders.values() for one in held}, at))


def _people(session: Session, ids: Collection[int], at: datetime) -> dict[int, Person]:
    """These people and everybody whom deputies lead to, a step of the walk at a time; a circle ends it."""
    found: dict[int, Person] = {}
    while ids:
        for staff_id, start, end, away, back, ranks, deputies in session.execute(
            PEOPLE, {"ids": sorted(ids), "now": at}
        ):
            leave, standing_in = tuple(map(Away, away, back)), tuple(map(Deputy, ranks, deputies))
            found[staff_id] = Person(Days(start, end), leave, standing_in)
        ids = {deputy.staff for person in found.values() for deputy in person.deputies} - found.keys()
    return found


def on_duty(session: Session, posts: Collection[Post]) -> dict[Post, tuple[OnDuty, ...]]:
    """Who answers for each post (office id, role) at this moment; () where nobody does.

    Those who hold the post and are not on leave, else their deputies (`domain.duty`).
    """
    asked = set(posts)
    if not asked:
        return {}
    at = database.now(session)
    known = roster(session, asked, at)
    answering = {post: known.answering(post, at) for post in asked}
    reached = _reached(session, {staff for found in answering.values() for staff in found}, at)
    return {post: tuple(reached[staff] for staff in found) for post, found in answering.items()}


def reached(session: Session, staff_id: int) -> OnDuty:
    """One person, and how they are reached now."""
    return _reached(session, [staff_id], database.now(session))[staff_id]


def _reached(session: Session, ids: Collection[int], at: datetime) -> Mapping[int, OnDuty]:
    if not ids:
        return {}
    found: dict[int, OnDuty] = {}
    for staff_id, code, point_id, channel, rank in session.execute(REACHED, {"ids": sorted(ids), "now": at}):
        before = found.get(staff_id, OnDuty(staff_id, code, ()))
        fresh = () if point_id is None else (Way(point_id, channel, rank),)
        found[staff_id] = replace(before, ways=(*before.ways, *fresh))
    return found
