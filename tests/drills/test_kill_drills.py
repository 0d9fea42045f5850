"""The drills at production values and full counts; `make drill-kill` runs them, the suite does not."""

import pytest
import redis
from sqlalchemy import Engine

from hectis_flow.services.house import House
from tests.drills import competing, flushing, killing, sending, stopping
from tests.drills.fixtures import StackMaker, Tell
from tests.sinks import hook_sink, mail_sink

pytestmark = pytest.mark.drill
PRODUCTION_WINDOW = 10.0


@pytest.mark.target("R1")
def test_200_kills_of_a_worker(make_stack: StackMaker, broker: "redis.Redis", tell: Tell) -> None:
    report = killing.kill_workers(make_stack(killing.FULL.fast), broker, killing.FULL, seed=1)

    tell(report)
    assert report.steps.total() == killing.FULL.blows
    assert report.longest <= killing.FULL.bar


@pytest.mark.target("R2")
def test_100_orders_to_stop(make_stack: StackMaker, broker: "redis.Redis", tell: Tell) -> None:
    report = stopping.stop_workers(make_stack(stopping.FULL.fast), broker, stopping.FULL, seed=2)

    tell(report)
    assert report.ways.total() == stopping.FULL.blows
    assert report.longest <= stopping.DRAIN


@pytest.mark.target("R1")
def test_200_kills_of_a_worker_that_sends(
    make_stack: StackMaker, house: House, clean: Engine, broker: "redis.Redis", tell: Tell
) -> None:
    full = sending.FULL
    with mail_sink() as mails, hook_sink() as calls:
        stack = make_stack({**full.fast, **sending.settings_for(mails, calls)})
        report = sending.kill_senders(stack, house, broker, mails, calls, full, seed=1)
        stack.stop()

    tell(report)
    assert report.steps.total() == full.blows
    assert report.longest <= full.bar


@pytest.mark.target("R3")
def test_20_wipes_of_redis(make_stack: StackMaker, broker: "redis.Redis", tell: Tell) -> None:
    report = flushing.wipe_redis(make_stack(flushing.FULL.fast), broker, flushing.FULL, seed=3)

    tell(report)
    assert len(report.jobs) == flushing.FULL.blows
    assert report.longest <= flushing.FULL.bar


@pytest.mark.target("R9")
def test_50_kills_of_the_leading_clock(make_stack: StackMaker, tell: Tell) -> None:
    full = competing.FULL
    report = competing.kill_leaders(make_stack(full.fast), full, seed=9, window_seconds=PRODUCTION_WINDOW)

    tell(report)
    assert len(report.takeovers) == full.blows
    assert max(report.takeovers) <= full.bar
    assert report.missed == 0
    assert 0 < report.seals <= report.windows
