"""The listener on real sockets: order, group commit, guards, drain."""

import asyncio
import socket
import threading
from contextlib import ExitStack

import pytest
from structlog.testing import capture_logs

from hectis_flow.feeds.mllp import Listener, ListenerOptions, ListenerRefused, serve
from hectis_flow.feeds.mllp_client import send_all
from hectis_flow.feeds.mllp_frames import frame, frames
from tests.feeds.mllp_wire import Storage, Wire, answer, answer_arrival, listening
from tests.waiting import PATIENCE


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(start, start + count)]


def accepted(messages: list[bytes]) -> list[bytes]:
    return [b"AA|" + message for message in messages]


def test_answers_come_in_the_order_of_the_messages() -> None:
    storage = Storage()
    with listening(storage, max_batch=7) as running, running.wire() as wire:
        wire.send(frames(numbered(50)))
        assert wire.answers(50) == accepted(numbered(50))
    assert storage.stored == numbered(50)
    assert max(map(len, storage.batches)) <= 7


def test_no_answer_goes_out_before_the_handler_has_returned() -> None:
    storage = Storage()
    storage.gate.clear()
    with listening(storage) as running, running.wire() as wire:
        wire.send(frame(b"one"))
        storage.wait_for_a_batch()
        assert wire.has_nothing()
        storage.gate.set()
        assert wire.answers(1) == [b"AA|one"]


def test_messages_that_come_while_a_batch_is_stored_share_the_next() -> None:
    storage = Storage()
    storage.gate.clear()
    with listening(storage) as running, running.wire() as one, running.wire() as other:
        one.send(frame(b"first"))
        storage.wait_for_a_batch()
        one.send(frames([b"a", b"b"]))
        other.send(frames([b"c", b"d"]))
        running.until(lambda: running.listener.counters.received == 5)
        storage.gate.set()
        assert one.answers(3) == [b"AA|first", b"AA|a", b"AA|b"]
        assert other.answers(2) == [b"AA|c", b"AA|d"]
    assert [len(batch) for batch in storage.batches] == [1, 4]


def test_a_batch_is_bounded_in_bytes_and_takes_a_longer_message_alone() -> None:
    storage = Storage()
    storage.gate.clear()
    with listening(storage, max_batch_bytes=10) as running, running.wire() as wire:
        wire.send(frame(b"first"))
        storage.wait_for_a_batch()
        wire.send(frames([b"12345", b"67890", b"123", b"x" * 20]))
        running.until(lambda: running.listener.counters.received == 5)
        storage.gate.set()
        wire.answers(5)
    assert [len(batch) for batch in storage.batches] == [1, 2, 1, 1]


@pytest.mark.target("R22")
def test_frames_split_at_every_byte_are_put_together() -> None:
    stream = frames([b"one\r", b"two\r"])
    with listening(Storage()) as running, running.wire() as wire:
        for at in range(len(stream)):
            wire.send(stream[at : at + 1])
        assert wire.answers(2) == [b"AA|one\r", b"AA|two\r"]


@pytest.mark.target("R22")
def test_a_message_without_its_end_is_refused_in_its_turn_and_the_next_is_taken() -> None:
    storage = Storage()
    with listening(storage) as running, running.wire() as wire:
        wire.send(frame(b"one") + b"\x0bhalf" + frame(b"two") + b"\x0b\x0b\n" + frame(b"three"))
        assert wire.answers(4) == [b"AA|one", b"AR|half", b"AA|two", b"AA|three"]
        assert running.listener.counters.refused == 1
    assert storage.stored == [b"one", b"two", b"three"]


@pytest.mark.target("R22")
def test_a_message_that_is_too_long_is_refused_after_the_answers_before_it() -> None:
    storage = Storage()
    with listening(storage, max_message=1000) as running, running.wire() as wire:
        wire.send(frame(b"one") + b"\x0b" + b"x" * 3_000_000)
        assert wire.answers(2) == [b"AA|one", b"AR|127.0.0.1"]
        assert wire.is_closed()
    assert storage.stored == [b"one"]


def test_a_stream_that_is_no_mllp_is_refused_and_closed() -> None:
    with listening(Storage(), max_noise=100) as running, running.wire() as wire:
        wire.send(b"GET / HTTP/1.1\r\n" * 20)
        assert wire.answers(1) == [b"AR|"]
        assert wire.is_closed()


def test_every_message_of_a_failed_batch_is_answered_and_the_log_holds_no_content() -> None:
    storage = Storage()

    def broken(arrivals: object) -> list[bytes]:
        raise RuntimeError("MSH|Wolf")

    storage.reply = broken
    with capture_logs() as logs, listening(storage) as running, running.wire() as wire:
        wire.send(frames(numbered(3)))
        assert wire.answers(3) == [b"AE|0", b"AE|1", b"AE|2"]
        storage.reply = lambda arrivals: [answer("AA", arrival.raw) for arrival in arrivals]
        wire.send(frame(b"again"))
        assert wire.answers(1) == [b"AA|again"]
        assert running.listener.counters.failed == 3
    assert [line["error"] for line in logs] == ["RuntimeError"]
    assert "Wolf" not in str(logs)


def test_too_few_answers_count_as_a_failure_of_the_whole_batch() -> None:
    storage = Storage()
    storage.reply = lambda _: [b"AA"]
    with listening(storage) as running, running.wire() as wire:
        wire.send(frames(numbered(2)))
        assert wire.answers(2) == [b"AE|0", b"AE|1"]


def test_a_sender_is_cut_off_rather_than_left_waiting_when_even_the_refusal_fails() -> None:
    storage = Storage()
    storage.reply = lambda _: []

    def broken(arrival: object) -> bytes:
        raise RuntimeError

    with listening(storage, on_failure=broken) as running, running.wire() as wire:
        wire.send(frame(b"one"))
        assert wire.is_closed()


@pytest.mark.target("R22")
@pytest.mark.parametrize("limits", [{"frame_idle": 0.05}, {"frame_total": 0.05}])
def test_a_message_that_does_not_go_on_is_refused_and_its_sender_closed(limits: dict[str, float]) -> None:
    with listening(Storage(), **limits) as running, running.wire() as wire:
        wire.send(b"\x0bhalf")
        assert wire.answers(1) == [b"AR|half"]
        assert wire.is_closed()


def test_a_sender_that_says_nothing_is_closed_in_the_end() -> None:
    with listening(Storage(), message_idle=0.05) as running, running.wire() as wire:
        assert wire.is_closed()


def test_a_sender_that_waits_for_its_answer_is_not_idle() -> None:
    storage = Storage()
    storage.gate.clear()
    with listening(storage, message_idle=1.0) as running, running.wire() as patient, running.wire() as idle:
        patient.send(frame(b"one"))
        storage.wait_for_a_batch()
        assert idle.is_closed()
        storage.gate.set()
        assert patient.answers(1) == [b"AA|one"]


@pytest.mark.target("R22")
def test_one_peer_may_not_take_all_the_room() -> None:
    with listening(Storage(), max_per_peer=2) as running, ExitStack() as stack:
        first, second = (stack.enter_context(running.wire("127.0.0.2")) for _ in range(2))
        for wire in (first, second):
            wire.send(frame(b"in"))
            wire.answers(1)
        with running.wire("127.0.0.2") as third:
            assert third.is_closed()
        with running.wire("127.0.0.3") as other:
            other.send(frame(b"other"))
            assert other.answers(1) == [b"AA|other"]
        assert running.listener.counters.turned_away == 1
        first.line.close()
        running.until(lambda: running.listener.counters.connections == 1)
        with running.wire("127.0.0.2") as again:
            again.send(frame(b"again"))
            assert again.answers(1) == [b"AA|again"]


def test_beyond_all_connections_the_next_is_turned_away() -> None:
    with listening(Storage(), max_connections=1) as running, running.wire() as wire:
        wire.send(frame(b"in"))
        wire.answers(1)
        with running.wire("127.0.0.2") as late:
            assert late.is_closed()


@pytest.mark.target("R22")
def test_slow_senders_by_the_hundred_do_not_keep_a_real_one_out() -> None:
    with listening(Storage(), max_per_peer=50) as running, ExitStack() as stack:
        for number in range(200):
            slow = stack.enter_context(running.wire(f"127.0.0.{2 + number // 60}"))
            slow.send(b"\x0bMSH|")
        running.until(lambda: running.listener.counters.turned_away == 30)
        with running.wire() as wire:
            wire.send(frames(numbered(20)))
            assert wire.answers(20) == accepted(numbered(20))


@pytest.mark.target("R22")
def test_a_storm_of_reconnects_leaves_nothing_behind() -> None:
    with listening(Storage()) as running:
        for _ in range(100):
            with running.wire() as wire:
                wire.send(frame(b"unread") + b"\x0bhalf")
        with running.wire() as wire:
            wire.send(frame(b"one"))
            assert wire.answers(1) == [b"AA|one"]
            running.until(lambda: running.listener.counters.connections == 1)


def test_a_sender_that_runs_ahead_is_read_no_faster_than_it_is_answered() -> None:
    storage = Storage()
    with listening(storage, max_unanswered=4) as running, running.wire() as wire:
        wire.send(frames(numbered(100)))
        assert wire.answers(100) == accepted(numbered(100))
    assert max(map(len, storage.batches)) <= 4


def test_a_sender_that_takes_no_answers_is_not_read() -> None:
    storage = Storage()
    storage.reply = lambda arrivals: [answer("AA", arrival.raw + b"x" * 200_000) for arrival in arrivals]
    with listening(storage, max_unanswered=2) as running, running.wire() as wire:
        wire.send(b"".join(frame(b"%d" % number + b" " * 20_000) for number in range(100)))
        running.until(lambda: any(connection._blocked for connection in running.listener._floor.connections))
        assert running.listener.counters.received < 100
        assert len(wire.answers(100)) == 100


def test_when_too_much_waits_all_reading_waits_and_nothing_is_lost() -> None:
    storage = Storage()
    storage.gate.clear()
    with listening(storage, max_waiting_bytes=100, max_batch=1) as running, ExitStack() as stack:
        wires = [stack.enter_context(running.wire()) for _ in range(5)]
        for wire in wires:
            wire.send(frame(b"x" * 90))
            wire.send(frame(b"y" * 90))
        storage.wait_for_a_batch()
        storage.gate.set()
        for wire in wires:
            assert wire.answers(2) == [b"AA|" + b"x" * 90, b"AA|" + b"y" * 90]


def test_when_unfinished_messages_fill_the_memory_the_longest_is_refused() -> None:
    with (
        listening(Storage(), max_partial_bytes=1000) as running,
        running.wire() as long,
        running.wire() as other,
    ):
        long.send(b"\x0b" + b"x" * 800)
        running.until(lambda: running.listener._floor.partial_bytes == 801)
        other.send(b"\x0b" + b"y" * 300)
        assert long.answers(1) == [b"AR|" + b"x" * 800]
        assert long.is_closed()
        other.send(b"\x1c\r")
        assert other.answers(1) == [b"AA|" + b"y" * 300]


def test_a_sender_that_closes_its_side_still_gets_every_answer() -> None:
    storage = Storage()
    storage.gate.clear()
    with listening(storage, max_unanswered=2) as running, running.wire() as wire:
        wire.send(frames(numbered(5)) + b"\x0bhalf")
        wire.line.shutdown(socket.SHUT_WR)
        storage.wait_for_a_batch()
        storage.gate.set()
        assert wire.answers(6) == [*accepted(numbered(5)), b"AR|half"]
        assert wire.is_closed()


def test_a_sender_that_leaves_before_its_answer_disturbs_nobody() -> None:
    storage = Storage()
    storage.gate.clear()
    with listening(storage) as running, running.wire() as stays:
        with running.wire() as leaves:
            leaves.send(frame(b"gone"))
            storage.wait_for_a_batch()
        stays.send(frame(b"here"))
        running.until(lambda: running.listener.counters.received == 2)
        storage.gate.set()
        assert stays.answers(1) == [b"AA|here"]
    assert storage.stored == [b"gone", b"here"]


def test_a_drain_answers_everything_that_was_read_and_hears_nobody_new() -> None:
    storage = Storage()
    storage.gate.clear()
    with (
        listening(storage, max_unanswered=2, max_batch=1) as running,
        running.wire() as wire,
        running.wire() as idle,
    ):
        wire.send(frames(numbered(5)))
        storage.wait_for_a_batch()
        drained = running.begin_drain()
        assert idle.is_closed()
        with pytest.raises(ConnectionRefusedError), running.wire():
            pass
        storage.gate.set()
        assert wire.answers(5) == accepted(numbered(5))
        assert wire.is_closed()
        assert drained.result() is True


def test_a_drain_that_runs_out_of_time_says_so_and_cuts_the_rest() -> None:
    storage = Storage()
    storage.gate.clear()
    with listening(storage) as running, running.wire() as wire:
        wire.send(frame(b"one"))
        storage.wait_for_a_batch()
        assert running.begin_drain(0.05).result() is False
        assert wire.is_closed()
        storage.gate.set()


def test_the_counters_tell_what_was_done() -> None:
    with listening(Storage()) as running, running.wire() as wire:
        wire.send(frames(numbered(3)))
        wire.answers(3)
        counters = running.listener.counters
        assert (counters.connections, counters.received, counters.answered) == (1, 3, 3)
        assert counters.bytes == len(frames(numbered(3)))
        assert counters.batches >= 1
        assert 1 <= counters.last_batch_size <= 3


def test_a_port_that_is_taken_is_a_clear_sentence() -> None:
    with listening(Storage()) as running:
        other = Listener(
            Storage(),
            ListenerOptions(port=running.port),
            on_failure=answer_arrival("AE"),
            on_oversize=lambda _: b"",
        )
        with pytest.raises(ListenerRefused, match=f"port {running.port} .* already in use"):
            asyncio.run(other.start())


def test_serve_listens_until_it_is_told_to_stop() -> None:
    storage = Storage()
    listeners: list[Listener] = []

    async def main() -> bool:
        stop, ready = asyncio.Event(), asyncio.Event()

        def started(listener: Listener) -> None:
            listeners.append(listener)
            ready.set()

        serving = asyncio.create_task(
            serve(
                storage,
                ListenerOptions(port=0),
                on_failure=answer_arrival("AE"),
                on_oversize=lambda _: b"",
                stop=stop,
                started=started,
            )
        )
        await asyncio.wait_for(ready.wait(), PATIENCE)
        report = await asyncio.to_thread(send_all, [b"one", b"two"], "127.0.0.1", listeners[0].port)
        assert report.codes == {"AA": 2}
        stop.set()
        return await asyncio.wait_for(serving, PATIENCE)

    assert asyncio.run(main()) is True
    assert storage.stored == [b"one", b"two"]


def test_many_senders_at_once_each_get_their_own_answers() -> None:
    failures: list[str] = []

    def run(wire: Wire, name: int) -> None:
        messages = [b"%d.%d" % (name, number) for number in range(200)]
        wire.send(frames(messages))
        if wire.answers(200) != accepted(messages):
            failures.append(f"sender {name}")

    with listening(Storage(), max_unanswered=16, max_batch=20) as running, ExitStack() as stack:
        senders = [
            threading.Thread(target=run, args=(stack.enter_context(running.wire()), name))
            for name in range(8)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(PATIENCE)
        assert running.listener.counters.answered == 1600
    assert failures == []
