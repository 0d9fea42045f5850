"""One SMTP connection of the practice mail catcher: as much of the protocol as a sender of letters needs.

`mailbox` serves it, on this machine alone and in practice alone. It keeps a letter before it says so. A general
server reads a letter line by line, which takes longer than writing and keeping it; this one looks for its end.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import structlog

log = structlog.get_logger(__name__)

LARGEST_LETTER: Final = 1 << 20  # bytes
LONGEST_COMMAND: Final = 2048
LINE: Final = b"\r\n"
END: Final = b"\r\n.\r\n"

#: Keeps a letter for these recipients; whatever it raises, the letter was not kept.
Keep = Callable[[Sequence[str], bytes], None]


class Connection(asyncio.Protocol):
    """Hears commands and letters in turn."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._rest = bytearray()
        self._sender = False
        self._recipients: list[str] = []
        self._letter = False  # what comes next is a letter, until its end
        self._keeping = False  # nothing is read meanwhile
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = transport  # type: ignore[assignment]
        self._say("220 Hectis practice mail")

    def connection_lost(self, _fault: Exception | None) -> None:
        """Nobody is there any more to be answered."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Answer whatever is whole."""
        self._rest += data
        self._read()

    def _read(self) -> None:
        while not self._keeping and self._transport is not None:
            mark, limit = (END, LARGEST_LETTER) if self._letter else (LINE, LONGEST_COMMAND)
            end = self._rest.find(mark)
            if (end if end >= 0 else len(self._rest)) > limit:
                self._say("552 longer than is taken here")
                self._hang_up()
            elif end < 0:
                return
            else:
                told = bytes(self._rest[:end])
                del self._rest[: end + len(mark)]
                (self._take if self._letter else self._hear)(told)

    def _hear(self, command: bytes) -> None:
        verb, _, said = command.decode("ascii", "replace").partition(" ")
        act = {
            "EHLO": self._greet,
            "HELO": self._greet,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._forget,
            "NOOP": lambda _: self._say("250 fine"),
            "QUIT": self._quit,
        }.get(verb.upper())
        if act is None:
            self._say("502 not known here")
        else:
            act(said)

    def _greet(self, _said: str) -> None:
        self._clear()
        self._say("250-Hectis practice mail", f"250-SIZE {LARGEST_LETTER}", "250 8BITMIME")

    def _mail(self, said: str) -> None:
        if not said.upper().startswith("FROM:"):
            self._say("501 MAIL FROM:<address>")
            return
        self._clear()
        self._sender = True
        self._say("250 fine")

    def _rcpt(self, said: str) -> None:
        address = said[3:].strip().partition(" ")[0].strip("<>")
        if not (self._sender and said.upper().startswith("TO:") and address):
            self._say("503 MAIL FROM:<address> first, then RCPT TO:<address>")
            return
        self._recipients.append(address)
        self._say("250 fine")

    def _data(self, _said: str) -> None:
        if not self._recipients:
            self._say("503 RCPT TO:<address> first")
            return
        self._letter = True
        self._rest[:0] = LINE  # so that its end, and a line that begins with a dot, look the same everywhere
        self._say("354 the letter, then a dot")

    def _take(self, told: bytes) -> None:
        letter = (told + LINE).replace(b"\r\n..", b"\r\n.").removeprefix(LINE)
        self._keeping = True
        loop = asyncio.get_running_loop()
        kept = loop.run_in_executor(None, partial(self._keep, tuple(self._recipients), letter))
        kept.add_done_callback(self._answer)
        self._clear()

    def _answer(self, kept: "asyncio.Future[None]") -> None:
        fault = None if kept.cancelled() else kept.exception()
        if fault is not None:
            log.warning("mailbox.not_kept", exc_info=fault)
        self._keeping = False
        self._say("250 kept" if fault is None and not kept.cancelled() else "451 not kept, try again later")
        self._read()

    def _forget(self, _said: str) -> None:
        self._clear()
        self._say("250 fine")

    def _quit(self, _said: str) -> None:
        self._say("221 goodbye")
        self._hang_up()

    def _clear(self) -> None:
        self._sender, self._recipients, self._letter = False, [], False

    def _say(self, *lines: str) -> None:
        if self._transport is not None:
            self._transport.write("".join(f"{line}\r\n" for line in lines).encode())

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
