"""Offices: the facilities and stations that own a case's next step, and how senders name them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base


class Office(Base):
    """One office of one agency; `code` is permanent, the dates say when it exists."""

    __tablename__ = "office"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    sub_district: Mapped[str | None]
    town: Mapped[str | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class OfficeAlias(Base):
    """How a message may name an office (MSH-4, a station code), folded by `alias_key`."""

    __tablename__ = "office_alias"

    kind: Mapped[str] = mapped_column(primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))


class Place(NamedTuple):
    """An office's code and where it stands: its town's or precinct's centre, not surveyed."""

    code: str
    latitude: float | None
    longitude: float | None


def alias_key(name: str) -> str:
    """Fold a sender's word for an office: letters and digits only, upper case."""
    return "".join(character for character in name.upper() if character.isalnum())


def upsert(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert or update offices by code; gives how many rows were new or changed."""
    statement = insert(Office)
    columns = ("kind", "name", "sub_district", "town", "latitude", "longitude")
    fresh = {name: getattr(statement.excluded, name) for name in columns}
    differs = [getattr(Office, name).is_distinct_from(value) for name, value in fresh.items()]
    changed = differs[0]
    for one in differs[1:]:
        changed = changed | one
    statement = statement.on_conflict_do_update(index_elements=["code"], set_=fresh, where=changed)
    ids = session.execute(statement.values(list(rows)).returning(Office.id)).all()
    return len(ids)


def add_aliases(session: Session, kind: str) -> None:
    """Let every office of a kind be named by its code and its name; a word two share names neither."""
    rows = session.execute(select(Office.id, Office.code, Office.name).where(Office.kind == kind)).all()
    words: dict[str, set[int]] = {}
    for office_id, code, name in rows:
        for word in {alias_key(code), alias_key(name)}:
            words.setdefault(word, set()).add(office_id)
    shared = [word for word, ids in words.items() if len(ids) > 1]
    session.execute(delete(OfficeAlias).where(OfficeAlias.kind == kind, OfficeAlias.alias.in_(shared)))
    values = [
        {"kind": kind, "alias": word, "office_id": next(iter(ids))}
        for word, ids in sorted(words.items())
        if len(ids) == 1
    ]
    if values:
        statement = insert(OfficeAlias).values(values)
        fresh = {"office_id": statement.excluded.office_id}  # a name may move to another office
        session.execute(statement.on_conflict_do_update(index_elements=["kind", "alias"], set_=fresh))


def by_alias(session: Session, kind: str) -> dict[str, int]:
    """All words for offices of one kind, folded, with the office each names."""
    query = select(OfficeAlias.alias, OfficeAlias.office_id).where(OfficeAlias.kind == kind)
    return dict(session.execute(query).all())


def id_of(session: Session, code: str) -> int | None:
    """The office with this code, if there is one."""
    return session.scalar(select(Office.id).where(Office.code == code))


def places(session: Session, kind: str) -> dict[int, Place]:
    """Code and place of every office of a kind."""
    query = select(Office.id, Office.code, Office.latitude, Office.longitude).where(Office.kind == kind)
    return {row[0]: Place(*row[1:]) for row in session.execute(query)}


def also_named(session: Session, kind: str, rows: Sequence[Mapping[str, str]]) -> int:
    """Further words (`alias`) for offices (`code`); an office's own name is never overruled. How many are new."""
    codes = dict(session.execute(select(Office.code, Office.id).where(Office.kind == kind)).all())
    values = [
        {"kind": kind, "alias": alias_key(row["alias"]), "office_id": codes[row["code"]]}
        for row in rows
        if row["code"] in codes
    ]
    if not values:
        return 0
    statement = insert(OfficeAlias).values(values).on_conflict_do_nothing().returning(OfficeAlias.alias)
    return len(session.execute(statement).all())
