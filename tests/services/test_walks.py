"""Cases walked at random: whatever is tried, what must hold of them holds (R13; the long walk is `make drill-road`)."""

import pytest
from sqlalchemy import Engine

from hectis_flow.services import balance, sealing
from hectis_flow.services.house import House
from tests.road import roads
from tests.walking import Walk, faults


@pytest.mark.target("R13")
@pytest.mark.parametrize("seed", [1, 2])
def test_walked_at_random_no_case_is_lost_skipped_or_left_without_owner(
    seed: int, house: House, clean: Engine
) -> None:
    walk = Walk(house, clean, [road.investigated() for road in roads(house, clean, 12)], seed)

    walk.steps(600)

    assert faults(clean) == []
    assert not list(sealing.verify(house))
    drawn = balance.draw(house)
    assert drawn is not None
    assert drawn.differences == ()
    assert walk.made.total() > 150
    assert len(walk.refused) > 5
