"""Small sums on `Moment`: the local day, how exact it is, an age.

`domain.intake` and `domain.visit` call it. It must not ask what time it is now.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from hectis_flow.domain.facts import Moment, Precision

_AHEAD: Final = timedelta(hours=2)
SAST: Final = timezone(_AHEAD, "SAST")  # Africa/Johannesburg has no daylight saving
OLDEST_AGE: Final = 125  # years; 1900-01-01 is what systems write when nobody knows

SPAN: Final[Mapping[Precision, timedelta]] = {
    "year": timedelta(days=366),
    "month": timedelta(days=31),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(0),
}

# Senders write the year 9999 for "no end": sums on it stop at the last moment that can be written.
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def local_day(moment: Moment) -> date:
    """The calendar day in South Africa on which the moment's span starts."""
    return min(moment.at, _LAST - _AHEAD).astimezone(SAST).date()


def as_local_date(moment: Moment) -> str:
    """The South African calendar date, no more exact than the sender gave it: 1990-01-01, 1990-01 or 1990."""
    length = {"year": 4, "month": 7}.get(moment.precision, 10)
    return local_day(moment).isoformat()[:length]


def names_a_day(moment: Moment | None) -> bool:
    """True when the sender gave at least a day."""
    return moment is not None and moment.precision not in ("year", "month")


def ends_before(moment: Moment) -> datetime:
    """The first moment after the span that the sender stated; a second lasts a second."""
    return _later(moment.at, max(SPAN[moment.precision], timedelta(seconds=1)))


def sharper(first: Moment, second: Moment | None) -> Moment:
    """`second` where it lies inside the span that `first` states, so says the same more exactly."""
    if second is not None and first.at <= second.at < _later(first.at, SPAN[first.precision]):
        return second
    return first


def _later(at: datetime, span: timedelta) -> datetime:
    return at + span if at <= _LAST - span else _LAST


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
