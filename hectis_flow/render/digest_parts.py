"""The parts of a digest in words: what its sentences, lists and tables are made of.

`digest` puts them together; mail, page and paper read them. Nothing of a person has a place in any of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it says, and the page of ours that it opens, on which one signs in and confirms."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing to decide: what, about which case and since when, what happens otherwise, and the choices."""

    title: str
    about: str
    otherwise: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One case, in a sentence and a line of facts."""

    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Part:
    """What is new, worse or fixed: how many, and the first of them; `none` says that there is nothing."""

    title: str
    count: int
    rows: tuple[Row, ...]
    none: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of figures."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    none: str


@dataclass(frozen=True, slots=True)
class Said:
    """A digest in one language. `late` and `seal` are "" where there is nothing to say; a certificate may be missing.

    `nothing` says in a line what there is none of; `empty`: not even a figure is worth a line.
    """

    language: str
    title: str
    subject: str
    late: str
    since: str
    made: str
    followed: str
    decide_title: str
    decide_none: str
    decisions: tuple[Decision, ...]
    decide_more: str
    figures: tuple[tuple[str, str], ...]
    nothing: str
    empty: bool
    parts: tuple[Part, ...]
    ages: Grid
    removals: Grid | None
    back: str
    owed: Part | None
    certificate: Mapping[str, Any] | None
    seal: str
    seal_words: str
    why: str
    privacy: str
