"""What a listener is told before it starts: where it stands, whom it hears, how much it will hold.

`feeds.mllp` takes these; whoever starts the listener builds them from the settings, and the intake service
asks `rule_for` which hospital a sender may speak for. It reads no environment and opens nothing but the
certificate files named to `server_tls`.
"""

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hectis_flow.domain.errors import HectisError

KIB: Final = 1024
MIB: Final = 1024 * KIB


class ListenerRefused(HectisError):
    """The listener will not start as it was configured; the sentence says what to change."""

    code = "mllp_refused"
    status = 500


@dataclass(frozen=True, slots=True)
class PeerRule:
    """One line of the allow-list: a sender, and the names it may speak under.

    `peer_or_cn` is the common name of a client certificate, or an IP address for senders without one.
    `applications` and `facilities` are the values of MSH-3 and MSH-4 it may use.
    """

    peer_or_cn: str
    applications: frozenset[str]
    facilities: frozenset[str]


AllowList = Mapping[str, PeerRule]


def rule_for(allow: AllowList, peer: str, client: str) -> PeerRule | None:
    """The line that speaks for this sender, or None.

    A sender with a certificate is known by its name alone: an address must not lend a certificate that was
    struck off the list another line's rights.
    """
    return allow.get(client or peer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one listener holds and how long it waits. Sizes in bytes, times in seconds."""

    max_message: int = 2 * MIB
    max_noise: int = 64 * KIB  # bytes outside any frame, before the connection is refused
    max_connections: int = 1000
    max_per_peer: int = 100
    max_unanswered: int = 256  # messages of one connection being stored; beyond it reading waits
    max_batch: int = 512  # messages in one commit
    max_batch_bytes: int = 8 * MIB
    max_waiting_bytes: int = 32 * MIB  # of all messages not yet in a commit; beyond it all reading waits
    max_partial_bytes: int = 64 * MIB  # of all unfinished messages; beyond it the largest is refused
    frame_idle: float = 60.0  # between two bytes of one message
    frame_total: float = 300.0  # from the first byte of a message to its last
    message_idle: float = 600.0  # between two messages, and for a peer to take its answers
    handshake: float = 10.0
    linger: float = 5.0  # for a peer to take its last answers before the connection is cut


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """What one source may do: messages a minute, beyond which it is slowed, and connections; 0 is no limit."""

    messages_a_minute: int = 0
    connections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerOptions:
    """Where a listener stands and whom it hears. Port 0 lets the machine choose.

    `allow` None means every sender of this machine; a list means only the senders on it. `sources` holds
    limits by the common name of a certificate; "" is everybody on this machine together.
    """

    host: str = "127.0.0.1"
    port: int = 2575
    tls: ssl.SSLContext | None = None
    allow: AllowList | None = None
    limits: Limits = field(default_factory=Limits)
    sources: Mapping[str, SourceLimits] = field(default_factory=dict)


def check_options(options: ListenerOptions) -> None:
    """Refuse to hear other machines unless they must prove who they are.

    Raises:
        ListenerRefused: the host is not this machine's loopback, and client certificates or the allow-list
            are missing.
    """
    if _is_loopback(options.host):
        return
    if options.tls is None or options.tls.verify_mode is not ssl.CERT_REQUIRED:
        raise ListenerRefused(
            f"The MLLP listener will not open on {options.host or 'every address'}: senders on other "
            "machines need TLS with a client certificate. Configure the certificate, its key and the "
            "senders' CA, or listen on 127.0.0.1."
        )
    if not options.allow:
        raise ListenerRefused(
            f"The MLLP listener will not open on {options.host or 'every address'}: the allow-list is empty, "
            "so nobody may send. Add a line for each sender, or listen on 127.0.0.1."
        )


def server_tls(certificate: Path, key: Path, client_ca: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer for a listener that hears only clients whose certificate `client_ca` signed.

    Raises:
        ListenerRefused: a file is missing or is not what its name says.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(client_ca)
    except OSError as error:  # ssl.SSLError is one
        raise ListenerRefused(
            "The MLLP listener cannot read its certificate, its key or the senders' CA "
            f"({type(error).__name__}): check that the three files exist, are PEM and belong together."
        ) from None
    return context


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
