"""R1, as far as intake goes (the drill itself: tests/drills/killing.py)."""

import pytest
import redis

from tests.drills.fixtures import StackMaker, Tell
from tests.drills.killing import SUITE, kill_workers


@pytest.mark.target("R1")
def test_workers_killed_at_random_steps_lose_nothing_and_do_nothing_twice(
    make_stack: StackMaker, broker: "redis.Redis", tell: Tell
) -> None:
    report = kill_workers(make_stack(SUITE.fast), broker, SUITE, seed=1)

    tell(report)
    assert report.steps.total() == SUITE.blows
    assert all(report.held)
    assert report.longest <= SUITE.bar
