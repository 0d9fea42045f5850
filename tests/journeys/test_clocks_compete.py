"""R9 (the drill itself: tests/drills/competing.py)."""

import pytest

from tests.drills.competing import SUITE, kill_leaders
from tests.drills.fixtures import StackMaker, Tell


@pytest.mark.target("R9")
def test_four_clocks_run_each_window_once_though_their_leader_is_killed(
    make_stack: StackMaker, tell: Tell
) -> None:
    report = kill_leaders(make_stack(SUITE.fast), SUITE, seed=9, window_seconds=2.0)

    tell(report)
    assert len(report.takeovers) == SUITE.blows
    assert max(report.takeovers) <= SUITE.bar
    assert report.missed <= report.too_long
    assert 0 < report.seals <= report.windows
