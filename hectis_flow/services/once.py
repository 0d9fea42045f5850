"""Writes that may be asked for twice and happen once: the transaction of a write, with its idempotency key.

Every service that writes for the API goes through `run`: it finds the bearer, takes the key, lets the
write happen and keeps the answer under the key, all in one transaction. The same key with the same
request gets the stored answer and does nothing; with another request it is refused. What was refused
left nothing behind, so its key is free again. Without a key the write simply runs.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain.errors import HectisError
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import once
from hectis_flow.storage.tokens import Bearer

KEPT_SECONDS = 7 * 24 * 3600
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")

Effect = Callable[[Session, Bearer], Mapping[str, Any] | str]
Finding = Callable[[Session, str], Bearer]


class BadKey(HectisError):
    """The key has not the form we take."""

    code = "bad_key"
    status = 400


class KeyReused(HectisError):
    """The key stood on another request before."""

    code = "key_reused"
    status = 422


@dataclass(frozen=True, slots=True)
class Writing(Asking):
    """A request that writes: who asks, under which key (None: none was sent), and the request's digest."""

    key: str | None = None
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write is answered with, as JSON text. `replayed`: it was done, and answered so, before."""

    status: int
    body: str
    replayed: bool = False


def run(
    house: House, writing: Writing, effect: Effect, status: int = 200, finding: Finding = bearer_of
) -> Answer:
    """Do a write once. `effect` gives the body as a mapping or as JSON text.

    `finding` may find what is written to together with the bearer. It is asked where no key was sent: a key
    comes before what is held, so that two requests with one key wait for each other in one order.

    Raises `NotAuthenticated`, `BadKey`, `KeyReused` and whatever the effect raises; then nothing happened.
    """
    key = checked(writing.key)
    with house.transaction() as session:
        bearer = (finding if key is None else bearer_of)(session, writing.token)
        if key is not None and not once.take(session, bearer.token_id, key, writing.digest):
            return _before(session, bearer, key, writing.digest)
        told = effect(session, bearer)
        body = told if isinstance(told, str) else json.dumps(told)
        if key is not None:
            once.keep(session, bearer.token_id, key, status, body)
        return Answer(status, body)


def begin(house: House, writing: Writing, may: Callable[[Bearer], None]) -> Answer | None:
    """Take the key of a write of many parts, each with a key of its own; its answer where all of it was done before.

    `may` raises what refuses the bearer. None also where an earlier one broke off: then its parts answer again.
    """
    key = checked(writing.key)
    with house.transaction() as session:
        bearer = bearer_of(session, writing.token)
        may(bearer)
        if key is None or once.take(session, bearer.token_id, key, writing.digest):
            return None
        before = _before(session, bearer, key, writing.digest)
        return before if before.status else None


def settle(house: House, writing: Writing, status: int, body: str) -> Answer:
    """Keep what a write came to whose effect is not this transaction's; where one was kept before, it is that one.

    So two that ran side by side under one key are answered alike.
    """
    if writing.key is None:
        return Answer(status, body)
    with house.transaction() as session:
        bearer = bearer_of(session, writing.token)
        once.take(session, bearer.token_id, writing.key, writing.digest)
        once.keep_first(session, bearer.token_id, writing.key, status, body)
        return _before(session, bearer, writing.key, writing.digest)


def checked(key: str | None) -> str | None:
    """The key itself, if it has the form of one; it is never said back."""
    if key is not None and not KEY.fullmatch(key):
        raise BadKey("An Idempotency-Key has 8 to 64 of A-Z, a-z, 0-9, _ and -: a random UUID serves well.")
    return key


def digest(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same one."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).digest()


def forget_old_keys(house: House) -> None:
    """Drop the keys of a week ago: whoever still repeats a write then has lost its answer long before."""
    with house.transaction() as session:
        once.forget(session, KEPT_SECONDS)


def _before(session: Session, bearer: Bearer, key: str, digest_: bytes) -> Answer:
    before = once.read(session, bearer.token_id, key)
    if before.digest != digest_:
        raise KeyReused("This Idempotency-Key stood on another request. Send a new key with a new request.")
    return Answer(before.status, before.body, replayed=True)
