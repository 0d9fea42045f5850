"""What the MLLP tests share: a listener on a loop of its own, a handler held in the hand, and a wire to it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hectis_flow.feeds.mllp import Arrival, Limits, Listener, ListenerOptions
from hectis_flow.feeds.mllp_frames import FrameReader
from tests.waiting import PATIENCE


def answer(code: str, raw: bytes) -> bytes:
    """An acknowledgement that echoes the message, so that a test sees which one it answers."""
    return b"MSH|^~\\&|\rMSA|" + code.encode() + b"|" + raw


class Storage:
    """A handler a test can hold back, let go and break."""

    def __init__(self) -> None:
        self.batches: list[list[Arrival]] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.reply: Callable[[Sequence[Arrival]], Sequence[bytes]] = lambda arrivals: [
            answer("AA", arrival.raw) for arrival in arrivals
        ]

    def __call__(self, arrivals: Sequence[Arrival]) -> Sequence[bytes]:
        self.batches.append(list(arrivals))
        self.entered.release()
        assert self.gate.wait(PATIENCE)
        return self.reply(arrivals)

    @property
    def stored(self) -> list[bytes]:
        return [arrival.raw for batch in self.batches for arrival in batch]

    def wait_for_a_batch(self) -> None:
        assert self.entered.acquire(timeout=PATIENCE)


@dataclass
class Wire:
    """One connection to a listener, spoken by hand."""

    line: socket.socket
    reader: FrameReader = field(default_factory=lambda: FrameReader(1 << 24, 0))

    def send(self, data: bytes) -> None:
        self.line.sendall(data)

    def answers(self, count: int) -> list[bytes]:
        """The next answers without their echo's header: `AA|message`."""
        got: list[bytes] = []
        while len(got) < count:
            for raw, fault in self.reader.take(count - len(got)):
                assert not fault
                got.append(raw.removeprefix(b"MSH|^~\\&|\rMSA|"))
            if len(got) < count:
                received = self.line.recv(65536)
                assert received, f"the listener hung up after {len(got)} of {count} answers"
                self.reader.feed(received)
        return got

    def is_closed(self) -> bool:
        """Wait for the listener to hang up; False where it sends something instead."""
        try:
            return self.line.recv(1) == b""
        except ConnectionResetError:
            return True

    def has_nothing(self) -> bool:
        self.line.setblocking(False)
        try:
            return not self.line.recv(1)
        except BlockingIOError:
            return True
        finally:
            self.line.settimeout(PATIENCE)


@dataclass
class Running:
    """A listener that runs in a thread of its own."""

    listener: Listener
    loop: asyncio.AbstractEventLoop
    drained: bool | None = None

    @property
    def port(self) -> int:
        return self.listener.port

    @contextmanager
    def wire(self, source: str = "127.0.0.1") -> Iterator[Wire]:
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, PATIENCE, source_address=(source, 0)) as line:
            yield Wire(line)

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something has become true on the listener's loop."""
        self.once(true).result()

    def once(self, true: Callable[[], bool]) -> Future[None]:
        """Look out for it from now on: what lasts a moment only is seen all the same."""

        async def watch() -> None:
            while not true():  # noqa: ASYNC110 - it watches plain numbers, which have no event
                await asyncio.sleep(0)

        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(watch(), PATIENCE), self.loop)

    def begin_drain(self, timeout: float = PATIENCE) -> Future[bool]:
        return asyncio.run_coroutine_threadsafe(self.listener.drain(timeout), self.loop)


@contextmanager
def listening(storage: Callable[[Sequence[Arrival]], Sequence[bytes]], **changes: Any) -> Iterator[Running]:
    """A listener on a free port of the loopback; `changes` go to its limits, or by name to its options."""
    options = {name: changes.pop(name) for name in ("tls", "allow", "sources") if name in changes}
    refusals = {name: changes.pop(name) for name in ("on_failure", "on_oversize") if name in changes}
    listener = Listener(
        storage,
        ListenerOptions(port=0, limits=Limits(**changes), **options),
        **{
            "on_failure": answer_arrival("AE"),
            "on_oversize": lambda peer: answer("AR", peer.encode()),
            **refusals,
        },
        on_broken=answer_arrival("AR"),
    )
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    running = Running(listener, loop)
    thread = threading.Thread(target=_run, args=(running, ready))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield running
    finally:
        asyncio.run_coroutine_threadsafe(listener.drain(1.0), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


def answer_arrival(code: str) -> Callable[[Arrival], bytes]:
    return partial(_answer_arrival, code)


def _answer_arrival(code: str, arrival: Arrival) -> bytes:
    return answer(code, arrival.raw)


def _run(running: Running, ready: threading.Event) -> None:
    asyncio.set_event_loop(running.loop)
    running.loop.run_until_complete(running.listener.start())
    ready.set()
    running.loop.run_forever()
