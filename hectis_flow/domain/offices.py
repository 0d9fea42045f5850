"""The office tree: which office stands above which on a day, and where a step of a ladder is told.

`services.reference` builds a tree from the database and checks files with `faults`; escalation and the
rota climb it. Pure: the day comes in as an argument. It must not know how an office's file looks.

The tree says who is told when an office is silent. It is no chain of command: NPA and courts are
independent, and the committee only hears at the end of every side (domain.md 7, the ladder).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

EVER: Final = date(1900, 1, 1)

# The next kind of office above each; every side ends at the committee (L4).
ABOVE: Final[Mapping[str, str]] = {
    "facility": "health_district",
    "health_district": "province_health",
    "province_health": "committee",
    "station": "cluster",
    "cluster": "saps_province",
    "saps_province": "committee",
    "anti_gang_unit": "saps_province",
    "court": "npa_office",
    "npa_office": "chief_prosecutor",
    "chief_prosecutor": "dpp",
    "dpp": "committee",
    "pocs": "committee",
    "metro_police": "city_safety",
    "leap": "city_safety",
    "city_safety": "committee",
}
ROOT: Final = "committee"
KINDS: Final = (*ABOVE, ROOT)


class Days(NamedTuple):
    """Days for which something holds: `start` is the first one, `end` the first on which it does not."""

    start: date = EVER
    end: date | None = None

    def holds(self, on: date) -> bool:
        """Whether it holds on that day."""
        return self.start <= on and (self.end is None or on < self.end)

    def meets(self, other: "Days") -> bool:
        """Whether the two share a day."""
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)


class Node(NamedTuple):
    """One office: its permanent code, its kind and the days on which it exists."""

    code: str
    kind: str
    days: Days = Days()


class Link(NamedTuple):
    """For these days this office is the one above."""

    parent: int
    days: Days = Days()


class Line(NamedTuple):
    """One line of a table of the tree: `parent` stands above `code` for these days."""

    code: str
    parent: str
    days: Days = Days()


@dataclass(frozen=True, slots=True)
class OfficeTree:
    """Every office with what stood above it and when. Offices are named by their ids."""

    nodes: Mapping[int, Node] = field(default_factory=dict)
    links: Mapping[int, tuple[Link, ...]] = field(default_factory=dict)

    def kind_of(self, office_id: int) -> str:
        """The kind of an office; `KeyError` for an unknown one."""
        return self.nodes[office_id].kind

    def parent(self, office_id: int, on: date) -> int | None:
        """The office above on that day; None at the root, and where none is known."""
        return next((link.parent for link in self.links.get(office_id, ()) if link.days.holds(on)), None)

    def path(self, office_id: int, on: date) -> Iterator[int]:
        """The office itself, then the one above, and so on. A circle ends the walk."""
        seen: set[int] = set()
        at: int | None = office_id
        while at is not None and at not in seen:
            yield at
            seen.add(at)
            at = self.parent(at, on)

    def climb(self, office_id: int, kind: str, on: date) -> int | None:
        """The nearest office of a kind, from the office itself upwards; else the only one there is.

        A province has one committee and one DPP: they are found from an office that nobody has put into
        the tree yet. Where there are several, none is guessed: whoever stands nearest above the level that
        is missing is told instead, the office itself where it is above it already; None where nobody is.
        """
        path = [at for at in self.path(office_id, on) if at in self.nodes]
        for at in path:
            if self.kind_of(at) == kind:
                return at
        only = [at for at, node in self.nodes.items() if node.kind == kind and node.days.holds(on)]
        if len(only) == 1:
            return only[0]
        return self._beyond(path, kind)

    def _beyond(self, path: list[int], kind: str) -> int | None:
        """The first office of a way up that stands above a kind, if that kind belongs to this side at all."""
        own = self.kind_of(path[0]) if path else ""
        higher = kinds_above(kind)
        if kind not in kinds_above(own) and own not in higher:
            return None
        return next((at for at in path if self.kind_of(at) in higher), None)


def kinds_above(kind: str) -> tuple[str, ...]:
    """The kinds that may stand above one, nearest first; a level may be left out."""
    above: list[str] = []
    while kind in ABOVE:
        kind = ABOVE[kind]
        above.append(kind)
    return tuple(above)


def faults(kinds: Mapping[str, str], lines: Iterable[Line]) -> dict[int, str]:
    """What is wrong with a table of the tree, by the place of the line; empty when it can be loaded.

    `kinds` are the offices that will exist, by code.
    """
    found: dict[int, str] = {}
    before: dict[str, list[Line]] = {}
    for place, line in enumerate(lines):
        fault = _fault(kinds, line, before.get(line.code, []))
        if fault is None:
            before.setdefault(line.code, []).append(line)
            fault = _circle(line, before)
        if fault is not None:
            found[place] = fault
    return found


def _fault(kinds: Mapping[str, str], line: Line, others: list[Line]) -> str | None:
    if line.code not in kinds:
        return f"there is no office {line.code}"
    if line.parent not in kinds:
        return f"there is no office {line.parent} to stand above"
    kind, above = kinds[line.code], kinds[line.parent]
    if above not in kinds_above(kind):
        can = ", ".join(kinds_above(kind)) or "nothing"
        return f"a {above} cannot stand above a {kind}, only: {can}"
    if line.days.end is not None and line.days.end <= line.days.start:
        return "valid_to must be later than valid_from"
    if any(line.days.meets(other.days) for other in others):
        return f"another line gives {line.code} an office above it for some of these days"
    return None


def _circle(line: Line, known: Mapping[str, list[Line]]) -> str | None:
    """Whether the line closes a circle on its first day. The kinds forbid it already, unless they change."""
    at: str | None = line.parent
    seen = {line.code}
    while at is not None:
        if at in seen:
            return f"{line.code} would stand above itself"
        seen.add(at)
        at = next((one.parent for one in known.get(at, ()) if one.days.holds(line.days.start)), None)
    return None
