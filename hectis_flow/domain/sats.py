"""Reads the triage colour and the early-warning score (TEWS) out of observations.

`domain.visit` calls it. The colour is stored as the emergency centre sent it and never worked out
from the score: thresholds differ between versions, and a nurse may triage up.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hectis_flow.domain.facts import Observation

HIGHEST_TEWS: Final = 17
_SPELLINGS: Final = {  # English, Afrikaans, first letter
    "red": ("red", "rooi", "r"),
    "orange": ("orange", "oranje", "o"),
    "yellow": ("yellow", "geel", "y"),
    "green": ("green", "groen", "g"),
    "blue": ("blue", "blou", "b"),
}
_WORDS: Final = {word: colour for colour, words in _SPELLINGS.items() for word in words}
DELETED: Final = '""'


@dataclass(frozen=True, slots=True)
class TriageNames:
    """Names (OBX-3) under which a source sends its triage; upper-case letters and digits only."""

    colour: frozenset[str] = frozenset(
        {"SATS", "SATSCOLOUR", "SATSCOLOR", "TRIAGE", "TRIAGECOLOUR", "TRIAGECOLOR", "TRIAGECATEGORY"}
    )
    tews: frozenset[str] = frozenset({"TEWS", "TEWSSCORE", "TEWSTOTAL"})


USUAL_NAMES: Final = TriageNames()


@dataclass(frozen=True, slots=True)
class Triage:
    """`sats_colour` is red, orange, yellow, green or blue; `tews` runs from 0 to 17; None means not sent."""

    sats_colour: str | None = None
    tews: int | None = None


def read_triage(observations: Sequence[Observation], names: TriageNames = USUAL_NAMES) -> Triage:
    """Read observations given oldest first: the newest readable one wins, `""` deletes."""
    colour: str | None = None
    tews: int | None = None
    for seen in observations:
        name, value = _folded(seen.name), seen.value.strip()
        if name in names.colour:
            colour = None if value == DELETED else read_colour(value) or colour
        elif name in names.tews:
            score = None if value == DELETED else read_tews(value)
            tews = score if score is not None or value == DELETED else tews
    return Triage(colour, tews)


def read_colour(value: str) -> str | None:
    """The one colour that the text names, or None where it names none or several."""
    words = re.findall(r"[^\W\d_]+", value.casefold())
    found = {_WORDS[word] for word in words if word in _WORDS}
    return found.pop() if len(found) == 1 else None


def read_tews(value: str) -> int | None:
    """A whole number from 0 to 17, or None."""
    if not re.fullmatch(r"[0-9]{1,2}(?:\.0*)?", value):
        return None
    score = int(value.partition(".")[0])
    return score if score <= HIGHEST_TEWS else None


def _folded(name: str) -> str:
    return "".join(letter for letter in name.upper() if letter.isalnum())
