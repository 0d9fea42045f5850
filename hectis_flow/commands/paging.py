"""How a command lists page by page: the options that ask for the next page, and the line that offers it.

Used by the `list` commands of what may be long. It must not read anything.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import click

_LARGEST_ID: Final = 2**63 - 1  # bigint

after = click.option(
    "--after", type=click.IntRange(0, _LARGEST_ID), metavar="NUMBER", help="Go on beyond this line."
)
limit = click.option(
    "--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="How many at most."
)


class _Row(Protocol):
    @property
    def id(self) -> int: ...


def offer_next(rows: Sequence[_Row], most: int) -> None:
    """Say how the next page is asked for, if this one is full."""
    if len(rows) == most:
        click.echo(f"The next: add --after {rows[-1].id}")
