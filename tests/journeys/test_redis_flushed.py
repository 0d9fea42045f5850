"""R3 (the drill itself: tests/drills/flushing.py)."""

import pytest
import redis

from tests.drills.fixtures import StackMaker, Tell
from tests.drills.flushing import SUITE, wipe_redis


@pytest.mark.target("R3")
def test_a_redis_wiped_under_load_loses_no_message(
    make_stack: StackMaker, broker: "redis.Redis", tell: Tell
) -> None:
    report = wipe_redis(make_stack(SUITE.fast), broker, SUITE, seed=3)

    tell(report)
    assert len(report.jobs) == SUITE.blows
    assert report.longest <= SUITE.bar
