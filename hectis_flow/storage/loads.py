"""What officers, stations and prosecutors carry: the counts that the database keeps with every move, read set-based.

`storage.escalations` weighs with `WEIGHED` what climbs, `services.load` lists the same counts. An officer's is one
row; a station's and a prosecutors' office's are means of their heads, made once an office however many of its clocks
climb. It must not judge a figure: `benchmark` comes in as a value.
"""

from typing import Any, Final, NamedTuple

from sqlalchemy import ForeignKey, Integer, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.reading_tree import BELOW, STANDING


class Load(Base):
    """How many open dockets an officer has at a station, or matters a court (`officer` is empty there)."""

    __tablename__ = "load"

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True)
    officer: Mapped[str] = mapped_column(primary_key=True)
    open: Mapped[int] = mapped_column(Integer)


class Carried(NamedTuple):
    """What one office carries: `each` for one of its `heads`, and of a station what each officer does."""

    id: int
    office: str
    kind: str
    open: int
    heads: int
    each: int
    officers: list[dict[str, Any]]


# What the office `o` (id, kind) carries, and on how many heads: officers who have any, or prosecutors with a post.
OF_OFFICE: Final = f"""
    LATERAL (
        SELECT n.open, n.heads, CAST(ceil(n.open::numeric / n.heads) AS integer) AS each
        FROM (
            SELECT coalesce(sum(l.open), 0)::integer AS open,
                   greatest(count(*) FILTER (WHERE l.open > 0), 1)::integer AS heads
            FROM load l WHERE l.office_id = o.id HAVING o.kind = 'station'
            UNION ALL
            SELECT coalesce((SELECT sum(l.open) FROM office_parent p JOIN load l ON l.office_id = p.office_id
                             WHERE p.parent_id = o.id AND {STANDING}), 0)::integer,
                   greatest((SELECT count(DISTINCT p.staff_id) FROM staff_post p
                             WHERE p.office_id = o.id AND {STANDING}
                               AND p.role IN ('prosecutor', 'senior_public_prosecutor')), 1)::integer
            WHERE o.kind = 'npa_office'
        ) n
    ) f
"""  # noqa: S608  (a constant)
# All of `fired`, and of each that climbs above the reminder the figure: of the officer who has the docket, or of the
# office that owes the answer; of whoever has neither dockets nor matters there is none. Each is looked up by its own
# keys (none where there is nothing to look up) and carried on whole: two lists of a thousand are never joined.
WEIGHED: Final = f"""
    climbing AS MATERIALIZED (
        SELECT t.id, t.case_id, t.clock_id, t.level, t.office_id, t.role, t.due_at, t.body, t.owner_id, w.kind,
               d.officer
        FROM fired t
        LEFT JOIN office w ON w.id = CASE WHEN t.level > 0 THEN t.owner_id END AND w.kind IN ('station', 'npa_office')
        LEFT JOIN docket d ON d.case_id = CASE WHEN w.kind = 'station' THEN t.case_id END
    ),
    carried AS MATERIALIZED (
        SELECT o.id, f.each
        FROM (SELECT DISTINCT owner_id AS id, kind FROM climbing WHERE kind IS NOT NULL AND officer IS NULL) o,
             {OF_OFFICE}
    ),
    weighed AS (
        SELECT c.*, CASE WHEN c.officer IS NULL THEN o.each ELSE coalesce(l.open, 0) END AS carries,
               CASE WHEN c.officer IS NULL THEN c.kind ELSE 'officer' END AS carried_by,
               CASE WHEN c.kind IS NOT NULL THEN CAST(:benchmark AS integer) END AS benchmark
        FROM climbing c
        LEFT JOIN carried o ON o.id = c.owner_id AND c.kind IS NOT NULL AND c.officer IS NULL
        LEFT JOIN load l ON l.office_id = c.owner_id AND l.officer = c.officer
    )
"""  # noqa: S608
LISTED: Final = f"""
    SELECT o.id, o.code, o.kind, f.open, f.heads, f.each, coalesce((
        SELECT json_agg(json_build_object('officer', l.officer, 'open', l.open) ORDER BY l.open DESC, l.officer)
        FROM load l WHERE l.office_id = o.id AND l.officer <> '' AND l.open > 0), '[]')
    FROM (SELECT id, code, kind FROM office WHERE {{which}}) o, {OF_OFFICE}
    WHERE CAST(:each AS integer) IS NULL OR (f.each, o.id) < (CAST(:each AS integer), CAST(:id AS bigint))
    ORDER BY f.each DESC, o.id DESC LIMIT CAST(:limit AS integer)
"""  # noqa: S608
TREE: Final = text(LISTED.format(which=f"id IN ({BELOW})"))
ONE_OR_ALL: Final = text(LISTED.format(which="code = coalesce(CAST(:station AS text), code)"))


def below(
    session: Session, office_id: int | None, after: tuple[int, int] | None, limit: int
) -> list[Carried]:
    """What the offices in the tree of one carry, the fullest first, beyond (each, id)."""
    return _listed(session, TREE, {"office_id": office_id}, after, limit)


def everywhere(session: Session, station: str | None) -> list[Carried]:
    """The same of one station (its code), or of all offices."""
    return _listed(session, ONE_OR_ALL, {"station": station}, None, None)


def _listed(
    session: Session,
    statement: Any,
    values: dict[str, Any],
    after: tuple[int, int] | None,
    limit: int | None,
) -> list[Carried]:
    each, id_ = after or (None, None)
    rows = session.execute(statement, {**values, "each": each, "id": id_, "limit": limit})
    return [Carried(*row) for row in rows]
