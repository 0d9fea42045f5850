"""One sender's connection: bytes in, messages to the batches, answers out in the order the messages came.

`feeds.mllp` makes one for each socket it accepts. A connection guards itself: it stops reading while too many
of its messages wait, refuses what is no message with an answer in its turn, and ends politely, everything
answered. It must not block, log what a message says, or know what an answer means.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import structlog

from hectis_flow.feeds.mllp_batches import Arrival, Batches, Counters
from hectis_flow.feeds.mllp_door import common_name
from hectis_flow.feeds.mllp_frames import Fault, FrameReader, frames
from hectis_flow.feeds.mllp_options import KIB, Limits
from hectis_flow.feeds.mllp_pace import Brake, Paces

log = structlog.get_logger(__name__)

READ_SIZE = 64 * KIB


@dataclass(frozen=True, slots=True)
class Refusals:
    """Answers (HL7 bytes without a frame) for what the listener itself turns down.

    `broken` speaks for a message cut off before its end, or, with no bytes, for a stream of no messages;
    `oversize` is told the sender's address.
    """

    broken: Callable[[Arrival], bytes]
    oversize: Callable[[str], bytes]


class Floor:
    """What the connections of one listener share."""

    def __init__(
        self, batches: Batches, refusals: Refusals, limits: Limits, counters: Counters, paces: Paces
    ) -> None:
        self.batches = batches
        self.refusals = refusals
        self.limits = limits
        self.counters = counters
        self.paces = paces
        self.connections: set[Connection] = set()
        self.held_back: set[Connection] = set()  # not reading, because the batches are full
        self.partial_bytes = 0  # of all unfinished messages
        # One buffer for all: the loop fills it and the connection empties it within one call.
        self.scratch = memoryview(bytearray(READ_SIZE))

    def resume(self) -> None:
        """After a batch: let those read again that were held back for all."""
        while self.held_back and not self.batches.full:
            self.held_back.pop().pull()

    def crowded(self, client: str) -> bool:
        """Whether a source has more connections than it may."""
        return 0 < self.paces.most_connections(client) < sum(one.client == client for one in self.connections)

    def shed(self) -> None:
        """Refuse the longest unfinished messages until all of them together fit again."""
        while self.partial_bytes > self.limits.max_partial_bytes:
            max(self.connections, key=lambda connection: connection.partial).end()


class Connection(asyncio.BufferedProtocol):
    """The protocol of one socket. `peer` is an address, `client` the name in its certificate or ""."""

    def __init__(self, floor: Floor, peer: str, welcome: Callable[[str, str], bool]) -> None:
        self.peer = peer
        self.client = ""
        self.partial = 0
        self._floor = floor
        self._limits = floor.limits
        self._welcome = welcome
        self._reader = FrameReader(floor.limits.max_message, floor.limits.max_noise)
        self._unanswered = 0
        self._ending = False
        self._deaf = False  # what still comes is thrown away
        self._blocked = False  # the peer does not take its answers
        self._cut_later: asyncio.TimerHandle | None = None
        self._brake: Brake | None = None
        self._loop = asyncio.get_running_loop()
        self._byte_at = self._frame_at = self._moved_at = self._loop.time()
        self.lost: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open and, with TLS, the certificate is proven."""
        self._transport = cast("asyncio.Transport", transport)
        self._floor.connections.add(self)
        self._floor.counters.connections += 1
        certificate = transport.get_extra_info("peercert")
        self.client = common_name(certificate) if certificate else ""
        self._brake = self._floor.paces.brake(self.client, self.pull)
        if not self._welcome(self.peer, self.client):
            self.cut()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The socket is gone: answers still to come have nowhere to go, and the sender will send again."""
        self._deaf = self._ending = True
        self._note_partial(0)
        if self._cut_later:
            self._cut_later.cancel()
        if self._brake:
            self._brake.off()
        self._floor.held_back.discard(self)
        self._floor.connections.discard(self)
        self._floor.counters.connections -= 1
        self.lost.set_result(None)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Where the loop puts the next bytes."""
        return self._floor.scratch

    def buffer_updated(self, nbytes: int) -> None:
        """That many bytes came."""
        if self._deaf:
            return
        self._floor.counters.bytes += nbytes
        self._byte_at = self._loop.time()
        self._reader.feed(self._floor.scratch[:nbytes])
        self.pull()

    def eof_received(self) -> bool:
        """The peer sends nothing more; a plain socket stays open until it has its answers."""
        if self._cut_later:
            return False
        self.end()
        return self._transport.can_write_eof()  # TLS cannot stay half open

    def pause_writing(self) -> None:
        """The peer does not take its answers: read nothing more from it until it does."""
        self._blocked, self._moved_at = True, self._loop.time()
        self._steer()

    def resume_writing(self) -> None:
        """It takes them again."""
        self._blocked, self._moved_at = False, self._loop.time()
        self._steer()

    def pull(self) -> None:
        """Move messages from the buffer to the batches, as many as there is room for."""
        room = self._limits.max_unanswered - self._unanswered
        if self._floor.batches.full:
            self._floor.held_back.add(self)
            room = 0
        elif self._brake and not self._ending:
            room = min(room, self._brake.room())
        taken = self._reader.take(room) if room > 0 else []
        if self._brake:
            self._brake.took(len(taken))
        for raw, fault in taken:
            if fault:
                self._refuse(raw, fault)
            else:
                self._unanswered += 1
                self._floor.counters.received += 1
                self._floor.batches.add(self, Arrival(self.peer, raw, self.client))
        if taken or not self.partial:
            self._frame_at = self._byte_at  # a message still unfinished began with these bytes
        self._note_partial(self._reader.partial)
        self._settle()

    def answered(self, answers: list[bytes]) -> None:
        """Write the next answers, then go on with what waited for room."""
        self._unanswered -= len(answers)
        if self._transport.is_closing():
            return
        self._moved_at = self._loop.time()
        self._transport.write(frames(answers))
        self.pull()

    def end(self) -> None:
        """Read nothing more, answer what has come (a message cut short is refused), then close."""
        self._ending = True
        self._settle()

    def cut(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    def overdue(self, now: float) -> bool:
        """True where the peer has been silent for longer than it may; `now` is the loop's time."""
        if self._blocked:
            return now - self._moved_at > self._limits.message_idle
        if self._unanswered or self._ending or not self._transport.is_reading():
            return False
        if self.partial:
            late = now - self._frame_at > self._limits.frame_total
            return late or now - self._byte_at > self._limits.frame_idle
        return now - max(self._byte_at, self._moved_at) > self._limits.message_idle

    def _refuse(self, raw: bytes, fault: Fault) -> None:
        """Answer what is no message, in its turn; hear nothing more where the stream itself is at fault."""
        arrival = Arrival(self.peer, raw, self.client)
        self._floor.counters.refused += 1
        if fault != "broken":
            self._deaf = self._ending = True
        try:
            oversize = fault == "oversize"
            refusals = self._floor.refusals
            refusal = refusals.oversize(self.peer) if oversize else refusals.broken(arrival)
        except Exception as error:  # noqa: BLE001 - whatever it is, the peer may not be left waiting
            name = type(error).__name__  # not its text, which may quote a message
            log.error("mllp.refusal_failed", error=name)  # noqa: TRY400
            self.cut()
        else:
            self._unanswered += 1
            self._floor.batches.add(self, arrival, refusal)

    def _settle(self) -> None:
        """Close once the end was asked for and everything is answered; else read on, or wait."""
        if self._ending and self._reader.drained:
            cut_short = self._reader.abandon()
            self._note_partial(0)
            if cut_short:
                self._refuse(cut_short.raw, "broken")
            if not self._unanswered:
                self._hang_up()
        self._steer()

    def _steer(self) -> None:
        """Read, or leave the bytes with the network, which then slows the peer down."""
        full = self._unanswered >= self._limits.max_unanswered or self in self._floor.held_back
        braked = self._brake is not None and self._brake.on
        if self._deaf or not (full or braked or self._blocked or self._ending):
            if not self._transport.is_reading():
                self._byte_at = self._frame_at = self._loop.time()  # the pause was ours
                self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _hang_up(self) -> None:
        if self._cut_later:
            return
        self._cut_later = self._loop.call_later(self._limits.linger, self.cut)
        if self._deaf and self._transport.can_write_eof():
            self._transport.write_eof()  # to close now would reset the line under an answer not yet read
        else:
            self._transport.close()

    def _note_partial(self, partial: int) -> None:
        self._floor.partial_bytes += partial - self.partial
        self.partial = partial
        if partial and self._floor.partial_bytes > self._limits.max_partial_bytes:
            self._floor.shed()
