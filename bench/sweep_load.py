"""The sweep where every step that fires must be weighed: 1,000 climbs of officers with 111 dockets each.

`python -m bench.sweep_load` (BENCH_CLOCKS=10000 for small). As `bench.p4_sweep`, but each clock's case has a docket,
and the steps are reminders, which nothing is weighed for, or those of level 1. Beside the sweep, which reads the counts
that the database keeps, stands the counting that they spare: one grouped statement over the dockets of the officers
concerned, on the same rows. Ends with one line of JSON.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from operator import truediv
from typing import Any

import psycopg
from sqlalchemy import Engine, NullPool, create_engine, text

from bench.clock_rows import house_on, load
from bench.p4_sweep import BARE, DUE, make_due
from config.settings import _psycopg
from hectis_flow.services import escalation
from hectis_flow.services.house import House
from workers.local_services import temporary_services

CLOCKS = int(os.environ.get("BENCH_CLOCKS", "200000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
CARRIES = 111
DOCKETS = (
    # An officer's dockets lie at one station, and their cases are far apart.
    """
    INSERT INTO docket (case_id, officer)
    SELECT c.id, 'io-' || c.station_id || '-' || row_number() OVER (PARTITION BY c.station_id ORDER BY c.id) / :carries
    FROM "case" c
    """,
    "CREATE INDEX ON docket (officer)",
    "VACUUM ANALYZE docket",
    "VACUUM ANALYZE load",
)
LEVEL = "UPDATE clock_step SET level = 1 WHERE due_at <= hectis_now() AND done_at IS NULL"
COUNTING = """
    WITH due AS (
        SELECT s.id, s.case_id FROM clock_step s
        WHERE s.done_at IS NULL AND s.cancelled_at IS NULL AND s.parked_at IS NULL AND s.due_at <= hectis_now()
        ORDER BY s.due_at, s.id LIMIT 1000
    ),
    officers AS (SELECT DISTINCT d.officer FROM due JOIN docket d ON d.case_id = due.case_id)
    SELECT d.officer, count(*) FROM officers JOIN docket d USING (officer) JOIN "case" c ON c.id = d.case_id
    WHERE docket_is_open(c.stage) GROUP BY 1
"""
WEIGHED = "SELECT count(*), avg(carries)::int FROM escalation WHERE carries IS NOT NULL"


def main() -> int:
    """Measure and print; the sweep must stay within three times the bare statement."""
    with temporary_services() as (services, addresses):
        url = _psycopg(services.create_database("sweep_load"))
        with house_on(url, addresses.redis_url) as house:
            engine = create_engine(url, poolclass=NullPool)
            load(engine, CLOCKS)
            _give_dockets(engine)
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as bare:
                times = _measured(house, engine, bare)
                weighed = bare.execute(WEIGHED).fetchone()
            engine.dispose()
    middle = {name: round(statistics.median(each), 1) for name, each in times.items()}
    # Each pair ran within the same second or two, so a noisy neighbour spoils pairs, not the ratio.
    ratios = {
        name: round(statistics.median(map(truediv, times[name], times["bare"])), 2)
        for name in ("reminders", "climbs", "counting")
    }
    print(json.dumps({"clocks": CLOCKS, "ms": middle, "to_bare": ratios, "weighed": weighed}))
    return 0 if ratios["climbs"] <= 3 else 1


def _give_dockets(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for statement in DOCKETS:
            connection.execute(text(statement), {"carries": CARRIES} if ":carries" in statement else {})


def _measured(house: House, engine: Engine, bare: "psycopg.Connection[Any]") -> dict[str, list[float]]:
    """Milliseconds of each round, by what was done; the first round of each is not counted."""
    times: dict[str, list[float]] = {"bare": [], "reminders": [], "climbs": [], "counting": []}
    acts: dict[str, Callable[[], int]] = {
        "bare": lambda: bare.execute(BARE).rowcount,
        "reminders": lambda: escalation.sweep(house),
        "climbs": lambda: escalation.sweep(house),
    }
    for round_ in range(ROUNDS + 1):
        for place, (name, act) in enumerate(acts.items()):
            make_due(engine, CLOCKS, 3 * round_ + place)
            if name == "climbs":
                bare.execute(LEVEL)
                _timed(times, "counting", round_, lambda: len(bare.execute(COUNTING).fetchall()))
            _timed(times, name, round_, act, DUE)
    return times


def _timed(
    times: dict[str, list[float]], name: str, round_: int, act: Callable[[], int], expected: int = 0
) -> None:
    begun = time.perf_counter()
    done = act()
    took = (time.perf_counter() - begun) * 1000
    if expected and done != expected:
        raise RuntimeError(f"{done} settled instead of {expected}")
    if round_:
        times[name].append(took)


if __name__ == "__main__":
    sys.exit(main())
