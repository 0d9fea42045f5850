"""Cases walked at random for long, seed after seed (the walk: tests/walking.py)."""

import os
from collections import Counter

import pytest
from sqlalchemy import Engine

from hectis_flow.domain import workflow_rules
from hectis_flow.services import balance, sealing
from hectis_flow.services.house import House
from tests.conftest import empty
from tests.drills.fixtures import Tell
from tests.road import roads
from tests.walking import Walk, faults

STEPS = int(os.environ.get("DRILL_STEPS", "10000"))
SEEDS = int(os.environ.get("DRILL_SEEDS", "50"))
FIRST = int(os.environ.get("DRILL_FIRST", "1"))  # two runs of half the seeds take half the time on two cores
AT_ONCE, CASES = 400, 12  # steps that fresh cases are walked for, and how many of them


@pytest.mark.drill
@pytest.mark.target("R13")
def test_ten_thousand_steps_of_fifty_seeds(house: House, clean: Engine, tell: Tell) -> None:
    edges: Counter[tuple[str, str, str]] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(FIRST, FIRST + SEEDS):
        for part in range(-(-STEPS // AT_ONCE)):
            fresh = [road.investigated() for road in roads(house, clean, CASES)]
            walk = Walk(house, clean, fresh, seed * 1000 + part)
            walk.steps(min(AT_ONCE, STEPS - part * AT_ONCE))
            edges.update(walk.made)
            refused.update(walk.refused)
            assert faults(clean) == []
            assert not list(sealing.verify(house))
            assert (drawn := balance.draw(house)) is not None
            assert drawn.differences == ()
            empty(clean)
        tell(
            f"seed {seed} of {FIRST} to {FIRST + SEEDS - 1}: {edges.total()} moves made, {refused.total()} refused, 0 faults"
        )
    never = {move for move, _, _ in workflow_rules.charge_edges()} - {move for move, _, _ in edges}
    tell(f"{len(edges)} edges of cases walked; refused by: {dict(sorted(refused.items()))}")
    assert never <= {"lapse"}, f"Never walked: {sorted(never)}"
