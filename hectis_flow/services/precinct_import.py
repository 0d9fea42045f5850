"""Takes precinct outlines and suburb tables in, and says what became of every single line.

`hectis reference import` calls it. A name is matched by the words that `office_alias` knows, never by
likeness; what cannot be matched, or looks mislabelled, is reported and not stored.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain.precinct import normal_suburb
from hectis_flow.feeds.geojson import Area
from hectis_flow.services.house import House
from hectis_flow.storage import offices, precincts
from hectis_flow.storage.precincts import Standing

# A station's own place is known to 0.01 degree. Farther off than this, the outline has another's name.
DOUBTFUL_DEGREES = 0.1

NO_STATION = (
    "no station has this name: add it to config/reference/station_aliases.csv, `hectis reference load`"
)
TWICE = "two features name this station: which of them is it?"
FAR = "the station itself lies more than 10 km outside: is the label swapped with another's?"
NEWER = "an outline from a later day stands already"


@dataclass(slots=True)
class Taken:
    """What became of the lines: how many are new, changed or the same, and which were left, and why.

    `without` are stations that have no outline after this; `shared` are suburbs of several stations.
    """

    fresh: int = 0
    changed: int = 0
    same: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)


class SuburbLine(NamedTuple):
    """A line of a suburb table as it stands in the file."""

    number: int
    suburb: str
    station: str
    valid_from: date
    valid_to: date | None
    source: str


def take_precincts(house: House, areas: Sequence[Area], source: str, day: date, *, check: bool) -> Taken:
    """Let these outlines hold from a day on; with `check` only say what would become of them."""
    taken = Taken()
    with house.transaction() as session:
        stations = offices.places(session, "station")
        matched = _matched(session, areas, stations, taken)
        standing = precincts.standing(session)
        for station_id, area in matched.items():
            found = standing.get(station_id)
            values = {
                "station_id": station_id,
                "source": source,
                "digest": _digest(area),
                "valid_from": day,
            }
            if _counted(taken, found, area, values) and not check:
                _put(session, found, area, values)
        covered = set(matched) | set(standing)
        taken.without = sorted(place.code for one, place in stations.items() if one not in covered)
    return taken


def take_suburbs(house: House, lines: Sequence[SuburbLine], *, check: bool) -> Taken:
    """Write the lines of a suburb table; with `check` only say what would become of them."""
    taken = Taken()
    with house.transaction() as session:
        words = offices.by_alias(session, "station")
        rows = []
        for line in lines:
            station_id = words.get(offices.alias_key(line.station))
            if station_id is None:
                taken.left.append((f"line {line.number}, {line.station}", NO_STATION))
            else:
                rows.append(_suburb_row(line, station_id))
        counted = Counter(suburb for suburb, _ in {(row["suburb"], row["station_id"]) for row in rows})
        taken.shared = sorted(suburb for suburb, count in counted.items() if count > 1)
        if check:
            return taken
        taken.fresh = precincts.put_suburbs(session, rows) if rows else 0
        taken.same = len(rows) - taken.fresh
    return taken


def _matched(
    session: Session, areas: Sequence[Area], stations: Mapping[int, offices.Place], taken: Taken
) -> dict[int, Area]:
    """The areas that belong to one station without a doubt; the others are left, each with its reason."""
    words = offices.by_alias(session, "station")
    named = [(area, words.get(offices.alias_key(area.name))) for area in areas]
    counted = Counter(station_id for _, station_id in named)
    matched: dict[int, Area] = {}
    for area, station_id in named:
        if station_id is None:
            taken.left.append((area.name, NO_STATION))
        elif counted[station_id] > 1:
            taken.left.append((area.name, TWICE))
        elif _is_far(area, stations[station_id]):
            taken.left.append((area.name, FAR))
        else:
            matched[station_id] = area
    return matched


def _counted(taken: Taken, found: Standing | None, area: Area, values: Mapping[str, Any]) -> bool:
    """Count an area; whether it is to be stored."""
    if found is None:
        taken.fresh += 1
        return True
    if found.digest == values["digest"]:
        taken.same += 1
        return False
    if found.valid_from > values["valid_from"]:
        taken.left.append((area.name, NEWER))
        return False
    taken.changed += 1
    return True


def _put(session: Session, found: Standing | None, area: Area, values: Mapping[str, Any]) -> None:
    if found is not None and found.valid_from == values["valid_from"]:
        precincts.remove(session, found.precinct_id)
    elif found is not None:
        precincts.close(session, found.precinct_id, values["valid_from"])
    rings = [
        (number, place, str(ring[:-1]))  # PostgreSQL closes a polygon by itself
        for number, part in enumerate(area.parts)
        for place, ring in enumerate(part)
    ]
    precincts.add(session, values, rings)


def _is_far(area: Area, place: offices.Place) -> bool:
    """Whether the station's own place lies far outside the smallest box around the area."""
    if place.latitude is None or place.longitude is None:
        return False
    points = [point for part in area.parts for point in part[0]]
    outside = (
        max(min(them) - own, own - max(them))
        for own, them in zip((place.longitude, place.latitude), zip(*points, strict=True), strict=True)
    )
    return any(degrees > DOUBTFUL_DEGREES for degrees in outside)


def _digest(area: Area) -> bytes:
    return hashlib.sha256(json.dumps(area.parts).encode()).digest()


def _suburb_row(line: SuburbLine, station_id: int) -> dict[str, Any]:
    return {
        "suburb": normal_suburb(line.suburb),
        "station_id": station_id,
        "source": line.source,
        "valid_from": line.valid_from.isoformat(),
        "valid_to": line.valid_to.isoformat() if line.valid_to else None,
    }
