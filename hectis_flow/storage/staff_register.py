"""The staff register for those who keep it: rows to read and change, in the caller's transaction.

`services.staff` calls it. What was true is not overwritten: a post or an address ends on a day.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hectis_flow.storage.staff import ContactPoint, Staff, StaffDeputy, StaffLeave, StaffPost

T = TypeVar("T", StaffPost, ContactPoint, StaffDeputy)


@dataclass(slots=True)
class Book:
    """Everything on record of some people; posts, contacts and deputies by the id of the person; who has an account."""

    staff: dict[str, Staff]
    posts: dict[int, list[StaffPost]] = field(default_factory=dict)
    contacts: dict[int, list[ContactPoint]] = field(default_factory=dict)
    deputies: dict[int, list[StaffDeputy]] = field(default_factory=dict)
    enrolled: frozenset[int] = frozenset()


def hold(session: Session) -> None:
    """Let nobody else write the register until this transaction ends; reading goes on."""
    session.execute(text("LOCK TABLE staff IN SHARE ROW EXCLUSIVE MODE"))


def put_language(session: Session, staff_id: int, language: str) -> bool:
    """Note which language somebody reads; False when it stood so already."""
    statement = text(
        "UPDATE staff SET language = :language WHERE id = :id AND language <> :language RETURNING id"
    )
    return session.scalar(statement, {"id": staff_id, "language": language}) is not None


def ids_by_code(session: Session) -> dict[str, int]:
    """The id of everybody on the staff, past and present."""
    return dict(session.execute(select(Staff.code, Staff.id)).all())


def id_of(session: Session, code: str) -> int | None:
    """The id of one of them, past or present."""
    return session.scalar(select(Staff.id).where(Staff.code == code))


def book(session: Session, codes: Collection[str]) -> Book:
    """What is on record of these people."""
    staff = {one.code: one for one in session.scalars(select(Staff).where(Staff.code.in_(codes)))}
    ids = [one.id for one in staff.values()]
    return Book(
        staff,
        _by_person(session.scalars(select(StaffPost).where(StaffPost.staff_id.in_(ids)))),
        _by_person(session.scalars(select(ContactPoint).where(ContactPoint.staff_id.in_(ids)))),
        _by_person(session.scalars(select(StaffDeputy).where(StaffDeputy.staff_id.in_(ids)))),
        frozenset(
            session.scalars(text("SELECT staff_id FROM credential WHERE staff_id = ANY(:ids)"), {"ids": ids})
        ),
    )


def _by_person(rows: Iterable[T]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    for row in rows:
        found.setdefault(row.staff_id, []).append(row)
    return found


def add(session: Session, rows: Collection[Any]) -> None:
    """Write new rows at once, so that they have their ids."""
    session.add_all(rows)
    session.flush()


def end(session: Session, row: StaffPost | ContactPoint, today: date) -> None:
    """Let it end today; what was to begin today or later is taken back, for it never held a whole day."""
    if row.valid_from < today:
        row.valid_to = today
    else:
        session.delete(row)


def at_office(session: Session, office_id: int) -> list[tuple[StaffPost, Staff]]:
    """The posts of an office that have not ended, with who holds them."""
    today = text("(hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date")
    query = (
        select(StaffPost, Staff)
        .join(Staff, Staff.id == StaffPost.staff_id)
        .where(StaffPost.office_id == office_id, StaffPost.valid_to.is_(None) | (StaffPost.valid_to > today))
        .order_by(StaffPost.role, Staff.code)
    )
    return [(post, staff) for post, staff in session.execute(query)]


def put_leave(session: Session, staff_id: int, start: datetime, until: datetime, reason: str) -> bool:
    """Note leave; what begins at the same moment is brought to this end. False when it stood so already."""
    statement = insert(StaffLeave).values(staff_id=staff_id, starts_at=start, ends_at=until, reason=reason)
    fresh = {"ends_at": until, "reason": reason}
    differs = (StaffLeave.ends_at != until) | (StaffLeave.reason != reason)
    statement = statement.on_conflict_do_update(
        index_elements=["staff_id", "starts_at"], set_=fresh, where=differs
    )
    return session.execute(statement.returning(StaffLeave.id)).first() is not None


def put_deputy(session: Session, staff_id: int, deputy_id: int, rank: int) -> bool:
    """Let somebody stand in, or change their rank. False when it stood so already."""
    statement = insert(StaffDeputy).values(staff_id=staff_id, deputy_id=deputy_id, rank=rank)
    statement = statement.on_conflict_do_update(
        index_elements=["staff_id", "deputy_id"], set_={"rank": rank}, where=StaffDeputy.rank != rank
    )
    return session.execute(statement.returning(StaffDeputy.rank)).first() is not None


def remove_deputy(session: Session, staff_id: int, deputy_id: int) -> bool:
    """Let somebody not stand in any more; False when they did not."""
    found = session.get(StaffDeputy, (staff_id, deputy_id))
    if found is not None:
        session.delete(found)
    return found is not None
