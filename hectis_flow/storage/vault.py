"""Locks away names, numbers, addresses and raw messages, and finds identifiers again without them.

Used by storage and services; the keys come from the composition root. Ciphertext is AES-256-GCM
with a random 96-bit nonce (at most 2^32 values a key, so rotate long before), bound to its purpose:
what was written as one kind of thing cannot be read as another. Look-ups go by HMAC-SHA-256.
"""

import hmac
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hectis_flow.domain.facts import spelled

NONCE_BYTES = 12
REREAD_SECONDS = 5.0
SEALED_EXTRA = NONCE_BYTES + 16  # nonce before, tag behind
SIGNER = b"hectis signing key 1"  # derives the key that signs from the one that encrypts

RAW = b"inbound_message.raw"
IDENTITY = b"patient.identity"
PRIVATE = b"encounter.private"
STAFF = b"staff.person"
CONTACT = b"contact_point.address"
TOTP = b"credential.totp"
CARD = b"chat_card.conversation"

KeyTable = tuple[Mapping[str, bytes], str, bytes]  # data keys by id, the active id, the index key


class VaultFault(Exception):
    """A key is away or a ciphertext was tampered with; never says what was inside."""


class _Live(NamedTuple):
    """The keys of one reading; replaced as a whole, so that no thread sees half of a rotation."""

    ciphers: Mapping[str, AESGCM]
    signers: Mapping[str, bytes]
    active: str
    index_key: bytes


class Vault:
    """Encrypts with the active data key, reads with any live one, and blinds identifiers.

    `reload` gives the keys as they are now, or raises `VaultFault`. It is asked every few seconds before
    writing, so that a rotation reaches processes that never read, and whenever a key id is unknown.
    """

    def __init__(
        self,
        keys: KeyTable,
        reload: Callable[[], KeyTable] | None = None,
        *,
        reread_seconds: float = REREAD_SECONDS,
    ) -> None:
        self._reload = reload
        self._reread_seconds = reread_seconds
        self._live = _live(keys)
        self._reread_at = time.monotonic() + reread_seconds

    @property
    def active(self) -> str:
        """The id of the key that encrypts, as last read."""
        return self._live.active

    def refresh(self) -> None:
        """Read the keys again; raises `VaultFault` and keeps what it has when that fails."""
        if self._reload is not None:
            self._reread_at = time.monotonic() + self._reread_seconds
            self._live = _live(self._reload())

    def seal(self, purpose: bytes, plain: bytes) -> tuple[str, bytes]:
        """Encrypt under the active key; gives the key's id and the ciphertext, stored side by side."""
        if self._reload is not None and time.monotonic() >= self._reread_at:
            with suppress(VaultFault):  # better the key of a moment ago than no message stored
                self.refresh()
        live, nonce = self._live, os.urandom(NONCE_BYTES)
        return live.active, nonce + live.ciphers[live.active].encrypt(nonce, plain, purpose)

    def open(self, purpose: bytes, key_id: str, sealed: bytes) -> bytes:
        """Decrypt what `seal` made for the same purpose; raises `VaultFault`."""
        if key_id not in self._live.ciphers:
            self.refresh()
        cipher = self._live.ciphers.get(key_id)
        if cipher is None:
            raise VaultFault(f"data key {key_id} is not among the live keys")
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose)
        except (InvalidTag, ValueError):
            raise VaultFault("a stored value does not open: damaged, or moved from another place") from None

    def seal_json(self, purpose: bytes, value: Mapping[str, Any]) -> tuple[str, bytes]:
        """Encrypt a small mapping."""
        return self.seal(purpose, json.dumps(value, separators=(",", ":")).encode())

    def open_json(self, purpose: bytes, key_id: str, sealed: bytes) -> dict[str, Any]:
        """Decrypt a small mapping."""
        value: dict[str, Any] = json.loads(self.open(purpose, key_id, sealed))
        return value

    def sign(self, purpose: bytes, text: bytes, key_id: str | None = None) -> tuple[str, bytes] | None:
        """The id of the key and an HMAC-SHA-256 of a text; None when that key is not live (any more).

        Without `key_id` the active key signs, so that what was signed before a rotation holds until the old
        key is retired. It signs with a key derived from the data key, which itself only ever encrypts.
        """
        unknown = key_id is not None and key_id not in self._live.signers
        # Key ids come from outside here: the file is not read again for each of them.
        if unknown and self._reload is not None and time.monotonic() >= self._reread_at:
            with suppress(VaultFault):
                self.refresh()
        live = self._live
        name = live.active if key_id is None else key_id
        signer = live.signers.get(name)
        return None if signer is None else (name, hmac.digest(signer, purpose + b"\x1f" + text, "sha256"))

    def blind(self, kind: str, *parts: str) -> bytes:
        """A keyed fingerprint of an identifier: equal inputs meet, nothing can be read back.

        Parts are joined as they are spelled, by a character that none of them keeps: it is a blank itself.
        """
        folded = "\x1f".join(map(spelled, parts))
        return hmac.digest(self._live.index_key, f"{kind}\x1f{folded}".encode(), "sha256")


def _live(keys: KeyTable) -> _Live:
    data_keys, active, index_key = keys
    ciphers = {key_id: AESGCM(key) for key_id, key in data_keys.items()}
    signers = {key_id: hmac.digest(key, SIGNER, "sha256") for key_id, key in data_keys.items()}
    return _Live(ciphers, signers, active, index_key)
