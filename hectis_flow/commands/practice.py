"""`hectis practice`: the made-up province, played over the real wire into a practice database.

`make run` calls `practice play` for a first day. It prints times, counts and sentences, never what a message
says, and refuses with a sentence wherever the database is not one for practice.
"""

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from types import FrameType
from typing import Final

import click

from config.settings import load
from hectis_flow.commands.house import house
from hectis_flow.commands.practice_show import said, tell
from hectis_flow.commands.reference import OFFICES, read_offices
from hectis_flow.domain.moments import SAST
from hectis_flow.feeds.mllp_client import send_all
from hectis_flow.practice.diary import Diary
from hectis_flow.practice.ground import settle as settle_province
from hectis_flow.practice.offices import Neighbours, Offices
from hectis_flow.practice.places import Places
from hectis_flow.practice.play import Score, Wish, play, score
from hectis_flow.services import practice as clock
from hectis_flow.services import practice_moves

_WIRE_TIMEOUT: Final = 30.0  # seconds
_WINDOW: Final = 200  # messages under way at once, so that a hop shares a commit or two
_WHEN: Final = "%a %d %b %Y, %H:%M"
_SPAN: Final = re.compile(r"(?P<count>[1-9][0-9]{0,4})(?P<unit>d|h|min)")
_UNITS: Final = {"d": "days", "h": "hours", "min": "minutes"}


@click.group()
def practice() -> None:
    """Play a made-up province over the real wire. Only into a practice database.

    `make run` makes such a database by itself. Nothing here ever touches a database for real work.
    """


@practice.command()
def settle() -> None:
    """Put made-up staff at every post. Suburbs are found then too; again it changes nothing."""
    stations = [row["name"] for row in read_offices(OFFICES) if row["kind"] == "station"]
    done = settle_province(house(), stations)
    click.echo(f"practice: {done.staff:,} of staff and {done.suburbs:,} suburbs new or changed")


def _day(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=SAST) if value else None


def _hours(_ctx: click.Context, _param: click.Parameter, value: float | None) -> timedelta | None:
    return timedelta(hours=value) if value else None


@practice.command("play")
@click.option("--days", type=click.FloatRange(0.01, 3660), default=1.0, show_default=True, help="How long.")
@click.option("--seed", type=click.IntRange(0, 10**6), help="Which province. [default: its own, else 1]")
@click.option(
    "--scale",
    type=click.FloatRange(0.001, 20),
    help="1 is the size of the real one. [default: its own, else 1]",
)
@click.option(
    "--from",
    "start",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_day,
    help="The first day. [default: go on from where it stands; at first, so that it ends about now]",
)
@click.option(
    "--hop",
    type=click.FloatRange(0.1, 24),
    callback=_hours,
    help="Hours between two moves of the clock: what falls due within is told at its end. "
    "[default: 1 up to two months, then so that there are at most 1,500 hops: 6 for a year]",
)
@click.option(
    "--to", "port", type=click.IntRange(1, 65535), help="Port of the listener. [default: HECTIS_MLLP_PORT]"
)
@click.option("--nobody", is_flag=True, help="Only the hospitals: nobody answers, so everything climbs.")
def play_province(
    days: float,
    seed: int | None,
    scale: float | None,
    start: datetime | None,
    hop: timedelta | None,
    port: int | None,
    *,
    nobody: bool,
) -> None:
    """Play days of the made-up province. Whole visits over MLLP, the clock moved in hops.

    Liaisons, detectives, prosecutors and the watching briefs answer well, late or never: docs/practice.md says how.

    A second play goes on from where the first one stopped, with the same province. A day is played again
    only if --from names it; its messages are then resends, which change nothing.

    \b
    Ctrl-C stops between two hops. Examples:
      hectis practice play
      hectis practice play --days 30 --hop 6
      hectis practice play --days 365 --scale 0.02
      hectis practice play --days 7 --seed 4 --scale 0.1 --from 2026-03-02
    """  # noqa: D301 - click wants the character itself
    diary = Diary(load().data_dir, clock.standing(house()).created_at)
    whole = score(house(), diary, Wish(days, seed, scale, start, hop))
    _play_out(whole, diary, port or load().mllp_port, answering=not nobody)


def _play_out(whole: Score, diary: Diary, port: int, *, answering: bool) -> None:
    """Play it to the listener of this port, with people who answer or without, and say how it went."""
    offices = read_offices(OFFICES)
    people = Offices(house(), whole.played.seed, Neighbours(offices))
    act = people.act if answering else (lambda _now: None)
    send = partial(send_all, host="127.0.0.1", port=port, window=_WINDOW, timeout=_WIRE_TIMEOUT)
    with _stoppable() as stopped:
        tell(whole, play(house(), diary, whole, Places(offices), send, stopped, act), stopped)
    if people.acts:
        click.echo(said(people))


def _span(_ctx: click.Context, _param: click.Parameter, value: str) -> timedelta:
    said = _SPAN.fullmatch(value)
    if said is None:
        raise click.BadParameter(f"{value!r} is not a time: write 3d, 12h or 30min")
    return timedelta(**{_UNITS[said["unit"]]: int(said["count"])})


@practice.command()
@click.argument("case", metavar="CASE")
@click.argument("by", metavar="TIME", callback=_span)
def age(case: str, by: timedelta) -> None:
    """Let CASE have waited TIME longer than it has. Only the clocks that run for it are moved.

    \b
    Whoever should have been told by then is told within seconds, step after step. Examples:
      hectis practice age WC-2026-000012 3d
      hectis practice age WC-2026-000012 12h
    """  # noqa: D301 - click wants the character itself
    name, due = clock.age(house(), case, by)
    if name is None:
        click.echo(f"No clock runs for {case}: at its stage nobody is waited for.")
    elif due is None:
        click.echo(f"{case}: its clock {name} is older now; everybody on its ladder has been told already.")
    else:
        click.echo(f"{case}: the next step of its clock {name} is due {due.astimezone(SAST):{_WHEN}}.")


def _given(_ctx: click.Context, _param: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    for name, equals, _ in split:
        if not (name and equals):
            raise click.BadParameter("write each detail as name=value, such as reason=no_suspect")
    return {name: value for name, _, value in split}


@practice.command()
@click.argument("case", metavar="CASE")
@click.argument("transition", metavar="MOVE")
@click.argument("details", metavar="[NAME=VALUE]...", nargs=-1, callback=_given)
def move(case: str, transition: str, details: dict[str, str]) -> None:
    """Make MOVE of CASE as whoever is on duty for it, through the same door and checks as anybody.

    \b
    docs/workflow.md lists every move with the details it takes. Examples:
      hectis practice move WC-2026-000012 acknowledge
      hectis practice move WC-2026-000012 open_cas cas_number=95/11/2026
      hectis practice move WC-2026-000012 strike_informal reason=docket_not_at_court attributable_to=SAPS
    """  # noqa: D301 - click wants the character itself
    moved = practice_moves.make(house(), case, transition, details)
    with_whom = f", together with {moved.second}," if moved.second else ""
    click.echo(f"{moved.by}{with_whom} made the move; {case} stands at {moved.stage} now.")


@practice.command()
def status() -> None:
    """Say where the practice database stands. Its clock, its province, how much it holds."""
    stands = clock.standing(house())
    diary = Diary(load().data_dir, stands.created_at)
    played = diary.read()
    click.echo(f"clock      {stands.now.astimezone(SAST):{_WHEN}}")
    if played is None:
        click.echo("province   none yet: hectis practice play")
    else:
        to = played.to.astimezone(SAST)
        click.echo(
            f"province   seed {played.seed}, scale {played.scale:g}, since {played.since}, played to {to:{_WHEN}}"
        )
        click.echo(f"record     {diary.record}")
    for name, count in clock.totals(house()).items():
        click.echo(f"{name:<10} {count:,}")
    click.echo(f"unworked   {clock.unworked(house()):,}")


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Whether somebody asked to stop; the first Ctrl-C asks, a second one does not wait."""
    asked: list[int] = []

    def stop(order: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(order)
        click.echo("\nStopping after this hop; Ctrl-C again stops at once.", err=True)

    before = {order: signal.signal(order, stop) for order in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for order, handler in before.items():
            signal.signal(order, handler)
