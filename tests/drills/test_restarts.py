"""R5 (the drill itself: tests/drills/restarts.py)."""

import pytest

from tests.drills.breakable import Servers
from tests.drills.fixtures import Tell
from tests.drills.restarts import restart_postgres
from tests.drills.stack import Stack


@pytest.mark.target("R5")
def test_a_database_restarted_under_intake_loses_nothing_that_was_accepted(
    broken_stack: Stack, breakables: Servers, tell: Tell
) -> None:
    report = restart_postgres(broken_stack, breakables, 2)

    tell(report)
    assert len(report.recoveries) == 4


@pytest.mark.drill
@pytest.mark.target("R5")
def test_twenty_restarts_of_the_database_lose_nothing_that_was_accepted(
    broken_stack: Stack, breakables: Servers, tell: Tell
) -> None:
    broken_stack.fast = {}
    report = restart_postgres(broken_stack, breakables, 10)

    tell(report)
    assert len(report.recoveries) == 20
