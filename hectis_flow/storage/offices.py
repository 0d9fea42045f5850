"""Offices: who owns a case's next step, how senders name them, and which office stands above which.

Services call this. A trigger raises `reference_version` with every statement that touches offices or
the tree, so nothing is written here that does not differ.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement, array
from hectis_flow.storage.threads import ThreadConnections

# The office that owns what no facility can be found for, so that every case has an owner.
FALLBACK_OFFICE = "wc-health-data"


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


class OfficeParent(Base):
    """Which office stands above which, for which days; a change closes the row and opens another."""

    __tablename__ = "office_parent"

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]


class ReferenceVersion(Base):
    """Rises with every change of offices or tree; the only row is the migration's."""

    __tablename__ = "reference_version"

    only_row: Mapped[bool] = mapped_column(primary_key=True)
    version: Mapped[int]


class Place(NamedTuple):
    """An office's code and where it stands: its town's or precinct's centre, not surveyed."""

    code: str
    latitude: float | None
    longitude: float | None


def alias_key(name: str) -> str:
    """Fold a sender's word for an office: letters and digits only, upper case."""
    return "".join(character for character in name.upper() if character.isalnum())


COLUMNS = ("kind", "name", "sub_district", "town", "latitude", "longitude", "valid_from", "valid_to")


def upsert(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert or update offices by code; gives how many rows were new or changed.

    What a row does not mention stays as it is.
    """
    stored = {row.code: row for row in session.execute(select(Office.__table__))}
    changed = [row for row in rows if _differs(stored.get(row["code"]), row)]
    for row in changed:
        given = {name: row[name] for name in COLUMNS if name in row}
        statement = insert(Office).values(code=row["code"], **given)
        session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=given))
    return len(changed)


def _differs(stored: Any, row: Mapping[str, Any]) -> bool:
    return stored is None or any(getattr(stored, name) != row[name] for name in COLUMNS if name in row)


OF_KIND = Statement("SELECT id FROM office WHERE code = :code AND kind = :kind")


def of_kind(session: Session, code: str, kind: str) -> int | None:
    """The office of this code, if it is one of this kind."""
    row = OF_KIND.run(session, {"code": code, "kind": kind}).first()
    return None if row is None else int(row[0])


def codes(session: Session) -> dict[str, tuple[int, str]]:
    """Id and kind of every office, by code."""
    query = select(Office.code, Office.id, Office.kind)
    return {code: (office_id, kind) for code, office_id, kind in session.execute(query)}


def names(reads: ThreadConnections, these: Collection[str]) -> dict[str, str]:
    """The names of offices, by code."""
    found = reads.rows(b"SELECT code, name FROM office WHERE code = ANY($1)", [array(sorted(these))])
    return {code or "": name or "" for code, name in found}


def like(session: Session, part: str, kinds: Collection[str], limit: int) -> list[tuple[str, str, str]]:
    """Code, kind and name of offices of these kinds that have this in their name or their code, by name."""
    query = select(Office.code, Office.kind, Office.name).where(
        Office.kind.in_(kinds),
        Office.name.icontains(part, autoescape=True) | Office.code.icontains(part, autoescape=True),
    )
    found = session.execute(query.order_by(Office.name, Office.id).limit(limit))
    return [(row.code, row.kind, row.name) for row in found]


def nodes(session: Session) -> list[Any]:
    """Id, code, kind, valid_from and valid_to of every office."""
    query = select(Office.id, Office.code, Office.kind, Office.valid_from, Office.valid_to)
    return list(session.execute(query.order_by(Office.id)))


def parents(session: Session) -> list[Any]:
    """office_id, parent_id, valid_from and valid_to of the whole tree, oldest first."""
    columns = (
        OfficeParent.office_id,
        OfficeParent.parent_id,
        OfficeParent.valid_from,
        OfficeParent.valid_to,
    )
    return list(session.execute(select(*columns).order_by(OfficeParent.office_id, OfficeParent.valid_from)))


def close_parent(session: Session, office_id: int, since: date, end: date) -> None:
    """Let the office above, which has stood there since a day, stand there until this one."""
    statement = text(
        "UPDATE office_parent SET valid_to = :end WHERE office_id = :office_id AND valid_from = :since"
    )
    session.execute(statement, {"office_id": office_id, "since": since, "end": end})


def add_parent(session: Session, office_id: int, parent_id: int, start: date, end: date | None) -> None:
    """Let this office stand above the other for these days."""
    session.add(OfficeParent(office_id=office_id, parent_id=parent_id, valid_from=start, valid_to=end))
    session.flush()


def hold_tree(session: Session) -> None:
    """Let nobody else change offices or the tree until this transaction ends."""
    session.execute(text("SELECT version FROM reference_version FOR UPDATE"))


def version(session: Session) -> int:
    """The number that rises whenever offices or the tree change."""
    return session.execute(select(ReferenceVersion.version)).scalar_one()


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


ALIASES = Statement("SELECT alias, office_id FROM office_alias WHERE kind = :kind")


def by_alias(session: Session, kind: str) -> dict[str, int]:
    """All words for offices of one kind, folded, with the office each names."""
    return dict(ALIASES.run(session, {"kind": kind}))


NAMED = Statement("SELECT office_id FROM office_alias WHERE kind = :kind AND alias = :alias")


def named(session: Session, kind: str, word: str) -> int | None:
    """The office of one kind that a word stands for, however it is written; None where nobody knows it."""
    row = NAMED.run(session, {"kind": kind, "alias": alias_key(word)}).first()
    return row[0] if row else None


ID_OF = Statement("SELECT id FROM office WHERE code = :code")


def id_of(session: Session, code: str) -> int | None:
    """The office with this code, if there is one."""
    row = ID_OF.run(session, {"code": code}).first()
    return row[0] if row else None


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


def ids_of_kind(session: Session, kind: str) -> list[int]:
    """Every office of a kind, the first one first."""
    return list(session.scalars(select(Office.id).where(Office.kind == kind).order_by(Office.id)))
