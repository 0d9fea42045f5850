"""Which provider is asked first, and how one that failed comes back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hectis_flow.domain.failover import (
    LONGEST_REST,
    SHORTEST_REST,
    STEP,
    STEPS,
    Standing,
    judged,
    order,
    rest_of,
    share,
)

AT = datetime(2026, 12, 3, 12, tzinfo=UTC)
BOTH = [Standing("first"), Standing("second")]


def failed(one: Standing, times: int, at: datetime = AT) -> Standing:
    for _ in range(times):
        one = judged(one, 0, 3, at)
    return one


def test_the_preferred_one_is_asked_first_and_nobody_is_left_out() -> None:
    assert order(BOTH, AT, 0.99) == ("first", "second")


@pytest.mark.target("R15")
def test_two_failures_in_a_row_put_a_provider_last_and_one_does_not() -> None:
    assert order([failed(BOTH[0], 1), BOTH[1]], AT, 0.99) == ("first", "second")
    assert order([failed(BOTH[0], 2), BOTH[1]], AT, 0.0) == ("second", "first")


def test_what_it_carried_between_shows_that_it_works() -> None:
    one = judged(failed(BOTH[0], 1), 1, 5, AT)

    assert failed(one, 1).share == 100


def test_it_comes_back_in_steps_and_one_failure_on_the_way_ends_that() -> None:
    one, at = failed(BOTH[0], 2), AT + SHORTEST_REST
    assert share(one, at - timedelta(seconds=1)) == 0
    shares = [share(one, at)]
    for _ in range(len(STEPS)):
        one = judged(one, 1, 0, at)
        assert judged(one, 1, 0, at + STEP / 2) == one
        shares.append(one.share)
        at += STEP

    assert shares == [10, *STEPS]
    assert one.troubles == 0
    assert failed(replace(one, share=25), 1).share == 0


def test_a_tenth_of_the_batches_try_one_that_has_rested() -> None:
    rested = [failed(BOTH[0], 2), BOTH[1]]
    at = AT + SHORTEST_REST

    assert order(rested, at, 0.09) == ("first", "second")
    assert order(rested, at, 0.10) == ("second", "first")


def test_each_failed_try_to_come_back_doubles_the_rest_up_to_a_quarter_of_an_hour() -> None:
    assert [rest_of(failed(BOTH[0], times)) for times in (2, 3, 4)] == [
        SHORTEST_REST,
        2 * SHORTEST_REST,
        4 * SHORTEST_REST,
    ]
    assert rest_of(failed(BOTH[0], 30)) == LONGEST_REST


def test_where_all_are_in_trouble_the_one_that_failed_longest_ago_is_asked_first() -> None:
    later = failed(BOTH[0], 2, AT + timedelta(seconds=5))

    assert order([later, failed(BOTH[1], 2)], AT + timedelta(seconds=9), 0.5) == ("second", "first")
