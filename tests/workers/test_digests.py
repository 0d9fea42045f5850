"""Digests by the real clock and the real queue: four clocks, leaders that fall silent, jobs that are lost: one a window."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from sqlalchemy import Engine

from hectis_flow.domain.moments import SAST
from hectis_flow.services import digest, practice
from hectis_flow.services.house import House
from tests.api.committee import COMMITTEE_STAFF
from tests.api.people import hire
from tests.escalated import escalate
from tests.tables import lapse, one, rows
from tests.workers.conftest import RunJobs
from tests.workers.test_clock import clock_named, pass_time
from workers.context import Context
from workers.handover import hand_over_digests
from workers.leading import Clock

COMPOSED = "SELECT count(*) FROM digest WHERE composed_at IS NOT NULL"


@pytest.fixture
def morning(house: House, clean: Engine) -> House:
    """The moment at which everybody's window begins, after a first digest."""
    hire(house, clean, COMMITTEE_STAFF)
    digest.compose(house, digest.plan(house, at_once=True))
    escalate(clean, 3)
    at = one(clean, "SELECT hectis_now()").astimezone(SAST) + timedelta(days=1)
    practice.advance(house, at.replace(hour=6, minute=30, second=0, microsecond=0))
    return house


def windows(engine: Engine) -> list[tuple[int, int]]:
    """How many digests each reader has for the newest window."""
    asked = "SELECT staff_id, count(*) FROM digest WHERE window_on = (SELECT max(window_on) FROM digest) GROUP BY 1"
    return [(row[0], row[1]) for row in rows(engine, asked)]


def turn(clock: Clock) -> None:
    """What a clock does in a moment: it asks for the lead, then for digests, whoever leads."""
    clock.tick()
    clock.digests()


@pytest.mark.target("R9")
def test_four_clocks_whose_leaders_fall_silent_make_one_a_reader_and_window(
    context: Context, morning: House, clean: Engine, broker: "redis.Redis", run_jobs: RunJobs
) -> None:
    clocks = [clock_named(context, name) for name in "abcd"]
    before = one(clean, COMPOSED)
    for _ in range(6):
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(turn, clocks))
        leading = [clock for clock in clocks if clock.leading]
        assert len(leading) == 1
        pass_time(leading[0], clean, 1.1)
    found = windows(clean)
    assert [count for _, count in found] == [1] * len(found)
    run_jobs()
    assert one(clean, COMPOSED) == before + len(found)
    assert one(clean, "SELECT count(*) FROM outbox WHERE event = 'digest.due' AND done_at IS NULL") == 0


@pytest.mark.target("R3", "R10")
def test_what_the_queue_loses_is_composed_once_its_lease_is_over(
    context: Context, morning: House, clean: Engine, broker: "redis.Redis", run_jobs: RunJobs
) -> None:
    before = one(clean, COMPOSED)
    planned = len(digest.plan(morning))
    assert hand_over_digests(morning, broker, 10) == planned > 0
    broker.flushdb()
    run_jobs()
    assert one(clean, COMPOSED) == before
    assert hand_over_digests(morning, broker, 10) == 0
    lapse(clean, "outbox")
    assert hand_over_digests(morning, broker, 10) == planned
    assert hand_over_digests(morning, broker, 10) == 0
    run_jobs()
    assert one(clean, COMPOSED) == before + planned
