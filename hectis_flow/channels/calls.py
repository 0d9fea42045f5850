"""Single calls over HTTP for channels that carry few and heavy messages, and what an answer means.

`slack`, `teams` and `text_message` call; `webhook`, which sends thousands, uses only `receipt`. Whom it may call
`doors` says. A host that hangs, is away or asks to be left alone is not called again in the same batch.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from hectis_flow.channels.base import LONGEST_WAIT_SECONDS, Code, Outgoing, Receipt
from hectis_flow.channels.doors import Doors, DoorShut
from hectis_flow.channels.line import Answer, LineDown

BUSY: Final = frozenset({408, 425, 429})
TOO_MANY: Final = 429
JSON: Final = "application/json; charset=utf-8"


class NotCarried(Exception):
    """One message did not go; `reason` is a word of ours."""

    def __init__(self, code: Code, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.code: Code = code
        self.reason = reason
        self.wait = wait

    def receipt(self, delivery_id: int) -> Receipt:
        """As the caller writes it down."""
        return Receipt(delivery_id, self.code, self.reason, self.wait)


class Caller:
    """The calls of one channel, to these hosts alone."""

    def __init__(self, hosts: Collection[str], *, private: bool) -> None:
        self._doors = Doors(hosts, private=private)
        self._away: dict[str, NotCarried] = {}

    def begin(self) -> None:
        """A new batch: names are looked up anew, and hosts that were away are asked again."""
        self._doors.look_again()
        self._away.clear()

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send JSON and hear the answer, whatever its status. Raises `NotCarried` where none came.

        Header values must be our own: they are checked for line ends when settings are read.
        """
        try:
            door = self._doors.to(address)
        except DoorShut as shut:
            raise NotCarried(shut.code, shut.reason) from None
        if door.name in self._away:
            raise self._away[door.name]
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        head = (
            f"POST {door.path} HTTP/1.1\r\nHost: {door.name}\r\nUser-Agent: hectis-flow\r\n"
            f"Content-Type: {JSON}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        )
        try:
            answer = door.line.post(head.encode("ascii") + body)
        except LineDown as down:
            raise self._leave_alone(door.name, NotCarried("later", down.reason)) from None
        if answer.status == TOO_MANY:
            self._leave_alone(door.name, not_carried(answer))
        return answer

    def _leave_alone(self, name: str, why: NotCarried) -> NotCarried:
        self._away[name] = why
        return why


def each(
    batch: Sequence[Outgoing], deadline: float, carry: Callable[[Outgoing], Receipt]
) -> Iterator[Receipt]:
    """Carry one message after the other; what is not begun in time is left."""
    for notice in batch:
        if time.monotonic() >= deadline:
            yield Receipt(notice.delivery_id, "left")
            continue
        try:
            yield carry(notice)
        except NotCarried as why:
            yield why.receipt(notice.delivery_id)


def host_of(url: str) -> str:
    """The host of an address in the settings, as the list of allowed hosts names it."""
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    name = (parts.hostname or "").lower()
    return name if parts.port in (None, usual) else f"{name}:{parts.port}"


def not_carried(answer: Answer) -> NotCarried:
    """What an answer means that is no success."""
    later = answer.status in BUSY or answer.status >= 500
    wait = _asked_wait(answer.retry_after) if later else 0.0
    return NotCarried("later" if later else "refused", f"http_{answer.status}", wait)


def receipt(delivery_id: int, answer: Answer) -> Receipt:
    """What an answer means, by its status alone."""
    if 200 <= answer.status < 300:
        return Receipt(delivery_id, "sent")
    return not_carried(answer).receipt(delivery_id)


def said(answer: Answer) -> Mapping[str, Any]:
    """An answer's JSON object; {} for anything else."""
    with suppress(ValueError):
        found = json.loads(answer.body)
        if isinstance(found, dict):
            return found
    return {}


def _asked_wait(text: str) -> float:
    """`Retry-After` in seconds, as a number or a date; 0 where it says nothing sensible."""
    with suppress(ValueError, OverflowError):
        seconds = float(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - time.time()
        return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
    return 0.0
