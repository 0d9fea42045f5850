"""Clients for the benches of the web: each keeps one connection and walks through requests one by one.

Run as a process of its own (`python -m bench.http_load`, its orders as JSON on stdin), so that its work is
not counted to the server's process. A walk is a list of requests; a client takes the next walk until none
is left. Whatever is answered otherwise than 200 ends the bench. Prints one line of JSON. Loopback only.
"""

import json
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 600  # longer than any load of ours takes
Request = tuple[str, str, dict[str, Any] | None, str]  # method, path, JSON body, token


def fire(port: int, walks: Sequence[Sequence[Request]], clients: int) -> dict[str, float]:
    """Send these walks from a process of its own: `rate` of requests and of walks a second, p50 and p95."""
    orders = json.dumps({"port": port, "clients": clients, "walks": walks})
    done = subprocess.run(
        [sys.executable, "-m", "bench.http_load"],
        cwd=ROOT,
        input=orders,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if done.returncode != 0:
        raise SystemExit(f"the clients ended: {done.stderr[-800:]}")
    seen: dict[str, float] = json.loads(done.stdout)
    return seen


class Client(Thread):
    """One connection that walks."""

    def __init__(self, port: int, walks: deque[list[bytes]]) -> None:
        """Connect at once; nothing is sent before the thread starts."""
        super().__init__()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._walks = walks
        self.seconds: list[float] = []
        self.fault = ""

    def run(self) -> None:
        """Walk until no walk is left."""
        try:
            while True:
                for request in self._walks.popleft():
                    began = time.perf_counter()
                    self._ask(request)
                    self.seconds.append(time.perf_counter() - began)
        except IndexError:
            self._socket.close()
        except (OSError, ValueError) as fault:
            self.fault = str(fault)

    def _ask(self, request: bytes) -> None:
        self._socket.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _, body = got.partition(b"\r\n\r\n")
        if b" 200 " not in head[:13]:
            raise ValueError(f"{request[:60]!r} was answered {head[:40]!r} {body[:200]!r}")
        size = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        while len(body) < size:
            body += self._more()

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ValueError("the server closed the connection")
        return data


def raw(request: Request) -> bytes:
    """A request as it goes over the wire."""
    method, path, body, token = request
    said = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if token:  # of the API; or a cookie, as a browser sends it
        head += f"Cookie: {token}\r\n" if "=" in token else f"Authorization: Bearer {token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(said)}\r\n" if method == "POST" else ""
    return head.encode() + b"\r\n" + said


def main() -> int:
    """Do what stdin orders."""
    orders = json.load(sys.stdin)
    walks = deque([raw(request) for request in walk] for walk in orders["walks"])
    count = len(walks)
    clients = [Client(orders["port"], walks) for _ in range(orders["clients"])]
    began = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    took = time.perf_counter() - began
    for client in clients:
        if client.fault:
            raise SystemExit(client.fault)
    seconds = sorted(one for client in clients for one in client.seconds)
    seen = {
        "rate": len(seconds) / took,
        "walks": count / took,
        "p50_ms": 1000 * seconds[len(seconds) // 2],
        "p95_ms": 1000 * seconds[int(len(seconds) * 0.95)],
    }
    print(json.dumps(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
