"""Which station's precinct a point lies in: outlines by date, and the suburb table beside them.

`services.places` asks, `services.precinct_import` fills. Outlines are PostgreSQL's own polygons (x the
longitude, y the latitude). A point on a border belongs to both sides, and to a hole's filling as well
as to what lies around it, so that whoever asks sees the tie. Nothing here knows a distance to a station.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

# PostgreSQL compares coordinates with this tolerance; in degrees it is about 0.1 m.
EDGE = 0.000001

# The && finds candidates by the index, which knows no points; the <@ decides.
AT_POINT = text(
    f"""
    SELECT DISTINCT p.station_id
    FROM precinct_ring r JOIN precinct p ON p.id = r.precinct_id
    WHERE r.place = 0
      AND r.outline && polygon(box(point(:longitude - {EDGE}, :latitude - {EDGE}),
                                   point(:longitude + {EDGE}, :latitude + {EDGE})))
      AND point(:longitude, :latitude) <@ r.outline
      AND p.valid_from <= :day AND (p.valid_to IS NULL OR p.valid_to > :day)
      AND NOT EXISTS (
          SELECT FROM precinct_ring h
          WHERE h.precinct_id = r.precinct_id AND h.part = r.part AND h.place > 0
            AND point(:longitude, :latitude) <@ h.outline
            AND path(h.outline) <-> point(:longitude, :latitude) > {EDGE})
    ORDER BY p.station_id
    """  # noqa: S608  (a constant)
)
OF_SUBURB = text(
    """
    SELECT DISTINCT station_id FROM suburb_precinct
    WHERE suburb = :suburb AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day)
    ORDER BY station_id
    """
)


class Standing(NamedTuple):
    """The outline of a station that holds until further notice."""

    precinct_id: int
    digest: bytes
    valid_from: date


def at_point(session: Session, latitude: float, longitude: float, day: date) -> list[int]:
    """Stations whose precinct held this point on that day; two where it lies on a border (ids, sorted)."""
    return list(
        session.scalars(AT_POINT, {"latitude": latitude, "longitude": longitude, "day": day.isoformat()})
    )


def of_suburb(session: Session, suburb: str, day: date) -> list[int]:
    """Stations that the suburb table gives for this folded name on that day (ids, sorted)."""
    return list(session.scalars(OF_SUBURB, {"suburb": suburb, "day": day.isoformat()}))


def standing(session: Session) -> dict[int, Standing]:
    """What holds until further notice, by station."""
    rows = session.execute(
        text("SELECT station_id, id, digest, valid_from FROM precinct WHERE valid_to IS NULL")
    )
    return {row[0]: Standing(*row[1:]) for row in rows}


def close(session: Session, precinct_id: int, day: date) -> None:
    """Let an outline hold until the day before this one."""
    session.execute(
        text("UPDATE precinct SET valid_to = :day WHERE id = :id"), {"id": precinct_id, "day": day}
    )


def remove(session: Session, precinct_id: int) -> None:
    """Take an outline back that another takes the place of, for the same days."""
    session.execute(text("DELETE FROM precinct WHERE id = :id"), {"id": precinct_id})


def add(session: Session, values: Mapping[str, Any], rings: Sequence[tuple[int, int, str]]) -> None:
    """A station's outline from a day on; `rings` are part, place in it (0 the outer one) and the points."""
    statement = text(
        """
        WITH fresh AS (
            INSERT INTO precinct (station_id, source, digest, valid_from)
            VALUES (:station_id, :source, :digest, :valid_from) RETURNING id
        )
        INSERT INTO precinct_ring (precinct_id, part, place, outline)
        SELECT fresh.id, part, place, outline::polygon
        FROM fresh, json_to_recordset(CAST(:rings AS json)) AS r (part int, place int, outline text)
        """
    )
    listed = [{"part": part, "place": place, "outline": outline} for part, place, outline in rings]
    session.execute(statement, {**values, "rings": json.dumps(listed)})


def put_suburbs(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write lines of the suburb table; gives how many were new or changed."""
    statement = text(
        """
        INSERT INTO suburb_precinct AS s (suburb, station_id, source, valid_from, valid_to)
        SELECT suburb, station_id, source, valid_from, valid_to
        FROM json_to_recordset(CAST(:rows AS json))
            AS r (suburb text, station_id bigint, source text, valid_from date, valid_to date)
        ON CONFLICT (suburb, station_id, valid_from) DO UPDATE
        SET source = excluded.source, valid_to = excluded.valid_to
        WHERE (s.source, s.valid_to) IS DISTINCT FROM (excluded.source, excluded.valid_to)
        RETURNING id
        """
    )
    return len(session.execute(statement, {"rows": json.dumps(list(rows))}).all())
