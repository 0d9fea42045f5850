"""R22 (the drill itself: tests/drills/loris.py; the listener alone: tests/feeds/test_mllp.py)."""

import pytest

from tests.drills.fixtures import StackMaker, Tell
from tests.drills.loris import P99_BAR, besiege
from tests.drills.stack import FAST


@pytest.mark.target("R22")
def test_two_hundred_slow_lines_do_not_slow_a_sound_sender(make_stack: StackMaker, tell: Tell) -> None:
    report = besiege(make_stack(FAST), lines=200, seconds=3.0)

    tell(report)
    assert report.p99 < P99_BAR
    assert report.split > 0


@pytest.mark.drill
@pytest.mark.target("R22")
def test_a_thousand_slow_lines_do_not_slow_a_sound_sender(make_stack: StackMaker, tell: Tell) -> None:
    report = besiege(make_stack({}), lines=1000, seconds=60.0)

    tell(report)
    assert report.p99 < P99_BAR
    assert report.split > 0
