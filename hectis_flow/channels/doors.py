"""Which hosts a channel may call, and the connections to them.

`webhook` and `calls` ask for every address. Closed by default: a host must be named by the deployment, stand at public
addresses alone and speak TLS. The name is resolved here and the connection goes to what was looked at, so
that a name which answers differently a moment later (DNS rebinding) leads nowhere else.
"""

import ipaddress
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from hectis_flow.channels.base import Code
from hectis_flow.channels.line import Line

LONGEST_ADDRESS = 2048
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
# Kept by IANA for protocols; not every release of Python counts all of it as private.
ASSIGNED = ipaddress.IPv4Network("192.0.0.0/24")


class DoorShut(Exception):
    """This address may not be called, or has no way to it now; the reason repeats nothing of it."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code: Code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Door:
    """A host that may be called: its name as the deployment wrote it, and the path beyond."""

    name: str
    path: str = field(repr=False)
    line: Line


class Doors:
    """The hosts of one deployment. `private` admits this machine and private networks, without TLS."""

    def __init__(self, hosts: Collection[str], *, private: bool) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._private = private
        self._lines: dict[tuple[str, str, int], Line] = {}
        self._found: dict[tuple[str, int], str] = {}

    def look_again(self) -> None:
        """Resolve names anew: called for each batch, for an address may be moved."""
        self._found.clear()

    def to(self, address: str) -> Door:
        """The way to an address; raises `DoorShut`."""
        parts, port = _parts(address)
        secure = parts.scheme == "https"
        name = (parts.hostname or "").lower()
        if not secure and not (self._private and parts.scheme == "http"):
            raise DoorShut("never", "host_not_https")
        written = name if port == (443 if secure else 80) else f"{name}:{port}"
        if written not in self._hosts:
            raise DoorShut("never", "host_not_allowed")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Door(written, path, self._line(name, port, secure=secure))

    def _line(self, name: str, port: int, *, secure: bool) -> Line:
        address = self._address(name, port)
        key = (name, address, port)
        if key not in self._lines:
            self._lines[key] = Line(address, port, name, ssl.create_default_context() if secure else None)
        return self._lines[key]

    def _address(self, name: str, port: int) -> str:
        if (name, port) not in self._found:
            try:
                found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                raise DoorShut("later", "host_name_unknown") from None
            addresses = [str(one[4][0]) for one in found]
            # All of them: one public address beside a private one is how a filter is walked around.
            if not self._private and not all(map(is_public, addresses)):
                raise DoorShut("never", "host_not_public")
            self._found[name, port] = addresses[0]
        return self._found[name, port]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also where it is wrapped into IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found in TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        wrapped = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if wrapped is not None:
            return is_public(str(wrapped))
    return found.is_global and not found.is_multicast and found not in ASSIGNED


def _parts(address: str) -> tuple[SplitResult, int]:
    """An address taken apart; one with a user, a fragment, a blank or an odd port is refused."""
    if (
        len(address) > LONGEST_ADDRESS
        or not address.isascii()
        or any(c <= " " or c in "\\\x7f" for c in address)
    ):
        raise DoorShut("never", "address_malformed")
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise DoorShut("never", "address_malformed") from None
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise DoorShut("never", "address_malformed")
    return parts, port
