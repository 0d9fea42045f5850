"""`hectis reference import`: precinct outlines and suburb tables that a deployment brings along.

Mounted by `commands.reference`. Whatever the file holds is accounted for in what is printed: stored,
already there, or left with the reason.
"""

import sys
from datetime import date, datetime
from pathlib import Path

import click

from hectis_flow.commands.house import house
from hectis_flow.commands.tables import FILE, Row, day, not_utf8, read_table
from hectis_flow.feeds.geojson import read_areas
from hectis_flow.services import precinct_import
from hectis_flow.services.precinct_import import SuburbLine, Taken

EVER = datetime(1900, 1, 1)  # noqa: DTZ001  (a day; click wants it so)
SHOWN = 12  # codes printed in one line; the rest are counted
CHECK = click.option("--check", is_flag=True, help="Say what would be stored, and store nothing.")


@click.group("import")
def imports() -> None:
    """Import precinct outlines or a table of suburbs."""


@imports.command()
@click.argument("path", metavar="FILE.geojson", type=FILE)
@click.option("--name-field", required=True, help="The property that holds the station's name.")
@click.option("--source", required=True, help="Who publishes this map, and of which date.")
@click.option(
    "--from",
    "start",
    type=click.DateTime(["%Y-%m-%d"]),
    default=EVER,
    help="The day these outlines begin to hold; without it, since ever.",
)
@CHECK
def precincts(path: Path, name_field: str, source: str, start: datetime, *, check: bool) -> None:
    """Store the outline of each station's precinct (GeoJSON, WGS84, Polygon or MultiPolygon).

    An incident whose message gives coordinates then lies in the precinct that held the point on the day
    it happened. An outline that changes closes the one before it. Ends with 1 when something was left.
    """
    try:
        areas = read_areas(path.read_text(encoding="utf-8-sig"), name_field)
    except UnicodeDecodeError:
        raise not_utf8(path) from None
    taken = precinct_import.take_precincts(house(), areas, source, start.date(), check=check)
    _report(f"{len(areas)} outlines", taken, check=check)
    _some(taken.without, "stations without an outline")
    sys.exit(1 if taken.left else 0)


@imports.command()
@click.argument("path", metavar="FILE.csv", type=FILE)
@CHECK
def suburbs(path: Path, *, check: bool) -> None:
    """Store a table of suburbs: suburb, station, from, to, source (dates as 2026-11-22; `to` may be empty).

    A suburb of several stations resolves to none of them. Ends with 1 when something was left.
    """
    lines = read_suburbs(path)
    taken = precinct_import.take_suburbs(house(), lines, check=check)
    _report(f"{len(lines)} lines", taken, check=check)
    _some(taken.shared, "suburbs of several stations, so that they decide nothing")
    sys.exit(1 if taken.left else 0)


def read_suburbs(path: Path) -> list[SuburbLine]:
    """Read and check the file; each wrong line is named with its number."""
    read = read_table(path, ("suburb", "station", "from", "to", "source"), _suburb)
    return [SuburbLine(number, *said) for number, said in read.items()]


def _suburb(row: Row) -> tuple[str, str, date, date | None, str]:
    suburb, station, source = row["suburb"] or "", row["station"] or "", row["source"] or ""
    if not (any(map(str.isalnum, suburb)) and station and source):
        raise ValueError("suburb, station and source must be given")
    begins, ends = day(row, "from"), day(row, "to")
    if begins is None:
        raise ValueError("from must be given")
    if ends is not None and ends <= begins:
        raise ValueError("to must lie after from")
    return suburb, station, begins, ends, source


def _report(read: str, taken: Taken, *, check: bool) -> None:
    verb = "would be" if check else "are"
    click.echo(
        f"{read} read: {taken.fresh} {verb} new, {taken.changed} {verb} changed, {taken.same} stood already, "
        f"{len(taken.left)} {verb} left out"
    )
    for name, why in taken.left:
        click.echo(f"  {name}: {why}")


def _some(codes: list[str], what: str) -> None:
    if codes:
        more = f" and {len(codes) - SHOWN} more" if len(codes) > SHOWN else ""
        click.echo(f"{len(codes)} {what}: {', '.join(codes[:SHOWN])}{more}")
