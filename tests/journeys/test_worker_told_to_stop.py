"""R2 (the drill itself: tests/drills/stopping.py)."""

import pytest
import redis

from tests.drills.fixtures import StackMaker, Tell
from tests.drills.stopping import DRAIN, SUITE, WAYS, stop_workers


@pytest.mark.target("R2")
def test_workers_told_to_stop_end_in_time_and_lose_nothing(
    make_stack: StackMaker, broker: "redis.Redis", tell: Tell
) -> None:
    report = stop_workers(make_stack(SUITE.fast), broker, SUITE, seed=2)

    tell(report)
    assert set(report.ways) == set(WAYS)
    assert report.longest <= DRAIN
