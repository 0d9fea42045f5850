"""R7 (the drill itself: tests/drills/full_disk.py)."""

import pytest

from tests.drills.breakable import Servers
from tests.drills.fixtures import Tell
from tests.drills.full_disk import BAR, fill_disk, small_disk
from tests.drills.stack import Stack


def run(stack: Stack, servers: Servers, tell: Tell, lasts: float) -> None:
    with small_disk() as disk:
        if disk is None:
            pytest.skip("This account may not mount a file system of 64 MB, so no disk can be filled.")
        report = fill_disk(stack, servers, disk, lasts)

    tell(report)
    assert report.refused > 0
    assert report.recovered <= BAR


@pytest.mark.target("R7")
def test_a_full_disk_is_answered_ae_and_intake_comes_back_by_itself(
    broken_stack: Stack, breakables: Servers, tell: Tell
) -> None:
    run(broken_stack, breakables, tell, lasts=2.0)


@pytest.mark.drill
@pytest.mark.target("R7")
def test_a_disk_full_for_two_minutes_is_answered_ae_and_intake_comes_back_by_itself(
    broken_stack: Stack, breakables: Servers, tell: Tell
) -> None:
    broken_stack.fast = {}
    run(broken_stack, breakables, tell, lasts=120.0)
