"""The made-up province: every sending of a span of time, in the order of the wire, always the same.

`play` walks through it; tests and benches ask it directly. A day depends on the seed, the scale and the date
alone, so any span can be made again at any time, without what came before it. No clock, no file, no network.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from hectis_flow.domain.moments import SAST
from hectis_flow.practice import messages, rates
from hectis_flow.practice.chance import happens
from hectis_flow.practice.record import Row, row_of
from hectis_flow.practice.stories import LONGEST_TAIL, Line, lines_of
from hectis_flow.practice.visits import Visit, World, of_day


class Sending(NamedTuple):
    """One message and the moment at which it goes out; ordered by the wire."""

    at: datetime
    control_id: str
    resend: bool
    raw: bytes
    row: Row


@dataclass(frozen=True, slots=True)
class Province:
    """A province that came into being with the first day `since`: no visit is older."""

    world: World
    since: date

    def sendings(self, start: datetime, end: datetime) -> Iterator[Sending]:
        """Everything that goes out from `start` (included) to `end` (not included)."""
        ahead: list[Sending] = []
        first = max(self.since, (start - LONGEST_TAIL).astimezone(SAST).date())
        last = (end - timedelta(microseconds=1)).astimezone(SAST).date()
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            for sending in of_one_day(self.world, day):
                if start <= sending.at < end:
                    heapq.heappush(ahead, sending)
            tomorrow = datetime.combine(day + timedelta(days=1), time(), SAST)
            while ahead and ahead[0].at < tomorrow:
                yield heapq.heappop(ahead)
        while ahead:
            yield heapq.heappop(ahead)


def of_one_day(world: World, day: date) -> Iterator[Sending]:
    """The sendings of every visit of that day, whenever they go out, visit by visit."""
    for visit in of_day(world, day):
        rng = Random(f"{world.seed}/{world.scale!r}/{visit.key}")  # noqa: S311  (play, never a secret)
        for number, line in enumerate(lines_of(visit, rng), start=1):
            control = messages.control_id(world.seed, visit, number)
            raw = messages.write(line, visit, world.places, control, rng)
            for at, resend in _times(world, visit, line, rng):
                yield Sending(at, control, resend, raw, row_of(line, visit, control, at, resend=resend))


def _times(world: World, visit: Visit, line: Line, rng: Random) -> Iterator[tuple[datetime, bool]]:
    """When the line goes out: at once, late, after the line was down, and perhaps once more."""
    at = line.spoken + line.held_back + timedelta(seconds=rng.randint(2, 20))
    if (down := _line_down(world.seed, visit.facility.name, at.date())) and down[0] <= at < down[1]:
        at = down[1] + timedelta(seconds=rng.randint(1, 120))
    yield at, False
    if line.resent is not None:
        yield at + line.resent, True


@lru_cache(maxsize=4096)
def _line_down(seed: int, facility: str, day: date) -> tuple[datetime, datetime] | None:
    """From when to when a facility's line is down on that day, if it is."""
    rng = Random(f"{seed}/{facility}/{day.isoformat()}")  # noqa: S311
    if not happens(rng, rates.LINE_DOWN):
        return None
    start = datetime.combine(day, time(rng.randrange(22)), SAST)
    return start, start + timedelta(hours=rng.randint(1, 3))
