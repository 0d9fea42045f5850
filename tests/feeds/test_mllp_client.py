"""The sender against the real listener, and against listeners that behave badly."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from hectis_flow.feeds.mllp_client import Answer, NobodyListens, read_answer, send_all
from hectis_flow.feeds.mllp_frames import FrameReader, frames
from tests.feeds.mllp_wire import Storage, answer, listening
from tests.ports import kept_port
from tests.waiting import PATIENCE

Behaviour = Callable[[socket.socket], None]


@contextmanager
def scripted(*behaviours: Behaviour) -> Iterator[int]:
    """A listener that treats its first connection by the first behaviour, and so on; the last one stays."""
    listening_socket = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        for number in range(100):
            try:
                line, _ = listening_socket.accept()
            except OSError:
                return
            line.settimeout(PATIENCE)
            with line, suppress(OSError):
                behaviours[min(number, len(behaviours) - 1)](line)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listening_socket.getsockname()[1]
    finally:
        listening_socket.shutdown(socket.SHUT_RDWR)
        listening_socket.close()
        thread.join(PATIENCE)


def answering(count: int, seen: list[bytes]) -> Behaviour:
    """Answers that many messages, then hangs up."""

    def behave(line: socket.socket) -> None:
        reader, left = FrameReader(1 << 20, 0), count
        while left and (received := line.recv(65536)):
            reader.feed(received)
            taken = [raw for raw, _ in reader.take(left)]
            left -= len(taken)
            seen.extend(taken)
            if taken:
                line.sendall(frames([answer("AA", raw) for raw in taken]))

    return behave


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def test_every_message_is_answered_and_counted_by_code_and_reason() -> None:
    storage = Storage()
    replies = {
        b"0": b"MSH|^~\\&|\rMSA|AA|0\r",
        b"1": b"MSH|^~\\&|\rMSA|AE|1|old style\r",
        b"2": b"MSH|^~\\&|\rMSA|AR|2\rERR|||101^required field missing^HL70357|E\r",
        b"3": b"MSH|^~\\&|\rMSA|AR|3\rERR|||101^required field missing^HL70357|E\r",
        b"4": b"no acknowledgement at all",
    }
    storage.reply = lambda arrivals: [replies[arrival.raw] for arrival in arrivals]
    answers: list[Answer] = []
    with listening(storage) as running:
        report = send_all(numbered(5), "127.0.0.1", running.port, on_answer=answers.append)
    assert report.codes == {"AA": 1, "AE": 1, "AR": 2, "?": 1}
    assert report.reasons == {"101 required field missing": 2, "old style": 1, "no reason given": 1}
    assert [one.code for one in answers] == ["AA", "AE", "AR", "AR", "?"]
    assert (report.unanswered, report.resent, report.stopped) == (0, 0, "")


def test_no_more_messages_are_under_way_than_the_window_allows() -> None:
    storage = Storage()
    storage.gate.clear()
    taken: list[int] = []

    def messages() -> Iterator[bytes]:
        for number in range(20):
            taken.append(number)
            yield b"%d" % number

    with listening(storage) as running:
        sender = threading.Thread(
            target=send_all, args=(messages(), "127.0.0.1", running.port), kwargs={"window": 3}
        )
        sender.start()
        storage.wait_for_a_batch()
        running.until(lambda: running.listener.counters.received == 3)
        assert len(taken) == 3
        storage.gate.set()
        sender.join(PATIENCE)
    assert storage.stored == numbered(20)
    assert max(map(len, storage.batches)) <= 3


def test_what_was_not_answered_is_sent_again_over_a_new_connection_in_order() -> None:
    first: list[bytes] = []
    second: list[bytes] = []
    with scripted(answering(3, first), answering(100, second)) as port:
        report = send_all(numbered(10), "127.0.0.1", port, window=5, pause=0)
    assert report.codes == {"AA": 10}
    assert report.resent == 5
    assert first == [b"0", b"1", b"2"]
    assert second == numbered(10)[3:]


def test_a_listener_that_takes_one_message_a_connection_is_sent_them_all() -> None:
    seen: list[bytes] = []
    with scripted(answering(1, seen)) as port:
        report = send_all(numbered(10), "127.0.0.1", port, window=4, tries=2, pause=0)
    assert report.codes == {"AA": 10}
    assert seen == numbered(10)


def test_a_refused_message_that_ends_the_connection_costs_none_of_the_others() -> None:
    storage = Storage()
    with listening(storage, max_message=1000) as running:
        messages = [b"one", b"x" * 500_000, b"two", b"three"]
        report = send_all(messages, "127.0.0.1", running.port, pause=0)
    assert report.codes == {"AA": 3, "AR": 1}
    assert storage.stored == [b"one", b"two", b"three"]


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(lambda _: None, id="hangs up at once"),
        pytest.param(lambda line: line.recv(1), id="hangs up after the first byte"),
        pytest.param(
            lambda line: line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), id="speaks something else"
        ),
        pytest.param(lambda line: line.sendall(b"\x0bMSH|"), id="breaks off its answer"),
    ],
)
def test_a_listener_that_never_answers_is_given_up_in_the_end(behave: Behaviour) -> None:
    with scripted(behave) as port:
        report = send_all(numbered(50), "127.0.0.1", port, window=5, tries=2, pause=0)
    assert report.codes == {}
    assert report.unanswered == 50
    assert "2 times in a row" in report.stopped


def drip(line: socket.socket) -> None:
    while True:
        line.sendall(b"\n")


@pytest.mark.parametrize("behave", [lambda line: line.recv(1) and line.recv(65536) and line.recv(1), drip])
def test_a_listener_that_stays_silent_or_says_nothing_to_the_point_is_not_waited_for(
    behave: Behaviour,
) -> None:
    with scripted(behave) as port:
        report = send_all(numbered(3), "127.0.0.1", port, timeout=0.1, tries=1)
    assert report.unanswered == 3


def test_where_nobody_listens_nothing_is_sent() -> None:
    with kept_port() as port, pytest.raises(NobodyListens, match=f"Nothing listens at 127.0.0.1:{port}"):
        send_all(numbered(3), "127.0.0.1", port)


def test_a_listener_that_goes_away_for_good_leaves_the_rest_unanswered() -> None:
    seen: list[bytes] = []
    unanswered: list[int] = []
    answered, gone = threading.Event(), threading.Event()

    def messages() -> Iterator[bytes]:
        yield from numbered(2)
        answered.set()
        assert gone.wait(PATIENCE)
        yield from numbered(5)

    def run(port: int) -> None:
        report = send_all(messages(), "127.0.0.1", port, window=2, tries=2, pause=0)
        unanswered.append(report.unanswered)

    with scripted(answering(2, seen)) as port:
        sender = threading.Thread(target=run, args=(port,))
        sender.start()
        assert answered.wait(PATIENCE)
    gone.set()
    sender.join(PATIENCE)
    assert seen == numbered(2)
    assert unanswered == [5]


def test_the_bytes_that_frame_a_message_do_not_travel_inside_one() -> None:
    storage = Storage()
    with listening(storage) as running:
        report = send_all([b"a\x0bb\x1cc", b"two"], "127.0.0.1", running.port)
    assert report.codes == {"AA": 2}
    assert storage.stored == [b"abc", b"two"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"MSH|^~\\&|a\rMSA|CA|1\r", Answer("CA")),
        (b"MSH#*~\\&#a\rMSA#AR#1\rERR###207*store busy*HL70357", Answer("AR", "207 store busy")),
        (b"MSH|^~\\&|a\nMSA|AE|1|line\x07 end\nERR|||", Answer("AE", "line end")),
        (b"MSH|^~\\&|a\rMSA|AE|1|of 8001015009087", Answer("AE", "of …")),
        (b"MSH|^~\\&|a\rMSA|AE|1|" + b"x" * 500, Answer("AE", "x" * 80)),
        (b"\xff\xfe", Answer("?", "no reason given")),
        (b"", Answer("?", "no reason given")),
        (b"MSA", Answer("?", "no reason given")),
    ],
)
def test_an_acknowledgement_is_read_whatever_it_looks_like(raw: bytes, expected: Answer) -> None:
    assert read_answer(raw) == expected


def test_no_messages_need_no_answers() -> None:
    with listening(Storage()) as running:
        report = send_all([], "127.0.0.1", running.port)
    assert (report.answered, report.unanswered) == (0, 0)
