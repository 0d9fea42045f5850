"""`hectis load`: what stations, their officers and prosecutors carry beside the benchmark."""

from typing import Any

import click

from hectis_flow.commands.house import house
from hectis_flow.domain.load import OVERLOAD
from hectis_flow.services import load as carried


@click.command()
@click.option("--station", metavar="CODE", help="Only this station.")
def load(station: str | None) -> None:
    """Say what each office carries, the fullest first, and what each officer of a station does.

    each: open dockets an officer, or open matters a prosecutor, rounded up.
    """
    found = carried.look(house(), station)
    shown = [one for one in found if one["open"] or station]
    if not shown:
        click.echo("Nobody carries an open docket or matter yet.")
        return
    click.echo(f"{'':<40}{'open':>8}{'heads':>8}{'each':>8}  benchmark {shown[0]['benchmark']}")
    for one in shown:
        click.echo(_line(one["office"], f"{one['open']:>8,}{one['heads']:>8,}{one['each']:>8,}", one))
        for officer in one["officers"]:
            click.echo(_line(f"  {officer['officer']}", f"{officer['open']:>8,}{'':16}", officer))


def _line(name: str, figures: str, one: dict[str, Any]) -> str:
    return f"{name:<40}{figures}" + ("  above it" if one["capacity"] == OVERLOAD else "")
