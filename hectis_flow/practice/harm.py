"""What happened to a visitor, and how an emergency centre codes it: cause, injury, colour.

The meaning (intent, mechanism, place) is drawn first and the code made from it, with tables of this
module alone: the record can then be held against what the product reads out of the code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from hectis_flow.practice import rates
from hectis_flow.practice.chance import Odds, happens
from hectis_flow.practice.places import Level

# Mechanism -> the ICD-10 (WHO) categories it may be coded as.
_ASSAULT: Final[Mapping[str, Odds[str]]] = {
    "sharp": Odds({"X99": 1.0}),
    "blunt": Odds({"Y00": 1.0}),
    "bodily_force": Odds({"Y04": 1.0}),
    "firearm": Odds({"X93": 35.0, "X94": 5.0, "X95": 60.0}),
    "sexual": Odds({"Y05": 1.0}),
    "unspecified": Odds({"Y09": 1.0}),
    "burn": Odds({"X97": 30.0, "X98": 70.0}),
    "strangulation": Odds({"X91": 1.0}),
    "maltreatment": Odds({"Y07": 1.0}),
    "neglect": Odds({"Y06": 1.0}),
    "poisoning": Odds({"X85": 60.0, "X87": 40.0}),
    "other": Odds({"Y08": 1.0}),
}
_UNDETERMINED: Final = {"sharp": "Y28", "blunt": "Y29", "firearm": "Y24", "fall_pushed": "Y30"}
_GRAVITY: Final = {"firearm": "grave", "sharp": "grave", "strangulation": "grave", "burn": "middling",
                   "blunt": "middling", "poisoning": "middling"}  # fmt: skip
# Codes of the American modification: some exist in both with another meaning, so the system must see the shape.
_AMERICAN: Final = ("X99.1XXA", "Y04.0XXA", "X95.9XXA", "Y00.XXXA")
_INJURIES: Final[Mapping[str, tuple[str, ...]]] = {
    "sharp": ("S21.1", "S31.1", "S01.0", "S41.1", "S51.8", "S11.9", "S27.0"),
    "firearm": ("S21.9", "S31.8", "S71.1", "S81.8", "S06.9", "S36.1"),
    "blunt": ("S01.0", "S06.0", "S52.2", "S02.2", "S62.3", "S42.0"),
    "bodily_force": ("S00.1", "S01.5", "S02.6", "S20.2", "S60.2", "S09.9"),
    "sexual": ("T74.2", "S30.2"),
    "burn": ("T20.2", "T21.2", "T22.2"),
    "strangulation": ("T71", "S10.9"),
    "maltreatment": ("T74.1", "S00.9"),
    "neglect": ("T74.0",),
    "poisoning": ("T60.0", "T40.6"),
}
_ANY_INJURY: Final = ("S01.0", "S52.5", "S82.6", "S61.0", "S93.4", "S06.0", "T14.9")
_FALLS_AND_CRASHES: Final = ("W01", "W10", "W19", "W25", "W54", "X59")
_ROADS: Final = ("V03.1", "V43.5", "V49.9", "V89.2")
_SELF_HARM: Final = ("X61", "X64", "X70", "X78")
_ILLNESSES: Final = (
    "J18.9",
    "A09.9",
    "I10",
    "E11.9",
    "J45.9",
    "R07.4",
    "A16.2",
    "B20",
    "O80.9",
    "K52.9",
    "G40.9",
)


@dataclass(frozen=True, slots=True)
class Cause:
    """What a coding says: `intent` "assault", "undetermined", "legal_intervention", or "" for no incident.

    `code` is the external cause, or the illness; "" where none is given. `place` is the fourth character's
    word where the category has one.
    """

    intent: str
    mechanism: str
    place: str
    code: str
    injury: str


# The words that the product's own tables have for a place digit, written down here a second time.
PLACE_WORDS: Final = {
    "0": "home", "1": "residential_institution", "2": "school_public_area", "3": "sports_area", "4": "street",
    "5": "trade_service", "8": "other", "9": "unspecified",
}  # fmt: skip
NOTHING: Final = Cause("", "", "", "", "")


def assault(rng: Random, *, woman: bool, again: bool, level: Level) -> Cause:
    """An act of violence, as it happened, coded rightly."""
    odds = rates.MEANS_OF_WOMEN if woman else _by_level(level)
    mechanism = (rates.MEANS_AGAIN if again and not woman else odds).draw(rng)
    return coded_assault(rng, mechanism, woman=woman)


def coded_assault(rng: Random, mechanism: str, *, woman: bool) -> Cause:
    """The code of that mechanism, with a place and sometimes an activity, and an injury that goes with it."""
    category = _ASSAULT[mechanism].draw(rng)
    injury = rng.choice(_INJURIES.get(mechanism, _ANY_INJURY))
    if category in ("Y06", "Y07"):  # their fourth character says who did it
        return Cause("assault", mechanism, "", f"{category}.{rng.choice('0128')}", injury)
    digit = (rates.PLACES_OF_WOMEN if woman else rates.PLACES).draw(rng)
    activity = rng.choice("0148") if happens(rng, 0.1) else ""
    return Cause("assault", mechanism, PLACE_WORDS[digit], f"{category}.{digit}{activity}", injury)


def as_undetermined(rng: Random, cause: Cause) -> Cause:
    """The same harm, coded as of undetermined intent."""
    mechanism = cause.mechanism if cause.mechanism in _UNDETERMINED else "blunt"
    digit = rng.choice("0459")
    return Cause(
        "undetermined", mechanism, PLACE_WORDS[digit], f"{_UNDETERMINED[mechanism]}.{digit}", cause.injury
    )


def as_american(rng: Random, cause: Cause) -> Cause:
    """The same harm in a code of the American modification: nobody may count it."""
    return Cause("", "", "", rng.choice(_AMERICAN), cause.injury)


def as_accident(rng: Random, cause: Cause) -> Cause:
    """The same harm, called a fall."""
    return Cause("", "", "", f"W19.{rng.choice('049')}", cause.injury)


def other_injury(rng: Random) -> Cause:
    """An injury that was no assault, or of which nobody knows."""
    kind = rates.OTHER_CAUSES.draw(rng)
    injury = rng.choice(_ANY_INJURY)
    if kind == "undetermined":
        mechanism = rng.choice(list(_UNDETERMINED))
        return as_undetermined(rng, Cause("", mechanism, "", "", injury))
    if kind == "legal_intervention":
        return Cause("legal_intervention", "legal_intervention", "", f"Y35.{rng.choice('0367')}", injury)
    if kind == "self_harm":
        return Cause("", "", "", f"{rng.choice(_SELF_HARM)}.{rng.choice('09')}", injury)
    if happens(rng, 0.3):
        return Cause("", "", "", rng.choice(_ROADS), injury)
    category = rng.choice(_FALLS_AND_CRASHES)
    return Cause("", "", "", category if category == "X59" else f"{category}.{rng.choice('0459')}", injury)


def illness(rng: Random) -> Cause:
    """A visit without any injury."""
    return Cause("", "", "", rng.choice(_ILLNESSES), "")


def colour(rng: Random, cause: Cause) -> str:
    """The triage colour, which the centre sends and nobody works out."""
    return rates.COLOURS[_GRAVITY.get(cause.mechanism, "light" if cause.injury else "middling")].draw(rng)


def _by_level(level: Level) -> Odds[str]:
    if level == "clinic":
        return rates.MEANS_AT_CLINIC
    return rates.MEANS_AT_CENTRE if level == "central" else rates.MEANS
