"""`hectis balance`: whether all that came in is still accounted for, line by line; and a look right now."""

from datetime import datetime

import click

from hectis_flow.commands.house import house
from hectis_flow.domain.balance import Certificate
from hectis_flow.domain.moments import SAST
from hectis_flow.services import balance as balances


@click.group()
def balance() -> None:
    """Whether all that came in is accounted for. The clock draws it each morning by itself."""


@balance.command()
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The newest of this day, not the newest."
)
def show(day: datetime | None) -> None:
    """Say what came in and where it is. Exit code 1 where something is unexplained."""
    with house().transaction() as session:
        found = balances.of_day(session, day.date()) if day else balances.latest(session)
    if found is None:
        raise click.ClickException("No balance was drawn" + (f" on {day:%Y-%m-%d}." if day else " yet."))
    _tell(found)


@balance.command()
def draw() -> None:
    """Draw a balance now, beside that of the morning. Exit code 1 where something is unexplained."""
    drawn = balances.draw(house())
    if drawn is None:
        raise click.ClickException("Somebody else has drawn one at this moment: hectis balance show.")
    _tell(drawn)


def _tell(one: Certificate) -> None:
    click.echo(f"balance {one.number}, {one.drawn_at.astimezone(SAST):%Y-%m-%d %H:%M}")
    for line in one.lines:
        parts = ", ".join(f"{name} {rows:,}" for name, rows in line.parts if rows)
        click.echo(f"  {line.name:<18}{line.came_in:>12,}  = {parts or 'none'}")
        for fault in line.faults:
            where = f" (the first is row {fault.first})" if fault.first is not None else ""
            click.echo(f"  {'':<18}{fault.rows:>12,}  UNEXPLAINED: {fault.name}{where}")
    if not one.clean:
        click.echo("NOT EVEN: each difference is a task of the province's office of health data.")
        raise SystemExit(1)
    click.echo("even: nothing is unexplained")
