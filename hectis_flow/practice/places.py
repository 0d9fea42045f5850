"""Where things happen and where people are brought: precincts of unequal weight, facilities near by.

Made from the project's own table of offices (config/reference), which the caller reads. Weights are for
play only: nothing here may be taken for a figure about a real place.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Literal

from hectis_flow.practice.chance import Odds

Level = Literal["clinic", "district", "regional", "central", "children"]

# Murders of January and February 2021 by station, of 491 in the province [S118]; three more of the Safety
# Plan's list [S84] with a guess [D].
_HEAVY: Final[Mapping[str, float]] = {
    "khayelitsha-saps": 32, "delft-saps": 31, "kraaifontein-saps": 30, "gugulethu-saps": 28,
    "nyanga-saps": 25, "harare-saps": 23, "mfuleni-saps": 23, "philippi-east-saps": 22,
    "manenberg-saps": 10, "ravensmead-saps": 8, "bishop-lavis-saps": 9, "mitchells-plain-saps": 9,
    "philippi-saps": 8,
}  # fmt: skip
_METRO_WEIGHT: Final = 2.2  # each other station of the city; the rest of the 491 [D]
_TOWN_WEIGHT: Final = 1.1

# Community health centres with trauma units [K], each standing in the precinct named. They are not in the
# table of offices yet: their visits have no known facility, as with a feed that nobody has mapped.
CLINICS: Final[Mapping[str, str]] = {
    "Gugulethu CHC": "gugulethu-saps", "Hanover Park CHC": "philippi-saps",
    "Mitchells Plain CHC": "mitchells-plain-saps", "Delft CHC": "delft-saps",
    "Elsies River CHC": "elsies-river-saps", "Kraaifontein CHC": "kraaifontein-saps",
    "Khayelitsha Site B CHC": "khayelitsha-saps", "Retreat CHC": "steenberg-saps",
    "Vanguard CHC": "langa-saps", "Du Noon CHC": "milnerton-saps",
}  # fmt: skip
_LEVELS: Final[Mapping[str, Level]] = {
    "groote-schuur-hospital": "central", "tygerberg-hospital": "central",
    "red-cross-childrens-hospital": "children", "new-somerset-hospital": "regional",
    "paarl-hospital": "regional", "worcester-hospital": "regional", "george-hospital": "regional",
}  # fmt: skip
_PULL: Final[Mapping[Level, float]] = {
    "clinic": 0.45,
    "district": 1,
    "regional": 1.3,
    "central": 1.6,
    "children": 0,
}
_REACH_KM: Final = 6.0  # the pull of a facility falls to a third over this distance [D]
_KM_A_DEGREE: Final = 111.0


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility as it names itself in MSH-4."""

    name: str
    level: Level
    short: str  # what it writes where HL7 wants a short name of it


@dataclass(frozen=True, slots=True)
class Precinct:
    """A police station's precinct; its name stands in for the suburb."""

    code: str
    name: str
    metro: bool


class Places:
    """The map of the made-up province."""

    def __init__(self, offices: Sequence[Mapping[str, Any]]) -> None:
        stations = {row["code"]: row for row in offices if row["kind"] == "station" and row["latitude"]}
        self.precincts = {
            code: Precinct(code, row["name"], str(row["sub_district"]).startswith("CT-"))
            for code, row in stations.items()
        }
        self._weights = Odds({code: _weight(self.precincts[code]) for code in stations})
        located = [*_hospitals(offices), *_clinics(stations)]
        self._near = {code: _near(row, located) for code, row in stations.items()}
        self._children = [one for one, _, _ in located if one.level == "children"]
        self.facilities = [one for one, _, _ in located]

    def precinct(self, rng: Random) -> Precinct:
        """Where an act of violence happens."""
        return self.precincts[self._weights.draw(rng)]

    def facility(self, rng: Random, precinct: Precinct, age: float) -> Facility:
        """Where somebody hurt or ill in that precinct is brought."""
        if age < 13 and precinct.metro and self._children and rng.random() < 0.3:
            return self._children[0]
        return self._near[precinct.code].draw(rng)


def _weight(precinct: Precinct) -> float:
    return _HEAVY.get(precinct.code, _METRO_WEIGHT if precinct.metro else _TOWN_WEIGHT)


_Located = tuple[Facility, float, float]


def _hospitals(offices: Sequence[Mapping[str, Any]]) -> list[_Located]:
    return [
        (
            Facility(row["name"], _LEVELS.get(row["code"], _level(row["name"])), _short(row["name"])),
            row["latitude"],
            row["longitude"],
        )
        for row in offices
        if row["kind"] == "facility" and row["latitude"] and row["name"] not in CLINICS
    ]


def _level(name: str) -> Level:
    return "clinic" if name.endswith("CHC") else "district"


def _clinics(stations: Mapping[str, Mapping[str, Any]]) -> list[_Located]:
    return [
        (Facility(name, "clinic", _short(name)), stations[code]["latitude"], stations[code]["longitude"])
        for name, code in CLINICS.items()
        if code in stations
    ]


def _near(station: Mapping[str, Any], located: Sequence[_Located]) -> Odds[Facility]:
    weights = {}
    for facility, latitude, longitude in located:
        north = (latitude - station["latitude"]) * _KM_A_DEGREE
        east = (longitude - station["longitude"]) * _KM_A_DEGREE * math.cos(math.radians(latitude))
        # Never quite nothing: somebody is always brought to the far hospital.
        weights[facility] = _PULL[facility.level] * (math.exp(-math.hypot(north, east) / _REACH_KM) + 1e-9)
    return Odds(weights)


def _short(name: str) -> str:
    return "".join(word[0] for word in name.split()).upper()
