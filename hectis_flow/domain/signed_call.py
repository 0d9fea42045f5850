"""Calls between systems, signed as Standard Webhooks has it: how one is signed, and whether one is theirs and of now.

The webhook channel signs with it, the doors of replies and of receipts ask `is_genuine`, the settings ask `key_of`.
Pure: the time comes in as seconds. A call is signed over its id, its time and its whole body; a replay within the
window is known by its id, which is for the caller to remember.
"""

import base64
import hashlib
import hmac
from binascii import b2a_base64
from collections.abc import Iterable
from typing import Final

WINDOW_SECONDS: Final = 300
PREFIX: Final = "whsec_"
LONGEST_ID: Final = 256
SHORTEST_KEY, LONGEST_KEY = 24, 64  # bytes, as the specification asks


def key_of(secret: str) -> bytes:
    """The key in a secret of the form `whsec_BASE64`. Raises `ValueError`, which does not repeat it."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(PREFIX) or not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(
            f"It must be {PREFIX} and the base64 of {SHORTEST_KEY} to {LONGEST_KEY} random bytes."
        )
    return key


def signature(key: bytes, call_id: str, at: str, body: bytes) -> str:
    """The signature of a call, with its version before it."""
    mac = hmac.digest(key, f"{call_id}.{at}.".encode() + body, hashlib.sha256)
    return f"v1,{b2a_base64(mac, newline=False).decode()}"


def is_genuine(secrets: Iterable[str], call_id: str, at: str, given: str, body: bytes, now: float) -> bool:
    """Whether one of these secrets signed the call, within five minutes of `now` (seconds).

    `given` may hold several signatures, as a sender has it that is about to change its secret.
    """
    if not 0 < len(call_id) <= LONGEST_ID or not at.isascii() or not at.isdigit() or len(at) > 12:
        return False
    if abs(now - int(at)) > WINDOW_SECONDS:
        return False
    wanted = [signature(key_of(secret), call_id, at, body).encode() for secret in secrets]
    found = [one.encode() for one in given.split(" ")[:8]]
    # Each is compared, so that an answer takes as long whichever fits.
    return any([hmac.compare_digest(one, each) for one in wanted for each in found])  # noqa: C419
