"""The road counted: how many cases stand at each stage and for how long, how many came there, what came back.

`services.road` calls it, on one snapshot. Each count is one statement over whole tables; nothing of a person
is read. It must not know the order of the stages.
"""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.reversals import WORDS, taken_back

# Cases of one facility, of one station, or all.
THESE = """
    (CAST(:facility AS bigint) IS NULL OR c.facility_id = :facility)
    AND (CAST(:station AS bigint) IS NULL OR c.station_id = :station)
"""
# A case may have several clocks: its stage's, and one of each thing that is awaited beside it. It counts once.
STANDING = text(
    f"""
    SELECT c.stage, count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM n.now - c.stage_entered_at)),
           max(extract(epoch FROM n.now - c.stage_entered_at))::float8,
           count(*) FILTER (WHERE k.due_at < n.now), count(*) FILTER (WHERE k.level > 0)
    FROM (SELECT hectis_now() AS now) n, "case" c
    LEFT JOIN (
        SELECT k.case_id, min(k.due_at) AS due_at, max(e.level) AS level
        FROM clock k LEFT JOIN escalation e ON e.clock_id = k.id AND e.cleared_at IS NULL
        WHERE k.stopped_at IS NULL GROUP BY 1
    ) k ON k.case_id = c.id
    WHERE {THESE} GROUP BY c.stage
    """  # noqa: S608  (a constant of this module)
)
# What was taken back is as if it had never been; only cases in which something was are looked through for it.
REVERSED = f"h.case_id IN (SELECT u.case_id FROM stage_transition u WHERE u.transition IN ({WORDS}))"  # noqa: S608
GONE = f"WITH gone AS MATERIALIZED ({taken_back(REVERSED)})"
HOLDS = f"""
    t.transition NOT IN ({WORDS})
    AND NOT EXISTS (SELECT FROM gone g WHERE g.case_id = t.case_id AND g.version = t.version)
"""
REACHED = text(
    f"""
    {GONE}
    SELECT t.to_stage, count(DISTINCT t.case_id)
    FROM stage_transition t JOIN "case" c ON c.id = t.case_id WHERE {HOLDS} AND {THESE} GROUP BY 1
    """  # noqa: S608
)
CAME_BACK = text(
    f"""
    {GONE}
    SELECT count(*), count(DISTINCT t.case_id),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM t.at - left_road.at))
    FROM stage_transition t
    JOIN stage_transition left_road ON left_road.case_id = t.case_id AND left_road.version = t.version - 1
    JOIN "case" c ON c.id = t.case_id
    WHERE t.from_stage = ANY(:ends) AND {HOLDS} AND {THESE}
    """  # noqa: S608
)
# By cause, and all of them where the cause is null. One that was taken back was none.
REMOVED = text(
    f"""
    SELECT m.cause, count(*), count(*) FILTER (WHERE m.ending = 're_enrolled'),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM m.ended_at - m.removed_at))
               FILTER (WHERE m.ending = 're_enrolled'),
           count(*) FILTER (WHERE m.ending <> 're_enrolled'), count(*) FILTER (WHERE m.ended_at IS NULL)
    FROM removal m JOIN "case" c ON c.id = m.case_id
    WHERE m.ending IS DISTINCT FROM 'undone' AND {THESE}
    GROUP BY GROUPING SETS ((m.cause), ()) ORDER BY 2 DESC, 1
    """  # noqa: S608
)


class Standing(NamedTuple):
    """Cases that stand at a stage now. Times in seconds; `overdue` and `climbed` count cases.

    `overdue`: a clock of theirs is past its time. `climbed`: somebody above the owner has been told.
    """

    stage: str
    cases: int
    median_seconds: float
    longest_seconds: float
    overdue: int
    climbed: int


class Back(NamedTuple):
    """Moves that led from an end back onto the road, the cases that made them, the median seconds between."""

    moves: int
    cases: int
    median_seconds: float | None


class Removals(NamedTuple):
    """Removals from the roll of one cause, or of all (None): how many, and what came of them.

    `median_seconds` from the removal until it was back on the roll; `ended` in another way; `open` still.
    """

    cause: str | None
    removed: int
    back: int
    median_seconds: float | None
    ended: int
    open: int


def removed(session: Session, facility: int | None, station: int | None) -> list[Removals]:
    """All removals in one row, and those of each cause, most first."""
    rows = session.execute(REMOVED, {"facility": facility, "station": station})
    return [Removals(*row) for row in rows]


def standing(session: Session, facility: int | None, station: int | None) -> list[Standing]:
    """Where the cases stand, of one facility, one station or all (None); stages without a case are left out."""
    rows = session.execute(STANDING, {"facility": facility, "station": station})
    return [Standing(*row) for row in rows]


def reached(session: Session, facility: int | None, station: int | None) -> dict[str, int]:
    """How many of these cases ever entered each stage."""
    rows = session.execute(REACHED, {"facility": facility, "station": station})
    return {stage: cases for stage, cases in rows}  # noqa: C416


def came_back(session: Session, ends: list[str], facility: int | None, station: int | None) -> Back:
    """What left one of these ends again."""
    values = {"ends": ends, "facility": facility, "station": station}
    return Back(*session.execute(CAME_BACK, values).one())
