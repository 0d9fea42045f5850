"""Reads the outside of an HL7 v2 message: its header, its segments, its file or MLLP envelope.

Called by the MLLP listener (`read_header`, `refusal`, on every message, before storage), by file
import (`split_batch`) and by `feeds.hl7v2_facts` (`read_message`). It must not interpret a segment
other than MSH, must not store or log anything, and no error text here may quote the message.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from hectis_flow.feeds.hl7v2_parts import cut_at, decode, parts_of

# Longest header value kept. HL7 allows at most 227 characters in any of these fields; an index
# row in PostgreSQL holds about 2,700 bytes, so a longer control id could not be stored anyway.
MAX_HEADER_VALUE = 255
# An ADT or ORU has tens of segments. What follows the limit is not looked at, so that a message
# of nothing but line ends costs milliseconds.
MAX_SEGMENTS = 20_000

_MSH_FIELDS = 18
_FEWEST_FIELDS = 9  # without MSH-9 nobody can say what the message is
_SEPARATORS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_JUNK_BEFORE = b"\xef\xbb\xbf\x00\x0b\x1c\x1d\x1e\x1f \t\r\n"
_JUNK_AFTER = b"\x00\x0b\x1c \t\r\n"
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\r\n") + b"\x7f"
_BARE_LINE_FEED = re.compile(r"\n(?=\n|\Z|[A-Z][A-Z0-9]{2}(?:[^\w\s]|[\r\n]|\Z))")
_ISO_8859 = re.compile(r"8859[/-]?([0-9]{1,2})\Z")
_ISO_8859_PARTS = frozenset(range(2, 17)) - {12}  # part 12 was never published
# What stands between the messages of a file: an envelope line, or the mere beginning of an MSH. Any
# punctuation mark may be its separator, but where it is not the usual one another must follow: a
# line of prose such as "MSH-theatre" opens no message.
_BETWEEN = re.compile(
    rb"""(?:\A|(?<=[\r\n\x0b\x1c]))
    (?: (?:FHS|BHS|BTS|FTS)(?=[\r\n!-/:-@\[-`{-~]|\Z)[^\r\n]*[\r\n]* | (?=MSH(?:\||[!-/:-@\[-`{-~]{2})) )""",
    re.VERBOSE,
)

# reason -> (condition of HL7 table 0357, sentence for the sender)
_REASONS = {
    "no_msh": ("100", "no readable MSH segment"),
    "no_control_id": ("101", "MSH-10 message control id is missing"),
    "unsupported_processing_id": ("202", "MSH-11 processing id is not accepted here"),
    "unsupported_version": ("203", "MSH-12 is not an HL7 v2 version"),
    "too_large": ("207", "the message is larger than this receiver takes"),
    "header_too_long": ("102", "sender, facility and control id together are too long"),
    "sender_not_allowed": ("207", "this sender may not speak for that facility here"),
    "storage_failed": ("207", "not stored; send it again later"),
    "broken_frame": ("207", "the message ended before its end; send it again"),
}


class Unreadable(Exception):
    """A message that is answered with a rejection.

    `reason` is a stable snake_case code, `condition` the code of HL7 table 0357 for ERR-3.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.condition, sentence = _REASONS.get(reason, ("207", "the message cannot be taken"))
        super().__init__(sentence)


class Header(NamedTuple):
    """The MSH segment; a tuple, for thousands are read in a second. Absent fields are empty strings; no value exceeds `MAX_HEADER_VALUE`.

    `source_app` and `source_facility` are plain text of the first component, escapes resolved.
    `receiving_app`, `receiving_facility`, `sent_at` and `control_id` stay exactly as sent, because
    they are echoed. `charset` is the first repetition of MSH-18.
    """

    field_separator: str
    encoding_characters: str
    source_app: str
    source_facility: str
    receiving_app: str
    receiving_facility: str
    sent_at: str
    message_type: str
    event: str
    structure: str
    control_id: str
    processing_id: str
    version: str
    accept_ack: str
    application_ack: str
    charset: str


def read_header(raw: bytes) -> Header:
    """Read MSH alone, without touching the rest.

    White space, a byte order mark and stray MLLP bytes before it are passed over. Raises `Unreadable`
    where no MSH with at least nine fields stands. A missing MSH-10 leaves `control_id` empty.
    """
    separator, fields = _header_fields(raw)
    source_app, source_facility, kind, processing_id, version, charset = _steady(
        separator, fields[1], fields[2], fields[3], fields[8], fields[10], fields[11], fields[17]
    )
    return Header(
        separator,
        fields[1],
        source_app,
        source_facility,
        fields[4],
        fields[5],
        fields[6],
        *kind,
        fields[9] if not fields[9].isspace() else "",
        processing_id,
        version,
        fields[14],
        fields[15],
        charset,
    )


@lru_cache(maxsize=1024)
def _steady(
    separator: str,
    encoding: str,
    app: str,
    facility: str,
    kind: str,
    processing: str,
    version: str,
    charset: str,
) -> tuple[str, str, tuple[str, str, str], str, str, str]:
    """What a sender writes into message after message, read once.

    Application, facility, (type, event, structure), processing id, version and charset.
    """
    parts = parts_of(separator, encoding, "utf-8")
    named = [*kind.split(parts.component, 3), "", ""]
    return (
        parts.code(app),
        parts.code(facility),
        (named[0].strip(), named[1].strip(), named[2]),
        cut_at(processing, parts.component).strip(),
        cut_at(version, parts.component).strip(),
        cut_at(charset, parts.repetition).strip(),
    )


def refusal(header: Header, processing_ids: frozenset[str]) -> Unreadable | None:
    """Why a message with this header is rejected before storage, or None.

    `processing_ids` are the MSH-11.1 values this deployment takes; an empty MSH-11 counts as "P".
    """
    if not header.control_id:
        return Unreadable("no_control_id")
    if (header.processing_id or "P") not in processing_ids:
        return Unreadable("unsupported_processing_id")
    if header.version and not header.version.startswith("2"):
        return Unreadable("unsupported_version")
    return None


def read_message(raw: bytes) -> tuple[Header, list[str]]:
    """The header and the text of every segment after it, without line ends.

    Segments may end in CR, LF or CRLF. A line feed that no segment follows is part of the text it
    stands in. A second MSH ends the message. Raises `Unreadable` as `read_header` does.
    """
    header = read_header(raw)
    body = raw[_start(raw) :].translate(None, _CONTROLS)
    text = decode(body, codec_of(header.charset))
    if "\n" in text:
        text = _BARE_LINE_FEED.sub("\r", text.replace("\r\n", "\r"), MAX_SEGMENTS)
    second = text.find(f"\rMSH{header.field_separator}")
    if second >= 0:
        text = text[:second]
    return header, text.split("\r", MAX_SEGMENTS)[1:MAX_SEGMENTS]


def split_batch(raw: bytes) -> Iterator[bytes]:
    """The messages of a file, as they stand, without FHS/BHS/BTS/FTS lines and MLLP framing.

    Only a line that begins with `MSH` and a separator opens a message. Whatever else stands
    outside the envelope lines is yielded too, so that the caller parks it and nothing vanishes.
    """
    raw = raw[_start(raw) :]
    last = 0
    for found in _BETWEEN.finditer(raw):
        if last < found.start() and (piece := _without_framing(raw[last : found.start()])):
            yield piece
        last = found.end()
    if piece := _without_framing(raw[last:]):
        yield piece


@lru_cache(maxsize=64)
def codec_of(charset: str) -> str:
    """The Python codec for an MSH-18 value; UTF-8 for none, ASCII, Unicode and unknown ones.

    ISO 8859/1 is read as Windows-1252, which has all its printable characters and more: senders
    that declare the first commonly write the second.
    """
    found = _ISO_8859.search(charset)
    number = int(found.group(1)) if found else 0
    if number == 1:
        return "cp1252"
    return f"iso8859_{number}" if number in _ISO_8859_PARTS else "utf-8"


def _header_fields(raw: bytes) -> tuple[str, list[str]]:
    """The field separator, and MSH split by it: its name, MSH-2, ... MSH-18."""
    text = decode(_header_line(raw), "utf-8")
    separator = text[3:4]
    opens = text.startswith("MSH") and separator in _SEPARATORS
    fields = text.split(separator, _MSH_FIELDS) if opens else []
    if len(fields) < _FEWEST_FIELDS:
        raise Unreadable("no_msh")
    if len(text) > MAX_HEADER_VALUE:
        fields = [field[:MAX_HEADER_VALUE] for field in fields]
    return separator, fields + [""] * (_MSH_FIELDS - len(fields))


def _header_line(raw: bytes) -> bytes:
    start = 0 if raw.startswith(b"MSH") else _start(raw)
    end = raw.find(b"\r", start)
    line = raw[start:end] if end >= 0 else raw[start:]
    if b"\n" in line:
        line = line[: line.index(b"\n")]
    return line.translate(None, _CONTROLS)


def _start(raw: bytes) -> int:
    return len(raw) - len(raw.lstrip(_JUNK_BEFORE))


def _without_framing(piece: bytes) -> bytes:
    piece = piece.lstrip(_JUNK_BEFORE)
    message = piece.rstrip(_JUNK_AFTER)
    end = piece[len(message) : len(message) + 2]
    return message + (end if end == b"\r\n" else end[:1] if end[:1] in (b"\r", b"\n") else b"")
