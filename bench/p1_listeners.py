"""The three listeners that P1 compares, each in a process of its own (`python -m bench.p1_listeners NAME URL`).

`bare`: the floor. Frames are cut out, many are written with one statement and one commit, each gets
a fixed answer with its control id; nothing is read, locked away, told apart or refused.
`python-hl7`: what a user would pick: the listener that ships with that library, which parses and
acknowledges; with `--commit` it stores each message with a commit of its own.
`ours` is not here: it is the product's own process, `python -m workers.listen`.
Each prints its port when it listens and ends when its standard input closes.
"""

import argparse
import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
from hl7.mllp import start_hl7_server

END = b"\x1c\r"
TABLE = "CREATE TABLE IF NOT EXISTS bare_message (id bigint GENERATED ALWAYS AS IDENTITY, raw bytea)"


class Bare(asyncio.Protocol):
    """One connection of the bare listener; all share one batch."""

    batch: list[tuple["Bare", bytes]] = []  # noqa: RUF012  (shared on purpose)
    busy = False
    database: psycopg.Connection
    thread: ThreadPoolExecutor

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self.transport, self.rest = transport, b""

    def data_received(self, data: bytes) -> None:
        """Cut frames out and let the next commit take them."""
        *frames, self.rest = (self.rest + data).split(END)
        Bare.batch.extend((self, frame[1:]) for frame in frames)
        if not Bare.busy:
            Bare.busy = True
            asyncio.get_running_loop().call_soon(Bare.commit)

    @classmethod
    def commit(cls) -> None:
        """Store what has gathered while the last commit ran."""
        taken, cls.batch = cls.batch, []
        if not taken:
            cls.busy = False
            return
        future = asyncio.get_running_loop().run_in_executor(cls.thread, cls.store, taken)
        future.add_done_callback(lambda _: cls.answer(taken))

    @classmethod
    def store(cls, taken: list[tuple["Bare", bytes]]) -> None:
        """One statement, one commit."""
        cls.database.execute(
            "INSERT INTO bare_message (raw) SELECT unnest(%s::bytea[])", ([raw for _, raw in taken],)
        )
        cls.database.commit()

    @classmethod
    def answer(cls, taken: list[tuple["Bare", bytes]]) -> None:
        """A fixed answer with the control id of each message, one write a connection."""
        answers: dict[Bare, list[bytes]] = {}
        for connection, raw in taken:
            control_id = raw.split(b"|", 10)[9]
            answers.setdefault(connection, []).append(
                b"\x0bMSH|^~\\&|||||||ACK||P|2.5.1\rMSA|AA|" + control_id + b"\r" + END
            )
        for connection, parts in answers.items():
            connection.transport.write(b"".join(parts))  # type: ignore[attr-defined]
        asyncio.get_running_loop().call_soon(cls.commit)


async def bare(url: str) -> asyncio.AbstractServer:
    """Start the bare listener on a free port."""
    Bare.database = psycopg.connect(url)
    Bare.database.execute(TABLE)
    Bare.database.commit()
    Bare.thread = ThreadPoolExecutor(1)
    return await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0)


async def python_hl7(url: str, *, commit: bool) -> asyncio.AbstractServer:
    """Start python-hl7's listener on a free port."""
    database = psycopg.connect(url)
    database.execute(TABLE)
    database.commit()

    async def serve(reader, writer) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        try:
            while not writer.is_closing():
                message = await reader.readmessage()
                if commit:
                    database.execute("INSERT INTO bare_message (raw) VALUES (%s)", (str(message).encode(),))
                    database.commit()
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    return await start_hl7_server(serve, host="127.0.0.1", port=0)


async def run(name: str, url: str) -> None:
    """Listen until standard input closes."""
    server = await (bare(url) if name == "bare" else python_hl7(url, commit=name.endswith("commit")))
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["bare", "python-hl7", "python-hl7-commit"])
    parser.add_argument("url")
    asked = parser.parse_args()
    asyncio.run(run(asked.name, asked.url))
