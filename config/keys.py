"""The keys of one deployment: where they come from, how they are made and rotated.

`config.settings` reads them at boot; `make run` makes a key file for its own data folder; the
`hectis keys` command rotates. Keys come either from a JSON file of mode 0600 (`HECTIS_KEYS_FILE`)
or from three variables by name. Nothing here logs or prints a key.
"""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

DATA_KEY_BYTES = 32  # AES-256
INDEX_KEY_BYTES = 32


class KeyFault(Exception):
    """The keys are missing or malformed; the sentence says which and what to do."""


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """Data keys by id (several may be live; `active` encrypts), the blind-index key, Flask's secret."""

    data_keys: Mapping[str, bytes]
    active: str
    index_key: bytes
    secret_key: str


def ensure_key_file(path: Path) -> bool:
    """Make a key file (mode 0600) if there is none; True when it was made just now."""
    if path.exists():
        read_key_file(path)
        return False
    material = KeyMaterial(
        data_keys={"k1": secrets.token_bytes(DATA_KEY_BYTES)},
        active="k1",
        index_key=secrets.token_bytes(INDEX_KEY_BYTES),
        secret_key=secrets.token_urlsafe(48),
    )
    _write(path, material)
    return True


def read_key_file(path: Path) -> KeyMaterial:
    """Read a key file; refuses one that others may read."""
    try:
        mode = path.stat().st_mode & 0o077
        body = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KeyFault(f"HECTIS_KEYS_FILE names {path}, which does not exist.") from None
    except (OSError, ValueError):
        raise KeyFault(f"The key file {path} cannot be read as JSON.") from None
    if mode:
        raise KeyFault(f"The key file {path} is open to other users: chmod 600 it.")
    try:
        keys = {key_id: _key(text) for key_id, text in body["data_keys"].items()}
        return _material(keys, body["active"], _key(body["index_key"]), body["secret_key"])
    except (KeyError, ValueError, AttributeError, TypeError):
        raise KeyFault(f"The key file {path} is not one of ours or is damaged.") from None


def from_variables(data_keys: str, index_key: str, secret_key: str) -> KeyMaterial:
    """Keys from `HECTIS_DATA_KEYS` ("k2:BASE64,k1:BASE64", the first encrypts) and its two fellows."""
    try:
        pairs = [item.strip().split(":", 1) for item in data_keys.split(",") if item.strip()]
        keys = _by_id([(key_id.strip(), _key(text)) for key_id, text in pairs])
        return _material(keys, next(iter(keys), ""), _key(index_key), secret_key)
    except ValueError:
        raise KeyFault(
            "HECTIS_DATA_KEYS must read ID:BASE64[,ID:BASE64], no ID twice, and HECTIS_INDEX_KEY BASE64, "
            f"each key {DATA_KEY_BYTES} bytes long (hectis keys new prints one)."
        ) from None


def rotated(material: KeyMaterial) -> KeyMaterial:
    """The same keys with a fresh active data key; the old ones stay live for reading."""
    taken = [int(k[1:]) for k in material.data_keys if k[:1] == "k" and k[1:].isdigit()]
    key_id = f"k{max(taken, default=0) + 1}"
    fresh = secrets.token_bytes(DATA_KEY_BYTES)
    return replace(material, data_keys={**material.data_keys, key_id: fresh}, active=key_id)


def rotate_key_file(path: Path) -> str:
    """Add a fresh active data key to the file; returns its id."""
    with _alone(path):
        material = rotated(read_key_file(path))
        _write(path, material)
    return material.active


def retire_key(path: Path, key_id: str) -> bytes:
    """Take a key that no longer encrypts out of the file; gives the key, for `restore_key`."""
    with _alone(path):
        material = read_key_file(path)
        key = material.data_keys.get(key_id)
        if key is None or key_id == material.active:
            raise KeyFault(f"{key_id} is not among the older keys of {path}.")
        kept = {name: value for name, value in material.data_keys.items() if name != key_id}
        _write(path, replace(material, data_keys=kept))
    return key


def restore_key(path: Path, key_id: str, key: bytes) -> None:
    """Put a retired key back among the older ones."""
    with _alone(path):
        material = read_key_file(path)
        _write(path, replace(material, data_keys={**material.data_keys, key_id: key}))


def new_key() -> str:
    """One fresh key in the form the variables want."""
    return base64.b64encode(secrets.token_bytes(DATA_KEY_BYTES)).decode("ascii")


def _by_id(pairs: list[tuple[str, bytes]]) -> dict[str, bytes]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("an id given twice")
    return keys


def _material(keys: dict[str, bytes], active: object, index_key: bytes, secret_key: object) -> KeyMaterial:
    """Key material that holds together; ValueError otherwise, so that no process starts unable to write."""
    if not isinstance(active, str) or active not in keys or not all(keys):
        raise ValueError("no such active key, or a key without an id")
    if not isinstance(secret_key, str) or not secret_key:
        raise ValueError("no secret")
    return KeyMaterial(keys, active, index_key, secret_key)


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != DATA_KEY_BYTES:
        raise ValueError("wrong length")
    return key


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One change at a time: two that cross would lose a key, and with it everything it locked."""
    with path.with_name(path.name + ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, material: KeyMaterial) -> None:
    """Write beside and rename, so that a reader never sees half a file."""
    body = {
        "active": material.active,
        "data_keys": {key_id: _text(key) for key_id, key in material.data_keys.items()},
        "index_key": _text(material.index_key),
        "secret_key": material.secret_key,
    }
    beside = path.with_name(path.name + ".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(handle, 0o600)  # a leftover of an interrupted try keeps the mode it had
        json.dump(body, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
