"""`hectis reference`: load the tables of offices that the project carries or a deployment gives."""

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from config.settings import ROOT
from hectis_flow.commands.house import house
from hectis_flow.commands.imports import imports
from hectis_flow.domain.offices import EVER, KINDS, Line, Span, faults
from hectis_flow.services import reference as services
from hectis_flow.services.reference import TreeRefused

OFFICES = ROOT / "config" / "reference" / "offices.csv"
TREE = ROOT / "config" / "reference" / "office_tree.csv"
SPELLINGS = ROOT / "config" / "reference" / "station_aliases.csv"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

Row = dict[str, Any]


@click.group()
def reference() -> None:
    """Load the tables of offices and of their tree, import precincts and suburbs."""


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
    """Bring the database's offices to what the files say; safe to run again.

    Both files are checked whole before anything is written. An office that comes under another one keeps
    its history: the line before is closed at the day the new one begins.
    """
    offices, tree = read_offices(path), read_tree(tree_path)
    _check(services.kinds(house()) | {row["code"]: row["kind"] for row in offices}, tree, tree_path)
    try:
        loaded = services.load(house(), offices, tree, read_spellings(SPELLINGS))
    except TreeRefused as fault:
        raise _refused(tree_path, {place + 2: said for place, said in fault.lines.items()}) from None
    click.echo(f"reference: {len(offices)} offices read, {loaded.offices} new or changed")
    click.echo(f"reference: {len(tree)} lines of the tree read, {loaded.tree} new or changed")


def read_offices(path: Path) -> list[Row]:
    """Read and check the file; each wrong line is named with its number."""
    codes: set[str] = set()

    def office(row: Mapping[str, str | None]) -> Row:
        read = _office(row)
        if read["code"] in codes:
            raise ValueError("this code stands in an earlier line too")
        codes.add(read["code"])
        return read

    return _read(path, office)


def read_tree(path: Path) -> list[Row]:
    """Which office stands above which, from when to when (empty: see docs/offices.md)."""
    return _read(path, _tree_line)


def read_spellings(path: Path) -> list[dict[str, str]]:
    """Further spellings of stations: alias and code."""
    return _read(path, lambda row: {"alias": row["alias"] or "", "code": row["code"] or ""})


def _read(path: Path, one: Callable[[Mapping[str, str | None]], Row]) -> list[Row]:
    """Every line through `one`; all that are wrong are named together."""
    read: list[Row] = []
    wrong: dict[int, str] = {}
    try:
        for number, line in _lines(path):
            try:
                read.append(one(line))
            except ValueError as fault:
                wrong[number] = str(fault)
    except KeyError as fault:
        raise click.ClickException(f"{path} has no column {fault}") from None
    if wrong:
        raise _refused(path, wrong)
    return read


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets put a mark before UTF-8
        reader = csv.DictReader(file)
        for line in reader:
            yield reader.line_num, line


def _check(kinds: Mapping[str, str], tree: list[Row], path: Path) -> None:
    """The tree against the offices there will be, by code; every wrong line is named."""
    lines = [
        Line(row["code"], row["parent"], Span(row["valid_from"] or EVER, row["valid_to"])) for row in tree
    ]
    wrong = faults(kinds, lines)
    if wrong:
        raise _refused(path, {at + 2: said for at, said in wrong.items()})


def _refused(path: Path, wrong: Mapping[int, str]) -> click.ClickException:
    """Every faulty line with its number; nothing was written."""
    return click.ClickException("\n".join(f"{path}, line {at}: {said}" for at, said in sorted(wrong.items())))


def _office(row: Mapping[str, str | None]) -> Row:
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
    } | {name: _day(row[name]) for name in ("valid_to",) if name in row}


def _tree_line(row: Mapping[str, str | None]) -> Row:
    if not row["code"] or not row["parent"]:
        raise ValueError("code and parent must be given")
    return {
        "code": row["code"],
        "parent": row["parent"],
        "valid_from": _day(row["valid_from"]),
        "valid_to": _day(row["valid_to"]),
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
