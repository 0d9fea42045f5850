"""R22: slow and broken senders by the hundred, while one hospital sends as it should.

They open lines and let a message trickle, never end it, cut it into single bytes, put two into one
packet, or come and go. The sound sender must not notice, and no peer may take more than its share.
"""

import random
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from sqlalchemy import text

from hectis_flow.feeds.mllp_frames import FrameReader, frame, frames
from hectis_flow.feeds.mllp_options import Limits
from tests.drills.sender import Sender
from tests.drills.stack import Stack
from tests.hospital import Visit, registered
from tests.waiting import until

P99_BAR = 1.0  # seconds
LINES_PER_PEER = 125  # more than the share of one, so that some are turned away
TRICKLE_SECONDS = 0.5


@dataclass
class Report:
    """What the sound sender saw (seconds), and what became of the others."""

    answers: int
    p50: float
    p99: float
    longest: float
    slow: int
    turned_away: int
    storms: int
    split: int

    def __str__(self) -> str:
        return (
            f"{self.slow} slow lines held ({self.turned_away} beyond their share turned away), "
            f"{self.storms} reconnects, {self.split} messages split or paired and answered; the sound sender: "
            f"{self.answers} answers, p50 {self.p50 * 1000:.0f} ms, p99 {self.p99 * 1000:.0f} ms, "
            f"at most {self.longest * 1000:.0f} ms"
        )


def besiege(stack: Stack, lines: int, seconds: float) -> Report:
    """So many slow lines for so long, on a stack that has just been made."""
    stack.start("mllp")
    port = stack.port()
    end = threading.Event()
    tallies = [0, 0]
    share = Limits().max_per_peer
    with ExitStack() as everyone:
        slow = _slow_lines(everyone, port, lines)
        held = until(lambda: _held(stack, share * _peers(lines)), "the slow lines are held")
        _trickle(everyone, slow, end)
        _beside(everyone, end, lambda: _storm(port, end, tallies))
        _beside(everyone, end, lambda: _split(port, end, tallies))
        sound = everyone.enter_context(Sender(port, "S", source="127.0.0.200"))
        time.sleep(seconds)  # the siege itself, not a wait
    book = sound.book
    assert set(book.codes) == {"AA"}, book.codes
    assert (book.closed, book.silent) == (0, 0)
    with stack.look() as connection:
        stored = set(connection.scalars(text("SELECT control_id FROM inbound_message")))
        turned_away = connection.scalar(
            text("SELECT (details->>'turned_away')::int FROM heartbeat WHERE part = 'mllp'")
        )
    assert set(book.accepted) <= stored
    assert not any(name.startswith("X-") for name in stored)  # of the lines that never ended their message
    return Report(
        len(book.waits),
        book.percentile(0.5),
        book.percentile(0.99),
        book.longest,
        held,
        turned_away or 0,
        *tallies,
    )


def _slow_lines(everyone: ExitStack, port: int, lines: int) -> list[socket.socket]:
    """Lines with half a message on each, spread over so few peers that each has more than its share."""
    opened = []
    for number in range(lines):
        source = f"127.0.0.{2 + number % _peers(lines)}"
        line = everyone.enter_context(
            socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0))
        )
        with suppress(OSError):  # turned away at once
            line.sendall(b"\x0bMSH|^~\\&|PAS|H|HECTIS|WC|20260301||ADT^A04|X-%d|P|2.5" % number)
        opened.append(line)
    return opened


def _peers(lines: int) -> int:
    return max(1, lines // LINES_PER_PEER)


def _held(stack: Stack, wanted: int) -> int:
    """How many lines the listener holds, once they are as many as wanted."""
    with stack.look() as connection:
        held = connection.scalar(
            text("SELECT (details->>'connections')::int FROM heartbeat WHERE part = 'mllp'")
        )
    return held if (held or 0) >= wanted else 0


def _trickle(everyone: ExitStack, slow: list[socket.socket], end: threading.Event) -> None:
    """A byte on each line now and then, so that none is idle."""

    def trickle() -> None:
        while not end.wait(TRICKLE_SECONDS):
            for line in slow:
                with suppress(OSError):
                    line.send(b"x")

    _beside(everyone, end, trickle)


def _storm(port: int, end: threading.Event, tallies: list[int]) -> None:
    """Come, say half a message or nothing, and go."""
    chance = random.Random(22)  # noqa: S311 - chance, not secrecy
    while not end.wait(0.002):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(chance.choice([b"", b"\x0b", b"\x0bMSH|half", b"GET / HTTP/1.1\r\n"]))
            tallies[0] += 1


def _split(port: int, end: threading.Event, tallies: list[int]) -> None:
    """Sound messages, byte by byte or two in one packet: each gets its answer."""
    number = 0
    with socket.create_connection(("127.0.0.1", port), 30, source_address=("127.0.0.201", 0)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = FrameReader(1 << 20, 0)
        while not end.wait(0.02):
            number += 2
            pair = [registered(Visit(number + place, "stabbed", "Y")) for place in range(2)]
            if number % 4:
                line.sendall(frames(pair))
            else:
                for one in frame(pair[0]):
                    line.sendall(bytes([one]))
                line.sendall(frame(pair[1]))
            tallies[1] += _answers(line, reader, 2)


def _answers(line: socket.socket, reader: FrameReader, wanted: int) -> int:
    got = 0
    while got < wanted:
        for raw, fault in reader.take(wanted - got):
            assert not fault
            assert b"MSA|AA" in raw
            got += 1
        if got < wanted:
            reader.feed(line.recv(65536))
    return got


def _beside(everyone: ExitStack, end: threading.Event, act: Callable[[], None]) -> None:
    """Run it beside the rest until the end, and wait for it then."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    everyone.callback(lambda: (end.set(), thread.join(30)))
