"""The wire format of Standard Webhooks: what is signed, and whether a signature is ours or the sender's.

`web.receipts` checks what providers send. A secret is written `whsec_` and base64, or plainly; a header may hold several
signatures, of which one must fit, so that secrets can be changed. It reads no clock: the moment comes in.
"""

import base64
import hashlib
import hmac
from binascii import Error as NotBase64
from typing import Final

PREFIX: Final = "whsec_"
VERSION: Final = "v1"
#: How far the sender's clock may be from ours, in seconds.
TOLERANCE: Final = 300


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of one message, as the header `webhook-signature` holds it."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"{VERSION},{base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()}"


def is_signed(secret: str, message_id: str, timestamp: str, signatures: str, body: bytes, now: float) -> bool:
    """Whether a message was signed with this secret, lately. False for whatever is not of this shape."""
    if not message_id or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > TOLERANCE:
        return False
    expected = signature(secret, message_id, int(timestamp), body).encode()
    return any(hmac.compare_digest(expected, one.encode()) for one in signatures.split())


def _key(secret: str) -> bytes:
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except NotBase64:
            return secret.encode()
    return secret.encode()
