"""Loads the reference tables: offices, the tree they stand in, how senders name them; nothing about persons.

`hectis reference load` calls the loaders, whoever must find an office above another one calls `tree`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from hectis_flow.domain import office_changes
from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.office_changes import HistoryStands, Said
from hectis_flow.domain.offices import Days, Line, Link, Node, OfficeTree, faults
from hectis_flow.services.house import House
from hectis_flow.storage import offices
from hectis_flow.storage.database import today

FALLBACK_OFFICE = offices.FALLBACK_OFFICE

# The newest tree of each database this process works with, and the version it was read at.
_TREES: WeakKeyDictionary[Any, tuple[int, OfficeTree]] = WeakKeyDictionary()


class TreeRefused(HectisError):
    """Some lines of a table of the tree cannot be: `lines` has a sentence by the place of each."""

    code = "tree_refused"

    def __init__(self, lines: Mapping[int, str]) -> None:
        super().__init__("; ".join(lines.values()))
        self.lines = dict(lines)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many offices and lines of the tree were new or changed."""

    offices: int
    tree: int


Rows = Sequence[Mapping[str, Any]]


def load(house: House, offices_: Rows, tree_: Rows, spellings: Rows = ()) -> Loaded:
    """Bring offices, tree and spellings to what the rows say, all or nothing. Raises `TreeRefused`."""
    with house.transaction() as session:
        offices.hold_tree(session)
        changed = _load_offices(session, offices_)
        offices.also_named(session, "station", spellings)
        return Loaded(changed, _load_tree(session, tree_))


def names(house: House, these: Collection[str]) -> dict[str, str]:
    """The names of these offices, by code; what is no office has none."""
    return offices.names(house.reads, these) if these else {}


def like(house: House, part: str, kinds: Collection[str], limit: int) -> list[tuple[str, str, str]]:
    """Code, kind and name of offices of these kinds that have this in their name or their code."""
    with house.transaction() as session:
        return offices.like(session, part, kinds, limit)


def load_offices(house: House, rows: Rows) -> int:
    """Bring the offices to what the rows say; gives how many were new or changed."""
    with house.transaction() as session:
        return _load_offices(session, rows)


def load_spellings(house: House, rows: Rows) -> int:
    """Let stations be named by further spellings (`alias`, `code`); gives how many are new."""
    with house.transaction() as session:
        return offices.also_named(session, "station", rows)


def load_tree(house: House, rows: Rows) -> int:
    """Bring the tree to what the rows say (code, parent, valid_from, valid_to); gives how many changed.

    A changed office above closes the line before it at a day. Raises `TreeRefused` and writes nothing when
    a line cannot be; offices that no row names stay where they are.
    """
    with house.transaction() as session:
        offices.hold_tree(session)
        return _load_tree(session, rows)


def _load_offices(session: Session, rows: Rows) -> int:
    changed = offices.upsert(session, rows)
    for kind in ("facility", "station"):
        offices.add_aliases(session, kind)
    return changed


def _load_tree(session: Session, rows: Rows) -> int:
    known = offices.codes(session)
    lines = [Line(row["code"], row["parent"], _days(row)) for row in rows]
    wrong = faults({code: kind for code, (_, kind) in known.items()}, lines)
    if wrong:
        raise TreeRefused(wrong)
    return _write(session, {code: office_id for code, (office_id, _) in known.items()}, rows)


def _days(row: Mapping[str, Any]) -> Days:
    return Days(row["valid_from"], row["valid_to"]) if row["valid_from"] else Days(end=row["valid_to"])


def _write(session: Session, ids: Mapping[str, int], rows: Rows) -> int:
    standing, day = _links(session), today(session)
    said: dict[int, dict[int, Said]] = {}
    for place, row in enumerate(rows):
        line = Said(ids[row["parent"]], row["valid_from"], row["valid_to"])
        said.setdefault(ids[row["code"]], {})[place] = line
    changed, wrong = 0, {}
    for office_id, lines in said.items():
        try:
            changes = office_changes.plan(standing.get(office_id, ()), list(lines.values()), day)
        except HistoryStands as fault:
            wrong[max(lines)] = fault.message
            continue
        changed += bool(changes)
        for change in changes:
            if change.close is not None:
                offices.close_parent(session, office_id, change.since, change.close)
            elif change.add is not None:
                offices.add_parent(session, office_id, change.add.parent, *change.add.days)
    if wrong:
        raise TreeRefused(wrong)  # which takes back what this transaction wrote
    return changed


def tree(house: House, session: Session, version: int | None = None) -> OfficeTree:
    """The office tree as it stands, kept until it changes; not for transactions that change it themselves.

    `version` spares a question to whoever has just read it.
    """
    version = offices.version(session) if version is None else version
    held = _TREES.get(house.sessions)
    if held is None or held[0] != version:
        nodes = {
            row.id: Node(row.code, row.kind, Days(row.valid_from, row.valid_to))
            for row in offices.nodes(session)
        }
        held = (version, OfficeTree(nodes, _links(session)))
        _TREES[house.sessions] = held
    return held[1]


def kinds(house: House) -> dict[str, str]:
    """The kind of every office there is, by code."""
    with house.transaction() as session:
        return {code: kind for code, (_, kind) in offices.codes(session).items()}


def _links(session: Session) -> dict[int, tuple[Link, ...]]:
    links: dict[int, tuple[Link, ...]] = {}
    for office_id, parent_id, start, end in offices.parents(session):
        links[office_id] = (*links.get(office_id, ()), Link(parent_id, Days(start, end)))
    return links


def facilities(house: House, session: Session) -> dict[str, int]:
    """Every word that names a facility, folded: the offices' own, and what each sender is known to write."""
    words = offices.by_alias(session, "facility")
    for sender in house.senders:
        for said, code in sender.facilities.items():
            office_id = words.get(offices.alias_key(code))
            if office_id is not None:
                words[offices.alias_key(said)] = office_id
    return words
