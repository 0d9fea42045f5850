"""The few pieces of Markdown that drawn pages are made of: a section, a table, names as code.

Imported by the modules that draw docs/workflow.md. It must not know what it writes about.
"""

from collections.abc import Iterable, Sequence


def section(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = "", depth: int = 2
) -> str:
    """A heading, a note and a table, ending in a newline."""
    head = [f"{'#' * depth} {title}", "", *([note, ""] if note else [])]
    return "\n".join([*head, *table(columns, rows), ""])


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    return [_row(columns), _row(["---"] * len(columns)), *(_row(row) for row in rows)]


def code(names: Iterable[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
