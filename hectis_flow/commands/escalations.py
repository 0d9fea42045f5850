"""`hectis escalations`: where nobody answered, how high it has climbed, and whom it has reached."""

import click

from hectis_flow.commands import paging
from hectis_flow.commands.house import house
from hectis_flow.domain.moments import SAST
from hectis_flow.services import escalation


@click.group()
def escalations() -> None:
    """Where nobody answered in time, and who has been told of it."""


@escalations.command(name="list")
@click.option("--office", metavar="CODE", help="Only what has climbed to this office.")
@paging.after
@paging.limit
def listing(office: str | None, after: int | None, limit: int) -> None:
    """List the open ones, the longest open first. Case, level, whom it reached, what is late, since when.

    Level 0 reminds the owner; each level above tells an office further up. An answer ends it, reading does not.
    """
    rows = escalation.listing(house(), office, after, limit)
    if not rows:
        click.echo("Nothing has climbed: everybody has answered, or still has time.")
    for row in rows:
        click.echo(
            f"{row.id:>7}  {row.ref}  L{row.level}  told {row.role} at {row.office}: {row.clock} of the stage "
            f"{row.stage}, due {row.due_at.astimezone(SAST):%Y-%m-%d %H:%M}, "
            f"raised {row.raised_at.astimezone(SAST):%Y-%m-%d %H:%M}"
        )
    paging.offer_next(rows, limit)
