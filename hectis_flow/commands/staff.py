"""`hectis staff`: who answers at which office, who is away, who stands in, and where nobody will be.

Names are printed only where somebody asks for them with --names, and never in an error.
"""

from datetime import date, datetime, timedelta
from pathlib import Path

import click

from hectis_flow.commands.house import house
from hectis_flow.commands.tables import FILE, Row, day, read_table, refused
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.reach import hours_of as reading_hours
from hectis_flow.domain.staffing import WAYS, StaffLine
from hectis_flow.services import enrolment, rota, staff_import
from hectis_flow.services import staff as services
from hectis_flow.services import ways as reach
from hectis_flow.services.rota import Gap
from hectis_flow.services.staff_import import StaffRefused
from hectis_flow.services.ways import Step

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])
COLUMNS = ("code", "name", "language", "office", "role", "email", "webhook", "deputy")
MORE_WAYS = tuple(name for name in WAYS if name not in COLUMNS)  # columns that a table may leave out
DAY = "%a %d %b %Y"
BY = "hectis staff"


@click.group()
def staff() -> None:
    """Keep the register of staff. Posts, ways to reach people, deputies, leave."""


@staff.command(name="import")
@click.argument("path", metavar="FILE.csv", type=FILE)
def take(path: Path) -> None:
    """Take a table of staff. Its columns: code, name, language, office, role, email, webhook, deputy, from, to.

    Columns slack, teams, sms and whatsapp may be there too, for whoever is reached in that way (docs/channels.md). It is checked whole before anything is written, and may be taken again: only what differs is changed.
    docs/offices.md has an example.
    """
    read = read_lines(path)
    numbers = list(read)
    try:
        taken = staff_import.take(house(), list(read.values()))
    except StaffRefused as fault:
        raise refused(path, {numbers[at]: said for at, said in fault.lines.items()}) from None
    click.echo(f"staff: {taken.people} people read, {taken.changed} new or changed")
    _watch()


@staff.command(name="list")
@click.option("--office", required=True, help="The office's code.")
@click.option("--names", is_flag=True, help="Show names too. Without it: codes and roles only.")
def listing(office: str, *, names: bool) -> None:
    """Show who holds which post at an office, and who answers now."""
    desk = services.listing(house(), office, names=names)
    for one in desk.posts:
        until = f"until {one.until:{DAY}}" if one.until else ""
        told = (one.role, one.code, one.name or "", "answers now" if one.answers else "away", until)
        click.echo("  ".join(word for word in told if word))
    for role, codes in sorted(desk.answering.items()):
        others = [code for code in codes if code not in {post.code for post in desk.posts}]
        if others:
            click.echo(f"{role}: {', '.join(others)} stands in from another office")
        elif not codes:
            click.echo(f"{role}: nobody answers now")


@staff.command()
@click.argument("code")
@click.option("--from", "start", required=True, type=MOMENT, help="2026-12-01, or 2026-12-01T14:00.")
@click.option("--to", "until", required=True, type=MOMENT, help="The last day away, or the moment of return.")
@click.option("--reason", type=click.Choice(services.REASONS), default="leave", show_default=True)
def leave(code: str, start: datetime, until: datetime, reason: str) -> None:
    """Note that somebody is away; deputies answer meanwhile."""
    whole_day = (until.hour, until.minute) == (0, 0) and until.date() < date.max
    back = until + timedelta(days=1) if whole_day else until
    changed = services.leave(house(), code, start.replace(tzinfo=SAST), back.replace(tzinfo=SAST), reason)
    click.echo(f"{code} is away until {back:{DAY} %H:%M}{'' if changed else ', as was noted before'}")
    _watch()


@staff.command()
@click.argument("code")
@click.argument("deputy_code", metavar="DEPUTY")
@click.option(
    "--rank", default=1, show_default=True, type=click.IntRange(1, 99), help="The lowest goes first."
)
@click.option("--remove", is_flag=True, help="DEPUTY does not stand in any more.")
def deputy(code: str, deputy_code: str, rank: int, *, remove: bool) -> None:
    """Let DEPUTY stand in whenever the person is away."""
    if remove:
        changed = services.no_deputy(house(), code, deputy_code)
    else:
        changed = services.deputy(house(), code, deputy_code, rank)
    said = "does not stand in" if remove else "stands in"
    click.echo(f"{deputy_code} {said} for {code}{'' if changed else ', as before'}")
    _watch()


@staff.command()
@click.argument("code")
def enrol(code: str) -> None:
    """Print a link by which somebody sets a password and a second factor, once, within 72 hours.

    Older links of theirs end. Hand it over in person or over a channel that you know is theirs. Set anew, both
    replace what stood before, and wherever the person was signed in, that ends: so it serves a lost phone as well.
    """
    click.echo(enrolment.begin(house(), code))


@staff.command()
@click.argument("code")
@click.option("--order", help="Their channels, the first one first, with minutes to wait: email,sms:120")
@click.option("--quiet", help="Quiet hours of their own: 21:00-05:30, none, or policy.")
def ways(code: str, order: str | None, quiet: str | None) -> None:
    """Show how somebody is reached, or say in which order and when not. No address is shown."""
    try:
        steps = [_step(word) for word in order.split(",")] if order else []
        hours = None if quiet in {None, "policy"} else reading_hours(quiet or "")
    except ValueError:
        raise click.UsageError(
            "An order is such as email,sms:120, and hours are such as 21:00-05:30."
        ) from None
    if steps:
        reach.put_in_order(house(), code, steps, BY)
    if quiet is not None:
        reach.keep_quiet(house(), code, hours, BY)
    for way in reach.of(house(), code):
        wait = f"after {way.wait_minutes} min" if way.wait_minutes else ""
        parked = f"parked since {way.parked_at:{DAY}}: {way.parked_reason}" if way.parked_at else ""
        click.echo("  ".join(word for word in (way.channel, wait, parked) if word))


@staff.command()
@click.argument("code")
@click.argument("channel")
def unpark(code: str, channel: str) -> None:
    """Use an address again that was parked because it took nothing more."""
    freed = reach.unpark(house(), code, channel, BY)
    click.echo(
        f"{code} is reached by {channel} again" if freed else f"nothing of {code} by {channel} was parked"
    )


def _step(word: str) -> Step:
    channel, _, minutes = word.strip().partition(":")
    return Step(channel, int(minutes) if minutes else None)


@staff.command()
def gaps() -> None:
    """Show the posts that nobody answers for, now or soon. How soon: `rota_gap_ahead` of the policy."""
    found = rota.gaps(house())
    for gap in found:
        click.echo(_sentence(gap))
    click.echo("staff: every post is answered for" if not found else f"staff: {len(found)} gaps", err=True)


def _sentence(gap: Gap) -> str:
    begins = gap.starts_at.astimezone(SAST)
    since = "since" if gap.starts_at <= gap.found_at else "from"
    asked = f"; {gap.filler} ({gap.filler_role}) is asked to find somebody" if gap.filler else ""
    return f"{gap.office}: {since} {begins:{DAY} %H:%M} nobody answers as {gap.role}{asked}"


def _watch() -> None:
    """Look at the rota at once, so that whoever empties a post reads it here."""
    seen = rota.watch(house())
    if seen.found:
        click.echo(f"rota: {seen.found} new gaps, `hectis staff gaps` lists them", err=True)
    if seen.closed:
        click.echo(f"rota: {seen.closed} gaps are filled", err=True)


def read_lines(path: Path) -> dict[int, StaffLine]:
    """The lines of a table by their numbers in the file."""
    return read_table(path, COLUMNS, _line)


def _line(row: Row) -> StaffLine:
    said = {name: (row[name] or "").strip() for name in COLUMNS}
    return StaffLine(
        code=said["code"],
        name=said["name"],
        language=said["language"],
        office=said["office"],
        role=said["role"],
        email=said["email"],
        webhook=said["webhook"],
        **{name: (row.get(name) or "").strip() for name in MORE_WAYS},
        deputies=tuple(said["deputy"].split()),
        start=day(row, "from"),
        end=day(row, "to"),
    )
