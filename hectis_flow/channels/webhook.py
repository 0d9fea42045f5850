"""Webhooks: each notice as a signed JSON POST in the format of Standard Webhooks, over connections that are kept.

Made by `making`. Only hosts that the deployment names are called, only at public addresses, only over TLS,
and no redirect is followed (`doors` says who may be called). `webhook-id` is the same at every attempt.
`webhook-signature` is `v1,BASE64`, the HMAC-SHA256 of `ID.SECONDS.BODY`, once for each secret that is live.
"""

import time
from collections.abc import Iterator, Sequence

from hectis_flow.channels.base import ChannelOptions, Outgoing, Receipt
from hectis_flow.channels.calls import receipt
from hectis_flow.channels.doors import Door, Doors, DoorShut
from hectis_flow.channels.line import LineDown
from hectis_flow.domain.signed_call import key_of, signature


class WebhookChannel:
    """Carries notices to systems."""

    #: A commit each would cost more than the call; a receiver knows a double by its key.
    chunk = 100

    def __init__(self, options: ChannelOptions) -> None:
        self._keys = [key_of(secret) for secret in options.webhook_secrets]
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
            came = self._call(door, notice)
            if came.code == "later" and not came.fault.startswith("http_"):
                away[door.name] = came.fault
            yield came

    def _call(self, door: Door, notice: Outgoing) -> Receipt:
        try:
            return receipt(notice.delivery_id, door.line.post(self._request(door, notice)))
        except LineDown as down:
            return Receipt(notice.delivery_id, "later", down.reason)

    def _request(self, door: Door, notice: Outgoing) -> bytes:
        """The whole call. Path and host were checked to hold no blank and no line end."""
        # The receiver compares it with its own clock: real seconds, whatever the practice clock says.
        at = str(int(time.time()))
        signed = (signature(key, notice.key, at, notice.body) for key in self._keys)
        head = (
            f"POST {door.path} HTTP/1.1\r\nHost: {door.name}\r\nUser-Agent: hectis-flow\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(notice.body)}\r\n"
            f"webhook-id: {notice.key}\r\nwebhook-timestamp: {at}\r\n"
            f"webhook-signature: {' '.join(signed)}\r\n\r\n"
        )
        return head.encode("ascii") + notice.body
