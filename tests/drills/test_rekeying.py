"""Rotation of keys under load (the drill itself: tests/drills/rekeying.py)."""

import pytest

from tests.drills.fixtures import StackMaker, Tell
from tests.drills.rekeying import FULL, SUITE, rotate_under_load


def test_keys_rotated_under_load_move_every_row_though_workers_are_killed(
    make_stack: StackMaker, tell: Tell
) -> None:
    report = rotate_under_load(make_stack(SUITE.fast), SUITE)

    tell(report)
    assert report.kills == SUITE.blows


@pytest.mark.drill
def test_keys_rotated_over_20_000_messages_move_every_row_though_50_workers_are_killed(
    make_stack: StackMaker, tell: Tell
) -> None:
    report = rotate_under_load(make_stack(FULL.fast), FULL)

    tell(report)
    assert report.kills == FULL.blows
