"""A hospital that sends one message after the other through whatever happens, and keeps book.

It never sends again what it got an answer for, so its book says which messages must be in the database
afterwards: exactly those answered AA. Anything that is neither an answer nor a closed line is a fault.
"""

import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from hectis_flow.feeds.mllp_client import read_answer
from hectis_flow.feeds.mllp_frames import FrameReader, frame
from tests.hospital import Visit, registered

LONGEST_SILENCE = 30.0  # seconds after which the line counts as dead
RETRY_SECONDS = 0.02


@dataclass
class Book:
    """What was answered and how long each answer took (seconds).

    A line that was `closed` is no answer and no fault; one that fell `silent` leaves a hospital waiting.
    """

    accepted: list[str] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    closed: int = 0
    silent: int = 0
    waits: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max(self.waits, default=0.0)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Sender:
    """Sends in a thread of its own from `with` to its end."""

    def __init__(self, port: int, run: str, *, pause: float = 0.005, source: str = "127.0.0.1") -> None:
        self.book = Book()
        self._address = ("127.0.0.1", port)
        self._source = source
        self._run = run
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(LONGEST_SILENCE + 5)
        assert not self._thread.is_alive()

    def _send_on(self) -> None:
        number = 0
        while not self._stop.is_set():
            try:
                with socket.create_connection(self._address, 5, source_address=(self._source, 0)) as line:
                    line.settimeout(LONGEST_SILENCE)
                    number = self._over(line, number)
            except TimeoutError:
                self.book.silent += 1
            except OSError:
                self.book.closed += 1
                self._stop.wait(RETRY_SECONDS)

    def _over(self, line: socket.socket, number: int) -> int:
        """Send over one connection until it ends; the number of the last message that was sent."""
        reader = FrameReader(1 << 20, 0)
        while not self._stop.is_set():
            number += 1
            visit = Visit(number, "stabbed", self._run)
            begun = time.monotonic()
            line.sendall(frame(registered(visit)))
            answer = self._answer(line, reader)
            if answer is None:
                self.book.closed += 1
                return number
            self.book.waits.append(time.monotonic() - begun)
            self.book.codes[answer] += 1
            if answer == "AA":
                self.book.accepted.append(f"{self._run}-{number}-A04")
            self._stop.wait(self._pause)
        return number

    def _answer(self, line: socket.socket, reader: FrameReader) -> str | None:
        while True:
            for raw, fault in reader.take(1):
                assert not fault
                return read_answer(raw).code
            received = line.recv(65536)
            if not received:
                return None
            reader.feed(received)
