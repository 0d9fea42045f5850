"""Made-up people. No name, number or address here belongs to anybody.

Names are words of our own. Every ID number fails its own check digit, by construction: the number of a real
person always passes it, so none can be hit by accident (docs/practice.md).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from hectis_flow.practice import rates
from hectis_flow.practice.chance import Odds, happens

FAMILIES: Final = (
    "Voorbeeld", "Denkbeeld", "Oefening", "Umzekelo", "Umfanekiso", "Verdigsel", "Nergensman", "Niemandt",
    "Fictusse", "Madeup", "Practisson", "Steekproef", "Umboniso", "Wiskunde", "Blêrkas", "Höfstück",
)  # fmt: skip
GIVENS: Final = (
    "Alfa", "Bravola", "Charlo", "Deltano", "Ekhola", "Foxtra", "Golfine", "Hotela", "Indigo", "Julietto",
    "Kilomi", "Limani", "Mikelo", "Novemba", "Oskaro", "Papalo", "Quebeko", "Romella", "Sierro", "Tangola",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up patient. `sa_id` is "" for most: few records hold one."""

    folder: str
    family: str
    given: str
    born: date
    sex: str
    sa_id: str
    station: str  # the office code of the precinct where the person lives
    street: str


def person(
    rng: Random, folder: str, station: str, on: date, ages: Odds[tuple[int, int]], male: float
) -> Person:
    """A person of that folder number; `on` is the day whose age counts."""
    low, high = ages.draw(rng)
    born = on - timedelta(days=round(365.25 * rng.uniform(low, high + 0.99)) + 1)
    sex = "M" if happens(rng, male) else "F"
    return Person(
        folder=folder,
        family=rng.choice(FAMILIES),
        given=rng.choice(GIVENS),
        born=born,
        sex=sex,
        sa_id=impossible_id(rng, born, sex) if happens(rng, rates.SA_ID_SHARE) else "",
        station=station,
        street=f"{rng.randint(1, 99)} Practice Street",
    )


def impossible_id(rng: Random, born: date, sex: str) -> str:
    """Thirteen digits in the shape of a South African ID number, with a check digit that is always wrong."""
    order = rng.randint(5000, 9999) if sex == "M" else rng.randint(0, 4999)
    start = f"{born:%y%m%d}{order:04d}08"
    return f"{start}{(check_digit(start) + rng.randint(1, 9)) % 10}"


def check_digit(digits: str) -> int:
    """The check digit (Luhn) that a real number with these first twelve digits would have."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10
