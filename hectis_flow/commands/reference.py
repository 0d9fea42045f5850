"""`hectis reference`: load the tables of offices that the project carries or a deployment gives."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from config.settings import ROOT
from hectis_flow.commands.house import house
from hectis_flow.commands.imports import imports
from hectis_flow.commands.tables import FILE, Row, day, read_table, refused
from hectis_flow.domain.offices import EVER, KINDS, Days, Line, faults
from hectis_flow.services import reference as services
from hectis_flow.services.reference import TreeRefused

OFFICES = ROOT / "config" / "reference" / "offices.csv"
TREE = ROOT / "config" / "reference" / "office_tree.csv"
SPELLINGS = ROOT / "config" / "reference" / "station_aliases.csv"
OFFICE_COLUMNS = ("code", "kind", "name", "sub_district", "town", "latitude", "longitude")
TREE_COLUMNS = ("code", "parent", "valid_from", "valid_to")

Office = dict[str, Any]


@click.group()
def reference() -> None:
    """Load offices and their tree, import precincts and suburbs."""


reference.add_command(imports)


@reference.command()
@click.option(
    "--offices",
    "path",
    type=FILE,
    default=OFFICES,
    help="A CSV file of your own: code, kind, name, sub_district, town, latitude, longitude.",
)
@click.option(
    "--tree",
    "tree_path",
    type=FILE,
    default=TREE,
    help="A CSV file of your own: code, parent, valid_from, valid_to, source.",
)
def load(path: Path, tree_path: Path) -> None:
    """Bring the offices to what the files say. Safe to run again.

    Both files are checked whole before anything is written. An office that comes under another one keeps
    its history: the line before is closed at the day the new one begins.
    """
    offices, numbered = read_offices(path), _tree(tree_path)
    numbers, tree = list(numbered), list(numbered.values())
    try:
        _check(services.kinds(house()) | {row["code"]: row["kind"] for row in offices}, tree)
        loaded = services.load(house(), offices, tree, read_spellings(SPELLINGS))
    except TreeRefused as fault:
        raise refused(tree_path, {numbers[at]: said for at, said in fault.lines.items()}) from None
    click.echo(f"reference: {len(offices)} offices read, {loaded.offices} new or changed")
    click.echo(f"reference: {len(tree)} lines of the tree read, {loaded.tree} new or changed")


def read_offices(path: Path) -> list[Office]:
    """Read and check the file; each wrong line is named with its number."""
    codes: set[str] = set()

    def office(row: Row) -> Office:
        read = _office(row)
        if read["code"] in codes:
            raise ValueError("this code stands in an earlier line too")
        codes.add(read["code"])
        return read

    return list(read_table(path, OFFICE_COLUMNS, office).values())


def read_tree(path: Path) -> list[Office]:
    """Which office stands above which, from when to when (empty: see docs/offices.md)."""
    return list(_tree(path).values())


def read_spellings(path: Path) -> list[dict[str, str]]:
    """Further spellings of stations: alias and code."""
    columns = ("alias", "code")
    return list(read_table(path, columns, lambda row: {name: row[name] or "" for name in columns}).values())


def _tree(path: Path) -> dict[int, Office]:
    return read_table(path, TREE_COLUMNS, _tree_line)


def _check(kinds: Mapping[str, str], tree: list[Office]) -> None:
    """The tree against the offices there will be, by code; every wrong line is named."""
    lines = [
        Line(row["code"], row["parent"], Days(row["valid_from"] or EVER, row["valid_to"])) for row in tree
    ]
    wrong = faults(kinds, lines)
    if wrong:
        raise TreeRefused(wrong)


def _office(row: Row) -> Office:
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
        "latitude": _degrees(row["latitude"], 90),
        "longitude": _degrees(row["longitude"], 180),
    } | ({"valid_to": day(row, "valid_to")} if "valid_to" in row else {})


def _degrees(word: str | None, most: int) -> float | None:
    """A coordinate (WGS84), None where none is given."""
    if not word:
        return None
    degrees = float(word)
    if not -most <= degrees <= most:  # nor is "nan" between them
        raise ValueError(f"a coordinate lies between -{most} and {most} degrees")
    return degrees


def _tree_line(row: Row) -> Office:
    if not row["code"] or not row["parent"]:
        raise ValueError("code and parent must be given")
    return {
        "code": row["code"],
        "parent": row["parent"],
        "valid_from": day(row, "valid_from"),
        "valid_to": day(row, "valid_to"),
    }
