"""R4 (the drill itself: tests/drills/redis_troubles.py)."""

import pytest

from tests.drills.breakable import Servers
from tests.drills.fixtures import Tell
from tests.drills.redis_troubles import BAR, trouble_redis, troubles
from tests.drills.stack import Stack


@pytest.mark.target("R4")
def test_a_redis_in_trouble_stops_no_intake_and_is_named_by_readyz(
    broken_stack: Stack, breakables: Servers, tell: Tell
) -> None:
    short = troubles(stopped=2.0, frozen=2.0, others=1.0)
    report = trouble_redis(broken_stack, breakables, short)

    tell(report)
    assert report.longest_answer <= BAR
    assert report.longest_look <= BAR


@pytest.mark.drill
@pytest.mark.target("R4")
def test_a_redis_away_for_five_minutes_stops_no_intake_and_is_named_by_readyz(
    broken_stack: Stack, breakables: Servers, tell: Tell
) -> None:
    broken_stack.fast = {}
    full = troubles(stopped=300.0, frozen=30.0, others=30.0)
    report = trouble_redis(broken_stack, breakables, full)

    tell(report)
    assert report.longest_answer <= BAR
    assert report.longest_look <= BAR
