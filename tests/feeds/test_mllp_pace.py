"""A source beyond its pace is slowed by the network and loses nothing; its connections share the pace."""

import pytest

from hectis_flow.feeds.mllp import SourceLimits
from hectis_flow.feeds.mllp_frames import frame, frames
from hectis_flow.feeds.mllp_pace import Pace
from tests.feeds.mllp_wire import Storage, listening

pytestmark = pytest.mark.target("R22")


def test_a_pace_lets_a_burst_through_and_then_so_many_a_minute() -> None:
    pace = Pace(600, now=0.0)

    assert pace.room(0.0) == 100
    pace.took(100)
    assert (pace.room(0.0), pace.wait()) == (0, pytest.approx(0.1))
    assert pace.room(0.1) == 1
    assert pace.room(2.0) == 20
    assert pace.room(3600.0) == 100


def test_over_a_minute_the_pace_is_kept() -> None:
    pace, taken = Pace(600, now=0.0), 0
    for tick in range(1, 60_000):
        room = pace.room(tick / 1000)
        pace.took(room)
        taken += room

    assert 600 <= taken <= 700  # a minute's messages and one burst


def test_the_slowest_pace_lets_one_through_at_once() -> None:
    pace = Pace(1, now=0.0)

    assert pace.room(0.0) == 1
    pace.took(1)
    assert pace.room(0.0) == 0
    assert pace.wait() == pytest.approx(60)


def test_a_source_beyond_its_pace_is_slowed_and_every_message_is_answered() -> None:
    storage, sent = Storage(), [b"%d" % number for number in range(104)]
    with listening(storage, sources={"": SourceLimits(600)}) as running, running.wire() as wire:
        slowed = running.once(lambda: any(one._brake.on for one in running.listener._floor.connections))
        wire.send(frames(sent))
        slowed.result()
        assert wire.answers(104) == [b"AA|" + raw for raw in sent]
    assert storage.stored == sent


def test_a_second_connection_shares_the_pace_of_its_source() -> None:
    with (
        listening(Storage(), sources={"": SourceLimits(6)}) as running,
        running.wire() as one,
        running.wire() as other,
    ):
        one.send(frame(b"first"))
        assert one.answers(1) == [b"AA|first"]
        other.send(frame(b"second"))
        running.until(lambda: sum(kept._brake.on for kept in running.listener._floor.connections) == 2)
        assert running.listener.counters.received == 1


def test_another_source_is_not_slowed() -> None:
    with (
        listening(Storage(), sources={"somebody-else": SourceLimits(1, 1)}) as running,
        running.wire() as wire,
    ):
        wire.send(frames([b"a", b"b", b"c"]))
        assert wire.answers(3) == [b"AA|a", b"AA|b", b"AA|c"]


def test_a_source_may_have_so_many_connections_and_no_more() -> None:
    with listening(Storage(), sources={"": SourceLimits(connections=1)}) as running, running.wire() as wire:
        wire.send(frame(b"in"))
        wire.answers(1)
        with running.wire("127.0.0.2") as late:
            assert late.is_closed()
        assert running.listener.counters.turned_away == 1
        wire.send(frame(b"still in"))
        assert wire.answers(1) == [b"AA|still in"]
