"""`hectis road`: the funnel in the terminal, from the hospital to the court's outcome and back on the roll."""

import json
from collections.abc import Iterator
from itertools import groupby

import click

from hectis_flow.commands.house import house
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import PHASES
from hectis_flow.services import road as funnel
from hectis_flow.services.road import Road, Stop
from hectis_flow.storage.road import Removals

HEAD = f"{'':<36}{'reached':>9}{'stand':>9}{'median':>9}{'longest':>9}{'overdue':>9}{'climbed':>9}"
REMOVED = f"{'Removed from the roll':<36}{'removed':>9}{'back':>9}{'median':>9}{'ended':>9}{'open':>9}"


@click.command()
@click.option("--facility", metavar="CODE", help="Only cases of this hospital.")
@click.option("--station", metavar="CODE", help="Only cases of this station's precinct.")
@click.option("--all", "every", is_flag=True, help="Also stages that no case ever came to.")
@click.option("--json", "as_json", is_flag=True, help="For a program: seconds, and no words.")
def road(facility: str | None, station: str | None, *, every: bool, as_json: bool) -> None:
    """Count the cases at each stage, what left the roll and came back to it, and what came back from an end.

    reached: cases that ever came to the stage. stand: those that stand there now; median and longest: for how long.
    overdue: a clock of theirs is past its time. climbed: somebody above the owner has been told.

    Of removals, median: from the removal until it was back on the roll. ended: lapsed, declined, diverted and so on.
    """
    found = funnel.look(house(), facility, station)
    click.echo(json.dumps(_figures(found)) if as_json else "\n".join(_table(found, every=every)))


def _table(found: Road, *, every: bool) -> Iterator[str]:
    on_it = found.cases - found.at_an_end
    when = f"{found.at.astimezone(SAST):%a %d %b %Y, %H:%M} SAST"
    yield f"{when}: {found.cases:,} cases, {on_it:,} on the road, {found.at_an_end:,} at an end"
    if not found.cases:
        yield "No case yet: the first opens with the first coded violence that a hospital sends."
        return
    titles = {phase.name: phase.title for phase in PHASES}
    for phase, stops in groupby(found.stops, lambda stop: stop.stage.phase):
        shown = [stop for stop in stops if stop.reached or every]
        if shown:
            yield ""
            yield f"{titles[phase]:<36}{HEAD[36:]}"
            yield from map(_line, shown)
    if found.removed.removed:
        yield ""
        yield REMOVED
        yield from (_removed(one.cause or "", one) for one in found.by_cause)
        yield _removed("all", found.removed)
    yield ""
    yield _back(found)


def _line(stop: Stop) -> str:
    now = stop.now
    row = f"  {stop.stage.title:<34}{stop.reached:>9,}{now.cases:>9,}"
    if not now.cases or stop.stage.end:
        return row
    times = f"{_span(now.median_seconds):>9}{_span(now.longest_seconds):>9}"
    return f"{row}{times}{now.overdue:>9,}{now.climbed:>9,}"


def _removed(title: str, one: Removals) -> str:
    median = "" if one.median_seconds is None else _span(one.median_seconds)
    return f"  {title:<34}{one.removed:>9,}{one.back:>9,}{median:>9}{one.ended:>9,}{one.open:>9,}"


def _back(found: Road) -> str:
    if not found.back.moves:
        return "Nothing came back from an end."
    after = _span(found.back.median_seconds or 0)
    cases = "1 case" if found.back.cases == 1 else f"{found.back.cases:,} cases"
    times = "once" if found.back.moves == 1 else f"{found.back.moves:,} times"
    return f"Back from an end: {cases}, {times}, after {after} (median)."


def _span(seconds: float) -> str:
    """A time in its largest unit, of two at least: 90 min, 30 h, 12 d."""
    for size, unit in ((86_400, "d"), (3_600, "h")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 60:.0f} min"


def _figures(found: Road) -> dict[str, object]:
    stops = {
        stop.stage.name: {"reached": stop.reached, **stop.now._asdict()} | {"end": stop.stage.end}
        for stop in found.stops
    }
    removed = {one.cause: one._asdict() for one in found.by_cause}
    return {
        "at": found.at.isoformat(),
        "stages": stops,
        "removed": found.removed._asdict(),
        "removed_by_cause": removed,
        "back": found.back._asdict(),
    }
