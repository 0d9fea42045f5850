"""A made-up hospital: the messages of its visits, for tests, drills and loads.

Every name and number here is invented. A "stabbed" visit ends in exactly one case, a "fell" one in
none: that is all a drill needs to know to count what should have happened.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

FACILITY = "Khayelitsha Hospital"
STABBED = "X99.4"
FELL = "W01.1"

Kind = Literal["stabbed", "fell"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of one patient. `run` keeps the numbers of different tests apart."""

    number: int
    kind: Kind = "stabbed"
    run: str = "T"

    @property
    def messages(self) -> list[bytes]:
        """What the hospital sends of it, in order: registered, then coded."""
        return [registered(self), coded(self, STABBED if self.kind == "stabbed" else FELL)]


def visits(how_many: int, *, run: str = "T", start: int = 1) -> list[Visit]:
    """Visits with numbers of their own; every third one a fall."""
    return [
        Visit(number, "fell" if number % 3 == 0 else "stabbed", run)
        for number in range(start, start + how_many)
    ]


def sent(them: Iterable[Visit]) -> Iterator[bytes]:
    """Their messages, visit by visit."""
    for visit in them:
        yield from visit.messages


def registered(visit: Visit) -> bytes:
    """ADT^A04: a patient arrives."""
    return _message(visit, "A04", "20260301201500", [])


def coded(visit: Visit, *codes: str) -> bytes:
    """ADT^A08: somebody has coded what happened."""
    return _message(visit, "A08", "20260301213000", codes)


def _message(visit: Visit, event: str, recorded: str, codes: Iterable[str]) -> bytes:
    control_id = f"{visit.run}-{visit.number}-{event}"
    segments = [
        f"MSH|^~\\&|PAS|{FACILITY}|HECTIS|WC|{recorded}||ADT^{event}^ADT_A01|{control_id}|P|2.5.1",
        f"EVN|{event}|{recorded}",
        f"PID|1||{visit.run}F{visit.number}^^^KH^MR||Testcase^Number{visit.number}||19900101|M",
        "PV1|1|E|EC^1^1^KH" + "|" * 16 + f"{visit.run}V{visit.number}" + "|" * 25 + "20260301201500",
    ]
    segments += [f"DG1|{place}||{code}^^I10|||W" for place, code in enumerate(codes, start=1)]
    return ("\r".join(segments) + "\r").encode()
