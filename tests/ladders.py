"""Ladders brought forward: the first steps of running clocks, due when a test wants them due."""

from sqlalchemy import Engine, text

PAST = "hectis_now() - interval '1 hour' + (case_id * 10 + step) * interval '1 ms'"
PLANNED = """
    UPDATE clock k SET ladder = (
        SELECT jsonb_agg(CASE WHEN step <= :upto
            THEN jsonb_set(rung, '{{due_at}}', to_jsonb(CAST({at} AS timestamptz))) ELSE rung END ORDER BY step)
        FROM jsonb_array_elements(k.ladder) WITH ORDINALITY AS planned (rung, step))
    WHERE stopped_at IS NULL AND {where}
"""
WAITING = """
    UPDATE clock_step s SET due_at = CAST(k.ladder -> s.step - 1 ->> 'due_at' AS timestamptz) FROM clock k
    WHERE k.id = s.clock_id AND k.stopped_at IS NULL
      AND s.done_at IS NULL AND s.cancelled_at IS NULL AND s.parked_at IS NULL
      AND k.id IN (SELECT id FROM clock WHERE {where})
"""


def make_due(engine: Engine, upto: int = 1, *, at: str = PAST, where: str = "true", **values: object) -> None:
    """Let the first `upto` steps of the running clocks `where` fall due `at` (SQL that may use step and case_id).

    No service of ours does so; no trigger speaks.
    """
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        planned = PLANNED.format(at=at, where=where)
        assert connection.execute(text(planned), {"upto": upto, **values}).rowcount > 0
        connection.execute(text(WAITING.format(where=where)), values)
