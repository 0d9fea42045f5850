"""The door of a listener: which address it opens, and who may come in.

`feeds.mllp` asks it before a handshake (is there room?) and after it (do we know this sender?). Whoever is
turned away is counted and logged by address and reason; it never sees a message.
"""

import asyncio
import errno
import ipaddress
import socket
import time
from collections import Counter
from typing import Any

import structlog

from hectis_flow.feeds.mllp_batches import Counters
from hectis_flow.feeds.mllp_options import ListenerOptions, ListenerRefused, rule_for

log = structlog.get_logger(__name__)

_BACKLOG = 1024  # a site's engines all come back at once after a restart


class Door:
    """Counts who is inside, per address, and turns the rest away."""

    def __init__(self, options: ListenerOptions, counters: Counters) -> None:
        self._options = options
        self._limits = options.limits
        self._counters = counters
        self._inside: Counter[str] = Counter()
        self._last_said: dict[str, float] = {}

    def has_room(self, peer: str) -> bool:
        """Ask before the handshake, so that a flood costs little."""
        if self._inside.total() >= self._limits.max_connections:
            return self.turn_away(peer, "too many connections")
        if self._inside[peer] >= self._limits.max_per_peer:
            return self.turn_away(peer, "too many connections of this peer")
        return True

    def knows(self, peer: str, client: str) -> bool:
        """Ask after the handshake, when the certificate is proven; `client` is the name in it."""
        if self._options.tls and not client:
            return self.turn_away(peer, "the certificate names nobody")
        if self._options.allow is not None and rule_for(self._options.allow, peer, client) is None:
            return self.turn_away(peer, "not on the allow-list")
        return True

    def enter(self, peer: str) -> None:
        """One more connection of this address."""
        self._inside[peer] += 1

    def leave(self, peer: str) -> None:
        """One connection of this address is gone."""
        self._inside[peer] -= 1
        if not self._inside[peer]:
            del self._inside[peer]

    def turn_away(self, peer: str, reason: str) -> bool:
        """Count and log a connection refused; always False, as the answer to a question."""
        self._counters.turned_away += 1
        self.say("mllp.turned_away", peer=peer, reason=reason, turned_away=self._counters.turned_away)
        return False

    def say(self, event: str, **fields: str | int) -> None:
        """Log at most one line a second of each event: a storm must not fill the disk."""
        now = time.monotonic()
        if now - self._last_said.get(event, now - 1) >= 1:
            self._last_said[event] = now
            log.warning(event, **fields)


async def open_sockets(host: str, port: int) -> list[socket.socket]:
    """Listen on every address the host name stands for; port 0 lets the machine choose.

    Raises:
        ListenerRefused: an address is taken, or is not one of this machine.
    """
    opened: list[socket.socket] = []
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address[:2]) for family, *_, address in found):
            opened.append(socket.create_server(address, family=family, backlog=_BACKLOG))
            opened[-1].settimeout(0)
    except OSError as error:
        for listening in opened:
            listening.close()
        if error.errno == errno.EADDRINUSE:
            reason = "it is already in use: stop what listens there, or choose another with HECTIS_MLLP_PORT"
        else:
            reason = f"the machine refuses it ({type(error).__name__}): check the host and the port"
        raise ListenerRefused(f"The MLLP listener cannot open port {port} on {host}: {reason}.") from None
    return opened


def plain_address(address: str) -> str:
    """The address as the allow-list writes it: without a scope, IPv4 as IPv4."""
    plain = ipaddress.ip_address(address.partition("%")[0])
    return str(getattr(plain, "ipv4_mapped", None) or plain)


def common_name(certificate: dict[str, Any]) -> str:
    """The subject's common name as `ssl` gives it: a tuple of names, each a tuple of key and value."""
    names = [value for name in certificate.get("subject", ()) for key, value in name if key == "commonName"]
    return str(names[-1]) if names else ""
