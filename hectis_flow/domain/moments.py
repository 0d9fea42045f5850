"""Small sums on `Moment`: the local day, how exact it is, an age.

`domain.intake` and `domain.visit` call it. It must not ask what time it is now.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Final

from hectis_flow.domain.facts import Moment, Precision

SAST: Final = timezone(timedelta(hours=2), "SAST")  # Africa/Johannesburg has no daylight saving
OLDEST_AGE: Final = 125  # years; 1900-01-01 is what systems write when nobody knows

SPAN: Final[Mapping[Precision, timedelta]] = {
    "year": timedelta(days=366),
    "month": timedelta(days=31),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(0),
}


def local_day(moment: Moment) -> date:
    """The calendar day in South Africa on which the moment's span starts."""
    return moment.at.astimezone(SAST).date()


def names_a_day(moment: Moment | None) -> bool:
    """True when the sender gave at least a day."""
    return moment is not None and moment.precision not in ("year", "month")


def ends_before(moment: Moment) -> datetime:
    """The first moment after the span that the sender stated; a second lasts a second."""
    return moment.at + max(SPAN[moment.precision], timedelta(seconds=1))


def sharper(first: Moment, second: Moment | None) -> Moment:
    """`second` where it lies inside the span that `first` states, so says the same more exactly."""
    if second is not None and first.at <= second.at < first.at + SPAN[first.precision]:
        return second
    return first


def age_in_years(born: Moment | None, at: Moment | None) -> int | None:
    """Whole years lived on the day of `at`; None unless both name a day and the sum is possible.

    A birth year or month alone leaves the age open by one year, and the age decides who must be
    told: it stays unknown rather than guessed. Born on 29 February turns a year older on 1 March.
    """
    if born is None or at is None or not (names_a_day(born) and names_a_day(at)):
        return None
    birth, day = local_day(born), local_day(at)
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    return years if birth <= day and years <= OLDEST_AGE else None
