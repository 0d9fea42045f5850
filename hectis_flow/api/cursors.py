"""Where a page of a list ends, as its next one is asked for: signed, so that nobody asks for what we did not give out.

`pages` calls it. A cursor is of one list alone: another's is refused like any that is not ours.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from flask import current_app
from itsdangerous import BadData, Signer

from hectis_flow.domain.errors import HectisError

After = TypeVar("After")


class BadCursor(HectisError):
    """The cursor was not given out by us for this list."""

    code = "bad_cursor"
    status = 400


def cursor(action: str, after: Any) -> str:
    """Where a page ends, signed and fit for an address."""
    said = json.dumps(after).encode()
    return _cursors(action).sign(base64.urlsafe_b64encode(said).rstrip(b"=")).decode()


def after(action: str, sent: str, read: Callable[[Any], After]) -> After:
    """Behind what the next page begins. Raises `BadCursor`."""
    try:
        signed = _cursors(action).unsign(sent)
        return read(json.loads(base64.urlsafe_b64decode(signed + b"==")))
    except (BadData, ValueError, TypeError):
        raise BadCursor("This cursor is not one of this list's: start again without it.") from None


def due_and_id(signed: Any) -> tuple[str, int]:
    """Of a list that goes on by a moment or a day."""
    due, id_ = signed
    return str(due), int(id_)


def figure_and_id(signed: Any) -> tuple[int, int]:
    """Of a list that goes on by a figure."""
    figure, id_ = signed
    return int(figure), int(id_)


def _cursors(action: str) -> Signer:
    return _signer(action, str(current_app.secret_key))


@lru_cache(maxsize=64)
def _signer(action: str, secret: str) -> Signer:
    return Signer(secret, salt=f"cursor of {action}", digest_method=hashlib.sha256)
