"""Which precinct an incident belongs to, over made-up squares, and how the squares come in."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, text

from hectis_flow.commands.reference import SPELLINGS, read_spellings
from hectis_flow.domain.facts import Address, Moment
from hectis_flow.domain.incident import IncidentDraft
from hectis_flow.feeds.geojson import Area, BadGeoJson, read_areas
from hectis_flow.feeds.hl7v2_facts import LocalFields
from hectis_flow.services import precinct_import
from hectis_flow.services.feeds import Sender
from hectis_flow.services.house import House
from hectis_flow.services.places import precinct_of
from hectis_flow.services.precinct_import import SuburbLine, take_precincts, take_suburbs
from hectis_flow.services.reference import load_spellings
from tests.segments import CODED, adt
from tests.tables import one, rows, take_in

EVER = date(1900, 1, 1)
ON = datetime(2026, 3, 1, 20, tzinfo=UTC)

Points = list[list[float]]


def square(west: float, south: float, east: float, north: float) -> Points:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def collection(**shapes: list[list[Points]]) -> str:
    """A map: by name, each part with its outer ring and its holes."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "other": 7},
            "geometry": {"type": "MultiPolygon", "coordinates": parts},
        }
        for name, parts in shapes.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


# Harare fills the hole in Khayelitsha; Delft stands beside it and has an island.
PROVINCE = collection(
    Khayelitsha=[[square(18.6, -34.1, 18.7, -34.0), square(18.64, -34.06, 18.66, -34.04)]],
    Harare=[[square(18.64, -34.06, 18.66, -34.04)]],
    Delft=[[square(18.5, -34.1, 18.6, -34.0)], [square(18.3, -34.02, 18.32, -34.0)]],
)


@pytest.fixture
def mapped(clean: Engine, house: House) -> House:
    take_precincts(house, read_areas(PROVINCE, "name"), "a map", EVER, check=False)
    return house


def draft(
    coordinates: tuple[float, float] | None = None,
    *,
    code: str | None = None,
    suburb: str = "",
    at: datetime | None = ON,
) -> IncidentDraft:
    return IncidentDraft(
        intent="assault",
        code="X99.4",
        mechanism=None,
        weapon_class=None,
        place_type=None,
        activity=None,
        perpetrator=None,
        legal_means=None,
        happened_at=Moment(at, "minute") if at else None,
        time_basis="assault",
        location_basis="incident",
        place_text=None,
        address=Address(suburb=suburb) if suburb else None,
        station_code=code,
        coordinates=coordinates,
        opens_case=True,
        suggested_heading=None,
        sats_colour=None,
        admitted=False,
        died=None,
    )


def found(house: House, asked: IncidentDraft) -> tuple[str | None, str]:
    """Code of the station, and what it is known from."""
    with house.transaction() as session:
        precinct = precinct_of(session, asked)
        query = text("SELECT code FROM office WHERE id = CAST(:id AS bigint)")
        return session.scalar(query, {"id": precinct.station}), precinct.basis


@pytest.mark.parametrize(
    ("latitude", "longitude", "station"),
    [
        (-34.02, 18.62, "khayelitsha-saps"),
        (-34.05, 18.65, "harare-saps"),
        (-34.05, 18.55, "delft-saps"),
        (-34.01, 18.31, "delft-saps"),
        (-34.05, 18.71, None),
        (-34.05, 18.6, None),
        (-34.05, 18.64, None),
        (-34.04, 18.66, None),
        (-33.5, 18.62, None),
    ],
    ids=[
        "plain",
        "in a hole",
        "beside",
        "island",
        "outside",
        "border",
        "hole's edge",
        "hole's corner",
        "far",
    ],
)
def test_a_point_lies_in_the_precinct_that_holds_it_and_on_a_border_in_none(
    mapped: House, latitude: float, longitude: float, station: str | None
) -> None:
    expected = (station, "polygon") if station else (None, "unresolved")

    assert found(mapped, draft((latitude, longitude))) == expected


def test_the_coordinates_of_a_message_find_its_incidents_precinct(mapped: House, clean: Engine) -> None:
    local = LocalFields(station_field="ZVI-3", latitude_field="ZGE-1", longitude_field="ZGE-2")
    sender = Sender("kh", "", frozenset({"PAS"}), {}, local=local, stations={"d": "delft-saps"})
    told = replace(mapped, senders=(sender,))
    take_in(
        told,
        adt("A08", "c-1", CODED, codes=["X99.4"], more=["ZGE|-34.02|18.62"]),
        adt("A08", "c-2", CODED, codes=["X99.4"], folder="F2", visit="V2", more=["ZGE|-34.05|18.6"]),
        adt(
            "A08",
            "c-3",
            CODED,
            codes=["X99.4"],
            folder="F3",
            visit="V3",
            more=["ZVI|||D", "ZGE|-34.02|18.62"],
        ),
    )

    query = """SELECT precinct_basis, o.code, location_basis FROM incident i
               LEFT JOIN office o ON o.id = i.station_id ORDER BY i.id"""
    assert sorted(map(tuple, rows(clean, query))) == [
        ("polygon", "khayelitsha-saps", "incident"),
        ("station_code", "delft-saps", "incident"),
        ("unresolved", None, "incident"),
    ]


def test_the_order_is_code_then_polygon_then_suburb(mapped: House) -> None:
    take_suburbs(mapped, [SuburbLine(1, "Site B", "Delft", EVER, None, "a list")], check=False)
    inside, outside, border = (-34.02, 18.62), (-33.5, 18.62), (-34.05, 18.6)

    assert found(mapped, draft(inside, code="HARARE", suburb="site b")) == ("harare-saps", "station_code")
    assert found(mapped, draft(inside, code="nobody's", suburb="site b")) == ("khayelitsha-saps", "polygon")
    assert found(mapped, draft(outside, suburb="SITE  B")) == ("delft-saps", "suburb")
    assert found(mapped, draft(None, suburb="Site B")) == ("delft-saps", "suburb")
    assert found(mapped, draft(border, suburb="Site B")) == (None, "unresolved")
    assert found(mapped, draft()) == (None, "unresolved")


def test_outlines_and_suburbs_hold_on_their_own_days(mapped: House) -> None:
    wider = collection(Delft=[[square(18.5, -34.1, 18.6, -33.9)]])
    take_precincts(mapped, read_areas(wider, "name"), "a new map", date(2026, 4, 1), check=False)
    lines = [
        SuburbLine(1, "Site C", "Delft", date(2020, 1, 1), date(2026, 4, 1), "a list"),
        SuburbLine(2, "Site C", "Harare", date(2026, 4, 1), None, "a list"),
    ]
    take_suburbs(mapped, lines, check=False)
    after = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)  # midnight in South Africa

    assert found(mapped, draft((-33.95, 18.55))) == (None, "unresolved")
    assert found(mapped, draft((-33.95, 18.55), at=after)) == ("delft-saps", "polygon")
    assert found(mapped, draft((-33.95, 18.55), at=None)) == ("delft-saps", "polygon")
    assert found(mapped, draft((-34.01, 18.31))) == ("delft-saps", "polygon")
    assert found(mapped, draft(suburb="Site C")) == ("delft-saps", "suburb")
    assert found(mapped, draft(suburb="Site C", at=after)) == ("harare-saps", "suburb")


def test_a_suburb_of_two_stations_decides_nothing_and_is_reported(mapped: House) -> None:
    lines = [
        SuburbLine(number, "Site D", name, EVER, None, "a list")
        for number, name in enumerate(("Delft", "Harare"))
    ]

    taken = take_suburbs(mapped, [*lines, SuburbLine(4, "Site E", "Nowhere", EVER, None, "x")], check=False)

    assert (taken.fresh, taken.shared, [name for name, _ in taken.left]) == (
        2,
        ["site d"],
        ["line 4, Nowhere"],
    )
    assert found(mapped, draft(suburb="Site D")) == (None, "unresolved")
    assert take_suburbs(mapped, lines, check=False).same == 2


def test_the_same_map_again_changes_nothing_and_a_corrected_one_takes_its_place(
    mapped: House, clean: Engine
) -> None:
    areas = read_areas(PROVINCE, "name")
    before = rows(clean, "SELECT id, valid_to FROM precinct ORDER BY id")

    again = take_precincts(mapped, areas, "a map", date(2026, 1, 1), check=False)
    mended = collection(Delft=[[square(18.5, -34.1, 18.61, -34.0)]])
    corrected = take_precincts(mapped, read_areas(mended, "name"), "a map", EVER, check=False)

    assert (again.same, again.fresh, again.changed) == (3, 0, 0)
    assert (corrected.same, corrected.fresh, corrected.changed) == (0, 0, 1)
    assert len(before) == one(clean, "SELECT count(*) FROM precinct")
    assert one(clean, "SELECT count(*) FROM precinct WHERE valid_to IS NOT NULL") == 0


def test_an_older_map_does_not_take_the_place_of_a_newer_one(mapped: House) -> None:
    newer = collection(Delft=[[square(18.5, -34.1, 18.6, -33.9)]])
    take_precincts(mapped, read_areas(newer, "name"), "new", date(2026, 4, 1), check=False)

    taken = take_precincts(mapped, read_areas(PROVINCE, "name"), "old", date(2026, 3, 1), check=False)

    assert taken.left == [("Delft", precinct_import.NEWER)]
    assert taken.same == 2


def test_a_check_stores_nothing_and_says_the_same(clean: Engine, house: House) -> None:
    areas = read_areas(PROVINCE, "name")

    checked = take_precincts(house, areas, "a map", EVER, check=True)

    assert one(clean, "SELECT count(*) FROM precinct") == 0
    assert checked == take_precincts(house, areas, "a map", EVER, check=False)
    assert checked.fresh == 3
    assert "nyanga-saps" in checked.without


def test_what_cannot_be_matched_without_a_doubt_is_left_and_reported(clean: Engine, house: House) -> None:
    here = [[square(18.6, -34.1, 18.7, -34.0)]]
    shapes = {"Nowhere": here, "Khayelitsha": here, "khayelitsha": here, "George": here, "Delft": here}

    taken = take_precincts(house, read_areas(collection(**shapes), "name"), "a map", EVER, check=False)

    assert taken.left == [
        ("Nowhere", precinct_import.NO_STATION),
        ("Khayelitsha", precinct_import.TWICE),
        ("khayelitsha", precinct_import.TWICE),
        ("George", precinct_import.FAR),
    ]
    assert taken.fresh == 1


@pytest.fixture
def spelled(clean: Engine, house: House) -> None:
    load_spellings(house, read_spellings(SPELLINGS))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Dieprivier", "diep-river-saps"),
        ("KUILSRIVIER", "kuils-river-saps"),
        ("Gans bay", "gansbaai-saps"),
        ("Still bay", "stilbaai-saps"),
        ("Lambertsbaai", "lamberts-bay-saps"),
        ("Riebeek West", "riebeeck-west-saps"),
        ("Heidelberg(C)", "heidelberg-saps"),
        ("Heidelberg WC", "heidelberg-saps"),
        ("Simon's Town", "simons-town-saps"),
    ],
)
def test_other_spellings_of_a_station_name_it(spelled: None, house: House, written: str, code: str) -> None:
    assert found(house, draft(code=written)) == (code, "station_code")


def test_every_spelling_names_a_station_that_exists(clean: Engine) -> None:
    codes = {row["code"] for row in read_spellings(SPELLINGS)}

    assert one(
        clean, "SELECT count(*) FROM office WHERE kind = 'station' AND code = ANY(:codes)", codes=list(codes)
    ) == len(codes)


def good(**changes: object) -> str:
    feature = {
        "type": "Feature",
        "properties": {"name": "Delft"},
        "geometry": {"type": "Polygon", "coordinates": [square(18.5, -34.1, 18.6, -34.0)]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature | changes]})


def polygon(*rings: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("no", "not JSON"),
        ("[]", "no GeoJSON"),
        ('{"type": "Feature"}', "no GeoJSON"),
        ('{"type": "FeatureCollection"}', "no features"),
        (good(properties=None), "Feature 1 has no text in the property 'name'"),
        (good(properties={"label": "x"}), "it has: label"),
        (good(geometry=None), "cannot be read"),
        (good(geometry={"type": "Point", "coordinates": [18.5, -34.0]}), "neither a Polygon"),
        (good(geometry=polygon()), "no rings"),
        (good(geometry=polygon(square(18.5, -34.1, 18.6, -34.0)[:-1])), "not closed"),
        (good(geometry=polygon([[18.5, -34.1], [18.6, -34.0], [18.5, -34.1]])), "not closed"),
        (good(geometry=polygon(square(-34.1, 18.5, -34.0, 18.6))), "swapped"),
        (good(geometry=polygon(square(18.5, -34.1, 18.5, -34.0))), "encloses nothing"),
        (good(geometry=polygon([[18.5, "x"]] * 4)), "could not convert|cannot be read"),
        (good()[:-1] + ', "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::2048"}}}', "WGS84"),
    ],
)
def test_a_map_that_cannot_be_taken_is_a_sentence(content: str, says: str) -> None:
    with pytest.raises(BadGeoJson, match=says):
        read_areas(content, "name")


def test_a_map_that_names_wgs84_is_taken() -> None:
    named = (
        good()[:-1] + ', "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}'
    )

    (area,) = read_areas(named, "name")

    assert isinstance(area, Area)
    assert (area.name, len(area.parts)) == ("Delft", 1)
