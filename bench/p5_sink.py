"""The receiver of the P5 bench: answers every POST with 204 and counts, in a process of its own.

`python -m bench.p5_sink`: prints its port; for each line on its standard input it prints how many calls and
how many different keys it has seen, and begins anew. Loopback only.
"""

import asyncio
import json
import sys

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
KEY = b"webhook-id:"


class Sink(asyncio.Protocol):
    """One kept connection."""

    calls = 0
    keys: set[bytes] = set()  # noqa: RUF012  (one sink a process)

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        rest = self._rest + data
        answers = 0
        while (end := rest.find(b"\r\n\r\n")) >= 0:
            head = rest[:end].lower()
            start = head.index(b"content-length:") + 15
            length = int(head[start : head.find(b"\r", start) % (len(head) + 1)])
            if len(rest) < end + 4 + length:
                break
            place = head.index(KEY) + len(KEY)
            Sink.keys.add(head[place : place + 40].split(b"\r")[0].strip())
            rest = rest[end + 4 + length :]
            answers += 1
        self._rest = rest
        Sink.calls += answers
        if answers:
            self._transport.write(ANSWER * answers)  # type: ignore[attr-defined]


async def main() -> None:
    """Serve until the standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(json.dumps({"calls": Sink.calls, "keys": len(Sink.keys)}), flush=True)
        Sink.calls, Sink.keys = 0, set()


if __name__ == "__main__":
    asyncio.run(main())
