"""The auditor over a million waiting cases (its misses: tests/drills/misses.py)."""

import os
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text

from bench.clock_rows import house_on, load, settle
from config.settings import Settings, _psycopg
from hectis_flow.services import auditor, escalation
from hectis_flow.services.house import House
from tests.drills.fixtures import Tell
from tests.drills.misses import careless_sweep, plant, timed
from workers.local_services import LocalServices

CASES = int(os.environ.get("DRILL_CASES", "1000000"))
SEEDED = {
    "clock_missing": 17,
    "step_overdue": 17,
    "event_missing": 17,
    "nobody_told": 17,
    "task_missing": 16,
    "delivery_waiting": 16,
}
STATEMENT_MS = 200.0
FOUND_SECONDS = 60.0
BARELY_DUE = "UPDATE clock_step SET due_at = hectis_now() - interval '5 minutes' WHERE step = 1 AND case_id > :cases - 5000"


@pytest.fixture
def million(services: LocalServices, settings: Settings) -> Iterator[tuple[House, Engine]]:
    """A house on a database of its own, which is dropped whole afterwards, and its owner's engine."""
    url = _psycopg(services.create_database("million"))
    engine = create_engine(url, poolclass=NullPool)
    with house_on(url, settings.redis_url) as house:
        load(engine, CASES)
        yield house, engine
    services.drop_database("million")


@pytest.mark.drill
@pytest.mark.target("R18")
def test_a_hundred_misses_among_a_million_cases_are_all_found_by_short_statements(
    million: tuple[House, Engine], tell: Tell
) -> None:
    house, engine = million
    assert auditor.audit(house).clean
    for place, (kind, how_many) in enumerate(SEEDED.items()):
        first = CASES // 7 * place + 7
        plant(engine, kind, range(first, first + how_many))
    settle(engine)

    begun = time.monotonic()
    with timed(house.sessions.kw["bind"]) as slowest:  # type: ignore[attr-defined]
        seen = auditor.audit(house)
    took = time.monotonic() - begun

    tell(f"{seen.open} in {took:.1f} s, the slowest statement {slowest['ms']:.0f} ms")
    assert seen.open == dict(sorted(SEEDED.items()))
    assert took < FOUND_SECONDS
    assert slowest["ms"] < STATEMENT_MS, slowest

    with engine.begin() as connection:
        connection.execute(text(BARELY_DUE), {"cases": CASES})
    left_out = careless_sweep(engine)
    found = auditor.audit(house).open["step_overdue"]
    assert left_out == found >= 5000 // 100
    while escalation.sweep(house):
        pass
    assert "step_overdue" not in auditor.audit(house).open
