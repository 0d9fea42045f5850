"""The MLLP sender: messages out over one connection, a bounded number at a time, answers counted.

`hectis send` uses it, and so do drills and benches. It never hangs: a listener that stays silent is taken for
gone, the connection is made anew and what had no answer is sent again, a bounded number of times. It
reports codes and counts, never what a message says.
"""

import re
import socket
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from hectis_flow.domain.errors import HectisError
from hectis_flow.feeds.mllp_frames import FrameReader, frames
from hectis_flow.feeds.mllp_options import KIB, MIB

ACCEPTED: Final = frozenset({"AA", "CA"})
_READ_SIZE: Final = 64 * KIB
_LONGEST_REASON: Final = 80
_LONGEST_PAUSE: Final = 5.0
_FRAME_MARKS: Final = b"\x0b\x1c"
_LONG_NUMBER: Final = re.compile(r"\d{6,}")


class NobodyListens(HectisError):
    """No listener can be reached at the address; nothing was sent."""

    code = "nobody_listens"
    status = 503


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `code` is MSA-1, "?" where there is none; `reason` is why it was refused, else ""."""

    code: str
    reason: str = ""


@dataclass(slots=True)
class SendReport:
    """What became of the messages of one run. `elapsed` in seconds."""

    codes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    resent: int = 0  # sent once more, because the connection was lost before their answer
    elapsed: float = 0.0
    stopped: str = ""  # why it gave up, as a sentence; "" when every message was answered

    @property
    def answered(self) -> int:
        """Messages with an answer, whatever it said."""
        return self.codes.total()


def send_all(
    messages: Iterable[bytes],
    host: str,
    port: int,
    *,
    window: int = 32,
    timeout: float = 30.0,
    tls: ssl.SSLContext | None = None,
    on_answer: Callable[[Answer], None] = lambda _: None,
    tries: int = 5,
    pause: float = 0.5,
) -> SendReport:
    """Send every message and wait for every answer; answers come in the order of the messages.

    At most `window` messages (1 to 1000) are under way at once. `timeout` is how many seconds the listener
    may let pass without an answer while it owes one; then, as when it hangs up, what it owes is sent again
    over a new connection. After `tries` connections in a row without one answer it gives up. `pause` is the
    wait in seconds after the first of them, doubled after each further one, at most 5 s.

    The two bytes that frame a message cannot travel inside one, and are left out there.

    Raises:
        NobodyListens: the first connection could not be made.
    """
    run = _Run(iter(messages), window, on_answer)
    started = time.monotonic()
    _persist(run, partial(_connect, host, port, timeout, tls), timeout, tries, pause)
    return run.close(time.monotonic() - started, f"{host}:{port}", tries)


def client_tls(ca: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer towards a listener whose certificate `ca` signed, with a certificate of our own.

    Raises:
        NobodyListens: a file is missing or is not what its name says.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(ca)
        context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        raise NobodyListens(
            f"The CA, the certificate or its key cannot be read ({type(error).__name__}): check that the "
            "three files exist, are PEM and belong together.",
            code="tls",
        ) from None
    return context


def read_answer(raw: bytes) -> Answer:
    """What an acknowledgement says: MSA-1, and for a refusal ERR-3 with its text, or else MSA-3."""
    segments = raw.decode("utf-8", "replace").replace("\n", "\r").split("\r")
    header = next((segment for segment in segments if segment.startswith("MSH")), "MSH|^")
    rows = {segment[:3]: segment.split(header[3:4] or "|") + [""] * 4 for segment in reversed(segments)}
    acknowledged = rows.get("MSA", ["MSA", "", "", ""])
    code = acknowledged[1].strip()[:2] or "?"
    if code in ACCEPTED:
        return Answer(code)
    condition, _, rest = rows.get("ERR", ["ERR", "", "", ""])[3].partition(header[4:5] or "^")
    text = rest.partition(header[4:5] or "^")[0] or acknowledged[3]
    return Answer(code, _tame(f"{condition} {text}") or "no reason given")


class _Run:
    """The messages of one `send_all`, over as many connections as it takes."""

    def __init__(self, messages: Iterator[bytes], window: int, on_answer: Callable[[Answer], None]) -> None:
        self.report = SendReport()
        self._messages = messages
        self._window = window
        self._on_answer = on_answer
        self._owed: deque[bytes] = deque()  # taken from `messages` and not answered, oldest first
        self._under_way = 0  # how many of them were sent over the present connection
        self._exhausted = False

    @property
    def done(self) -> bool:
        """True when every message has its answer."""
        return self._exhausted and not self._owed

    def use(self, line: socket.socket, timeout: float) -> None:
        """Send and listen until all is answered, or this connection is of no more use."""
        reader = FrameReader(MIB, 0)
        self._under_way = 0
        writable = self._send(line, timeout)
        deadline = time.monotonic() + timeout
        while self._owed:
            received = _receive(line, deadline - time.monotonic())
            if not received:
                return
            reader.feed(received)
            for raw, fault in reader.take(self._under_way):
                if fault:
                    return  # whatever speaks there, it is not MLLP
                self._take(raw)
                deadline = time.monotonic() + timeout
            # A listener that hung up may have answered before it did: read on, even if nothing can be sent.
            writable = writable and self._send(line, timeout)

    def close(self, elapsed: float, address: str, tries: int) -> SendReport:
        """The report, when no connection is to be tried any more."""
        self.report.elapsed = elapsed
        if not self.done:
            self.report.unanswered = len(self._owed) + sum(1 for _ in self._messages)
            self.report.stopped = (
                f"The listener at {address} hung up, fell silent or could not be reached {tries} times in a "
                "row without one answer. What it did not answer can be sent again: a message is stored once."
            )
        return self.report

    def _send(self, line: socket.socket, timeout: float) -> bool:
        """Fill the window, with what is to be sent again first; False where the connection takes no more."""
        again = list(islice(self._owed, self._under_way, None))
        fresh = list(islice(self._messages, self._window - len(self._owed)))
        self._exhausted = len(self._owed) + len(fresh) < self._window
        self._owed.extend(fresh)
        self._under_way = len(self._owed)
        self.report.resent += len(again)
        try:
            line.settimeout(timeout)
            if again or fresh:
                line.sendall(frames(message.translate(None, _FRAME_MARKS) for message in (*again, *fresh)))
        except OSError:
            return False
        return True

    def _take(self, raw: bytes) -> None:
        answer = read_answer(raw)
        self._owed.popleft()
        self._under_way -= 1
        self.report.codes[answer.code] += 1
        if answer.reason:
            self.report.reasons[answer.reason] += 1
        self._on_answer(answer)


def _persist(
    run: _Run, connect: Callable[[], socket.socket], timeout: float, tries: int, pause: float
) -> None:
    line: socket.socket | None = connect()
    fruitless = 0
    while line:
        before = run.report.answered
        with line:
            run.use(line, timeout)
        fruitless = 0 if run.report.answered > before else fruitless + 1
        line = None
        while not run.done and not line and fruitless < tries:
            if fruitless:
                time.sleep(min(pause * 2 ** (fruitless - 1), _LONGEST_PAUSE))
            try:
                line = connect()
            except NobodyListens:
                fruitless += 1


def _connect(host: str, port: int, timeout: float, tls: ssl.SSLContext | None) -> socket.socket:
    try:
        line = socket.create_connection((host, port), timeout)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return tls.wrap_socket(line, server_hostname=host) if tls else line
    except ssl.SSLError as error:
        raise NobodyListens(
            f"The listener at {host}:{port} and we do not agree on TLS ({type(error).__name__}): check the "
            "CA, the certificate and its key.",
            code="tls",
        ) from None
    except OSError as error:
        raise NobodyListens(f"Nothing listens at {host}:{port} ({type(error).__name__}).") from None


def _receive(line: socket.socket, seconds: float) -> bytes:
    """What came within that time; nothing when the listener hung up or stayed silent."""
    if seconds <= 0:
        return b""
    try:
        line.settimeout(seconds)
        return line.recv(_READ_SIZE)
    except OSError:
        return b""


def _tame(text: str) -> str:
    """A reason fit to print: one line, short, and without any long number a foreign listener may quote."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return _LONG_NUMBER.sub("…", " ".join(printable.split()))[:_LONGEST_REASON]
