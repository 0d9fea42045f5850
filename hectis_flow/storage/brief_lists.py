"""Watching briefs in the order of a moment: what is asked of an office, who sits in court, who is to be looked at again.

`services.brief_lists` calls it with what the policy table grants. Each list has one moment of a brief by which it goes,
soonest first, and by which its pages go on; scope, fields and joins are those of every other list of briefs. No table
of a hospital is named here.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from hectis_flow.storage import reading_briefs
from hectis_flow.storage.brief_notes import STANDING
from hectis_flow.storage.reading import Wanted, fields_as_json
from hectis_flow.storage.reading_sources import SOURCES


class Place(NamedTuple):
    """Where a list goes on: behind the brief of this number, which stands at this moment."""

    at: str
    brief_id: int


class Ordered(NamedTuple):
    """A JSON array as text, soonest first, and where the next page goes on (None: the end)."""

    items: str
    following: Place | None


# A moment as text that is ordered as the moments are.
_UTC: Final = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00')"
_UNITS: Final = "r.office_id = :office_id AND r.closed_at IS NULL"
#: By the name of the list: which briefs are on it, and the one moment of each.
LISTS: Final[Mapping[str, tuple[str, str]]] = {
    # By when the post of the reader is to say whether it takes the brief.
    "asked": (
        """r.closed_at IS NULL AND r.id IN (
            SELECT s.brief_id FROM brief_seat s WHERE s.office_id = :office_id AND s.answered_at IS NULL)""",
        f"""SELECT {_UTC.format("min(coalesce(k.due_at, s.asked_at))")} AS at
            FROM brief_seat s LEFT JOIN clock k ON k.item_id = s.item_id AND k.stopped_at IS NULL
            WHERE s.brief_id = r.id AND s.answered_at IS NULL AND s.office_id = :office_id AND s.role = :role
        """,  # noqa: S608  (constants, here and below)
    ),
    # The next day in court, and within it court by court.
    "court": (
        _UNITS,
        f"""SELECT concat_ws(' ', d.day::text, (
                SELECT w.code FROM "case" k JOIN office w ON w.id = k.court_id WHERE k.id = r.case_id)) AS at
            FROM {reading_briefs.NEXT_DATE} d (day) WHERE d.day IS NOT NULL
        """,  # noqa: S608
    ),
    # By when the unit looks again at a matter of which something is off the roll.
    "look": (
        f"{_UNITS} AND {reading_briefs.OFF_ROLL} IS NOT NULL",
        f"SELECT {_UTC.format(reading_briefs.LOOK_DUE)} AS at",
    ),
    # By when the first reply is due that is wanted still, of the unit's letters or of those to the own office.
    "reply": (
        """r.id IN (
            SELECT l.brief_id FROM brief_letter l WHERE l.office_id = :office_id
            UNION ALL SELECT b.id FROM watching_brief b WHERE b.office_id = :office_id)""",
        f"""SELECT {_UTC.format("min(l.respond_by)")} AS at FROM brief_letter l
            WHERE l.brief_id = r.id AND l.answered_at IS NULL
              AND (l.office_id = :office_id OR r.office_id = :office_id)
        """,  # noqa: S608
    ),
    # Since when causes are noted of which no letter has told yet.
    "to_write": (
        _UNITS,
        f"""SELECT {_UTC.format("min(o.observed_at)")} AS at FROM brief_observation o
            WHERE o.brief_id = r.id AND cardinality(o.causes) > 0 AND {STANDING} AND NOT EXISTS (
                SELECT FROM brief_letter l WHERE l.brief_id = r.id AND l.sent_at >= o.observed_at)
        """,  # noqa: S608
    ),
}


def page(session: Session, name: str, wanted: Wanted, role: str, after: Place | None, limit: int) -> Ordered:
    """Up to `limit` briefs of a list behind this place (None: from the soonest) within the scope."""
    values: dict[str, Any] = {"office_id": wanted.office_id, "role": role, "limit": limit}
    place = after or Place("", 0)
    values |= {"at": place.at, "after": place.brief_id}
    items, at, brief_id = session.execute(statement(name, wanted.fields, wanted.scope), values).one()
    return Ordered(items, Place(at, brief_id) if at is not None else None)


@lru_cache(maxsize=64)
def statement(name: str, fields: tuple[str, ...], scope: str) -> TextClause:
    """The statement of one list. One row more than asked for tells whether there is a next page."""
    source = SOURCES["brief"]
    condition, moment = LISTS[name]
    last = "FILTER (WHERE place <= :limit)"
    return text(
        f"""
        SELECT coalesce(json_agg(json_build_object('at', at, 'brief', item) ORDER BY place) {last}, '[]')::text,
               CASE WHEN max(place) > :limit THEN (array_agg(at ORDER BY place DESC) {last})[1] END,
               CASE WHEN max(place) > :limit THEN (array_agg(id ORDER BY place DESC) {last})[1] END
        FROM (
            SELECT r.id, r.at, row_number() OVER (ORDER BY r.at COLLATE "C", r.id) AS place,
                   {fields_as_json(source, fields)} AS item
            FROM (
                SELECT r.*, m.at FROM {source.table} r CROSS JOIN LATERAL ({moment}) m
                WHERE {source.scopes[scope]} AND {condition} AND m.at IS NOT NULL
                  AND (m.at COLLATE "C", r.id) > (:at, :after)
                ORDER BY m.at COLLATE "C", r.id LIMIT :limit + 1
            ) r {source.joins}
        ) listed
        """  # noqa: S608  (constants, chosen by name)
    )
