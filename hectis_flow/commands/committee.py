"""`hectis committee`: the next agenda, the minutes of a meeting, and what has become of the decisions."""

from pathlib import Path

import click

from hectis_flow.commands import paging
from hectis_flow.commands.house import house
from hectis_flow.render.minutes import KINDS
from hectis_flow.services import agenda as agendas
from hectis_flow.services import meetings


@click.group()
def committee() -> None:
    """The committee: what comes to it, what it has decided, and what became of that."""


@committee.command()
def agenda() -> None:
    """Show the next agenda: what came of the last decisions, what nobody answered, what was tabled.

    Cases by number, stage, office and reason; nothing of a person.
    """
    found = agendas.coming(house())
    click.echo(
        f"Meeting {found['meeting']} on {found['held_on']}" if found["meeting"] else "No meeting is planned."
    )
    click.echo(found["said"])
    for line in found["lines"]:
        click.echo(
            f"{line['case_ref']}  {KINDS[line['kind']]}: {line['reason']}, at {line['stage']}, "
            f"{line['office']}, {line['days']} days"
        )
    if not found["lines"]:
        click.echo("Nothing has come to the committee.")


@committee.command()
@click.argument("number", type=click.IntRange(1), required=False)
@click.option(
    "--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write them as PDF to this file."
)
def minutes(number: int | None, pdf: Path | None) -> None:
    """Show the minutes of meeting NUMBER, or of the last one, and the hash that was stored when it closed."""
    text, printed, digest = meetings.written(house(), number)
    if pdf is not None:
        pdf.write_bytes(printed)
        click.echo(f"written: {pdf}")
    else:
        click.echo(text, nl=False)
    click.echo(f"SHA-256 of the text: {digest}")


@committee.command()
@click.option("--all", "every", is_flag=True, help="Also those that have come to their end.")
@paging.after
@paging.limit
def decisions(after: int | None, limit: int, *, every: bool) -> None:
    """List the decisions that are not ended: what, about which case, of whom, by when, how it stands."""
    rows = agendas.decided(house(), after, limit, every=every)
    if not rows:
        click.echo("Nothing is decided that is still to be done.")
    for row in rows:
        click.echo(
            f"{row.id:>5}  {row.held_on}  {row.kind}, {row.ref or 'about no case'}: {row.role} at {row.office}, "
            f"by {row.due_on}: {row.state}"
        )
    paging.offer_next(rows, limit)
