"""Moments as a notice says them: in South African time, with the weekday, and how far away they are.

Read by `render.notices`. It asks for no clock: what is now comes in as an argument.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from hectis_flow.domain.moments import SAST
from hectis_flow.render.notice_words import say


# The same moments are said again and again: a list shows its rows to everybody who looks.
@lru_cache(maxsize=4096)
def moment(language: str, at: datetime, form: str = "moment", words: Callable[..., str] = say) -> str:
    """A moment in South African time, with its weekday, in one of the forms that these words know."""
    local = at.astimezone(SAST)
    return words(
        language,
        form,
        day=words(language, "days").split("|")[local.weekday()],
        date=local.day,
        month=words(language, "months").split("|")[local.month - 1],
        year=local.year,
        time=f"{local:%H:%M}",
    )


def away(language: str, now: datetime, at: datetime) -> str:
    """How far a moment is from now, in the largest unit that is not rounded away."""
    minutes = round(abs(at - now) / timedelta(minutes=1))
    hours, days = round(minutes / 60), round(minutes / 1440)
    count, one, many = next(
        (found for found in ((days, "day_long", "days_long"), (hours, "hour", "hours")) if found[0] >= 2),
        (max(minutes, 1), "minute", "minutes"),
    )
    span = say(language, one) if count == 1 else say(language, many, n=count)
    return say(language, "in" if at >= now else "ago", span=span)
