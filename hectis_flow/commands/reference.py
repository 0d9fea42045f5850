"""`hectis reference`: load the tables of offices that the project carries or a deployment gives."""

import csv
from pathlib import Path
from typing import Any

import click

from config.settings import ROOT
from hectis_flow.commands.house import house
from hectis_flow.commands.imports import imports
from hectis_flow.services.reference import load_offices, load_spellings

OFFICES = ROOT / "config" / "reference" / "offices.csv"
SPELLINGS = ROOT / "config" / "reference" / "station_aliases.csv"
KINDS = ("facility", "station", "province_health")


@click.group()
def reference() -> None:
    """Load the tables of facilities and stations, import precincts and suburbs."""


reference.add_command(imports)


@reference.command()
@click.option(
    "--offices",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=OFFICES,
    help="A CSV file of your own: code, kind, name, sub_district, town, latitude, longitude.",
)
def load(path: Path) -> None:
    """Bring the database's offices to what the file says; safe to run again."""
    rows = read_offices(path)
    changed = load_offices(house(), rows)
    load_spellings(house(), read_spellings(SPELLINGS))
    click.echo(f"reference: {len(rows)} offices read, {changed} new or changed")


def read_offices(path: Path) -> list[dict[str, Any]]:
    """Read and check the file; a wrong line is named with its number."""
    offices: dict[str, dict[str, Any]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets put a mark before UTF-8
        reader = csv.DictReader(file)
        try:
            for row in reader:
                office = _office(row)
                if offices.setdefault(office["code"], office) is not office:
                    raise ValueError("this code stands in an earlier line too")  # noqa: TRY301
        except KeyError as fault:
            raise click.ClickException(f"{path} has no column {fault}") from None
        except ValueError as fault:
            raise click.ClickException(f"{path}, line {reader.line_num}: {fault}") from None
    return list(offices.values())


def read_spellings(path: Path) -> list[dict[str, str]]:
    """Further spellings of stations: alias and code."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{"alias": row["alias"], "code": row["code"]} for row in csv.DictReader(file)]


def _office(row: dict[str, str | None]) -> dict[str, Any]:
    if row["kind"] not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    if not row["code"] or not row["name"]:
        raise ValueError("code and name must be given")
    return {
        "code": row["code"],
        "kind": row["kind"],
        "name": row["name"],
        "sub_district": row["sub_district"] or None,
        "town": row["town"] or None,
        "latitude": float(row["latitude"]) if row["latitude"] else None,
        "longitude": float(row["longitude"]) if row["longitude"] else None,
    }
