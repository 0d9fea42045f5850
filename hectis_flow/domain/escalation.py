"""When a clock warns, is breached and climbs: the due time of every step, computed once from its start.

`services.waiting` asks it as a case enters a stage, and writes what it answers; nobody computes these times
again, so a changed policy never moves a running case. It must not look up people or offices: a step names a
role and a kind of office.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from hectis_flow.domain.acknowledgement import Answers
from hectis_flow.domain.calendar import add, before
from hectis_flow.domain.policy import BeforeCourt, Clock, Edition, Policy, PolicyFault, Rung

_Moment = tuple[datetime, int | None, str | None, str | None, str | None, str | None, Answers]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at `due_at`: a level tells `role`, or a rule makes a move.

    `office_kind` is the nearest such office up the tree from the owner, None the owner itself. A step
    with a `transition` has no level, role or office kind. `answers` is how many of those it tells must answer.
    """

    step: int
    due_at: datetime
    level: int | None
    role: str | None
    office_kind: str | None
    transition: str | None
    reason: str | None
    answers: Answers = "any"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A clock from its start to its last step; `due_at` is the breach. Times are in UTC."""

    clock: str
    policy_version: str
    due_at: datetime
    steps: tuple[Step, ...]


def schedule(
    policy: Policy, clock: str, start: datetime, *, urgent: bool = False, wanted_by: datetime | None = None
) -> Schedule:
    """The due time of every step of a clock that starts now, by the edition in force at its start.

    `wanted_by` is a breach that somebody named, later than the start; the warning comes as long before it as the
    policy has it, though not in the first half of the time. Steps come in due order, numbered from 1.
    `PolicyFault` if that edition has no such clock.
    """
    edition = policy.in_force(start)
    if clock not in edition.clocks:
        raise PolicyFault(f"The policy in force ({edition.version}) has no clock '{clock}'.")
    return plan(edition, edition.clocks[clock], start, urgent=urgent, wanted_by=wanted_by)


def plan(
    edition: Edition,
    clock: Clock,
    start: datetime,
    *,
    urgent: bool = False,
    wanted_by: datetime | None = None,
) -> Schedule:
    """The same by a given edition."""
    if clock.before_court is not None:
        raise PolicyFault(
            f"The clock '{clock.name}' counts back from a day in court: it has no plan without one."
        )
    times = clock.times(urgent=urgent)
    calendar = edition.calendars[times.calendar]
    warned, due = add(calendar, start, times.warning), add(calendar, start, times.due)
    if wanted_by is not None:
        warned = max(wanted_by - (due - warned), start + (wanted_by - start) / 2).astimezone(UTC)
        due = wanted_by.astimezone(UTC)
    # A sound policy rises by itself (`policy_checks`); sorted all the same, since the sweep counts on it.
    moments = sorted(_moments(edition, clock, warned, due), key=lambda one: one[0])
    steps = tuple(Step(number, *moment) for number, moment in enumerate(moments, 1))
    return Schedule(clock.name, edition.version, due, steps)


def _moments(edition: Edition, clock: Clock, warned: datetime, due: datetime) -> Iterator[_Moment]:
    """What a step holds after its number."""
    ladder = edition.ladders[clock.ladder]
    for rung in ladder.rungs:
        if rung.when == "warning":
            at = warned
        elif clock.then is None:
            at = add(edition.calendars[ladder.calendar], due, rung.after) if rung.after else due
        else:
            continue  # a rule has ended the clock by then
        yield at, rung.level, rung.role, rung.office_kind, None, None, rung.answers
    if clock.then is not None:
        yield due, None, None, None, clock.then.transition, clock.then.reason, "any"


def asked_at(edition: Edition, clock: Clock, court: datetime) -> datetime:
    """From when a clock runs that counts back from the time at which a court sits."""
    return before(edition.calendars[clock.standard.calendar], court, _counts_back(edition, clock).asked)


def plan_before(edition: Edition, clock: Clock, court: datetime, start: datetime) -> Schedule:
    """The steps of a clock that counts back from the time at which a court sits, and starts at `start`.

    Where it starts late, its owner has some time first; a level for which no time is left is not told.
    """
    back, times = _counts_back(edition, clock), clock.standard
    calendar, late = edition.calendars[times.calendar], edition.calendars[back.late.calendar]
    warned = max(before(calendar, court, times.warning), add(late, start, back.late.warning))
    due = max(before(calendar, court, times.due), add(late, start, back.late.due))
    moments = [
        (at, rung.level, rung.role, rung.office_kind, None, None, rung.answers)
        for rung, at in _rungs_before(edition, clock, court, (min(warned, court), min(due, court)))
    ]
    steps = tuple(
        Step(number, *moment) for number, moment in enumerate(sorted(moments, key=lambda one: one[0]), 1)
    )
    return Schedule(clock.name, edition.version, min(due, court), steps)


def _rungs_before(
    edition: Edition, clock: Clock, court: datetime, times: tuple[datetime, datetime]
) -> Iterator[tuple[Rung, datetime]]:
    """The rungs for which there is time, each with its moment; the owner is always told."""
    warned, due = times
    ladder = edition.ladders[clock.ladder]
    for rung in ladder.rungs:
        if rung.when == "warning":
            yield rung, warned
        elif rung.when == "breach" and due < court:
            yield rung, due
        elif rung.when == "court" and rung.after is not None:
            at = before(edition.calendars[ladder.calendar], court, rung.after)
            if at > due:
                yield rung, at


def _counts_back(edition: Edition, clock: Clock) -> BeforeCourt:
    if clock.before_court is None:
        raise PolicyFault(
            f"The policy in force ({edition.version}) does not count '{clock.name}' back from a day in court."
        )
    return clock.before_court
