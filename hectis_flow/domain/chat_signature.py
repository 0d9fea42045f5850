"""Whether a call is Slack's own: signed with the app's secret, within the last five minutes.

`services.chat` asks. Pure: the secrets and what time it is come in as arguments. It must not say why a call is
none: whoever forges one learns nothing.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

VERSION: Final = "v0"
WINDOW_SECONDS: Final = 300
LONGEST_TIMESTAMP: Final = 12


def is_sound(secrets: Sequence[str], timestamp: str, body: bytes, signature: str, now: float) -> bool:
    """Whether one of the live secrets signed this body at that time (seconds since 1970), and not long ago."""
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > LONGEST_TIMESTAMP:
        return False
    if abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    sound = False
    for secret in secrets:  # each is reckoned, so that the answer takes as long for all
        sound |= hmac.compare_digest(signed(secret, timestamp, body).encode(), signature.encode())
    return sound


def signed(secret: str, timestamp: str, body: bytes) -> str:
    """The signature that the header holds."""
    mac = hmac.digest(secret.encode(), f"{VERSION}:{timestamp}:".encode() + body, hashlib.sha256)
    return f"{VERSION}={mac.hex()}"
