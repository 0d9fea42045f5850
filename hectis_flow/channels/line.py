"""One kept connection to one host, for many small POSTs.

`doors` makes a line for each host that may be called, at the address that was looked at; `webhook` and `calls`
post over it. A general client costs three times as much a call, most of it for things that must not happen here
anyway: redirects, proxies, cookies, further tries. It must be given nothing but our own header values.
"""

import socket
import ssl
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from typing import NamedTuple

from hectis_flow.channels.base import TIMEOUT_SECONDS

#: Of one step: to connect, to shake hands, to answer.
STEP_SECONDS = TIMEOUT_SECONDS / 2
LONGEST_ANSWER = 65_536  # bytes read of an answer; a longer one ends the connection


class LineDown(Exception):
    """No answer came; the reason is a word of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Answer(NamedTuple):
    """What the other side said, as far as it is heard."""

    status: int
    retry_after: str
    body: bytes = b""


class Line:
    """The way to one host. `tls` and the host's `name`, which its certificate must bear, or neither."""

    def __init__(self, address: str, port: int, name: str, tls: ssl.SSLContext | None) -> None:
        self._where = (address, port)
        self._name = name
        self._tls = tls
        self._socket: socket.socket | None = None

    def post(self, request: bytes) -> Answer:
        """Send a whole request and hear its answer; raises `LineDown`.

        A connection that was kept may have been closed meanwhile: then it is made anew once. The receiver
        knows a double by its key.
        """
        kept = self._socket is not None
        try:
            return self._exchange(request)
        except TimeoutError:
            raise LineDown("host_timed_out") from None
        except (OSError, HTTPException) as fault:
            if not kept or isinstance(fault, ssl.SSLError):
                raise LineDown(_why(fault)) from None
        try:
            return self._exchange(request)
        except (OSError, HTTPException) as fault:
            raise LineDown(_why(fault)) from None

    def close(self) -> None:
        """Let the connection go."""
        held, self._socket = self._socket, None
        if held is not None:
            with suppress(OSError):
                held.close()

    def __del__(self) -> None:
        """A channel that is let go of leaves no connection behind."""
        self.close()

    def _exchange(self, request: bytes) -> Answer:
        try:
            held = self._connected()
            held.sendall(request)
            response = HTTPResponse(held, method="POST")
            try:
                response.begin()
                status, wait = response.status, response.headers.get("Retry-After", "")
                answer = Answer(status, wait, response.read(LONGEST_ANSWER))
                if response.will_close or not response.isclosed():
                    self.close()
            finally:
                response.close()
        except BaseException:
            self.close()
            raise
        return answer

    def _connected(self) -> socket.socket:
        if self._socket is None:
            held = socket.create_connection(self._where, timeout=STEP_SECONDS)
            # A call is one small packet and its answer another: to wait for more would only cost time.
            held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self._socket = (
                    held if self._tls is None else self._tls.wrap_socket(held, server_hostname=self._name)
                )
            except BaseException:
                held.close()
                raise
        return self._socket


def _why(fault: Exception) -> str:
    if isinstance(fault, TimeoutError):
        return "host_timed_out"
    if isinstance(fault, ssl.SSLError):
        return "host_tls_failed"
    return "host_unreachable" if isinstance(fault, OSError) else "host_answer_unreadable"
