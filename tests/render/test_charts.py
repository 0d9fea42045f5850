"""Charts: every figure is in the specification, a few long bars stand for many, and a picture is small and the same."""

from typing import Any

import pytest

from hectis_flow.render import charts
from hectis_flow.render.charts import Spec

AGES = ("0-6", "7-29", "30-89", "90 +")


def sums(spec: Spec, field: str) -> dict[str, int]:
    found: dict[str, int] = {}
    values: list[dict[str, Any]] = spec["data"]["values"]
    for one in values:
        found[one[field]] = found.get(one[field], 0) + one["count"]
    return found


@pytest.mark.parametrize("many", [1, 6, 7, 40])
def test_no_case_is_lost_however_many_reasons_there_are(many: int) -> None:
    rows = [(f"reason {number}", (number, 1, 0, 2)) for number in range(many)]
    found = sums(charts.by_age(rows, AGES, "all others"), "reason")
    assert sum(found.values()) == sum(sum(counts) for _, counts in rows)
    assert len(found) == min(many, charts.BARS)
    assert ("all others" in found) == (many > charts.BARS)


def test_what_came_back_is_a_part_of_what_left() -> None:
    spec = charts.removals([("docket_not_at_court", 210, 37)], ("gone", "back"), "all others")
    assert sums(spec, "what") == {"back": 37, "gone": 173}


def test_a_picture_is_small_and_the_same_specification_gives_the_same_bytes() -> None:
    spec = charts.by_age(
        [(f"A reason of some length {n}", (n, 900, 30, 2)) for n in range(20)], AGES, "others"
    )
    drawn = charts.png(spec)
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) < 12_000
    assert charts.png(spec) == drawn
