"""`hectis reference`: load the tables of offices that the project carries or a deployment gives."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from config.settings import ROOT
from hectis_flow.commands.house import house
from hectis_flow.commands.imports import imports
from hectis_flow.commands.tables import FILE, Row, day, read_table, refused
from hectis_flow.domain.offices import EVER, KINDS, Days, Line, faults
from hectis_flow.services import committee
from hectis_flow.services import reference as services
from hectis_flow.services.reference import TreeRefused
from hectis_flow.storage.seats import Seat

OFFICES = ROOT / "config" / "reference" / "offices.csv"
TREE = ROOT / "config" / "reference" / "office_tree.csv"
SPELLINGS = ROOT / "config" / "reference" / "station_aliases.csv"
SEATS = ROOT / "config" / "reference" / "committee_seats.csv"
OFFICE_COLUMNS = ("code", "kind", "name", "sub_district", "town", "latitude", "longitude")
TREE_COLUMNS = ("code", "parent", "valid_from", "valid_to")
SEAT_COLUMNS = ("code", "agency", "chairs", "staff")
_SEAT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_STAFF = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
CHAIRS = "?chairs"  # no code looks so

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
@click.option(
    "--seats",
    "seats_path",
    type=FILE,
    default=SEATS,
    help="A CSV file of your own: code, agency, chairs, staff, source.",
)
def load(path: Path, tree_path: Path, seats_path: Path) -> None:
    """Bring the offices, and the seats of the committee, to what the files say. Safe to run again.

    All files are checked whole before anything is written. An office that comes under another one keeps
    its history: the line before is closed at the day the new one begins.
    """
    offices, numbered, seats = read_offices(path), _tree(tree_path), read_seats(seats_path)
    numbers, tree = list(numbered), list(numbered.values())
    try:
        _check(services.kinds(house()) | {row["code"]: row["kind"] for row in offices}, tree)
        loaded = services.load(house(), offices, tree, read_spellings(SPELLINGS))
    except TreeRefused as fault:
        raise refused(tree_path, {numbers[at]: said for at, said in fault.lines.items()}) from None
    click.echo(f"reference: {len(offices)} offices read, {loaded.offices} new or changed")
    click.echo(f"reference: {len(tree)} lines of the tree read, {loaded.tree} new or changed")
    changed = committee.load_seats(house(), seats)
    click.echo(f"reference: {len(seats)} seats of the committee read, {changed} new or changed")


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


def read_seats(path: Path) -> list[Seat]:
    """The seats of the committee, of which one chairs; each wrong line is named with its number."""
    seen: set[str] = set()

    def seat(row: Row) -> Seat:
        read = _seat(row)
        if read.code in seen or (read.chairs and CHAIRS in seen):
            raise ValueError("an earlier line has this code, or chairs already")
        seen.update((read.code, CHAIRS) if read.chairs else (read.code,))
        return read

    return list(read_table(path, SEAT_COLUMNS, seat).values())


def _seat(row: Row) -> Seat:
    code, agency, staff = (row[name] or "" for name in ("code", "agency", "staff"))
    if not _SEAT.fullmatch(code) or not agency:
        raise ValueError("code (a-z, 0-9 and -) and agency must be given")
    if staff and not _STAFF.fullmatch(staff):
        raise ValueError("staff must be a staff code, never a name")
    if row["chairs"] not in {"yes", "", None}:
        raise ValueError("chairs must be yes or empty")
    return Seat(code, agency, row["chairs"] == "yes", staff or None)


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
