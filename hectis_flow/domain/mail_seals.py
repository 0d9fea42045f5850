"""The seals that an old mail holds: found in its text or its HTML, by their hash or by their twelve words.

`hectis ledger verify --from-mail` calls `printed_in` with the bytes of a mail, or of a text that somebody has copied out
of one. Pure: it must not read a file or a database, and does not judge whether a seal is ours.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Final, NamedTuple, TypeVar

from hectis_flow.domain import seal_words

T = TypeVar("T")

_HASH: Final = re.compile(
    r"(?<![0-9a-f])(?:[0-9a-f]{64}|(?:[0-9a-f]{16}\s+){3}[0-9a-f]{16}|(?:[0-9a-f]{8}\s+){7}[0-9a-f]{8})(?![0-9a-f])"
)
# As the digests say it, in their three languages; `hectis ledger verify` prints number and hash with a colon.
_NUMBER: Final = re.compile(
    r"\b(?:seal|seël|itywina)\b[^0-9a-z]{0,6}(?:no|number|nommer|inombolo)?[^0-9a-z]{0,6}([0-9]{1,18})(?![0-9a-f-])"
)
_NEAR: Final = 300  # characters between a seal's number and what it is the number of
_UNREAD: Final = frozenset({"style", "script", "head", "title"})


class Printed(NamedTuple):
    """One seal as a mail holds it: its number where one stands before it, and its hash or its words."""

    number: int | None
    digest: bytes | None
    words: tuple[str, ...] | None


class _Text(HTMLParser):
    """What a reader sees of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in _UNREAD
        self.said.append("" if tag in {"b", "i", "span", "strong", "em", "wbr", "code"} else " ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _UNREAD and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)


def printed_in(raw: bytes) -> tuple[Printed, ...]:
    """Every seal that a mail, or a text, holds; each once."""
    return tuple(dict.fromkeys(one for text in _texts(raw) for one in _seals(text.lower())))


def _texts(raw: bytes) -> Iterator[str]:
    """The parts of a mail that people read; the bytes themselves where they are no mail."""
    mail = message_from_bytes(raw, policy=default)
    if not (mail.keys() and ("content-type" in mail or "from" in mail or "message-id" in mail)):
        yield from _plain(raw.decode("utf-8", "replace"))
        return
    for part in mail.walk():
        if part.get_content_type() in {"text/plain", "text/html"}:
            yield from _plain(_decoded(part))


def _decoded(part: EmailMessage) -> str:
    body = part.get_payload(decode=True)
    said = body if isinstance(body, bytes) else b""
    try:
        return said.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:  # a character set that nobody knows
        return said.decode("utf-8", "replace")


def _plain(said: str) -> Iterator[str]:
    """A text as it is; with marks of HTML, what a reader sees of it."""
    if "</" not in said:
        yield said
        return
    reader = _Text()
    reader.feed(said)
    yield "".join(reader.said)


def _seals(text: str) -> Iterator[Printed]:
    hashes = [(one.start(), bytes.fromhex("".join(one.group().split()))) for one in _HASH.finditer(text)]
    runs = list(seal_words.found_in(text))
    for place, digest in _first_after_its_number(text, hashes):
        yield Printed(place, digest, None)
    for place, said in _first_after_its_number(text, runs):
        yield Printed(place, None, said)


def _first_after_its_number(text: str, found: list[tuple[int, T]]) -> Iterator[tuple[int | None, T]]:
    """Each with the number of the seal that it is of; a number is that of the first that follows it."""
    taken = 0
    for place, what in found:
        before = list(_NUMBER.finditer(text, max(taken, place - _NEAR), place))
        by_colon = re.search(r"(?<![0-9])([0-9]{1,18}):\s*$", text[max(taken, place - 24) : place])
        named = by_colon or (before[-1] if before else None)
        yield (int(named.group(1)) if named else None), what
        taken = place
