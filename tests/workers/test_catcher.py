"""The practice mail catcher's end of a connection: what a sender may say, and what it is answered."""

import asyncio
import smtplib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest

from tests.waiting import PATIENCE
from workers.catcher import LARGEST_LETTER, LONGEST_COMMAND, Connection, Keep

Kept = list[tuple[tuple[str, ...], bytes]]


@contextmanager
def catching(keep: Keep) -> Iterator[int]:
    """A server on a loop of its own; its port."""
    loop, ports, ready = asyncio.new_event_loop(), list[int](), threading.Event()

    async def serve() -> asyncio.Server:
        server = await loop.create_server(lambda: Connection(keep), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        return server

    def run() -> None:
        server = loop.run_until_complete(serve())
        loop.run_forever()
        server.close()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    yield ports[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)


@pytest.fixture
def kept() -> Kept:
    return []


@pytest.fixture
def port(kept: Kept) -> Iterator[int]:
    def keep(recipients: Sequence[str], raw: bytes) -> None:
        if b"Subject: not this one" in raw:
            raise OSError("no room")
        kept.append((tuple(recipients), raw))

    with catching(keep) as port:
        yield port


@pytest.fixture
def line(port: int) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as smtp:
        yield smtp


def test_letters_are_kept_byte_by_byte_for_all_their_recipients(line: smtplib.SMTP, kept: Kept) -> None:
    letter = b"Subject: x\r\n\r\n.\r\n..\r\n.dot\r\nend\r\n"

    line.sendmail("a@x.invalid", ["b@x.invalid", "c@x.invalid"], letter)
    line.sendmail("a@x.invalid", ["d@x.invalid"], b"\r\n")

    assert kept == [(("b@x.invalid", "c@x.invalid"), letter), (("d@x.invalid",), b"\r\n")]
    assert line.has_extn("size")


def test_a_letter_that_is_not_kept_is_not_said_to_be_and_the_next_one_is(
    line: smtplib.SMTP, kept: Kept
) -> None:
    with pytest.raises(smtplib.SMTPDataError) as refused:
        line.sendmail("a@x.invalid", ["b@x.invalid"], b"Subject: not this one\r\n\r\n")
    line.sendmail("a@x.invalid", ["b@x.invalid"], b"Subject: this one\r\n\r\n")

    assert refused.value.smtp_code == 451
    assert [raw for _, raw in kept] == [b"Subject: this one\r\n\r\n"]


def test_commands_out_of_their_order_are_refused_and_forgotten(line: smtplib.SMTP, kept: Kept) -> None:
    assert line.docmd("RCPT", "TO:<b@x.invalid>")[0] == 503
    assert line.docmd("DATA")[0] == 503
    assert line.docmd("MAIL", "something")[0] == 501
    assert line.docmd("EXPN", "all")[0] == 502
    assert line.mail("a@x.invalid")[0] == line.rcpt("b@x.invalid")[0] == line.rset()[0] == 250
    assert line.docmd("DATA")[0] == 503
    assert line.noop()[0] == 250
    assert line.helo()[0] == 250
    assert kept == []


@pytest.mark.parametrize("flood", [b"x" * (LONGEST_COMMAND + 1), b"y" * (LONGEST_COMMAND + 1) + b"\r\n"])
def test_a_command_without_end_is_cut_off(port: int, flood: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        line.sendall(flood)
        with line.makefile("rb") as said:
            assert [answer[:3] for answer in said] == [b"220", b"552"]


def test_a_letter_beyond_all_measure_is_cut_off(port: int, kept: Kept) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as line:
        line.helo()
        line.mail("a@x.invalid")
        line.rcpt("b@x.invalid")
        with suppress(smtplib.SMTPException, OSError):  # it may be cut off while it still sends
            assert line.data(b"x" * (LARGEST_LETTER + 100_000))[0] == 552
        with pytest.raises((smtplib.SMTPException, OSError)):
            line.noop()

    assert kept == []


def test_all_of_a_conversation_may_come_at_once(port: int, kept: Kept) -> None:
    said = [
        b"EHLO x",
        b"MAIL FROM:<a@x.invalid>",
        b"RCPT TO:<b@x.invalid> X=1",
        b"DATA",
        b"Subject: 1",
        b"",
        b".",
    ]
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        line.sendall(b"\r\n".join([*said, *said[1:], b"QUIT", b""]))
        with line.makefile("rb") as answers:
            codes = [answer[:3].decode() for answer in answers if answer[3:4] == b" "]

    assert codes == ["220", "250", *["250", "250", "354", "250"] * 2, "221"]
    assert kept == [(("b@x.invalid",), b"Subject: 1\r\n\r\n")] * 2
