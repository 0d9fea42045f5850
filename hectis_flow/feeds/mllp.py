"""The MLLP listener: hospitals' HL7 messages in, answers out, stored before answered.

The MLLP process starts it with `serve` and gives it a handler that stores a batch in one commit; what an
answer says is the handler's affair. The listener accepts connections and ends those that fall silent. It
knows no database and no HL7, and never logs what a message says.

    options = ListenerOptions(host="127.0.0.1", port=2575)
    await serve(handler, options, on_failure=..., on_oversize=..., stop=stop)
"""

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import cast

from hectis_flow.feeds.mllp_batches import Arrival, Batches, Counters, Handler
from hectis_flow.feeds.mllp_connection import Connection, Floor, Refusals
from hectis_flow.feeds.mllp_door import Door, open_sockets, plain_address
from hectis_flow.feeds.mllp_options import (
    AllowList,
    Limits,
    ListenerOptions,
    ListenerRefused,
    PeerRule,
    SourceLimits,
    check_options,
    rule_for,
    server_tls,
)
from hectis_flow.feeds.mllp_pace import Paces

__all__ = [
    "AllowList",
    "Arrival",
    "Counters",
    "Handler",
    "Limits",
    "Listener",
    "ListenerOptions",
    "ListenerRefused",
    "PeerRule",
    "SourceLimits",
    "rule_for",
    "serve",
    "server_tls",
]

OnFailure = Callable[[Arrival], bytes]
OnOversize = Callable[[str], bytes]

_ACCEPT_PAUSE = 0.5  # seconds, when the process is out of file handles
_LONGEST_TICK = 5.0  # seconds


class Listener:
    """One listening address with its connections; lives on the event loop that `start` runs on.

    Args:
        handler: stores a batch in one commit and answers each message; called in one thread, in turn.
        on_failure: the answer to a message whose batch the handler could not store: "send it again later".
        on_oversize: the answer, given the sender's address, to a message longer than the limit.
        on_broken: the answer to a message cut off before its end; `on_failure` where none is given.

    Raises:
        ListenerRefused: the options would let strangers in.
    """

    def __init__(
        self,
        handler: Handler,
        options: ListenerOptions,
        *,
        on_failure: OnFailure,
        on_oversize: OnOversize,
        on_broken: OnFailure | None = None,
    ) -> None:
        check_options(options)
        self.counters = Counters()
        self.port = options.port  # once started, the one the machine chose where the options say 0
        self._handler = handler
        self._options = options
        self._on_failure = on_failure
        self._refusals = Refusals(broken=on_broken or on_failure, oversize=on_oversize)
        self._sockets: list[socket.socket] = []
        self._listen_later: asyncio.TimerHandle | None = None
        self._open: set[asyncio.Task[None]] = set()  # one for each connection, from its handshake to its end
        self._greeting: set[asyncio.Task[None]] = set()  # those of them still in the handshake
        self._door = Door(options, self.counters)

    async def start(self) -> None:
        """Open the address and begin to accept.

        Raises:
            ListenerRefused: the address is taken, or is not one of this machine.
        """
        self._loop = asyncio.get_running_loop()
        self._sockets = await open_sockets(self._options.host, self._options.port)
        self.port = int(self._sockets[0].getsockname()[1])
        limits = self._options.limits
        batches = Batches(self._handler, self._on_failure, limits, self.counters, self._after_batch)
        paces = Paces(self._options.sources)
        self._floor = Floor(batches, self._refusals, limits, self.counters, paces)
        self._sweeping = self._loop.create_task(self._sweep())
        self._listen()

    async def drain(self, timeout: float) -> bool:  # noqa: ASYNC109 - late answers are cut, not cancelled
        """Stop accepting and reading, answer what was read, close; after `timeout` seconds cut what is left.

        Returns True when every message that was read had its answer in time.
        """
        self._deafen()
        for listening in self._sockets:
            listening.close()
        self._sockets.clear()
        for task in (self._sweeping, *self._greeting):
            task.cancel()
        for connection in tuple(self._floor.connections):
            connection.end()
        late: set[asyncio.Task[None]] = set()
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=timeout)
        for connection in tuple(self._floor.connections):
            connection.cut()
        if late:
            await asyncio.wait(late)
        self._floor.batches.close()
        return not late

    def _listen(self) -> None:
        for listening in self._sockets:
            self._loop.add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        """Let one in. A callback and not a task, so that no socket is between two hands when a drain begins."""
        try:
            opened, address = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):  # it left while it waited
            return
        except OSError as error:  # no file handles left: try again when some connections have gone
            self._door.say("mllp.accept_failed", error=type(error).__name__)
            self._deafen()
            self._listen_later = self._loop.call_later(_ACCEPT_PAUSE, self._listen)
            return
        peer = plain_address(address[0])
        if not self._door.has_room(peer):
            opened.close()
            return
        opened.settimeout(0)
        task = self._loop.create_task(self._keep(opened, peer))
        self._door.enter(peer)
        self._open.add(task)
        self._greeting.add(task)
        task.add_done_callback(partial(self._release, opened, peer))

    def _deafen(self) -> None:
        if self._listen_later:
            self._listen_later.cancel()
        for listening in self._sockets:
            self._loop.remove_reader(listening)

    async def _keep(self, opened: socket.socket, peer: str) -> None:
        """One connection from its handshake to its end."""
        tls, limits = self._options.tls, self._options.limits
        try:
            _, connection = await self._loop.connect_accepted_socket(
                lambda: Connection(self._floor, peer, self._welcome),
                opened,
                ssl=tls,
                ssl_handshake_timeout=limits.handshake if tls else None,
                ssl_shutdown_timeout=limits.linger if tls else None,
            )
        except OSError as error:
            self._door.turn_away(peer, f"handshake: {type(error).__name__}")
            return
        self._greeting.discard(cast("asyncio.Task[None]", asyncio.current_task()))
        await connection.lost

    def _welcome(self, peer: str, client: str) -> bool:
        if self._floor.crowded(client):
            return self._door.turn_away(peer, "too many connections of this sender")
        return self._door.knows(peer, client)

    def _release(self, opened: socket.socket, peer: str, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # perhaps before it had begun, when nobody else knew the socket
            opened.close()
        self._open.discard(task)
        self._greeting.discard(task)
        self._door.leave(peer)

    async def _sweep(self) -> None:
        """End the connections that were silent for too long."""
        limits = self._options.limits
        tick = min(limits.frame_idle, limits.frame_total, limits.message_idle) / 4
        while True:
            await asyncio.sleep(min(tick, _LONGEST_TICK))
            for connection in tuple(self._floor.connections):
                if connection.overdue(self._loop.time()):
                    self._door.say("mllp.peer_silent", peer=connection.peer)
                    connection.end()

    def _after_batch(self) -> None:
        self._floor.resume()


async def serve(
    handler: Handler,
    options: ListenerOptions,
    *,
    on_failure: OnFailure,
    on_oversize: OnOversize,
    on_broken: OnFailure | None = None,
    stop: asyncio.Event,
    started: Callable[[Listener], None] = lambda _: None,
    drain_seconds: float = 25.0,
) -> bool:
    """Listen until `stop` is set, then drain. The arguments are those of `Listener`.

    `started` is told the listener once it accepts: its `counters` feed the heartbeat, its `port` the log.

    Returns True when the drain left nobody without an answer.

    Raises:
        ListenerRefused: the options would let strangers in, or the address cannot be opened.
    """
    listener = Listener(handler, options, on_failure=on_failure, on_oversize=on_oversize, on_broken=on_broken)
    await listener.start()
    started(listener)
    await stop.wait()
    return await listener.drain(drain_seconds)
