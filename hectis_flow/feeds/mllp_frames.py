"""The frame around a message on an MLLP wire: `0x0B` message `0x1C 0x0D`, written and cut.

`feeds.mllp` (the listener) and `feeds.mllp_client` (the sender) cut their byte streams with it. It knows
bytes only: it opens no socket, reads no clock and never looks at what a message says. Work is linear in
the bytes fed, however they are cut: nothing that was searched is searched again.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

START: Final = 0x0B
END: Final = 0x1C
_OPEN: Final = b"\x0b"
_CLOSE: Final = b"\x1c\r"
# What may stand between frames without counting as noise: line ends, blanks, padding, a spare end mark.
_QUIET: Final = b" \t\r\n\x00\x1c"

Fault = Literal["", "broken", "oversize", "noise"]


class Frame(NamedTuple):
    """One message off the wire, or what stands in its place.

    `fault` is "" for a whole message and "broken" for one cut off by the start of the next. "oversize" and
    "noise" (too many bytes outside any frame) end the stream; their `raw` is empty.
    """

    raw: bytes
    fault: Fault = ""


def frame(message: bytes) -> bytes:
    """The message as it goes on the wire."""
    return _OPEN + message + _CLOSE


def frames(messages: Iterable[bytes]) -> bytes:
    """Several messages as one piece of wire, for one write; an empty one stands for no answer wanted."""
    said = [message for message in messages if message]
    return _OPEN + (_CLOSE + _OPEN).join(said) + _CLOSE if said else b""


class FrameReader:
    """Cuts a stream of bytes into frames: `feed` what came, then `take` as many as there is room for.

    Tolerated: any cut of the stream, blanks and line ends between frames, `0x1C` without `0x0D`, a doubled
    `0x0B`, bytes before a `0x0B`. A `0x1C` always ends the message, even one inside the text of a sender who
    did not escape it, so that the same bytes give the same messages wherever the network cut them.

    Args:
        max_message: the longest message, in bytes; a longer one gives one "oversize" frame, the last.
        max_noise: bytes allowed outside frames since the last whole message, blanks not counted; more gives
            one "noise" frame, the last.
    """

    def __init__(self, max_message: int, max_noise: int) -> None:
        self._max_message = max_message
        self._max_noise = max_noise
        self._buffer = bytearray()
        self._at = 0  # where the message under way begins; outside a frame, the first byte not looked at
        self._inside = False
        self._end = -1  # the end mark of the message under way, once found
        self._no_end_before = 0
        self._no_start_before = 0
        self._noise = 0
        self._over = False
        self.drained = True

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes as they came; ignored once a fault has ended the stream."""
        if not self._over:
            self._buffer += data
            self.drained = False

    def take(self, room: int) -> list[Frame]:
        """The next frames, at most `room`, oldest first. `drained` then says whether that was all."""
        taken: list[Frame] = []
        while len(taken) < room:
            found = self._next()
            if found is None:
                break
            taken.append(found)
        self.drained = len(taken) < room
        self._drop_taken()
        return taken

    @property
    def partial(self) -> int:
        """Bytes held of a message that has begun and not ended, its start mark counted; 0 outside a frame."""
        return len(self._buffer) - self._at + 1 if self._inside and self.drained else 0

    def abandon(self) -> Frame | None:
        """End the stream: the message under way as a "broken" frame, or None where none had begun."""
        begun = bytes(self._buffer[self._at :]) if self._inside else b""
        self._finish()
        return Frame(begun, "broken") if begun.strip(_QUIET) else None

    def _next(self) -> Frame | None:
        while self._inside or self._enter():
            stop = self._find_end()
            nested = self._buffer.find(START, self._no_start_before, stop)
            if (stop if nested < 0 else nested) - self._at > self._max_message:
                self._finish()
                return Frame(b"", "oversize")
            if nested < 0:
                return self._whole_or_wait(stop)
            begun = bytes(self._buffer[self._at : nested])
            self._at = self._no_start_before = nested + 1
            if begun.strip(_QUIET):
                return Frame(begun, "broken")
            self._noise += 1  # a doubled start mark: nothing was lost, but an endless row of them must end
            self._inside = self._noise <= self._max_noise
        if self._noise > self._max_noise:
            self._finish()
            return Frame(b"", "noise")
        return None

    def _enter(self) -> bool:
        """Step over what stands before the next start mark, counting it; False where no frame may begin."""
        start = self._buffer.find(START, self._at)
        stop = start if start >= 0 else len(self._buffer)
        if stop > self._at:
            self._noise += len(self._buffer[self._at : stop].translate(None, _QUIET))
        self._at = self._no_end_before = self._no_start_before = stop + (start >= 0)
        self._inside = start >= 0 and self._noise <= self._max_noise
        return self._inside

    def _find_end(self) -> int:
        """Where the message under way ends; the end of the buffer while it has not."""
        if self._end < 0:
            self._end = self._buffer.find(END, self._no_end_before)
            self._no_end_before = len(self._buffer)
        return self._end if self._end >= 0 else len(self._buffer)

    def _whole_or_wait(self, stop: int) -> Frame | None:
        self._no_start_before = stop
        if self._end < 0:
            return None
        raw = bytes(self._buffer[self._at : stop])
        self._at = stop + 1
        self._inside, self._end, self._noise = False, -1, 0
        if self._buffer[self._at : self._at + 1] == b"\r":
            self._at += 1
        return Frame(raw)

    def _drop_taken(self) -> None:
        """Forget what was handed out. A bytearray gives up its front without moving the rest."""
        if self._at:
            del self._buffer[: self._at]
            self._end = self._end - self._at if self._end >= 0 else -1
            self._no_end_before = max(0, self._no_end_before - self._at)
            self._no_start_before = max(0, self._no_start_before - self._at)
            self._at = 0

    def _finish(self) -> None:
        self._buffer.clear()
        self._over, self._inside, self._end, self._at, self._noise = True, False, -1, 0, 0
        self._no_end_before = self._no_start_before = 0
