"""The balance certificate: what came in is what stands, equation by equation, and a difference has a name.

`services.balance` draws it each morning from what `storage.balance` counted in one moment; the digest, the page and
the API show it. Pure arithmetic: it must not ask a database or a clock, and it knows no name of a person.

**How an equation works.** Each line is about the rows of one kind. Every row gets exactly one verdict: a *part* where
all that must stand beside it really does, else a *fault* that says what is missing. What came in is what the
certificate before counted and what is new since; a row that it counted and that is gone now is the fault
`rows_lost`. So `came_in` = the parts + `difference`, whatever happened, and a clean house has no difference.

**How it is hashed**, where US is the byte 0x1F and || joins bytes:

    certificate   sha256(prev || "b1" US number US at_micros US octets US body)

`prev` is the hash of the certificate before, `GENESIS` for the first; `body` is `canonical`. The newest hash stands
in the next seal of the ledger (`domain.ledger`), so no certificate can be rewritten unseen.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from hectis_flow.domain.ledger import GENESIS, Json, canonical

ROWS_LOST: Final = "rows_lost"


class Counted(NamedTuple):
    """How many rows of a line have one verdict, how many of them stood at the mark, and the first and last id."""

    verdict: str
    rows: int
    old: int
    first: int
    last: int


class Mark(NamedTuple):
    """What a certificate leaves for the next: the highest id that it saw, and how many rows ought to stand up to it."""

    last: int
    rows: int


class Fault(NamedTuple):
    """Rows that fit no part, by what is wrong with them; `first` is the lowest id, None where the row itself is gone."""

    name: str
    rows: int
    first: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One equation. `parts` in the order in which they are shown, those without a row included."""

    name: str
    came_in: int
    parts: tuple[tuple[str, int], ...]
    faults: tuple[Fault, ...]
    mark: Mark

    @property
    def difference(self) -> int:
        """How many rows nothing explains; 0 where the line is clean."""
        return self.came_in - sum(rows for _, rows in self.parts)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The balance of one morning. `date` is the local day, `drawn_at` the moment of which all figures are."""

    number: int
    date: date
    drawn_at: datetime
    lines: tuple[Line, ...]
    hash: bytes

    @property
    def clean(self) -> bool:
        """Whether nothing is unexplained."""
        return not any(line.faults for line in self.lines)

    @property
    def differences(self) -> tuple[tuple[str, Fault], ...]:
        """Every fault with the name of its line."""
        return tuple((line.name, fault) for line in self.lines for fault in line.faults)


def weigh(
    name: str, parts: Iterable[str], counted: Iterable[Counted], before: Mark | None, *, written_off: bool
) -> Line:
    """One line, from what was counted and what the certificate before left; none is before the first.

    `written_off` says that somebody has answered for the rows that were lost: what stands now is what is expected.
    """
    found = {one.verdict: one for one in counted}
    standing, old = (sum(getattr(one, field) for one in found.values()) for field in ("rows", "old"))
    lost = 0 if before is None or written_off else max(before.rows - old, 0)
    known = tuple(parts)
    faults = [
        Fault(verdict, one.rows, one.first) for verdict, one in sorted(found.items()) if verdict not in known
    ]
    if lost:
        faults.insert(0, Fault(ROWS_LOST, lost, None))
    last = max([one.last for one in found.values()] + [before.last if before else 0])
    return Line(
        name,
        standing + lost,
        tuple((part, found[part].rows if part in found else 0) for part in known),
        tuple(faults),
        Mark(last, standing + lost),
    )


def body_of(day: date, lines: Iterable[Line]) -> str:
    """A certificate as it is kept and hashed."""
    return canonical({"day": day.isoformat(), "lines": [_kept(line) for line in lines]})


def _kept(line: Line) -> Mapping[str, Json]:
    return {
        "name": line.name,
        "in": line.came_in,
        "parts": [[name, rows] for name, rows in line.parts],
        "faults": [[fault.name, fault.rows, fault.first] for fault in line.faults],
        "mark": list(line.mark),
    }


def lines_of(body: Mapping[str, Any]) -> tuple[Line, ...]:
    """The lines of a certificate that was kept."""
    return tuple(
        Line(
            kept["name"],
            kept["in"],
            tuple((name, rows) for name, rows in kept["parts"]),
            tuple(Fault(*fault) for fault in kept["faults"]),
            Mark(*kept["mark"]),
        )
        for kept in body["lines"]
    )


def certificate_hash(prev: bytes, number: int, at_micros: int, body: str) -> bytes:
    """The hash of one certificate. Raises `ValueError` where the one before is not 32 bytes."""
    if len(prev) != len(GENESIS):
        raise ValueError("The hash before a certificate has 32 bytes.")
    written = body.encode()
    header = f"b1\x1f{number}\x1f{at_micros}\x1f{len(written)}\x1f"
    return hashlib.sha256(prev + header.encode() + written).digest()
