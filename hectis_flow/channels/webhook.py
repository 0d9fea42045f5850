"""Webhooks: each notice as a signed JSON POST, over connections that are kept.

Made by `making`. Only hosts that the deployment names are called, only at public addresses, only over TLS,
and no redirect is followed (`doors` says who may be called). `Hectis-Signature` is `t=SECONDS,v1=HEX`, the
HMAC-SHA256 of `SECONDS.BODY` under the deployment's secret; `Idempotency-Key` is the same at every attempt.
"""

import hashlib
import hmac
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime

from hectis_flow.channels.base import LONGEST_WAIT_SECONDS, ChannelOptions, Outgoing, Receipt
from hectis_flow.channels.doors import Door, Doors, DoorShut
from hectis_flow.channels.line import Answer, LineDown

BUSY = frozenset({408, 425, 429})


class WebhookChannel:
    """Carries notices to systems."""

    #: A commit each would cost more than the call; a receiver knows a double by its key.
    chunk = 100

    def __init__(self, options: ChannelOptions) -> None:
        self._secret = options.webhook_secret.encode()
        self._doors = Doors(options.webhook_hosts, private=options.private_hosts)

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        """One after the other. A host that hangs or is away is not called again in this batch."""
        away: dict[str, str] = {}
        self._doors.look_again()
        for notice in batch:
            if time.monotonic() >= deadline:
                yield Receipt(notice.delivery_id, "left")
                continue
            try:
                door = self._doors.to(notice.address)
            except DoorShut as shut:
                yield Receipt(notice.delivery_id, shut.code, shut.reason)
                continue
            if door.name in away:
                yield Receipt(notice.delivery_id, "later", away[door.name])
                continue
            receipt = self._call(door, notice)
            if receipt.code == "later" and not receipt.fault.startswith("http_"):
                away[door.name] = receipt.fault
            yield receipt

    def _call(self, door: Door, notice: Outgoing) -> Receipt:
        try:
            return _receipt(notice.delivery_id, door.line.post(self._request(door, notice)))
        except LineDown as down:
            return Receipt(notice.delivery_id, "later", down.reason)

    def _request(self, door: Door, notice: Outgoing) -> bytes:
        """The whole call. Path and host were checked to hold no blank and no line end."""
        # The receiver compares it with its own clock: real seconds, whatever the practice clock says.
        at = str(int(time.time()))
        signed = hmac.digest(self._secret, at.encode() + b"." + notice.body, hashlib.sha256)
        head = (
            f"POST {door.path} HTTP/1.1\r\nHost: {door.name}\r\nUser-Agent: hectis-flow\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(notice.body)}\r\n"
            f"Idempotency-Key: {notice.key}\r\nHectis-Signature: t={at},v1={signed.hex()}\r\n\r\n"
        )
        return head.encode("ascii") + notice.body


def _receipt(delivery_id: int, answer: Answer) -> Receipt:
    status = answer.status
    if 200 <= status < 300:
        return Receipt(delivery_id, "sent")
    later = status in BUSY or status >= 500
    wait = _asked_wait(answer.retry_after) if later else 0.0
    return Receipt(delivery_id, "later" if later else "refused", f"http_{status}", wait)


def _asked_wait(text: str) -> float:
    """`Retry-After` in seconds, as a number or a date; 0 where it says nothing sensible."""
    with suppress(ValueError, OverflowError):
        seconds = float(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - time.time()
        return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
    return 0.0
