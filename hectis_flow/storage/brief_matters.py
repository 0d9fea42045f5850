"""Finds the matters that rows of the unit's form are about: all rows in one statement, each by its one number.

`services.brief_import` calls it, and the command that lists briefs. No table of a hospital is named here.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.briefs import Appearance
from hectis_flow.storage.brief_notes import STANDING


class Found(NamedTuple):
    """A case that has come to a court, by the place of the row that names it."""

    place: int
    case_id: int
    ref: str
    stage: str


class Listed(NamedTuple):
    """A brief in a list at a terminal."""

    id: int
    ref: str
    court: str | None
    triggers: list[str]
    official: str | None
    opened_at: datetime
    acknowledged_at: datetime | None
    closed_reason: str | None


FIND: Final = text(
    """
    SELECT DISTINCT g.place, c.id, c.ref, c.stage
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
        place integer, case_ref text, court text, number text, serial integer, month smallint, year integer,
        station_id bigint)
    JOIN LATERAL (
        SELECT k.id FROM "case" k WHERE k.ref = g.case_ref
        UNION
        SELECT n.case_id FROM cas_number n WHERE (n.serial, n.month, n.year) = (g.serial, g.month, g.year)
           AND (g.station_id IS NULL OR n.station_id = g.station_id)
        UNION
        SELECT m.case_id FROM court_matter m JOIN office w ON w.id = m.court_id
        WHERE m.number = g.number AND w.code = g.court
    ) f ON true
    JOIN "case" c ON c.id = f.id AND c.court_id IS NOT NULL
    ORDER BY 1, 2
    """
)
SEEN: Final = text(
    f"""
    SELECT b.case_id, o.court_date, o.outcome, o.docket_at_court, o.recommendation, o.causes, o.attributable_to
    FROM brief_observation o JOIN watching_brief b ON b.id = o.brief_id
    WHERE b.case_id = ANY(:ids) AND {STANDING} ORDER BY o.id
    """  # noqa: S608  (a constant)
)
LIST: Final = text(
    """
    SELECT b.id, c.ref, w.name, b.triggers, b.official, b.opened_at, b.acknowledged_at, b.closed_reason
    FROM watching_brief b JOIN "case" c ON c.id = b.case_id LEFT JOIN office w ON w.id = c.court_id
    WHERE b.id < :after AND (:every OR b.closed_at IS NULL) AND (CAST(:court AS text) IS NULL OR w.code = :court)
    ORDER BY b.id DESC LIMIT :limit
    """
)


def find(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Found]:
    """The cases that these rows name (`place` and what names them), by place."""
    return [Found(*row) for row in session.execute(FIND, {"rows": json.dumps(list(rows))})]


def seen(session: Session, case_ids: Sequence[int]) -> dict[tuple[int, date], Appearance]:
    """What was noted of these cases and stands, by case and day; noted for two briefs, as the later one has it."""
    return {
        (row[0], row[1]): Appearance(row[1], row[2], row[3], row[4], tuple(row[5]), row[6])
        for row in session.execute(SEEN, {"ids": list(case_ids)})
    }


def watched(session: Session, case_ids: Sequence[int], over: Sequence[int]) -> dict[int, int]:
    """The open brief of each of these cases that has one; of those that are `over` the newest one they had."""
    query = text(
        """
        SELECT DISTINCT ON (case_id) case_id, id FROM watching_brief
        WHERE case_id = ANY(:ids) AND (closed_at IS NULL OR case_id = ANY(:over))
        ORDER BY case_id, closed_at IS NOT NULL, id DESC
        """
    )
    values = {"ids": list(case_ids), "over": list(over)}
    return {row[0]: row[1] for row in session.execute(query, values)}


def listing(session: Session, values: Mapping[str, Any]) -> list[Listed]:
    """Briefs, newest first."""
    return [Listed(*row) for row in session.execute(LIST, values)]
