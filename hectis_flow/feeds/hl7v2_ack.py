"""Writes the HL7 v2 answer to a message: MSH, MSA and, for a rejection, ERR.

Called by the MLLP listener and the HTTP intake, once the message is committed or refused. It must
not frame for MLLP, decide the code, or repeat anything of the message but its header.
"""

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from hectis_flow.feeds.hl7v2 import MAX_HEADER_VALUE, Header, codec_of
from hectis_flow.feeds.hl7v2_parts import encoding_marks

_USUAL = ("|", "^~\\&")
_LOCAL_ZONE = timezone(timedelta(hours=2))  # Africa/Johannesburg
_LOCATION = re.compile(r"([A-Z][A-Z0-9]{2})-([0-9]{1,3})\Z")
# HL7 table 0357
_CONDITIONS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "207": "Application internal error",
}


def acknowledge(
    header: Header | None,
    code: str,
    *,
    ack_id: str,
    at: datetime,
    text: str = "",
    condition: str = "",
    segment: str = "",
) -> bytes:
    """The answer to the message with this header; None where it had no readable one.

    `code` is MSA-1 (AA, AE, AR, CA, CE, CR), `ack_id` our MSH-10, `at` an aware time, `text` a
    sentence of our own for MSA-3 and ERR-8. A `condition` (HL7 table 0357) adds an ERR about
    `segment` ("MSH" or "MSH-10"). Echoed values are cut to `MAX_HEADER_VALUE` characters and lose
    their control characters. The bytes end in a segment end, without MLLP framing.
    """
    header = header or _NO_HEADER
    mark, encoding, before, after = _heading(
        header.field_separator,
        header.encoding_characters,
        header.receiving_app,
        header.receiving_facility,
        header.source_app,
        header.source_facility,
        header.event,
        header.processing_id,
        header.version,
        at,
    )
    said = _escaped(text, mark, encoding) if text else ""
    answer = ["MSA", code, _echo(header.control_id, mark)]
    if said:
        answer.append(said)
    segments = [f"{before}{ack_id}{after}", mark.join(answer)]
    if condition:
        segments.append(_error(mark, encoding[0], condition, segment, said))
    return ("\r".join(segments) + "\r").encode(codec_of(header.charset), "replace")


@lru_cache(maxsize=256)
def _heading(
    mark: str,
    encoding: str,
    app: str,
    facility: str,
    source_app: str,
    source_facility: str,
    event: str,
    processing_id: str,
    version: str,
    at: datetime,
) -> tuple[str, str, str, str]:
    """Field separator, MSH-2, and MSH before and after MSH-10: the same for many answers of one commit."""
    mark, encoding, opening = _opening(mark, encoding, app, facility, source_app, source_facility)
    sent = f"{at.astimezone(_LOCAL_ZONE):%Y%m%d%H%M%S}+0200"
    event = _echo(event, mark)
    kind = f"ACK{encoding[0]}{event}{encoding[0]}ACK" if event else "ACK"
    version = _echo(version, mark) if version[:1] == "2" else "2.5.1"
    before = mark.join((opening, sent, "", kind, ""))
    return mark, encoding, before, mark.join(("", _echo(processing_id, mark) or "P", version))


def _error(mark: str, component: str, condition: str, segment: str, said: str) -> str:
    found = _LOCATION.match(segment)
    place = component.join((found.group(1), "1", found.group(2))) if found else segment[:3]
    named = component.join((condition, _CONDITIONS.get(condition, ""), "HL70357"))
    return mark.join(("ERR", "", place, named, "E", "", "", "", said))


def _opening(
    mark: str, encoding: str, app: str, facility: str, source_app: str, source_facility: str
) -> tuple[str, str, str]:
    """Field separator, MSH-2 and MSH-1 to MSH-6 of every answer to one sender."""
    if len(encoding) not in (4, 5) or "".join(encoding_marks(mark, encoding)) != encoding[:4]:
        mark, encoding = _USUAL
    opening = (
        "MSH",
        encoding,
        _echo(app, mark),
        _echo(facility, mark),
        _escaped(source_app, mark, encoding),
        _escaped(source_facility, mark, encoding),
    )
    return mark, encoding, mark.join(opening)


def _echo(raw: str, mark: str) -> str:
    """A value as its sender wrote it, made safe to stand between two `mark`s."""
    raw = _safe(raw)
    return raw.replace(mark, " ") if mark in raw else raw


def _escaped(text: str, mark: str, encoding: str) -> str:
    escape = encoding[2]
    names = dict(zip((mark, *encoding[:4]), "FSRET", strict=True))
    return "".join(f"{escape}{names[sign]}{escape}" if sign in names else sign for sign in _safe(text))


def _safe(text: str) -> str:
    text = text[:MAX_HEADER_VALUE]
    return text if text.isprintable() else "".join(sign for sign in text if sign.isprintable())


_NO_HEADER = Header(*_USUAL, *[""] * (len(Header._fields) - 2))
