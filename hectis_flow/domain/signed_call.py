"""Calls of other systems, signed as Standard Webhooks has it: whether one is theirs, and of now.

The door of replies asks `is_genuine`; `signature` is what a sender puts into `webhook-signature`. Pure: the time comes
in as seconds. A call is signed over its id, its time and its whole body; a replay within the window is known by its id,
which is for the caller to remember.
"""

import base64
import hashlib
import hmac
from binascii import Error as NotBase64
from collections.abc import Iterable
from typing import Final

WINDOW_SECONDS: Final = 300
PREFIX: Final = "whsec_"
LONGEST_ID: Final = 256


def signature(secret: str, call_id: str, at: str, body: bytes) -> str:
    """The signature of a call, with its version before it. Raises `ValueError` for a secret that is none."""
    signed = f"{call_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def is_genuine(secrets: Iterable[str], call_id: str, at: str, given: str, body: bytes, now: float) -> bool:
    """Whether one of these secrets signed the call, within five minutes of `now` (seconds).

    `given` may hold several signatures, as a sender has it that is about to change its secret.
    """
    if not 0 < len(call_id) <= LONGEST_ID or not at.isascii() or not at.isdigit() or len(at) > 12:
        return False
    if abs(now - int(at)) > WINDOW_SECONDS:
        return False
    wanted = [signature(secret, call_id, at, body).encode() for secret in secrets]
    found = [one.encode() for one in given.split(" ")[:8]]
    # Each is compared, so that an answer takes as long whichever fits.
    return any([hmac.compare_digest(one, each) for one in wanted for each in found])  # noqa: C419


def is_secret(text: str) -> bool:
    """Whether this is a secret as the format has it: at least 24 bytes."""
    try:
        return len(_key(text)) >= 24
    except ValueError:
        return False


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        raise ValueError("A secret begins with whsec_.")
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except NotBase64:
        raise ValueError("A secret is base64 after whsec_.") from None
