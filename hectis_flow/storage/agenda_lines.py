"""The next agenda in pages, and what stands on it counted by reason and age.

`services.agenda` calls it. What the agenda holds is said in `storage.meetings`, whose words it uses; it only reads.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.meetings import CAME

# Up to how many days each but the last of the ages goes.
AGES: Final = (7, 30, 90)

# What was decided about a case and is still awaited: then the committee waits, and nothing is wanted of it.
PAGE: Final = text(
    f"""
    SELECT l.part, coalesce(l.escalation_id, l.matter_id) AS key, l.kind, c.ref AS case_ref, c.stage,
           o.code AS office, o.name AS office_name, l.reason, l.since,
           floor(extract(epoch FROM hectis_now() - l.since) / 86400)::integer AS days, d.id AS decision, l.matter_id
    FROM ({CAME}) l JOIN "case" c ON c.id = l.case_id JOIN office o ON o.id = l.office_id
    LEFT JOIN LATERAL (
        SELECT max(d.id) AS id FROM committee_decision d
        WHERE d.case_id = l.case_id AND d.ended_at IS NULL AND d.dropped_at IS NULL
    ) d ON true
    WHERE (CAST(:ref AS text) IS NULL OR c.ref = :ref)
      AND (NOT :undecided OR d.id IS NULL AND l.part < 3)
      AND (CAST(:part AS integer) IS NULL OR (l.part, l.since, coalesce(l.escalation_id, l.matter_id))
           > (CAST(:part AS integer), CAST(:since AS timestamptz), CAST(:key AS bigint)))
    ORDER BY l.part, l.since, key LIMIT :limit
    """  # noqa: S608  (a constant)
)
BY_AGE: Final = text(
    f"""
    SELECT reason, count(*), max(days), count(*) FILTER (WHERE days < :week),
           count(*) FILTER (WHERE days >= :week AND days < :month),
           count(*) FILTER (WHERE days >= :month AND days < :quarter), count(*) FILTER (WHERE days >= :quarter)
    FROM (
        SELECT l.reason, floor(extract(epoch FROM hectis_now() - l.since) / 86400)::integer AS days
        FROM ({CAME}) l WHERE l.kind = 'escalated'
    ) escalated GROUP BY 1 ORDER BY 2 DESC, 1
    """  # noqa: S608
)


class Line(NamedTuple):
    """One line: `part` and `key` say where it stands, `decision` what was decided about its case and is still owed."""

    part: int
    key: int
    kind: str
    case_ref: str
    stage: str
    office: str
    office_name: str
    reason: str
    since: datetime
    days: int
    decision: int | None
    matter_id: int | None


class Aged(NamedTuple):
    """How many escalations stand with the committee for one reason: all, the oldest's days, and by age."""

    reason: str
    total: int
    oldest: int
    ages: tuple[int, ...]


class Place(NamedTuple):
    """Behind which line a page begins."""

    part: int
    since: str
    key: int


def page(
    session: Session,
    office_id: int,
    after: Place | None,
    limit: int,
    *,
    undecided: bool = False,
    ref: str | None = None,
) -> list[Line]:
    """Lines of the next agenda by now, in its order: of one case, or only those that wait for a decision."""
    place = dict.fromkeys(Place._fields) if after is None else after._asdict()
    values: dict[str, Any] = {"office_id": office_id, "limit": limit, "undecided": undecided, "ref": ref}
    return [Line(*row) for row in session.execute(PAGE, values | place)]


def by_age(session: Session, office_id: int) -> list[Aged]:
    """What has climbed to the committee and stands there, by reason, the most first."""
    week, month, quarter = AGES
    values = {"office_id": office_id, "week": week, "month": month, "quarter": quarter}
    return [Aged(row[0], row[1], row[2], tuple(row[3:])) for row in session.execute(BY_AGE, values)]
