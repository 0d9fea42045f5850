"""Which police station's precinct a place lies in, and how we know.

`services.intake` calls `resolve` with what its look-ups found. It must never guess: no nearest
point, and two answers are no answer. Whoever calls it gives candidates of one location only (that
of the incident draft's `location_basis`), so a residence never decides for a scene.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# `chosen`: by a person of the hospital, where the messages left it open.
PrecinctBasis = Literal["station_code", "polygon", "suburb", "chosen", "unresolved"]


@dataclass(frozen=True, slots=True)
class Precinct:
    """`station` is None exactly when `basis` is `unresolved`: a task for the facility liaison."""

    station: str | None
    basis: PrecinctBasis


UNRESOLVED = Precinct(None, "unresolved")


def resolve(
    station_code_station: str | None,
    polygon_station: str | None,
    suburb_stations: Iterable[str] = (),
) -> Precinct:
    """The station named by the message, else by the polygon, else by the only suburb match."""
    if station_code_station:
        return Precinct(station_code_station, "station_code")
    if polygon_station:
        return Precinct(polygon_station, "polygon")
    stations = {station for station in suburb_stations if station}
    return Precinct(stations.pop(), "suburb") if len(stations) == 1 else UNRESOLVED


def normal_suburb(text: str) -> str:
    """The look-up key of a suburb's name: case, accents, punctuation and runs of blanks folded.

    An apostrophe joins (`Simon's Town` is `simons town`); any other mark parts words. "" for a text
    without a letter or digit.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    joined = "".join(
        letter if letter.isalnum() else " "
        for letter in plain
        if letter not in _JOINING and not unicodedata.combining(letter)
    )
    return " ".join(joined.split())


_JOINING = frozenset("'`\u2018\u2019\u02bc\u00b4")
