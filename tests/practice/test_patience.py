"""A play waits as long as the workers get anything done, and says so when they get nothing done."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from hectis_flow.practice import play
from hectis_flow.services import practice
from hectis_flow.services.house import House
from tests.notices import referred
from tests.segments import CODED, adt
from tests.tables import receive


def answering(monkeypatch: pytest.MonkeyPatch, seen: Iterator[tuple[int, int]]) -> None:
    """Let the database say this, one answer a question, and each question last half of what is waited."""
    monkeypatch.setattr(play, "PATIENCE", 0.02)
    monkeypatch.setattr(play, "POLL_SECONDS", 0.012)
    monkeypatch.setattr(practice, "in_hand", lambda _: next(seen))


def test_messages_that_wait_behind_notices_are_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = [(5, notices) for notices in range(40, 0, -1)]
    answering(monkeypatch, iter([*moving, (0, 0)]))

    play._await_worked(house)


def test_what_nobody_works_on_ends_the_play_with_a_sentence(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, iter([(5, 7)] * 1000))

    with pytest.raises(
        play.CannotPlay, match=r"5 messages have waited .* are a worker and the clock running"
    ):
        play._await_worked(house)


def test_messages_events_and_notices_are_in_hand_until_they_are_done(house: House, clean: Engine) -> None:
    referred(house, clean)
    assert practice.in_hand(house)[0] == 0
    told = practice.in_hand(house)[1]
    assert told > 0
    receive(house, adt("A08", "later", CODED, codes=["X99.4"], folder="LF", visit="LV"))

    assert practice.in_hand(house) == (1, told)


@pytest.mark.parametrize(
    ("days", "hours", "hops"),
    [(0.01, 1, 1), (1, 1, 24), (30, 1, 720), (60, 1, 1440), (90, 2, 1080), (365, 6, 1460), (3660, 59, 1489)],
)
def test_a_long_play_takes_longer_hops_and_never_more_than_fifteen_hundred(
    days: float, hours: int, hops: int
) -> None:
    assert play.usual_hop(days) == timedelta(hours=hours)
    assert -(-timedelta(days=days) // play.usual_hop(days)) == hops
