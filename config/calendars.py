"""Makes the calendars of the policy: hours of the week, less public holidays and configured closures.

Called by `config.policy_tables`. Public holidays are python-holidays' for South Africa, with the Mondays that a
Sunday moves to and the days declared for one year. It must not know which clock or office uses a calendar.
"""

import re
from datetime import date, timedelta
from functools import cache
from typing import Final

from holidays import country_holidays

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS: Final = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])", re.ASCII)

# Outside these years only weekends and configured closures count. Holidays that are yet to be declared, such
# as election days, come with a newer package, or as a closure in the policy.
YEARS: Final = range(2015, 2051)


@cache
def public_holidays() -> frozenset[date]:
    """Every public holiday of South Africa in `YEARS`."""
    return frozenset(country_holidays("ZA", years=YEARS, observed=True))


def weekdays(text: str) -> range:
    """`mon` or `mon-fri` as days of the week, Monday 0; `ValueError` for anything else."""
    first, dash, last = text.partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        raise ValueError(f"{text!r} is no weekday such as mon, nor days such as mon-fri")
    days = range(WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first) + 1)
    if not days:
        raise ValueError(f"{text!r} does not run forward in the week")
    return days


def opening(text: str) -> tuple[int, int]:
    """`07:30-16:00` as opening and closing minute of the day; `ValueError` for anything else."""
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} are no hours such as 07:30-16:00")
    opens, shuts = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    if not opens < shuts <= 1440:
        raise ValueError(f"{text!r} does not open before it closes on the same day")
    return opens, shuts


def days_between(first: date, last: date) -> frozenset[date]:
    """Both days and all between them; `ValueError` where they are out of order or a year apart."""
    if not timedelta(0) <= last - first < timedelta(days=366):
        raise ValueError(f"{first} to {last} is no closure: from must come first, and to within a year")
    return frozenset(first + timedelta(days=number) for number in range((last - first).days + 1))
