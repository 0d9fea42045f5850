"""What whoever plays a case knows of it, and when people of the made-up province act: in time, late, or when pressed.

`conduct` and `conduct_court` say what is done, `offices` does it. Pure: nothing here reads a clock.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from random import Random
from typing import Final, NamedTuple

from hectis_flow.domain.moments import SAST
from hectis_flow.practice import road_rates as rates
from hectis_flow.practice.fates import Fate

DAY: Final = timedelta(days=1)
PRESSED_FOR: Final = timedelta(days=9)  # after the breach: by then the second level has asked
OPENS, CLOSES, SATURDAY = 8, 16, 5  # of an office


class Seen(NamedTuple):
    """A case as whoever owes its next step sees it.

    `begun` and `due` are those of the clock that runs for it, its stage's or its removal's; without one `begun`
    is when the stage was entered. The counts are of its history.
    """

    ref: str
    version: int
    stage: str
    begun: datetime
    due: datetime | None
    cas_at: datetime | None
    court: str
    sent_back: int
    postponed: int
    removed: int
    refused: int
    removed_at: datetime | None
    cured: bool


Step = tuple[str, Mapping[str, str], datetime | None]
Choice = Callable[[Fate, Seen, Random], Step]
NOTHING: Final[Step] = ("", {}, None)


def moment(rng: Random, begun: datetime, due: datetime | None) -> datetime | None:
    """When an office answers what it was asked at `begun`; None for never."""
    manner = rates.MANNERS.draw(rng)
    wait = (due or begun + 5 * DAY) - begun
    if manner == "never":
        return None
    if manner == "pressed":
        return at_work(rng, begun + wait + PRESSED_FOR)
    share = rng.uniform(*(rates.IN_TIME if manner == "well" else rates.LATE))
    return at_work(rng, begun + wait * share)


def at_work(rng: Random, at: datetime) -> datetime:
    """The first moment in office hours from then on."""
    here = at.astimezone(SAST)
    if here.hour >= CLOSES:
        here = datetime.combine(here.date() + DAY, time(OPENS), SAST)
    if here.hour < OPENS:
        here = datetime.combine(here.date(), time(OPENS), SAST)
    while here.weekday() >= SATURDAY:
        here = datetime.combine(here.date() + DAY, time(OPENS), SAST)
    return here + timedelta(minutes=rng.randrange(45))


def day_in_court(rng: Random, begun: datetime) -> str:
    """A weekday some weeks on."""
    day = (begun.astimezone(SAST) + rng.randint(*rates.DAYS_BETWEEN_APPEARANCES) * DAY).date()
    while day.weekday() >= SATURDAY:
        day += DAY
    return day.isoformat()


def plain(move: str, **details: str) -> Choice:
    """A move that is always the same."""

    def choose(_fate: Fate, _seen: Seen, _rng: Random) -> Step:
        return move, details, None

    return choose


def number(seen: Seen) -> int:
    """The running number in the reference of a case."""
    return int(seen.ref.rsplit("-", 1)[1])
