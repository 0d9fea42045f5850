"""What must be true of a policy edition beside a workflow declaration: each rule a small function.

`config.policy` runs `check` on every edition before anything starts with it; `hectis policy check` prints
what it finds. It names all faults at once, by their place in the file. It must know no clock, role or
office by name: it judges any edition of this shape.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from hectis_flow.domain.calendar import Span, WorkingTime, add
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.offices import ABOVE, KINDS
from hectis_flow.domain.policy import Clock, Edition, Ladder, Times
from hectis_flow.domain.policy_court_checks import counts_back_in_order
from hectis_flow.domain.workflow_shapes import HEAD, NAMED, Declaration, Stage

TOP: Final = 4
# Spans of different measures are compared by trying: 13 months of starts at all hours and weekdays.
_STRIDE: Final = timedelta(hours=7, minutes=13)
_TRIED: Final = 1320

Faults = Iterator[str]


class Wait(NamedTuple):
    """One place of the workflow that names a clock: where it runs, whose it is, and who has a task there."""

    clock: str
    where: str
    owner: str
    role: str | None
    stage: Stage | None = None


def check(edition: Edition, declaration: Declaration) -> tuple[str, ...]:
    """Every fault of this edition, each beginning with the key it is about; none if it is sound."""
    unnamed = tuple(_calendars_exist(edition)) + tuple(_ladders_exist(edition))
    if unnamed:
        return unnamed  # the other rules look these names up
    return tuple(fault for rule in CHECKS for fault in rule(edition, declaration))


def _calendars_exist(edition: Edition) -> Faults:
    used = [(f"ladders.{one.name}", one.calendar) for one in edition.ladders.values()]
    for each in edition.clocks.values():
        late = each.before_court.late if each.before_court else None
        times = {"": each.standard, ".urgent": each.urgent, ".late": late}
        used += [(f"clocks.{each.name}{key}", some.calendar) for key, some in times.items() if some]
    for key, name in used:
        if name not in edition.calendars:
            yield f"{key}.calendar: there is no calendar '{name}'."


def _ladders_exist(edition: Edition) -> Faults:
    for clock in edition.clocks.values():
        if clock.ladder not in edition.ladders:
            yield f"clocks.{clock.name}.ladder: there is no ladder '{clock.ladder}'."


def _clocks_meet_the_workflow(edition: Edition, declaration: Declaration) -> Faults:
    named = {wait.clock: wait.where for wait in _waits(declaration)}
    for clock, where in named.items():
        if clock not in edition.clocks:
            yield f"clocks.{clock}: missing, but {where} of the workflow names it."
    for clock in edition.clocks:
        if clock not in named:
            yield f"clocks.{clock}: nothing in the workflow names it, so it would never start."


def _sides_fit(edition: Edition, declaration: Declaration) -> Faults:
    """A breach climbs the side of the agency that owes the answer."""
    for clock, wait in _waiting(edition, declaration):
        ladder = edition.ladders[clock.ladder]
        if ladder.owner != wait.owner:
            yield (
                f"clocks.{clock.name}.ladder: '{ladder.name}' climbs from a {ladder.owner}, but a "
                f"{wait.owner} owns {wait.where}."
            )


def _ladders_begin_with_the_owner(edition: Edition, _: Declaration) -> Faults:
    for ladder in edition.ladders.values():
        first = ladder.rungs[0]
        if (first.level, first.office_kind, first.when) != (0, None, "warning"):
            yield f"ladders.{ladder.name}: the first rung must be level 0, to the owner, at the warning."


def _tasks_are_reminded(edition: Edition, declaration: Declaration) -> Faults:
    """Who is told first is who has the task."""
    for clock, wait in _waiting(edition, declaration):
        first = edition.ladders[clock.ladder].rungs[0]
        if wait.role is not None and first.role != wait.role:
            yield (
                f"clocks.{clock.name}.ladder: level 0 of '{clock.ladder}' tells the {first.role}, but the "
                f"task of {wait.where} is for the {wait.role}."
            )


def _waits(declaration: Declaration) -> Iterator[Wait]:
    for stage in declaration.stages:
        if stage.clock is not None:
            role = stage.task.role if stage.task else None
            yield Wait(stage.clock, f"the stage '{stage.name}'", stage.owner, role, stage)
    for one in declaration.awaited:
        yield Wait(one.clock, f"the awaited '{one.kind}'", one.owner, one.task.role)


def _waiting(edition: Edition, declaration: Declaration) -> Iterator[tuple[Clock, Wait]]:
    for wait in _waits(declaration):
        if wait.clock in edition.clocks:
            yield edition.clocks[wait.clock], wait


def _levels_have_no_gap(edition: Edition, _: Declaration) -> Faults:
    for ladder in edition.ladders.values():
        levels = [rung.level for rung in ladder.rungs]
        if levels != list(range(len(levels))) or levels[-1] > TOP:
            yield (
                f"ladders.{ladder.name}: levels must go 0, 1, 2 and on without a gap, to {TOP} at most; "
                f"found {', '.join(map(str, levels))}."
            )


def _roles_and_offices_exist(edition: Edition, declaration: Declaration) -> Faults:
    roles = {role.name for role in declaration.roles if not role.system}
    for ladder in edition.ladders.values():
        if ladder.owner not in {*KINDS, NAMED}:
            yield f"ladders.{ladder.name}.owner: there is no kind of office '{ladder.owner}'."
        for rung in ladder.rungs:
            key = f"ladders.{ladder.name}: level {rung.level}"
            if rung.role not in (roles | {NAMED, HEAD} if ladder.owner == NAMED else roles):
                yield f"{key} tells an unknown role, '{rung.role}'."
            if rung.office_kind is not None and rung.office_kind not in KINDS:
                yield f"{key} tells an unknown kind of office, '{rung.office_kind}'."


def _offices_rise(edition: Edition, _: Declaration) -> Faults:
    for ladder in edition.ladders.values():
        side = _side(ladder.owner)
        kinds = [rung.office_kind or ladder.owner for rung in ladder.rungs]
        if not set(kinds) <= set(KINDS) or ladder.owner not in KINDS:
            continue  # said already
        for kind in dict.fromkeys(kinds):
            if kind not in side:
                yield f"ladders.{ladder.name}: no '{kind}' stands above a {ladder.owner}."
        places = [side.index(kind) for kind in kinds if kind in side]
        if places != sorted(places):
            yield f"ladders.{ladder.name}: a later level tells an office below an earlier one's."


def _side(owner: str) -> Sequence[str]:
    """The kinds of office from this one up."""
    side = [owner]
    while (above := ABOVE.get(side[-1])) is not None:
        side.append(above)
    return side


def _silence_leads_somewhere(edition: Edition, _: Declaration) -> Faults:
    for clock in edition.clocks.values():
        later = [rung for rung in edition.ladders[clock.ladder].rungs if rung.when == "breach"]
        if clock.then is None and not later:
            yield (
                f"clocks.{clock.name}: nothing happens when it is breached; it needs a ladder that climbs, "
                "or a move under 'then'."
            )
        if clock.then is not None and later:
            yield (
                f"clocks.{clock.name}: level {later[0].level} of '{clock.ladder}' would come after the "
                f"clock's end: '{clock.then.transition}' ends it when it is due."
            )


def _rules_may_move(edition: Edition, declaration: Declaration) -> Faults:
    moves = {move.id: move for move in declaration.transitions}
    for clock, wait in _waiting(edition, declaration):
        if clock.then is None:
            continue
        key, move = f"clocks.{clock.name}.then", moves.get(clock.then.transition)
        if wait.stage is None:
            yield f"{key}: {wait.where} is no stage, so no move can end it."
        elif move is None or wait.stage.name not in move.sources:
            yield f"{key}: no move '{clock.then.transition}' leaves {wait.where}."
        elif "rule" not in move.roles:
            yield f"{key}: the move '{move.id}' is not for a rule to make."
        elif clock.then.reason not in move.reasons:
            yield f"{key}: the move '{move.id}' does not take the reason '{clock.then.reason}'."


def _grave_is_answered_by_link(edition: Edition, declaration: Declaration) -> Faults:
    """What is answered by signing in anyway has nothing to be confirmed."""
    for clock, wait in _waiting(edition, declaration):
        if clock.grave and (wait.stage is None or wait.stage.link is None):
            yield f"clocks.{clock.name}.grave: no link answers {wait.where}, so nothing is left to be confirmed."


def _times_rise(edition: Edition, _: Declaration) -> Faults:
    for clock in edition.clocks.values():
        usual = (".late", clock.before_court.late) if clock.before_court else ("", clock.standard)
        for key, times in (usual, (".urgent", clock.urgent)):
            if times is not None:
                yield from _warns_in_time(edition, f"clocks.{clock.name}{key}", times)
    for ladder in edition.ladders.values():
        yield from _rungs_are_reached(edition, ladder)


def _warns_in_time(edition: Edition, key: str, times: Times) -> Faults:
    found = _not_later(edition, edition.calendars[times.calendar], times.warning, times.due)
    if found is not None:
        warned, due = times.warning.words, times.due.words
        yield f"{key}: the warning ({warned}) must come before the breach ({due}){found}."


def _rungs_are_reached(edition: Edition, ladder: Ladder) -> Faults:
    for before, rung in pairwise(ladder.rungs):
        if rung.when == "court":
            continue  # judged by `policy_court_checks`
        if rung.after is None:
            # At the warning or the breach itself: only a breach after a warning is later.
            found = None if (before.when, rung.when) == ("warning", "breach") else ""
        elif before.after is None:
            continue  # after the breach is later than the breach
        else:
            found = _not_later(edition, edition.calendars[ladder.calendar], before.after, rung.after)
        if found is not None:
            late, early = rung.level, before.level
            yield f"ladders.{ladder.name}: level {late} is due no later than level {early}{found}."


def _not_later(edition: Edition, calendar: WorkingTime, first: Span, second: Span) -> str | None:
    """None where `second` always ends after `first`; otherwise when it does not (empty: never)."""
    if first.measure == second.measure:
        return None if first.size < second.size else ""
    begin = datetime.combine(edition.valid_from, time(), SAST)
    for number in range(_TRIED):
        start = (begin + number * _STRIDE).astimezone(UTC)
        if add(calendar, start, second) <= add(calendar, start, first):
            return f" when counted from {start.astimezone(SAST):%A %Y-%m-%d %H:%M}"
    return None


CHECKS: tuple[Callable[[Edition, Declaration], Faults], ...] = (
    _clocks_meet_the_workflow,
    _sides_fit,
    _ladders_begin_with_the_owner,
    _tasks_are_reminded,
    _levels_have_no_gap,
    _roles_and_offices_exist,
    _offices_rise,
    _silence_leads_somewhere,
    _rules_may_move,
    _grave_is_answered_by_link,
    _times_rise,
    counts_back_in_order,
)
