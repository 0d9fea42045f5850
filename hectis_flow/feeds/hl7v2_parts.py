"""Takes HL7 v2 fields apart: separators, repetitions, components, escapes, times.

Called by `feeds.hl7v2` (header) and `feeds.hl7v2_facts` (everything else). It must not know which
field means what, and no function here may raise on any text, nor take more than linear time.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from hectis_flow.domain.facts import Moment, Precision

# What a sender writes to delete a value that we hold.
NULL = '""'
# Longest value kept, in characters: the longest field we take is a sentence or an address.
MAX_VALUE = 4096
# Repetitions looked at in one field.
MAX_REPETITIONS = 50

# Cannot occur in a message: control characters are removed before it is taken apart.
_NEVER = "\x00"
_STANDARD = "^~\\&"
_PRECISIONS: dict[int, Precision] = {
    4: "year",
    6: "month",
    8: "day",
    10: "hour",
    12: "minute",
    14: "second",
}
_EARLIEST = "00000101000000"  # what the digits left out stand for: 1 January, midnight
_LONGEST_TIME = 24  # digits
_LOCAL_OFFSET = timedelta(hours=2)  # Africa/Johannesburg, which has no daylight saving
_FARTHEST_OFFSET = timedelta(hours=14)
_TIME = re.compile(r"([0-9]+)(?:\.([0-9]+))?(?:([+-])([0-9]{2})([0-9]{2}))?\Z")


class Parts:
    """The separators of one sender, and how to take one of his fields apart.

    `text`, `code` and `components` resolve escapes; `repetitions` leaves them.
    """

    __slots__ = ("_cuts", "_escaped", "_plain", "component", "escape", "field", "repetition", "subcomponent")

    def __init__(self, field: str, encoding_characters: str, codec: str) -> None:
        self.field = field
        marks = encoding_marks(field, encoding_characters)
        self.component, self.repetition, self.escape, self.subcomponent = marks
        self._cuts = (self.repetition, self.component, self.subcomponent)
        mark = re.escape(self.escape)
        self._escaped = re.compile(rf"{mark}([A-Z.][0-9A-Za-z.+-]*){mark}")
        self._plain = self._unescaper(codec)

    def text(self, raw: str) -> str:
        """`raw` as plain text: escapes resolved (unknown ones stay), trimmed, at most `MAX_VALUE`."""
        if len(raw) > MAX_VALUE:
            raw = raw[:MAX_VALUE]
        if self.escape in raw:
            raw = self._escaped.sub(self._plain, raw)
        return raw.strip()

    def code(self, raw: str) -> str:
        """The first sub-component of the first component of the first repetition, as plain text."""
        if raw.isalnum() and len(raw) <= MAX_VALUE:
            return raw
        for mark in self._cuts:
            if mark in raw:
                raw = raw[: raw.index(mark)]
        return self.text(raw)

    def components(self, raw: str, count: int) -> list[str]:
        """The first `count` components of the first repetition, still raw, filled up with ""."""
        found = cut_at(raw, self.repetition).split(self.component, count)
        if len(found) > count:
            found.pop()
        elif len(found) < count:
            found += [""] * (count - len(found))
        return found

    def texts(self, raw: str, count: int, *, whole: bool = False) -> list[str]:
        """The first `count` components of the first repetition as plain text, `""` made empty.

        Of each only the first sub-component, unless it is wanted `whole` (prose, where a stray
        sub-component separator is an ampersand somebody typed).
        """
        found = self.components(raw, count)
        if not whole and self.subcomponent in raw:
            found = [cut_at(part, self.subcomponent) for part in found]
        if self.escape in raw or len(raw) > MAX_VALUE:
            found = [self.text(part) for part in found]
        else:
            found = [part.strip() for part in found]
        return ["" if part == NULL else part for part in found] if NULL in raw else found

    def repetitions(self, raw: str) -> list[str]:
        """The repetitions of a field, still raw; at most `MAX_REPETITIONS`."""
        return raw.split(self.repetition, MAX_REPETITIONS)[:MAX_REPETITIONS]

    def _unescaper(self, codec: str) -> Callable[[re.Match[str]], str]:
        plain = {
            "F": self.field,
            "S": self.component,
            "R": self.repetition,
            "E": self.escape,
            "T": self.subcomponent,
            ".br": "\n",
        }

        def resolve(found: re.Match[str]) -> str:
            sequence = found.group(1)
            if sequence in plain:
                return plain[sequence].replace(_NEVER, "")
            if sequence[0] == "X":
                return _from_hex(sequence[1:], codec, found.group(0))
            return found.group(0)

        return resolve


@lru_cache(maxsize=256)
def parts_of(field_separator: str, encoding_characters: str, codec: str) -> Parts:
    """The `Parts` for these separators; made once for each kind of sender."""
    return Parts(field_separator, encoding_characters, codec)


def cut_at(raw: str, mark: str) -> str:
    """What stands before the first `mark`; all of it where there is none."""
    return raw[: raw.index(mark)] if mark in raw else raw


def decode(raw: bytes, codec: str) -> str:
    """The text of these bytes: UTF-8 where they are valid UTF-8, else `codec`, else Windows-1252.

    UTF-8 comes first whatever was declared: senders of "8859/1" that write UTF-8 are common, while
    a Latin text whose every accent happens to be valid UTF-8 is not met.
    """
    for attempt in ("utf-8", codec, "cp1252"):
        try:
            return raw.decode(attempt)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def encoding_marks(field_separator: str, encoding_characters: str) -> tuple[str, str, str, str]:
    r"""Component, repetition, escape and sub-component separator that MSH-2 declares.

    A doubled mark (`^~\\&`, a slip of quoting) counts once; a fifth (truncation, v2.7) is not used.
    Where fewer than four are given (`^\&`), the usual ones keep their usual role, others go by
    position, and what is left out has its usual mark unless that is already in use.
    """
    marks = [
        mark
        for mark in dict.fromkeys(encoding_characters[:8])
        if mark.isprintable() and not mark.isalnum() and not mark.isspace() and mark != field_separator
    ]
    if len(marks) >= 4:
        return marks[0], marks[1], marks[2], marks[3]
    marks = marks or [_STANDARD[0]]
    chosen = [marks[0], _NEVER, _NEVER, _NEVER]
    for place in range(1, 4):
        given = marks[place] if place < len(marks) and marks[place] not in _STANDARD else _STANDARD[place]
        if given not in chosen and given != field_separator:
            chosen[place] = given
    return chosen[0], chosen[1], chosen[2], chosen[3]


def moment(text: str) -> Moment | None:
    """An HL7 time, `YYYY[MM[DD[HH[MM[SS[.S+]]]]]][±ZZZZ]`, or None where it names no real time.

    Without a zone it is Africa/Johannesburg (UTC+2). More than fourteen digits are read as seconds
    and a fraction whose point was left out, as clocks that print milliseconds do.
    """
    if text.isdecimal():
        return _moment(text, "", _LOCAL_OFFSET)
    found = _TIME.match(text)
    if found is None:
        return None
    digits, fraction, sign, hours, minutes = found.groups(default="")
    offset = _LOCAL_OFFSET
    if sign:
        offset = timedelta(hours=int(sign + hours), minutes=int(sign + minutes))
    if abs(offset) > _FARTHEST_OFFSET or minutes > "59":
        return None
    return _moment(digits, fraction, offset)


def _moment(digits: str, fraction: str, offset: timedelta) -> Moment | None:
    if 14 < len(digits) <= _LONGEST_TIME and not fraction:
        digits, fraction = digits[:14], digits[14:]
    precision = _PRECISIONS.get(len(digits))
    # Later Pythons than 3.11 take 24:00 for midnight of the next day.
    if precision is None or digits[8:10] == "24" or (fraction and precision != "second"):
        return None
    full = digits + _EARLIEST[len(digits) :]
    if fraction:
        full += f".{fraction[:6]:0<6}"
    try:
        return Moment(datetime.fromisoformat(f"{full[:8]}T{full[8:]}Z") - offset, precision)
    except (ValueError, OverflowError):
        return None


def _from_hex(digits: str, codec: str, otherwise: str) -> str:
    try:
        text = decode(bytes.fromhex(digits), codec)
    except ValueError:
        return otherwise
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign >= " " or sign in "\t\n").replace("\x7f", "")
