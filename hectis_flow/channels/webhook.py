"""Webhooks: each notice as a signed JSON POST, over connections that are kept.

Made by `making`. Only hosts that the deployment names are called, only at public addresses, only over TLS,
and no redirect is followed (`doors` says who may be called). `Hectis-Signature` is `t=SECONDS,v1=HEX`, the
HMAC-SHA256 of `SECONDS.BODY` under the deployment's secret; `Idempotency-Key` is the same at every attempt.
"""

import hashlib
import hmac
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime

from urllib3 import BaseHTTPResponse, Retry, Timeout
from urllib3.exceptions import HTTPError, SSLError
from urllib3.exceptions import TimeoutError as TookTooLong

from hectis_flow.channels.base import LONGEST_WAIT_SECONDS, TIMEOUT_SECONDS, ChannelOptions, Outgoing, Receipt
from hectis_flow.channels.doors import Door, Doors, DoorShut

TIMEOUT = Timeout(connect=TIMEOUT_SECONDS / 2, read=TIMEOUT_SECONDS / 2)
#: No second try by the library: a call that timed out may have been heard.
ONCE = Retry(total=False, redirect=False)
BUSY = frozenset({408, 425, 429})
LONGEST_ANSWER = 4096  # bytes read of an answer, so that its connection can be used again


class WebhookChannel:
    """Carries notices to systems."""

    #: A commit each would cost more than the call; a receiver knows a double by its key.
    chunk = 100

    def __init__(self, options: ChannelOptions) -> None:
        # The library's own lines quote the address that is called, and that is somebody's.
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)
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
            answer = door.pool.urlopen(
                "POST",
                door.path,
                body=notice.body,
                headers=self._headers(door, notice),
                redirect=False,
                retries=ONCE,
                timeout=TIMEOUT,
                preload_content=False,
            )
            return _receipt(notice.delivery_id, answer)
        except HTTPError as fault:
            return Receipt(notice.delivery_id, "later", _why(fault))

    def _headers(self, door: Door, notice: Outgoing) -> dict[str, str]:
        # The receiver compares it with its own clock: real seconds, whatever the practice clock says.
        at = str(int(time.time()))
        signed = hmac.digest(self._secret, at.encode() + b"." + notice.body, hashlib.sha256)
        return {
            "Host": door.name,
            "Content-Type": "application/json",
            "User-Agent": "hectis-flow",
            "Idempotency-Key": notice.key,
            "Hectis-Signature": f"t={at},v1={signed.hex()}",
        }


def _receipt(delivery_id: int, answer: BaseHTTPResponse) -> Receipt:
    with suppress(HTTPError):
        answer.read(LONGEST_ANSWER)
    answer.release_conn()
    status = answer.status
    if 200 <= status < 300:
        return Receipt(delivery_id, "sent")
    later = status in BUSY or status >= 500
    wait = _asked_wait(answer.headers.get("Retry-After", "")) if later else 0.0
    return Receipt(delivery_id, "later" if later else "refused", f"http_{status}", wait)


def _asked_wait(text: str) -> float:
    """`Retry-After` in seconds, as a number or a date; 0 where it says nothing sensible."""
    with suppress(ValueError, OverflowError):
        seconds = float(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - time.time()
        return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
    return 0.0


def _why(fault: HTTPError) -> str:
    if isinstance(fault, TookTooLong):
        return "webhook_timed_out"
    return "webhook_tls_failed" if isinstance(fault, SSLError) else "webhook_unreachable"
