"""What must be true of the clocks of a policy that count back from a day in court, and of their ladders.

Part of `policy_checks`, which alone imports it. It must know no clock, role or office by name.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from hectis_flow.domain.policy import BeforeCourt, Clock, Edition, Rung
from hectis_flow.domain.workflow_shapes import Declaration

_DAYS: Final = "working days"

Faults = Iterator[str]


def counts_back_in_order(edition: Edition, declaration: Declaration) -> Faults:
    """Asked, then warned, then breached, then the rungs before the court, then the court."""
    staged = {stage.clock for stage in declaration.stages}
    for clock in edition.clocks.values():
        court = [rung for rung in edition.ladders[clock.ladder].rungs if rung.when == "court"]
        if clock.before_court is None:
            if court:
                yield (
                    f"clocks.{clock.name}.ladder: level {court[0].level} of '{clock.ladder}' counts from a day in "
                    "court, which this clock has not."
                )
            continue
        if clock.name in staged:
            yield f"clocks.{clock.name}.before_court: a stage's clock runs from its start, never back from a day."
        if clock.urgent is not None or clock.then is not None:
            yield f"clocks.{clock.name}: counts back from a day in court, so it has no 'urgent' and no 'then'."
        yield from _spans_fall(clock, clock.before_court)
        yield from _court_rungs_fall(edition, clock, court)


def _spans_fall(clock: Clock, back: BeforeCourt) -> Faults:
    spans = {"asked": back.asked, "warning": clock.standard.warning, "due": clock.standard.due}
    for key, span in spans.items():
        if span.measure != _DAYS:
            yield f"clocks.{clock.name}.{key}: must count working days before the court, such as 3wd."
    for (first, more), (then, less) in pairwise(spans.items()):
        if more.size <= less.size:
            yield (
                f"clocks.{clock.name}: {first} ({more.words} before the court) must come before {then} ({less.words})."
            )


def _court_rungs_fall(edition: Edition, clock: Clock, court: list[Rung]) -> Faults:
    key, ladder = f"ladders.{clock.ladder}", edition.ladders[clock.ladder]
    if court and ladder.calendar != clock.standard.calendar:
        yield f"{key}.calendar: must be that of '{clock.name}', which counts back with it."
    if court and (
        list(ladder.rungs[-len(court) :]) != court or any(_after_breach(one) for one in ladder.rungs)
    ):
        yield f"{key}: levels counted from the court come last, and none is counted after the breach."
    last = clock.standard.due
    for rung in court:
        if rung.after is None or rung.after.measure != _DAYS or rung.after.size >= last.size:
            yield f"{key}: level {rung.level} must be told later than {last.words} before the court, in working days."
            return
        last = rung.after


def _after_breach(rung: Rung) -> bool:
    return rung.when == "breach" and rung.after is not None
