"""`hectis audit`: duties that were not done in time, as the auditor found them; and a look right now."""

import click

from hectis_flow.commands import paging
from hectis_flow.commands.house import house
from hectis_flow.domain.moments import SAST
from hectis_flow.services import auditor


@click.group()
def audit() -> None:
    """Duties that were not done in time. The auditor looks for them every minute by itself."""


@audit.command(name="list")
@paging.after
@paging.limit
def listing(after: int | None, limit: int) -> None:
    """List what is open, the oldest first. What was not done, on which case, since when it is known."""
    rows = auditor.listing(house(), after, limit)
    if not rows:
        click.echo("Nothing is open: whoever must hear was told, and every case that waits has its clock.")
    for row in rows:
        found = row.found_at.astimezone(SAST)
        click.echo(
            f"{row.id:>7}  {row.ref or '-':<16}  {row.kind}  (row {row.subject_id}), found {found:%Y-%m-%d %H:%M}"
        )
    paging.offer_next(rows, limit)


@audit.command()
def run() -> None:
    """Look at everything now; exit code 1 where something is open."""
    found = auditor.audit(house())
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(found.open.items())) or "nothing"
    click.echo(f"open: {kinds}; new {found.found}, mended {found.cleared}; {found.took_ms:.0f} ms")
    if not found.clean:
        raise SystemExit(1)
