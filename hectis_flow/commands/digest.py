"""`hectis digest`: what was sent to whom and how it stands, and sending what is due."""

import click

from hectis_flow.commands import paging
from hectis_flow.commands.house import house
from hectis_flow.domain.moments import SAST
from hectis_flow.services import digest as digests_due
from hectis_flow.services import digests, practice


@click.group()
def digest() -> None:
    """Digests: what changed and what is to be decided, once a window for each reader."""


@digest.command()
@click.option("--for", "staff", metavar="STAFF", help="The last one of this staff code, as it is sent.")
@click.option("--text", is_flag=True, help="With --for: the text instead of the HTML.")
@paging.after
@paging.limit
def show(staff: str | None, after: int | None, limit: int, *, text: bool) -> None:
    """List the digests, newest first; or show the last one of one reader.

    A digest names cases by their numbers, offices and codes; it names no person.
    """
    if staff is None:
        _list(after, limit)
        return
    found = digests.last(house(), staff)
    if found is None:
        raise click.ClickException(
            "There is no digest of this staff code. `hectis digest show` lists them all."
        )
    click.echo(found.text if text else found.html, nl=False)


@digest.command()
@click.option(
    "--now", is_flag=True, help="Do not wait for the time of day: a practice province alone takes it."
)
def send(*, now: bool) -> None:
    """Compose what is due, and let it go out as every notice does: one a reader and day, however often this is called."""
    inside = house()
    if now:
        practice.standing(inside)  # refuses a database for real work
    made = digests_due.compose(inside, digests_due.plan(inside, at_once=now))
    click.echo(
        f"composed: {made}" if made else "Nothing is due: every reader has had the digest of this window."
    )


def _list(after: int | None, limit: int) -> None:
    rows = digests.newest(house(), after, limit)
    if not rows:
        click.echo("No digest was sent yet. `hectis digest send` composes what is due.")
    for row in rows:
        figures = row["figures"]
        read = "acknowledged" if row["acknowledged_at"] else "opened" if row["opened_at"] else "not opened"
        click.echo(
            f"{row['id']:>6}  {row['window_at'].astimezone(SAST):%Y-%m-%d %H:%M}  {row['staff']}, {row['office']}: "
            f"{figures['to_decide']} to decide, {figures['new']} new, {figures['worse']} worse, "
            f"{figures['fixed']} fixed; {read}{', late' if row['late'] else ''}"
        )
    if len(rows) == limit:
        click.echo(f"The next: add --after {rows[-1]['id']}")
