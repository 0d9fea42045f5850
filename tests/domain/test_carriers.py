"""Between two carriers: passed over after failures in a row, and back by 1, 10, 50 and 100 in a hundred."""

from datetime import UTC, datetime, timedelta

import pytest

from hectis_flow.domain.carriers import (
    MOST_FAILURES,
    SHARES,
    SOUND,
    WHOLE,
    Standing,
    carried,
    failed,
    first_is_asked,
    now_standing,
)

AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
STEP = timedelta(minutes=5)
NO_WAIT = timedelta(0)

pytestmark = pytest.mark.target("R15")


def share(standing: Standing) -> int:
    return sum(first_is_asked(standing, draw) for draw in range(100))


def passed_over(at: datetime = AT) -> Standing:
    standing = SOUND
    for _ in range(MOST_FAILURES):
        standing = failed(standing, at, NO_WAIT)
    return standing


def test_one_failure_turns_nothing_away_and_a_success_forgets_it() -> None:
    once = failed(SOUND, AT, NO_WAIT)

    assert share(once) == 100
    assert carried(once) == SOUND


def test_failures_in_a_row_turn_everything_away() -> None:
    assert share(passed_over()) == 0


def test_it_comes_back_in_steps_that_last_their_time() -> None:
    standing, at, shares = passed_over(), AT, []
    while standing != SOUND:
        assert now_standing(standing, at + STEP - timedelta(seconds=1), STEP) == standing
        at += STEP
        standing = carried(now_standing(standing, at, STEP))
        shares.append(share(standing))

    assert shares == list(SHARES[1:]) == [1, 10, 50, 100]


def test_a_step_that_nothing_was_tried_in_does_not_end() -> None:
    first = now_standing(passed_over(), AT + STEP, STEP)

    assert first.step == 1
    assert now_standing(first, AT + 100 * STEP, STEP) == first


def test_the_first_text_of_a_step_tries_whatever_is_drawn() -> None:
    first = now_standing(passed_over(), AT + STEP, STEP)

    assert first_is_asked(first, 99)
    assert not first_is_asked(carried(first), 99)


@pytest.mark.parametrize("step", range(1, WHOLE))
def test_a_failure_on_the_way_back_ends_it(step: int) -> None:
    assert failed(Standing(step, AT, 0, 7), AT, NO_WAIT) == Standing(0, AT, 1, 0)


def test_a_carrier_that_asks_to_be_left_alone_is_left_alone_at_once_and_that_long() -> None:
    standing = failed(SOUND, AT, timedelta(hours=1))

    assert share(standing) == 0
    assert now_standing(standing, AT + timedelta(minutes=59), STEP) == standing
    assert now_standing(standing, AT + timedelta(hours=1), STEP).step == 1
