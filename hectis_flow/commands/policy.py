"""`hectis policy`: is the policy file sound, what does it say, and when would a clock's steps be due.

It needs no database and no settings: it reads the file alone, so that a change can be tried before it is
put in force.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from config.policy import YEARS, read_policy
from config.settings import ROOT
from hectis_flow.domain.calendar import between
from hectis_flow.domain.countdown import sits
from hectis_flow.domain.escalation import Schedule, Step, asked_at, plan_before, schedule
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.policy import Clock, Edition, Policy, PolicyFault, Rung, Times
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import HEAD, NAMED

POLICY: Final = ROOT / "config" / "policy.toml"
_WHEN: Final = "%A %d %B %Y, %H:%M"
_FROM: Final = "Such as 2026-12-23T16:00, in SAST; of a clock that counts back from a day in court, that day."
_TITLES: Final = {role.name: role.title for role in DECLARATION.roles}
_NAMED: Final = {NAMED: "The post that is named", HEAD: "Whoever leads the next office up"}

_file = click.Path(path_type=Path, dir_okay=False)


@click.group()
def policy() -> None:
    """Check the times of clocks and ladders, and show them. Their offices and words too."""


@policy.command()
@click.argument("path", metavar="[FILE]", type=_file, default=POLICY, envvar="HECTIS_POLICY_FILE")
def check(path: Path) -> None:
    """Say every fault of a policy file (1), or what it says (0)."""
    try:
        read = read_policy(path)
    except PolicyFault as fault:
        lines = str(fault).splitlines()
        click.echo("\n".join(lines))
        click.echo(f"NOT SOUND: {len(lines)} fault{'s' if len(lines) > 1 else ''}.")
        sys.exit(1)
    now = read.in_force(datetime.now(UTC))
    for one in read.editions:
        standing = "in force today" if one is now else "not in force today"
        click.echo(f"edition {one.version}, from {one.valid_from:%d %B %Y}: {standing}")
    click.echo()
    click.echo("\n".join(_table(now)))
    click.echo("sound")


@policy.command()
@click.argument("clock", metavar="CLOCK")
@click.option("--from", "start", required=True, metavar="TIME", help=_FROM)
@click.option("--urgent", is_flag=True, help="By the times of an urgent case.")
@click.option(
    "--file", "path", type=_file, default=POLICY, envvar="HECTIS_POLICY_FILE", help="Another policy."
)
def show(clock: str, start: str, path: Path, *, urgent: bool) -> None:
    """Say when every step of a clock that starts at TIME is due."""
    read, at = read_policy(path), _time(start)
    plan, begins = _plan(read, clock, at, urgent=urgent)
    edition = read.in_force(at)
    rule = edition.clocks[clock]
    if urgent and rule.urgent is None:
        click.echo("An urgent case has the same times on this clock.")
    click.echo(f"{rule.title}: {rule.wanted}.")
    click.echo(f"  {begins.astimezone(SAST):{_WHEN}}  the clock starts (policy {plan.policy_version})")
    for step in plan.steps:
        click.echo(f"  {step.due_at.astimezone(SAST):{_WHEN}}  {_step(edition, rule, step)}")
    if rule.before_court is not None:
        click.echo(f"  {sits(at.astimezone(SAST).date()):{_WHEN}}  the court sits")
    times = rule.times(urgent=urgent)
    worked = between(edition.calendars[times.calendar], begins, plan.due_at)
    click.echo(
        f"Until the breach: {worked.total_seconds() / 3600:.1f} hours of the calendar '{times.calendar}'."
    )


def _plan(read: Policy, clock: str, at: datetime, *, urgent: bool) -> tuple[Schedule, datetime]:
    """The steps of a clock and when it starts: at TIME, or so long before the day in court that TIME names."""
    edition = read.in_force(at)
    rule = edition.clocks.get(clock)
    if rule is None or rule.before_court is None:
        return schedule(read, clock, at, urgent=urgent), at
    court = sits(at.astimezone(SAST).date())
    begins = asked_at(edition, rule, court)
    return plan_before(edition, rule, court, begins), begins


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no time such as 2026-12-23T16:00", param_hint="--from"
        ) from None
    if at.year not in YEARS:
        raise click.BadParameter(f"the year must lie from {YEARS[0]} to {YEARS[-1]}", param_hint="--from")
    return at if at.tzinfo else at.replace(tzinfo=SAST)


def _step(edition: Edition, clock: Clock, step: Step) -> str:
    if step.level is None:
        return f"the system: {step.transition} ({step.reason})"
    rung = next(one for one in edition.ladders[clock.ladder].rungs if one.level == step.level)
    return f"level {rung.level}, {rung.words}: {_whom(rung)}"


def _whom(rung: Rung) -> str:
    if rung.role in _NAMED:
        return _NAMED[rung.role]
    where = f"the {rung.office_kind.replace('_', ' ')} above" if rung.office_kind else "the owner"
    return f"{_TITLES.get(rung.role, rung.role)}, {where}"


def _table(edition: Edition) -> Iterator[str]:
    yield from _columns(
        [("clock", "calendar", "warns after", "breached after", "then")]
        + [row for clock in edition.clocks.values() for row in _rows(clock)]
    )
    for ladder in edition.ladders.values():
        yield ""
        owner = ladder.owner.replace("_", " ")
        yield f"ladder {ladder.name}, from the {owner} up, calendar {ladder.calendar}"
        yield from _columns([(f"  level {rung.level}", _at(rung), _whom(rung)) for rung in ladder.rungs])
    yield ""


def _rows(clock: Clock) -> Iterator[tuple[str, ...]]:
    then = clock.then.transition if clock.then else f"ladder {clock.ladder}"
    back = clock.before_court is not None
    yield _row(clock.name, clock.standard, then, " before court" if back else "")
    if clock.urgent is not None:
        yield _row("  urgent", clock.urgent, then)


def _row(name: str, times: Times, then: str, counted: str = "") -> tuple[str, ...]:
    return name, times.calendar, times.warning.words + counted, times.due.words + counted, then


def _at(rung: Rung) -> str:
    sign = "-" if rung.when == "court" else "+"
    return f"{rung.when} {sign} {rung.after.words}" if rung.after else rung.when


def _columns(rows: list[tuple[str, ...]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
