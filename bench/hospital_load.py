"""Senders for the intake benches: pipelined MLLP over a few sockets, each message timed.

Run as a process of its own (`python -m bench.hospital_load PORT ...`), so that its work is not
counted to the listener's process. Prints one line of JSON. Loopback only; bounded by `--messages`.
"""

import argparse
import asyncio
import json
import time
from collections import deque

END = b"\x1c\r"


def message(run: str, number: int) -> bytes:
    """An ordinary update of a visit, about 600 bytes, with a control id of its own."""
    return (
        f"MSH|^~\\&|CLINICOM|Khayelitsha Hospital|HECTIS|WC|20261121230500||ADT^A08^ADT_A01|{run}{number}|P|2.5.1\r"
        "EVN|A08|20261121230500\r"
        f"PID|1||F{number:08d}^^^KH^MR~9001015009087^^^ZAF^NI||Surname{number}^Given^M||19900101|M|||"
        "12 Example Street^^Site B^Western Cape^7784||0210000000\r"
        f"PV1|1|E|EC^BAY4^1^KH||||||||||||||||V{number:08d}|||||||||||||||||||||||||20261121221500\r"
        "PV2|||^Wound of chest||||||||||||||||||||||||||||||||||A\r"
        "DG1|1||S21.1^Open wound of front wall of thorax^I10|||A\r"
        "DG1|2||X99.4^Assault by sharp object, street^I10|||A\r"
        "OBX|1|CE|SATS||orange||||||F\rOBX|2|NM|TEWS||6||||||F\r"
    ).encode()


class Sender(asyncio.Protocol):
    """One hospital's connection: keeps `window` messages unanswered until all are answered."""

    def __init__(self, frames: list[bytes], window: int, done: asyncio.Future[None]) -> None:
        """Hold what will be sent; nothing goes out before the connection stands."""
        self.frames, self.window, self.done = frames, window, done
        self.next = self.answered = self.accepted = 0
        self.sent: deque[float] = deque()
        self.latencies: list[float] = []
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Fill the window."""
        self.transport = transport
        self._fill()

    def data_received(self, data: bytes) -> None:
        """Time each answer against the oldest unanswered message and refill the window."""
        *answers, self.rest = (self.rest + data).split(END)
        now = time.perf_counter()
        for answer in answers:
            self.latencies.append(now - self.sent.popleft())
            self.accepted += b"MSA|AA|" in answer
        self.answered += len(answers)
        if self.answered >= len(self.frames):
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
        else:
            self._fill()

    def _fill(self) -> None:
        batch = self.frames[self.next : self.next + self.window - len(self.sent)]
        if batch:
            self.next += len(batch)
            self.sent.extend([time.perf_counter()] * len(batch))
            self.transport.write(b"".join(batch))  # type: ignore[attr-defined]


async def load(port: int, run: str, messages: int, senders: int, window: int) -> dict[str, float]:
    """Send everything; messages a second and the latency of an answer in milliseconds."""
    loop = asyncio.get_running_loop()
    share = messages // senders
    frames = [
        [b"\x0b" + message(run, which * share + number) + END for number in range(share)]
        for which in range(senders)
    ]
    started = time.perf_counter()
    connections = []
    for mine in frames:
        done: asyncio.Future[None] = loop.create_future()
        _, sender = await loop.create_connection(
            lambda mine=mine, done=done: Sender(mine, window, done), "127.0.0.1", port
        )
        connections.append((sender, done))
    await asyncio.wait_for(asyncio.gather(*(done for _, done in connections)), timeout=120)
    elapsed = time.perf_counter() - started
    latencies = sorted(value for sender, _ in connections for value in sender.latencies)
    return {
        "rate": share * senders / elapsed,
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p95_ms": 1000 * latencies[int(len(latencies) * 0.95)],
        "accepted": sum(sender.accepted for sender, _ in connections),
        "sent": share * senders,
    }


def main() -> None:
    """Read what to send from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--run", default="B")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--window", type=int, default=4)
    asked = parser.parse_args()
    figures = asyncio.run(load(asked.port, asked.run, asked.messages, asked.senders, asked.window))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
