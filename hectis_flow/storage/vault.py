"""Locks away names, numbers, addresses and raw messages, and finds identifiers again without them.

Used by storage and services; the keys come from the composition root. Ciphertext is AES-256-GCM
with a random 96-bit nonce (at most 2^32 values a key, so rotate long before), bound to its purpose:
what was written as one kind of thing cannot be read as another. Look-ups go by HMAC-SHA-256.
"""

import hmac
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
SEALED_EXTRA = NONCE_BYTES + 16  # nonce before, tag behind

RAW = b"inbound_message.raw"
IDENTITY = b"patient.identity"
PRIVATE = b"encounter.private"

KeyTable = tuple[Mapping[str, bytes], str, bytes]  # data keys by id, the active id, the index key


class VaultFault(Exception):
    """A key is away or a ciphertext was tampered with; never says what was inside."""


class Vault:
    """Encrypts with the active data key, reads with any live one, and blinds identifiers."""

    def __init__(self, keys: KeyTable, reload: Callable[[], KeyTable] | None = None) -> None:
        self._reload = reload
        self._set(keys)

    def _set(self, keys: KeyTable) -> None:
        data_keys, active, self._index_key = keys
        self._ciphers = {key_id: AESGCM(key) for key_id, key in data_keys.items()}
        self.active = active

    def refresh(self) -> None:
        """Read the keys again, so that a rotation reaches a running process."""
        if self._reload is not None:
            self._set(self._reload())

    def seal(self, purpose: bytes, plain: bytes) -> tuple[str, bytes]:
        """Encrypt under the active key; gives the key's id and the ciphertext, stored side by side."""
        key_id, nonce = self.active, os.urandom(NONCE_BYTES)
        return key_id, nonce + self._ciphers[key_id].encrypt(nonce, plain, purpose)

    def open(self, purpose: bytes, key_id: str, sealed: bytes) -> bytes:
        """Decrypt what `seal` made for the same purpose; raises `VaultFault`."""
        if key_id not in self._ciphers:
            self.refresh()
        try:
            return self._ciphers[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose)
        except KeyError:
            raise VaultFault(f"data key {key_id} is not among the live keys") from None
        except (InvalidTag, ValueError):
            raise VaultFault("a stored value does not open: damaged, or moved from another place") from None

    def seal_json(self, purpose: bytes, value: Mapping[str, Any]) -> tuple[str, bytes]:
        """Encrypt a small mapping."""
        return self.seal(purpose, json.dumps(value, separators=(",", ":")).encode())

    def open_json(self, purpose: bytes, key_id: str, sealed: bytes) -> dict[str, Any]:
        """Decrypt a small mapping."""
        value: dict[str, Any] = json.loads(self.open(purpose, key_id, sealed))
        return value

    def blind(self, kind: str, *parts: str) -> bytes:
        """A keyed fingerprint of an identifier: equal inputs meet, nothing can be read back.

        Parts are folded to upper case without blanks and joined by a character none of them keeps.
        """
        folded = "\x1f".join("".join(part.split()).upper().replace("\x1f", "") for part in parts)
        return hmac.digest(self._index_key, f"{kind}\x1f{folded}".encode(), "sha256")
