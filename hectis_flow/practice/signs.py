"""What a side answers before a day in court of the made-up province: whether what the day needs will be there.

`offices` asks it when the countdown to a day begins. The day on which a matter is in danger of leaving the roll is
the one on which its fate has it; there the check of its cause is answered truly, not at all, or wrongly, and sometimes mended
in time. Pure, and the same each time.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from hectis_flow.domain.countdown import BY_WHEN, NO, NOT_NEEDED, YES, Answered
from hectis_flow.practice import road_rates as rates
from hectis_flow.practice.chance import happens
from hectis_flow.practice.fates import Fate
from hectis_flow.practice.habits import Seen

IN_COURT = frozenset({"on_roll", "postponed"})


class Said(NamedTuple):
    """What is answered at a moment; nothing where the list is empty."""

    at: datetime
    answers: tuple[Answered, ...]


def endangered(fate: Fate, seen: Seen) -> bool:
    """Whether the next day in court is the one on which the matter leaves the roll if nobody acts."""
    last = seen.postponed >= fate.postponements
    return fate.endangered and not seen.removed and last and seen.stage in IN_COURT


def said(
    rng: Random, fate: Fate, seen: Seen, asked: Sequence[str], begun: datetime, red: datetime, day: date
) -> list[Said]:
    """What one side says before a day in court, moment by moment: `red` is when what is missing turns red."""
    missing = fate.cause if endangered(fate, seen) and fate.cause in asked else None
    at = begun + (red - begun) * rng.uniform(*rates.IN_TIME)
    if missing is None:
        manner = rates.LISTS.draw(rng)
        if manner == "never":
            return []
        late = timedelta(hours=rng.uniform(*rates.HOURS_LATE))
        return [Said(at if manner == "well" else red + late, tuple(_there(rng, cause) for cause in asked))]
    others = tuple(_there(rng, cause) for cause in asked if cause != missing)
    first = Said(at, (*others, *_of_missing(fate, missing, day)))
    mended = Said(red + timedelta(hours=rng.uniform(*rates.HOURS_TO_MEND)), (Answered(missing, YES),))
    return [first, mended] if fate.heeded else [first]


def _there(rng: Random, cause: str) -> Answered:
    needed = cause != "forensic_report_outstanding" or happens(rng, rates.FORENSIC_NEEDED)
    return Answered(cause, YES if needed else NOT_NEEDED)


def _of_missing(fate: Fate, cause: str, day: date) -> tuple[Answered, ...]:
    if fate.sign == "silent":
        return ()
    if fate.sign == "wrong":
        return (Answered(cause, YES),)
    return (Answered(cause, NO) if fate.sign == "no" else Answered(cause, BY_WHEN, day),)
