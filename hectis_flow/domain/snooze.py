"""Putting a clock off: for which reasons, how often and how far, and what that moves.

`services.snooze` asks it with the case held, and writes what it says. What has been reached stays: the breach, once
it has come, and every level that was told. The rest moves by the same number of working days. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple, NoReturn

from hectis_flow.domain.calendar import Span, WorkingTime, add
from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.policy import Clock, Edition
from hectis_flow.domain.workflow_shapes import NAMED

#: Why somebody may put a clock off: each says that waiting is for something outside the office.
REASONS: Final = (
    "awaiting_lab",
    "awaiting_hospital",
    "court_recess",
    "item_ordered",
    "officer_on_leave",
    "witness_abroad",
)
#: What the database holds a policy to: working days at a time, and times a clock.
MOST_DAYS, MOST_TIMES = 20, 2
#: From here on somebody far above the office asks, and the office itself puts nothing off any more.
TOO_HIGH: Final = 2

Ladder = Sequence[Mapping[str, Any]]


class SnoozeRefused(HectisError):
    """The clock cannot be put off, or on again, as asked; `code` says why."""

    code = "snooze_refused"
    status = 409


class Limits(NamedTuple):
    """Working days at a time, and times a clock."""

    days: int
    times: int


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that runs: its whole ladder, the number of its step that waits, and how it was put off before.

    `level` is the highest that was told, None where nobody was; `until` the day to which it is put off now.
    """

    name: str
    urgent: bool
    due_at: datetime
    ladder: Ladder
    step: int | None
    level: int | None
    times: int
    until: date | None

    @property
    def next_due(self) -> datetime | None:
        """When its next step is due; None where none is left."""
        return None if self.step is None else _due(self.ladder[self.step - 1])


class Moved(NamedTuple):
    """How a clock stands once it is put off by some working days."""

    days: int
    due_at: datetime
    ladder: tuple[Mapping[str, Any], ...]


def may(ladder: Ladder, role: str, office_id: int | None) -> bool:
    """Whether a clock is this office's and role's to put off: theirs who owe it, or of whoever is told next."""
    return any(
        (rung["role"], rung["office_id"]) == (role, office_id) for rung in ladder if rung["level"] in {0, 1}
    )


def put_off(running: Running, edition: Edition, limits: Limits, now: datetime, until: date) -> Moved:
    """What a clock is once it is put off until a day.

    Raises `SnoozeRefused`: `clock_not_snoozed`, `climbed_too_high`, `already_snoozed`, `snoozed_often`,
    `nothing_to_put_off`, `until_too_near`, `until_too_far`.
    """
    clock = _snoozable(running, edition)
    _check_times(running, limits, now)
    calendar = edition.calendars[clock.standard.calendar]
    days = _days(calendar, limits, now.astimezone(SAST).date(), until)
    span = Span(days, "wd")
    ladder = tuple(
        dict(rung, due_at=add(calendar, _due(rung), span).isoformat())
        if place >= (running.step or 0)
        else rung
        for place, rung in enumerate(running.ladder, 1)
    )
    ahead = running.due_at > now
    return Moved(days, add(calendar, running.due_at, span) if ahead else running.due_at, ladder)


def _snoozable(running: Running, edition: Edition) -> Clock:
    """The clock of the policy, if it is one that can be put off."""
    clock = edition.clocks.get(running.name)
    if clock is None or running.urgent or not _waits_for_a_span(clock, edition):
        _refuse(
            "clock_not_snoozed",
            "What is urgent, what the law wants at once, what a rule ends and what has its own day is not put off. "
            "Do what it asks for, or ask the office above.",
        )
    return clock


def _waits_for_a_span(clock: Clock, edition: Edition) -> bool:
    """Whether a clock runs for so many working days: not day and night, not to a rule, not to a day of its own.

    A day of its own is one in court, one that the committee named, or the end of a gang flag: it stays where it is.
    """
    if clock.then is not None or clock.before_court is not None or clock.standard.calendar == "always":
        return False
    return edition.ladders[clock.ladder].owner != NAMED


def _check_times(running: Running, limits: Limits, now: datetime) -> None:
    if running.level is not None and running.level >= TOO_HIGH:
        _refuse(
            "climbed_too_high",
            "This has climbed too high to be put off. Answer it, or speak with whoever asks.",
        )
    if running.until is not None:
        _refuse(
            "already_snoozed",
            f"This is put off until {running.until.isoformat()} already. Take that back first, or wait for the day.",
        )
    if running.times >= limits.times:
        _refuse(
            "snoozed_often",
            f"A clock is put off {limits.times} times at most, and this one was. Do what it asks for.",
        )
    if running.next_due is None or running.next_due <= now:
        _refuse(
            "nothing_to_put_off", "Nothing of this clock is still to come that could be put off. Answer it."
        )


def _days(calendar: WorkingTime, limits: Limits, today: date, until: date) -> int:
    """How many working days lie from today to the day, within the limit."""
    days = calendar.days_until(until.toordinal()) - calendar.days_until(today.toordinal())
    if days < 1:
        _refuse("until_too_near", "No working day lies before that day. Name a later one.")
    if days > limits.days:
        _refuse(
            "until_too_far",
            f"A clock is put off by {limits.days} working days at most, and that day is {days} away. Name a nearer "
            "one.",
        )
    return days


def _due(rung: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(rung["due_at"])


def _refuse(code: str, sentence: str) -> NoReturn:
    raise SnoozeRefused(sentence, code=code)
