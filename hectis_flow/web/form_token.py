"""What a form carries so that no other page can send one in a session's name: an HMAC over the session's secret.

`web.page` puts it into forms and holds what comes back against it. In each page it is masked with other random bytes:
pages are compressed, and of a text that stands in all of them a listener on the line could learn by their lengths.
"""

import hashlib
import hmac
import secrets
from typing import Final

#: What its field is called in every form.
FIELD: Final = "form_token"
SIZE: Final = 32


def made(key: str, secret: str) -> str:
    """A token for a form of this session, another one each time."""
    mask = secrets.token_bytes(SIZE)
    return (mask + _mixed(mask, _mac(key, secret))).hex()


def is_of(key: str, secret: str, token: str) -> bool:
    """Whether this token was made for a form of this session."""
    try:
        sent = bytes.fromhex(token)
    except ValueError:
        return False
    if len(sent) != 2 * SIZE:
        return False
    return hmac.compare_digest(_mixed(sent[:SIZE], sent[SIZE:]), _mac(key, secret))


def _mac(key: str, secret: str) -> bytes:
    return hmac.new(key.encode(), b"form\x1f" + secret.encode(), hashlib.sha256).digest()


def _mixed(mask: bytes, text: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(mask, text, strict=True))
