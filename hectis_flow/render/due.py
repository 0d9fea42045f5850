"""When something is due, as a page says it: the weekday, the date, and how many working days are left.

Read by the rooms. It asks for no clock, and counts working days in the calendar it is given.
"""

from datetime import date, datetime, time

from hectis_flow.domain.calendar import WorkingTime
from hectis_flow.domain.moments import SAST
from hectis_flow.render import notice_times
from hectis_flow.render.notice_times import away
from hectis_flow.render.page_words import say


def read(at: str) -> datetime:
    """A moment as the services write it in JSON."""
    return datetime.fromisoformat(at)


def moment(language: str, at: datetime, form: str = "short_moment") -> str:
    """A moment in South African time, in the words of a page."""
    return notice_times.moment(language, at, form, say)


def on_day(at: datetime) -> date:
    """The day of a moment in South Africa."""
    return at.astimezone(SAST).date()


def day(language: str, on: str) -> str:
    """A day as the services write it in JSON, in the words of a page."""
    return moment(language, datetime.combine(date.fromisoformat(on), time(), SAST), "short_day")


def due(language: str, now: datetime, at: datetime, calendar: WorkingTime) -> str:
    """When it is due and how far off that is: Thu 3 Dec, 2 working days; by the hour within a day."""
    here, then = now.astimezone(SAST), at.astimezone(SAST)
    days = calendar.days_until(then.toordinal()) - calendar.days_until(here.toordinal())
    if days < 1 or (at - now).total_seconds() < 24 * 3600:
        return f"{moment(language, at)}, {away(language, now, at)}"
    left = say(language, "working_day") if days == 1 else say(language, "working_days", n=days)
    return f"{moment(language, at, 'short_day')}, {left}"
