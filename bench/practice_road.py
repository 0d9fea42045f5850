"""Counts the road again from the raw history of moves, for bench.practice_year; shares no SQL with `hectis road`.

Only `stage_transition` is read for what must be equal: not the case, its charges, removals, clocks or items. It
must be given a province whose removals follow one another in each case, as the played one's do.
"""

from typing import Any

from sqlalchemy import Connection, text

WAYS_OUT = "('withdraw_6a', 'strike_informal', 'strike_342a')"
REACHED = "SELECT to_stage, count(DISTINCT case_id) FROM stage_transition GROUP BY 1"
STAND = """
    SELECT to_stage, count(*) FROM stage_transition t
    WHERE version = (SELECT max(version) FROM stage_transition l WHERE l.case_id = t.case_id) GROUP BY 1
"""
REMOVED = f"""
    SELECT details ->> 'reason', count(*) FROM stage_transition WHERE transition IN {WAYS_OUT} GROUP BY 1
"""  # noqa: S608
BACK = f"""
    SELECT o.details ->> 'reason', count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM b.at - o.at))
    FROM stage_transition o JOIN stage_transition b ON b.case_id = o.case_id AND b.transition = 'reenrol'
    WHERE o.transition IN {WAYS_OUT} AND b.version > o.version AND NOT EXISTS (
        SELECT FROM stage_transition n WHERE n.case_id = o.case_id AND n.transition IN {WAYS_OUT}
          AND n.version > o.version AND n.version < b.version)
    GROUP BY GROUPING SETS ((o.details ->> 'reason'), ())
"""  # noqa: S608
# Every removal of the history, and whether an office owes its next step by a day, or it has come to its ending.
UNOWNED = f"""
    SELECT count(*) FROM stage_transition o
    LEFT JOIN removal r ON r.case_id = o.case_id AND r.case_version = o.version
    WHERE o.transition IN {WAYS_OUT} AND (
        r.id IS NULL OR r.cause IS NULL
        OR r.ended_at IS NULL AND NOT EXISTS (
            SELECT FROM item i JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
            JOIN task t ON t.item_id = i.id AND t.done_at IS NULL
            WHERE i.removal_id = r.id AND i.settled_at IS NULL AND i.office_id IS NOT NULL
              AND t.due_at IS NOT NULL
              AND i.kind IN ('removal_saps', 'removal_npa', 'reenrolment', 'refusal')))
"""  # noqa: S608


def compare(connection: Connection, told: dict[str, Any]) -> list[str]:
    """Print what `hectis road --json` says beside the raw moves; the names of what differs."""
    stages: dict[str, Any] = told["stages"]
    causes: dict[str, Any] = told["removed_by_cause"]
    back = {row[0]: (row[1], row[2]) for row in connection.execute(text(BACK))}
    pairs = {
        "reached": (_counts(connection, REACHED), _some({n: s["reached"] for n, s in stages.items()})),
        "stand": (_counts(connection, STAND), _some({n: s["cases"] for n, s in stages.items()})),
        "removed": (_counts(connection, REMOVED), _some({n: c["removed"] for n, c in causes.items()})),
        "back": (
            _some({cause: found for cause, (found, _) in back.items() if cause}),
            _some({n: c["back"] for n, c in causes.items()}),
        ),
        "median of the way back": (
            {"all": round(back[None][1]) if back.get(None, (0, None))[1] is not None else 0},
            {"all": round(told["removed"]["median_seconds"] or 0)},
        ),
    }
    unequal = [name for name, (raw, said) in pairs.items() if raw != said]
    for name, (raw, said) in pairs.items():
        print(
            f"   {'DIFFERS' if name in unequal else 'equal  '} {name}: {sum(raw.values())} in {len(raw)} kinds"
        )
        for kind in sorted({*raw, *said}) if name in unequal else ():
            if raw.get(kind) != said.get(kind):
                print(f"      {kind}: raw {raw.get(kind, 0)}, hectis road {said.get(kind, 0)}")
    return unequal


def unowned(connection: Connection) -> int:
    """How many removals lack a cause, or, where they are open, an owner with a day."""
    return int(connection.execute(text(UNOWNED)).scalar_one())


def _counts(connection: Connection, query: str) -> dict[str, int]:
    return {str(kind): int(found) for kind, found in connection.execute(text(query))}


def _some(counts: dict[str, int]) -> dict[str, int]:
    return {kind: found for kind, found in counts.items() if found}
