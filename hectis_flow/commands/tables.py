"""The tables that people hand in as CSV: read whole, and every faulty line named with its number.

Called by the commands that take one. It must not know what a column means, nor repeat what a line says:
what is printed lands in terminals and tickets.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import click

Row = Mapping[str, str | None]
T = TypeVar("T")

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def read_table(path: Path, columns: Sequence[str], one: Callable[[Row], T]) -> dict[int, T]:
    """What `one` makes of each line, by the line's number; its `ValueError` says what is wrong with a line.

    Raises `click.ClickException`: all faulty lines together, missing columns, or that this is no such file.
    """
    read: dict[int, T] = {}
    wrong: dict[int, str] = {}
    for number, row in _lines(path, columns):
        try:
            read[number] = one(row)
        except ValueError as fault:
            wrong[number] = str(fault)
    if wrong:
        raise refused(path, wrong)
    return read


def refused(path: Path, wrong: Mapping[int, str]) -> click.ClickException:
    """Every faulty line with its number; nothing was written."""
    return click.ClickException("\n".join(f"{path}, line {at}: {said}" for at, said in sorted(wrong.items())))


def not_utf8(path: Path) -> click.ClickException:
    """The file holds other characters than we read."""
    return click.ClickException(f"{path} is not UTF-8 text: save it in that encoding.")


def day(row: Row, column: str) -> date | None:
    """The date in a column, None where it is empty or not there; `ValueError` for anything else."""
    text = (row.get(column) or "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"{column} must be a date such as 2026-11-22") from None


def _lines(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    with path.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets put a mark before UTF-8
        reader = csv.DictReader(file)
        try:
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise click.ClickException(f"{path} has no column {', '.join(missing)}")
            for row in reader:
                yield reader.line_num, row
        except UnicodeDecodeError:
            raise not_utf8(path) from None
        except csv.Error:
            raise click.ClickException(f"{path}, line {reader.line_num}: this is no CSV") from None
