"""Moments as a notice says them: in South African time, with the weekday, and how far away they are.

Read by `render.notices`. It asks for no clock: what is now comes in as an argument. Days and months are called as
Unicode's CLDR has them, which Babel carries.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Final, Literal

from babel.dates import get_day_names, get_month_names

from hectis_flow.domain.moments import SAST
from hectis_flow.render.languages import ENGLISH, NAMES
from hectis_flow.render.notice_words import say

Width = Literal["wide", "abbreviated"]
_CONTEXT: Final = "stand-alone"  # of isiXhosa the other has a Monday to Sunday of unlike lengths


# The same moments are said again and again: a list shows its rows to everybody who looks.
@lru_cache(maxsize=4096)
def moment(language: str, at: datetime, form: str = "moment", words: Callable[..., str] = say) -> str:
    """A moment in South African time, with its weekday, in one of the forms that these words know."""
    local = at.astimezone(SAST)
    day, month = _days(language)[local.weekday()], _months(language)[local.month - 1]
    return words(
        language,
        form,
        day=day[0],
        short_day=day[1],
        date=local.day,
        month=month[0],
        short_month=month[1],
        year=local.year,
        time=f"{local:%H:%M}",
    )


@cache
def _days(language: str) -> tuple[tuple[str, str], ...]:
    """Each day, long and short."""
    return tuple(zip(days(language), days(language, "abbreviated"), strict=True))


@cache
def _months(language: str) -> tuple[tuple[str, str], ...]:
    """Each month, long and short."""
    return tuple(zip(months(language), months(language, "abbreviated"), strict=True))


def days(language: str, width: Width = "wide") -> tuple[str, ...]:
    """The days of the week from Monday on; short ones without the full stop that some languages end them with."""
    names = get_day_names(width, _CONTEXT, _known(language))
    return tuple(names[day].rstrip(".") for day in range(7))


def months(language: str, width: Width = "wide") -> tuple[str, ...]:
    """The months from January on."""
    names = get_month_names(width, _CONTEXT, _known(language))
    return tuple(names[month].rstrip(".") for month in range(1, 13))


def _known(language: str) -> str:
    return language if language in NAMES else ENGLISH


def away(language: str, now: datetime, at: datetime) -> str:
    """How far a moment is from now, in the largest unit that is not rounded away."""
    minutes = round(abs(at - now) / timedelta(minutes=1))
    hours, days_off = round(minutes / 60), round(minutes / 1440)
    count, one, many = next(
        (found for found in ((days_off, "day_long", "days_long"), (hours, "hour", "hours")) if found[0] >= 2),
        (max(minutes, 1), "minute", "minutes"),
    )
    span = say(language, one) if count == 1 else say(language, many, n=count)
    return say(language, "in" if at >= now else "ago", span=span)
