"""Where a list of a page goes on: signed, so that a page can only be asked for where one of ours ended."""

import hashlib
import json

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer


def sign(name: str, where: list[str]) -> str:
    """A cursor of this list, fit for an address."""
    return str(_signer(name).dumps(where))


def read(name: str, cursor: str | None) -> list[str] | None:
    """Where a cursor leads; None without one, and for what is none of ours: the list then begins anew."""
    if not cursor:
        return None
    try:
        found: list[str] = _signer(name).loads(cursor)
    except (BadData, json.JSONDecodeError):
        return None
    return found


def _signer(name: str) -> URLSafeSerializer:
    key = str(current_app.secret_key)
    return URLSafeSerializer(key, salt=f"page of {name}", signer_kwargs={"digest_method": hashlib.sha256})
