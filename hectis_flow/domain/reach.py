"""When a notice may disturb somebody, by which of their ways it goes on, and what is urgent: the pure rules of it.

`services.notification` asks `arranged` once who is told is settled; `services.pacing` asks `until` for what is due later. Times
come in and go out; the database lets them come due. It must not know an address or who is on duty.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from hectis_flow.domain.calendar import ALWAYS, Span, add
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.notification import Notice, Occasion, OnDuty, Way

#: Classes that a policy may let pass the quiet hours, beside `level_1` to `level_4`.
URGENT_CASE: Final = "urgent_case"  # a red triage, a child or a sexual offence
IMMEDIATELY: Final = "immediately"  # a clock that runs day and night
CLASSES: Final = (URGENT_CASE, IMMEDIATELY, "level_1", "level_2", "level_3", "level_4")


_HOURS: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day, in South Africa, in which nobody is disturbed; they may pass midnight. Equal ends: none."""

    start: time
    end: time


NIGHT: Final = Quiet(time(20), time(6))
_TWO_HOURS: Final = Span(2, "h")
_HALF_AN_HOUR: Final = Span(30, "min")
_QUARTER: Final = Span(15, "min")


@dataclass(frozen=True, slots=True)
class Reach:
    """How people are reached, as an edition of the policy has it.

    `quiet` holds on the `personal` channels for whoever has no hours of their own; `passes` are the classes of what is
    urgent, and so said at once and by itself. A further way of a person is tried `further_after` the one before without an
    answer, `further_urgent` after it where it is urgent. More than `bundle_over` notices within `bundle_within` become one.
    """

    quiet: Quiet | None = NIGHT
    personal: frozenset[str] = frozenset({"email", "sms", "whatsapp", "slack", "teams"})
    passes: frozenset[str] = frozenset({URGENT_CASE, IMMEDIATELY, "level_2", "level_3", "level_4"})
    further_after: Span = _TWO_HOURS
    further_urgent: Span = _HALF_AN_HOUR
    bundle_over: int = 5
    bundle_within: Span = _QUARTER


@dataclass(frozen=True, slots=True)
class FurtherWay:
    """A step of one person's ladder after the first: which way, and when it is due if nobody has answered by then."""

    event_id: int
    staff_id: int
    step: int
    contact_point_id: int
    channel: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Arranged:
    """Notices with the moments until which they are held, and the further ways of those who are to answer."""

    notices: tuple[Notice, ...]
    further: tuple[FurtherWay, ...]


def hours_of(text: str) -> tuple[time, time]:
    """Read `21:00-05:30`, or `none` for no quiet hours (equal ends); `ValueError` for anything else."""
    if text == "none":
        return time(), time()
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no hours such as 20:00-06:00, nor 'none'")
    hour, minute, to_hour, to_minute = map(int, found.groups())
    return time(hour, minute), time(to_hour, to_minute)


def arranged(
    told: tuple[Notice, ...], people: Mapping[int, OnDuty], reach: Reach, at: datetime, *, urgent: bool
) -> Arranged:
    """When each of these notices goes out, and what follows where nobody answers. `people` are those told, by id."""
    timed = tuple(
        replace(
            each,
            urgent=urgent,
            held_until=_held(each.channel, people[each.staff_id], reach, at, urgent=urgent),
        )
        for each in told
    )
    further = tuple(
        way
        for each in timed
        if each.purpose is not None or urgent
        for way in _further(each, people[each.staff_id], reach, at)
    )
    return Arranged(timed, further)


def is_urgent(one: Occasion, reach: Reach, day_and_night: Collection[str]) -> bool:
    """Whether this is of a class that passes quiet hours and is never bundled.

    `day_and_night` are the clocks that run so, by name.
    """
    found = {f"level_{one.level}"} if one.level else set[str]()
    if one.urgent:
        found.add(URGENT_CASE)
    if one.clock in day_and_night:
        found.add(IMMEDIATELY)
    return bool(found & reach.passes)


def quiet_of(person: OnDuty, reach: Reach) -> Quiet | None:
    """Somebody's own quiet hours, else those of the policy; None where there are none."""
    found = reach.quiet if person.quiet is None else Quiet(*person.quiet)
    return found if found is not None and found.start != found.end else None


def until(quiet: Quiet | None, at: datetime) -> datetime | None:
    """When the quiet hours end in which a moment lies; None where it lies in none."""
    if quiet is None:
        return None
    local = at.astimezone(SAST)
    clock, end = (
        local.time(),
        local.replace(hour=quiet.end.hour, minute=quiet.end.minute, second=quiet.end.second, microsecond=0),
    )
    if quiet.start < quiet.end:
        return end.astimezone(UTC) if quiet.start <= clock < quiet.end else None
    if clock >= quiet.start:
        return (end + timedelta(days=1)).astimezone(UTC)
    return end.astimezone(UTC) if clock < quiet.end else None


def bundle_due(person: OnDuty, reach: Reach, at: datetime) -> datetime:
    """When what is gathered for somebody from now on goes out as one message."""
    due = add(ALWAYS, at, reach.bundle_within)
    return until(quiet_of(person, reach), due) or due


def _held(channel: str, person: OnDuty, reach: Reach, at: datetime, *, urgent: bool) -> datetime | None:
    if urgent or channel not in reach.personal:
        return None
    return until(quiet_of(person, reach), at)


def _further(first: Notice, person: OnDuty, reach: Reach, at: datetime) -> list[FurtherWay]:
    """One step for each other channel, in the person's own order; each counts from the one before."""
    found, due, seen = list[FurtherWay](), first.held_until or at, {first.channel}
    for way in sorted(person.ways, key=lambda each: (each.rank, each.contact_point_id)):
        if way.channel in seen:
            continue
        seen.add(way.channel)
        due = add(ALWAYS, due, _wait(way, reach, urgent=first.urgent))
        due = _held(way.channel, person, reach, due, urgent=first.urgent) or due
        found.append(
            FurtherWay(first.event_id, first.staff_id, len(found) + 2, way.contact_point_id, way.channel, due)
        )
    return found


def _wait(way: Way, reach: Reach, *, urgent: bool) -> Span:
    if way.wait_minutes:
        return Span(way.wait_minutes, "min")
    return reach.further_urgent if urgent else reach.further_after
