"""What counts as open, how a mean is made, and how a figure reads."""

import pytest

from hectis_flow.domain import load
from hectis_flow.domain.workflow import STAGES


def test_what_is_at_an_end_or_only_looked_at_again_is_carried_by_nobody() -> None:
    stages = {stage.name: stage for stage in STAGES}
    assert not any(load.docket_is_open(stage) for stage in STAGES if stage.end)
    assert not load.docket_is_open(stages["closed_undetected"])
    assert load.docket_is_open(stages["struck_342a"])
    assert load.matter_is_open(stages["on_roll"])
    assert not load.matter_is_open(stages["returned_to_saps"])
    assert set(stages) >= load.LOOKED_AT_AGAIN


@pytest.mark.parametrize(
    ("open_", "heads", "each"), [(111, 1, 111), (120, 2, 60), (121, 2, 61), (0, 3, 0), (7, 0, 7)]
)
def test_a_mean_is_rounded_up_and_somebody_is_always_there(open_: int, heads: int, each: int) -> None:
    assert load.each(open_, heads) == each


def test_the_benchmark_itself_is_within_capacity() -> None:
    assert [load.capacity(figure, 60) for figure in (60, 61)] == ["response", "overload"]
