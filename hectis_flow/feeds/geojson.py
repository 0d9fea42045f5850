"""Reads precinct outlines from GeoJSON: a FeatureCollection of Polygons and MultiPolygons in WGS84.

`hectis reference import precincts` calls it. What it cannot take is a sentence with the feature's
number; nothing is mended or left out. It knows no stations.
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from hectis_flow.domain.errors import HectisError

Point = tuple[float, float]  # longitude, latitude
Ring = tuple[Point, ...]  # closed: its last point is its first
Part = tuple[Ring, ...]  # the outer ring, then the holes in it

WGS84 = frozenset({"CRS84", "4326"})
# Around South Africa, wide enough for every neighbour: outside it an axis is swapped or in metres.
LONGITUDES = (10.0, 40.0)
LATITUDES = (-40.0, -15.0)


class BadGeoJson(HectisError):
    """The file cannot be taken; the sentence says why and where."""

    code = "bad_geojson"


class Area(NamedTuple):
    """One named area with its parts."""

    name: str
    parts: tuple[Part, ...]


def read_areas(content: str, name_field: str) -> list[Area]:
    """Every feature of the file, named by one of its properties. Raises `BadGeoJson`."""
    try:
        body = json.loads(content)
    except ValueError:
        raise BadGeoJson("This file is not JSON.") from None
    if not isinstance(body, dict) or body.get("type") != "FeatureCollection":
        raise BadGeoJson("This file is no GeoJSON FeatureCollection.")
    _check_system(body)
    features = body.get("features")
    if not isinstance(features, list) or not features:
        raise BadGeoJson("This file holds no features.")
    return [_area(feature, number, name_field) for number, feature in enumerate(features, 1)]


def _check_system(body: dict[str, Any]) -> None:
    """GeoJSON is WGS84 unless an old file says otherwise."""
    if "crs" in body and not any(str(body["crs"]).strip("'} ").endswith(name) for name in WGS84):
        raise BadGeoJson("This file names a coordinate system other than WGS84: convert it to EPSG:4326.")


def _area(feature: Any, number: int, name_field: str) -> Area:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    name = properties.get(name_field) if isinstance(properties, dict) else None
    if not isinstance(name, str) or not name.strip():
        known = ", ".join(sorted(properties)) if isinstance(properties, dict) else ""
        raise BadGeoJson(f"Feature {number} has no text in the property {name_field!r}; it has: {known}.")
    try:
        parts = tuple(_parts(feature["geometry"]))
    except (KeyError, TypeError, ValueError, IndexError) as fault:
        said = str(fault) if isinstance(fault, ValueError) else "its geometry cannot be read"
        raise BadGeoJson(f"Feature {number} ({name}): {said}.") from None
    return Area(name.strip(), parts)


def _parts(geometry: Any) -> Iterator[Part]:
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError("it is neither a Polygon nor a MultiPolygon")
    if not coordinates:
        raise ValueError("it has no rings")
    for rings in [coordinates] if kind == "Polygon" else coordinates:
        if not rings:
            raise ValueError("a part of it has no rings")
        yield tuple(_ring(ring) for ring in rings)


def _ring(points: Any) -> Ring:
    ring = tuple((float(longitude), float(latitude)) for longitude, latitude, *_ in points)
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise ValueError("a ring of it is not closed, or has fewer than four points")
    if not all(_is_here(point) for point in ring):
        raise ValueError(
            "a point of it lies nowhere near South Africa (are latitude and longitude swapped, or in metres?)"
        )
    if not _encloses(ring):
        raise ValueError("a ring of it encloses nothing")
    return ring


def _is_here(point: Point) -> bool:
    return LONGITUDES[0] <= point[0] <= LONGITUDES[1] and LATITUDES[0] <= point[1] <= LATITUDES[1]


def _encloses(ring: Ring) -> bool:
    """Whether the ring has an area (twice the signed area by its corners, from its first point)."""
    x0, y0 = ring[0]
    doubled = sum((x - x0) * (v - y0) - (u - x0) * (y - y0) for (x, y), (u, v) in pairwise(ring))
    return abs(doubled) > 1e-12
