"""What a practice province stands on before its first message: staff at every post, and where suburbs lie.

`hectis practice settle` calls it at the first start of a practice system. It refuses every database but one
for practice, and may be run again.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services.house import House
from hectis_flow.services.precinct_import import SuburbLine, take_suburbs

EVER: Final = date(1900, 1, 1)
SOURCE: Final = "the practice province, where every precinct is one suburb of its own name"


class Settled(NamedTuple):
    """How many people and suburbs were new."""

    staff: int
    suburbs: int


def settle(house: House, stations: Iterable[str]) -> Settled:
    """Put staff at every post and let every station's name be a suburb of it. Raises `NotPractice`."""
    people = staff_the_province(house)
    lines = [
        SuburbLine(number, name, name, EVER, None, SOURCE)
        for number, name in enumerate(sorted(set(stations)), start=1)
    ]
    suburbs = take_suburbs(house, lines, check=False)
    return Settled(people.changed, suburbs.fresh)
