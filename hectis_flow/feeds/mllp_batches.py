"""Group commit: messages that arrive while one batch is being stored become the next batch.

The connections of `feeds.mllp_connection` put messages in; two threads run the handler, which stores a whole
batch in one commit; each connection then gets its answers, in the order its messages came, as one write. It
adds no delay: an idle line commits at once. It knows no socket and no database.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import structlog

from hectis_flow.feeds.mllp_options import Limits

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came: the sender's address, the bytes without their frame, the certificate's name.

    `client` is the common name of the sender's certificate, "" without TLS.
    """

    peer: str
    raw: bytes
    client: str = ""


# While one batch waits for its commit, the next is read and locked away, if it is worth a commit of its
# own: a few messages do better to wait and share one. A handler must bear to be run on so many threads.
AT_ONCE = 2
WORTH_A_COMMIT = 64

Answers = Sequence[bytes]
#: Stores a batch in one commit and gives one answer (HL7 bytes without a frame) per arrival, in order.
Handler = Callable[[Sequence[Arrival]], Answers]


@dataclass(slots=True)
class Counters:
    """What one listener has done since it started, for its heartbeat. Written by the listener alone."""

    connections: int = 0  # open now
    turned_away: int = 0  # connections refused at the door
    received: int = 0  # whole messages
    answered: int = 0  # by the handler
    failed: int = 0  # answered with "not stored, send again", because the handler failed
    refused: int = 0  # frames that were broken, too long, or no frames at all
    bytes: int = 0
    batches: int = 0
    last_batch_size: int = 0


class Answerable(Protocol):
    """A connection that waits for answers."""

    def answered(self, answers: list[bytes]) -> None:
        """Take the next answers, in the order of the messages they answer."""

    def cut(self) -> None:
        """Close at once: a sender that is cut off knows it has no answer, and sends again."""


class _Waiting(NamedTuple):
    owner: Answerable
    arrival: Arrival
    refusal: bytes | None  # an answer that needs no storing; it waits its turn all the same


class _Flight(NamedTuple):
    """A batch on its way through the handler; `arrivals` are those of its messages that are stored."""

    batch: list[_Waiting]
    arrivals: list[Arrival]
    future: Future[Answers]


class Batches:
    """The queue between the connections and the handler; lives on one event loop."""

    def __init__(
        self,
        handler: Handler,
        on_failure: Callable[[Arrival], bytes],
        limits: Limits,
        counters: Counters,
        after_batch: Callable[[], None],
    ) -> None:
        self._handler = handler
        self._on_failure = on_failure
        self._limits = limits
        self._counters = counters
        self._after_batch = after_batch
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._flights: deque[_Flight] = deque()  # with the handler, or answered but not yet their turn
        self._called = False  # a launch stands in the loop's queue
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mllp-commit")

    @property
    def full(self) -> bool:
        """True while so much waits that nothing more should be read."""
        return self._waiting_bytes > self._limits.max_waiting_bytes

    def add(self, owner: Answerable, arrival: Arrival, refusal: bytes | None = None) -> None:
        """Queue a message to be stored, or with `refusal` one whose answer is already known."""
        self._waiting.append(_Waiting(owner, arrival, refusal))
        self._waiting_bytes += len(arrival.raw)
        if not self._called and self._may_launch():
            self._called = True
            self._loop.call_soon(self._launch)  # after this round of reads, so that they share a commit

    def close(self) -> None:
        """Let the thread go. A batch that is being stored is finished, but nobody hears its answers."""
        self._closed = True
        self._thread.shutdown(wait=False)

    def _launch(self) -> None:
        self._called = False
        while self._may_launch():
            batch = self._gather()
            arrivals = [waiting.arrival for waiting in batch if waiting.refusal is None]
            self._flights.append(_Flight(batch, arrivals, self._submit(arrivals)))

    def _may_launch(self) -> bool:
        if self._closed or len(self._flights) >= AT_ONCE:
            return False
        return len(self._waiting) >= (WORTH_A_COMMIT if self._flights else 1)

    def _submit(self, arrivals: list[Arrival]) -> Future[Answers]:
        if not arrivals:  # nothing to store; the answers still wait their turn
            done: Future[Answers] = Future()
            done.set_result(())
            self._loop.call_soon(self._land)
            return done
        self._counters.batches += 1
        self._counters.last_batch_size = len(arrivals)
        future = self._thread.submit(self._handler, arrivals)
        future.add_done_callback(self._hand_back)
        return future

    def _gather(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < self._limits.max_batch:
            size += len(self._waiting[0].arrival.raw)
            if batch and size > self._limits.max_batch_bytes:
                break
            batch.append(self._waiting.popleft())
            self._waiting_bytes -= len(batch[-1].arrival.raw)
        return batch

    def _hand_back(self, _: Future[Answers]) -> None:
        """Runs on the handler's thread."""
        with suppress(RuntimeError):  # the loop is closed: a drain that ran out of time has cut them all off
            self._loop.call_soon_threadsafe(self._land)

    def _land(self) -> None:
        landed = []
        while self._flights and self._flights[0].future.done():
            landed.append(self._flights.popleft())
        for flight in landed:
            self._answer(flight)
        if not self._called:
            self._called = True
            self._loop.call_soon(self._launch)

    def _answer(self, flight: _Flight) -> None:
        error = flight.future.exception()
        answers = () if error else flight.future.result()
        if error is None and len(answers) == len(flight.arrivals):
            self._counters.answered += len(flight.arrivals)
            self._give(flight.batch, answers)
        else:
            reason = type(error).__name__ if error else "WrongNumberOfAnswers"
            self._fail(flight.batch, flight.arrivals, reason)

    def _fail(self, batch: list[_Waiting], arrivals: list[Arrival], reason: str) -> None:
        log.error("mllp.batch_failed", error=reason, messages=len(arrivals))
        self._counters.failed += len(arrivals)
        try:
            answers = [self._on_failure(arrival) for arrival in arrivals]
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may be left waiting
            name = type(error).__name__  # not its text, which may quote a message
            log.error("mllp.failure_answer_failed", error=name)  # noqa: TRY400
            for owner in {waiting.owner for waiting in batch}:
                owner.cut()
        else:
            self._give(batch, answers)

    def _give(self, batch: list[_Waiting], answers: Answers) -> None:
        following = iter(answers)
        by_owner: dict[Answerable, list[bytes]] = {}
        for owner, _, refusal in batch:
            answer = next(following) if refusal is None else refusal
            by_owner.setdefault(owner, []).append(answer)
        for owner, theirs in by_owner.items():
            owner.answered(theirs)
        self._after_batch()
