"""Working time: the hours of an office, and spans counted in them or straight through.

`domain.escalation` computes every due time here, `config.calendars` makes the calendars. All of it is
sums on numbers of days and a bisection over the closed days, without a loop over time: a span costs a
few microseconds however long it is. Times come in aware and go out in UTC; days and hours are those of
South Africa, which has no daylight saving. It must not know what today is.

How spans count, whatever the calendar:

* elapsed (`min`, `h`, `d`): straight through nights and weekends;
* working minutes and hours (`wmin`, `wh`): only while the office is open. The end is the earliest moment
  at which the span has passed, so it may be a closing time but never an opening time;
* working days (`wd`): the same time of day, so many working days later. A start before the day opens
  counts as its opening; a start after closing, or on a closed day, as the next opening. Where the later
  day has other hours, the time is moved into them.

Counted back from an end, each is the mirror of that.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Final, Literal, cast

from hectis_flow.domain.moments import SAST

Unit = Literal["min", "h", "d", "wmin", "wh", "wd"]

MINUTES: Final[Mapping[str, int]] = {"min": 1, "h": 60, "d": 1440, "wmin": 1, "wh": 60}
_WORDS: Final[Mapping[str, str]] = {
    "min": "minute",
    "h": "hour",
    "d": "day",
    "wmin": "working minute",
    "wh": "working hour",
    "wd": "working day",
}
_FORM: Final = re.compile(r"([1-9][0-9]{0,5})(min|h|d|wmin|wh|wd)", re.ASCII)
_MINUTE: Final = 60_000_000  # in microseconds, as everything below is
_FIRST: Final = datetime(1, 1, 1, tzinfo=SAST)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time above zero: elapsed (`min`, `h`, `d`) or of working time (`wmin`, `wh`, `wd`)."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def words(self) -> str:
        """As people say it: 3 working days."""
        return f"{self.amount} {_WORDS[self.unit]}{'' if self.amount == 1 else 's'}"

    @property
    def measure(self) -> str:
        """What it is counted in: spans of one measure compare without a calendar."""
        return {"wd": "working days", "wmin": "working time", "wh": "working time"}.get(self.unit, "elapsed")

    @property
    def size(self) -> int:
        """How long, in working days or in minutes of its measure."""
        return self.amount * MINUTES.get(self.unit, 1)


def parse_span(text: str) -> Span:
    """Read `30min`, `24h`, `90d`, `60wmin`, `4wh` or `3wd`; `ValueError` for anything else."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is no span such as 30min, 24h, 90d, 4wh (working hours) or 3wd (working days)"
        )
    return Span(int(found[1]), cast("Unit", found[2]))


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When an office works: `hours` gives opening and closing minute of each weekday (Monday is 0).

    A weekday that is left out never opens; `closed` are the days on which it would, and does not.
    `ValueError` if hours do not lie in order within one day, or no weekday opens at all.
    """

    name: str
    hours: Mapping[int, tuple[int, int]]
    closed: frozenset[date] = frozenset()
    # Sums made once: of the week day by day, and of the closed days in order. Days are proleptic ordinals.
    _opens: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _shuts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _week_time: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _week_days: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _off: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _off_time: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _time_before: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _days_before: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for weekday, (opens, shuts) in self.hours.items():
            if weekday not in range(7) or not 0 <= opens < shuts <= 1440:
                raise ValueError(f"The hours of the calendar '{self.name}' do not lie in order within a day.")
        if not self.hours:
            raise ValueError(f"The calendar '{self.name}' never opens.")
        days = [self.hours.get(weekday, (0, 0)) for weekday in range(7)]
        self._keep(opens=(day[0] * _MINUTE for day in days), shuts=(day[1] * _MINUTE for day in days))
        lengths = [shut - open_ for open_, shut in zip(self._opens, self._shuts, strict=True)]
        self._keep(
            week_time=accumulate(lengths, initial=0),
            week_days=accumulate((length > 0 for length in lengths), initial=0),
            off=sorted(day.toordinal() for day in self.closed if day.weekday() in self.hours),
        )
        self._keep(off_time=accumulate((lengths[(day - 1) % 7] for day in self._off), initial=0))
        self._keep(
            time_before=(
                _whole(day, self._week_time) - gone
                for day, gone in zip(self._off, self._off_time, strict=False)
            ),
            days_before=(_whole(day, self._week_days) - gone for gone, day in enumerate(self._off)),
        )

    def _keep(self, **sums: Iterable[int]) -> None:
        for name, values in sums.items():
            object.__setattr__(self, f"_{name}", tuple(values))

    def is_open(self, day: int) -> bool:
        """Whether the office works at all on the day of this ordinal."""
        if not self._shuts[(day - 1) % 7]:
            return False
        place = bisect_left(self._off, day)
        return place == len(self._off) or self._off[place] != day

    def hours_of(self, day: int) -> tuple[int, int]:
        """Opening and closing of an open day, in microseconds from midnight."""
        return self._opens[(day - 1) % 7], self._shuts[(day - 1) % 7]

    def days_until(self, day: int) -> int:
        """How many working days lie before this day."""
        return _whole(day, self._week_days) - bisect_left(self._off, day)

    def nth_day(self, count: int) -> int:
        """The working day with so many working days before it."""
        return _find(count + bisect_right(self._days_before, count), self._week_days)[0]

    def time_until(self, day: int, clock: int) -> int:
        """How much working time lies before this moment of the day."""
        before = _whole(day, self._week_time) - self._off_time[bisect_left(self._off, day)]
        if not self.is_open(day):
            return before
        opens, shuts = self.hours_of(day)
        return before + min(max(clock - opens, 0), shuts - opens)

    def moment_of(self, time: int) -> tuple[int, int]:
        """The earliest moment with so much working time before it (above zero): its day, its time of day."""
        passed = time + self._off_time[bisect_left(self._time_before, time)]
        day, rest = _find(passed - 1, self._week_time)
        return day, self._opens[(day - 1) % 7] + rest + 1


def _whole(day: int, week: tuple[int, ...]) -> int:
    """The sum over all days before this one, as if none had been closed."""
    weeks, weekday = divmod(day - 1, 7)
    return weeks * week[7] + week[weekday]


def _find(total: int, week: tuple[int, ...]) -> tuple[int, int]:
    """The inverse of `_whole`: the day within which the sum passes `total`, and what is left of it there."""
    weeks, rest = divmod(total, week[7])
    weekday = bisect_right(week, rest) - 1
    return weeks * 7 + weekday + 1, rest - week[weekday]


# What the law wants "immediately" waits for no office to open.
ALWAYS: Final = WorkingTime("always", dict.fromkeys(range(7), (0, 1440)))


def add(calendar: WorkingTime, start: datetime, span: Span) -> datetime:
    """The moment at which the span has passed since `start`, in UTC; `ValueError` for a naive start."""
    if span.unit == "wd":
        return _moment(*_days_on(calendar, *_place(start), span.amount))
    if span.measure == "working time":
        return _moment(*calendar.moment_of(calendar.time_until(*_place(start)) + span.size * _MINUTE))
    return _aware(start).astimezone(UTC) + timedelta(minutes=span.size)


def before(calendar: WorkingTime, end: datetime, span: Span) -> datetime:
    """The moment from which the span runs until `end`, in UTC; `ValueError` for a naive end.

    The mirror of `add`: of working time the latest such moment, so it may be an opening and never a closing; an end
    on a closed day, or before the day opens, counts as the closing before it.
    """
    if span.unit == "wd":
        return _moment(*_days_back(calendar, *_place(end), span.amount))
    if span.measure == "working time":
        day, clock = calendar.moment_of(calendar.time_until(*_place(end)) - span.size * _MINUTE + 1)
        return _moment(day, clock - 1)
    return _aware(end).astimezone(UTC) - timedelta(minutes=span.size)


def between(calendar: WorkingTime, start: datetime, end: datetime) -> timedelta:
    """How much working time lies from `start` to `end`; negative when `end` is the earlier one."""
    passed = calendar.time_until(*_place(end)) - calendar.time_until(*_place(start))
    return timedelta(microseconds=passed)


def _days_on(calendar: WorkingTime, day: int, clock: int, count: int) -> tuple[int, int]:
    if not calendar.is_open(day) or clock > calendar.hours_of(day)[1]:
        day, clock = calendar.nth_day(calendar.days_until(day + 1)), 0
    clock = max(clock, calendar.hours_of(day)[0])
    found = calendar.nth_day(calendar.days_until(day) + count)
    opens, shuts = calendar.hours_of(found)
    return found, min(max(clock, opens), shuts)


def _days_back(calendar: WorkingTime, day: int, clock: int, count: int) -> tuple[int, int]:
    if not calendar.is_open(day) or clock < calendar.hours_of(day)[0]:
        day = calendar.nth_day(calendar.days_until(day) - 1)
        clock = calendar.hours_of(day)[1]
    clock = min(clock, calendar.hours_of(day)[1])
    found = calendar.nth_day(calendar.days_until(day) - count)
    opens, shuts = calendar.hours_of(found)
    return found, min(max(clock, opens), shuts)


def _place(at: datetime) -> tuple[int, int]:
    """The South African day of a moment, as an ordinal, and the microseconds since its midnight."""
    local = _aware(at).astimezone(SAST)
    seconds = (local.hour * 60 + local.minute) * 60 + local.second
    return local.toordinal(), seconds * 1_000_000 + local.microsecond


def _moment(day: int, clock: int) -> datetime:
    return (_FIRST + timedelta(days=day - 1, microseconds=clock)).astimezone(UTC)


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("A time without its zone cannot be placed on a calendar.")
    return at
