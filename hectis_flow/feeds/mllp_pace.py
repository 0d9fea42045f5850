"""How fast one source may send: messages beyond its pace wait in the network, they are not refused.

`feeds.mllp_connection` asks the brake before it takes messages out of its buffer. All connections of a
source share one pace, so that a second connection buys nothing.
"""

import asyncio
from collections.abc import Callable, Mapping

from hectis_flow.feeds.mllp_options import SourceLimits

# A source that was quiet may send so much at once: its messages of this many seconds.
BURST_SECONDS = 10.0


class Pace:
    """Messages that a source may still send: it fills up evenly, to the messages of some seconds."""

    def __init__(self, messages_a_minute: int, now: float) -> None:
        self._rate = messages_a_minute / 60  # a second
        self._most = max(1.0, self._rate * BURST_SECONDS)
        self._left = self._most
        self._at = now

    def room(self, now: float) -> int:
        """How many messages may be taken now. `now` is in seconds of one steady clock."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        return int(self._left + 1e-9)

    def took(self, messages: int) -> None:
        """So many were taken."""
        self._left -= messages

    def wait(self) -> float:
        """Seconds until there is room for one more, as of the last look."""
        return max(0.0, (1 - self._left) / self._rate)


class Paces:
    """The pace of every source that has one, by the name in its certificate; "" is this machine."""

    def __init__(self, sources: Mapping[str, SourceLimits]) -> None:
        self._sources = sources
        self._paces: dict[str, Pace] = {}

    def most_connections(self, client: str) -> int:
        """How many connections a source may have open; 0 for no limit."""
        limits = self._sources.get(client)
        return limits.connections if limits else 0

    def brake(self, client: str, go_on: Callable[[], None]) -> "Brake | None":
        """A brake for one connection of a source; None for a source without a pace."""
        limits = self._sources.get(client)
        if limits is None or not limits.messages_a_minute:
            return None
        loop = asyncio.get_running_loop()
        if client not in self._paces:
            self._paces[client] = Pace(limits.messages_a_minute, loop.time())
        return Brake(self._paces[client], go_on, loop)


class Brake:
    """Holds one connection back while its source is too fast, and lets it go on by itself."""

    def __init__(self, pace: Pace, go_on: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        self._pace = pace
        self._go_on = go_on
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    @property
    def on(self) -> bool:
        """Whether nothing more should be read for now."""
        return self._timer is not None

    def room(self) -> int:
        """How many messages may be taken now."""
        return self._pace.room(self._loop.time())

    def took(self, messages: int) -> None:
        """Count what was taken; with no room left, brake until there is some."""
        self._pace.took(messages)
        if self._timer is None and self.room() < 1:
            self._timer = self._loop.call_later(self._pace.wait(), self._release)

    def off(self) -> None:
        """Forget about it: the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()

    def _release(self) -> None:
        self._timer = None
        self._go_on()
