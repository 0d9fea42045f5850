"""The ledger's arithmetic: a hash chain for each case, sealed into one chain for the whole system.

`storage` appends rows whose hash PostgreSQL makes by this same rule; `ledger_proof` checks them. It
must not ask a clock or a database: times come in as whole microseconds since 1970-01-01 UTC.

**What is hashed**, where US is the byte 0x1F and || joins bytes:

    entry   sha256(prev || "e1" US case_id US seq US at_micros US kind US actor US octets US body)
    seal    sha256(prev || "s1" US number US at_micros, then rising by case_id: US case_id:seq:hex,
            and last, where a balance certificate is sealed with them: US "b" number:hex)

`prev` is the hash before it in the same chain, always 32 bytes; the first one follows `GENESIS`.
`octets` is the length of the body in UTF-8; `hex` is the sealed head's hash in lower case.

**Why no two rows can look alike.** Numbers are decimal digits (with a minus before 1970); kind and
actor hold nothing but a-z 0-9 _ . : and -. So US stands before the body only where this rule puts
it, and the first seven split an entry in one way. The body comes last and with its length: whatever
it holds, it cannot pose as another field. In a seal each head has exactly two colons the header
has none, and only the part of a certificate begins with a letter. "e1" and "s1" keep the two kinds, and any later rule, apart.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

GENESIS = bytes(32)

# No floats: two writers could print one number in two ways.
Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

_WORD = re.compile(r"[a-z0-9_.:-]+")


class Entry(NamedTuple):
    """One row of a case's chain. `seq` counts from 1 without a gap."""

    case_id: int
    seq: int
    at_micros: int
    kind: str
    actor: str
    body: str
    hash: bytes


class Head(NamedTuple):
    """Where a case's own row says that its chain ends. A chain without rows ends at 0, `GENESIS`."""

    case_id: int
    seq: int
    hash: bytes


class Seal(NamedTuple):
    """One link of the global chain. `number` counts from 1 without a gap.

    `balance` is the number and the hash of the newest balance certificate, where the seal is the first to hold it.
    """

    number: int
    at_micros: int
    hash: bytes
    balance: tuple[int, bytes] | None = None


class SealedHead(NamedTuple):
    """A head as one seal recorded it; a seal may hold only those that moved since the seal before."""

    seal_number: int
    case_id: int
    seq: int
    hash: bytes


def canonical(body: Mapping[str, Json]) -> str:
    """The one way to write a body: keys sorted, no spaces, ASCII only (so also no NUL and no US).

    Raises `TypeError` for a float, a key that is not text, or anything JSON has no word for.
    """
    return json.dumps(_plain(body), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _plain(value: Json) -> object:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("A ledger body names its parts by text only.")
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    raise TypeError("A ledger body holds text, whole numbers, yes or no, nothing, lists and maps only.")


def entry_hash(
    prev: bytes, case_id: int, seq: int, at_micros: int, kind: str, actor: str, body: str
) -> bytes:
    """The hash of one entry. Raises `ValueError` where the rule above has no answer."""
    if len(prev) != len(GENESIS):
        raise ValueError("The hash before an entry has 32 bytes.")
    if not (is_word(kind) and is_word(actor)):
        raise ValueError("Kind and actor of an entry are written with a-z, 0-9, _ . : and - only.")
    return entry_digest(prev, Entry(case_id, seq, at_micros, kind, actor, body, b""))


def is_word(text: str) -> bool:
    """Whether this may stand as the kind or the actor of an entry."""
    return _WORD.fullmatch(text) is not None


def entry_digest(prev: bytes, row: Entry) -> bytes:
    """The hash that this row should have after `prev`; asks nothing of kind and actor."""
    body = row.body.encode()
    header = (
        f"e1\x1f{row.case_id}\x1f{row.seq}\x1f{row.at_micros}\x1f{row.kind}\x1f{row.actor}\x1f{len(body)}\x1f"
    )
    return hashlib.sha256(prev + header.encode() + body).digest()


def seal_hash(
    prev: bytes,
    seal_number: int,
    at_micros: int,
    heads: Iterable[tuple[int, int, bytes]],
    balance: tuple[int, bytes] | None = None,
) -> bytes:
    """The hash of one seal over (case_id, seq, hash) of its heads, which must rise by case_id.

    Reads the heads once, one at a time. Raises `ValueError` when they do not rise.
    """
    if len(prev) != len(GENESIS):
        raise ValueError("The hash before a seal has 32 bytes.")
    digest = hashlib.sha256(prev + f"s1\x1f{seal_number}\x1f{at_micros}".encode())
    before: int | None = None
    for case_id, seq, head in heads:
        if before is not None and case_id <= before:
            raise ValueError("The heads of a seal rise by case_id, each case once.")
        before = case_id
        digest.update(f"\x1f{case_id}:{seq}:{head.hex()}".encode())
    if balance is not None:
        digest.update(f"\x1fb{balance[0]}:{balance[1].hex()}".encode())
    return digest.digest()
