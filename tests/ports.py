"""Ports of this machine that nobody else gets: for a server that a test starts later, or to be refused at."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_port() -> Iterator[int]:
    """A loopback port on which nobody listens until a server of the test does.

    A socket that never listens holds it: the kernel hands the port to no other program, and servers, which
    all set SO_REUSEADDR, may still take it.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        yield port
