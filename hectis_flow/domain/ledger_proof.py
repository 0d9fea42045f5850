"""Find what was tampered with: walk the chains of the cases, and the chain of the seals, and say where.

The auditor and `hectis ledger verify` hand it rows straight from the database, in order; it keeps
one row in memory, so a million cost what one does. It must not repair or fetch anything.

Somebody who owns the database can rewrite a chain with its head and every seal over it, but not a
seal that was already printed elsewhere: give those as `witnesses`. Rows younger than the newest
witnessed seal are only as safe as the database.
"""

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from hectis_flow.domain.ledger import (
    GENESIS,
    Entry,
    Head,
    Seal,
    SealedHead,
    entry_digest,
    is_word,
    seal_hash,
)


class Fault(NamedTuple):
    """One place where the ledger does not hold together; `code` is stable, the numbers say where."""

    code: str
    sentence: str
    case_id: int | None = None
    seq: int | None = None
    seal: int | None = None
    balance: int | None = None


def verify_chain(
    entries: Iterable[Entry], head: Head | None, sealed: Iterable[SealedHead] = ()
) -> list[Fault]:
    """Every fault of one case: `entries` and `sealed` rising by seq, `head` from the case's row."""
    return list(verify_cases(entries, () if head is None else (head,), sealed))


def verify_cases(
    entries: Iterable[Entry], heads: Iterable[Head], sealed: Iterable[SealedHead] = ()
) -> Iterator[Fault]:
    """Every fault of every case, one row in memory at a time.

    `entries` and `sealed` must come ordered by (case_id, seq), `heads` by case_id.
    """
    rows: Iterator[Entry | SealedHead | Head] = merge(entries, sealed, heads, key=_place_in_case)
    for case_id, of_case in groupby(rows, key=lambda row: row.case_id):
        yield from _walk_case(case_id, of_case)


def _place_in_case(row: Entry | SealedHead | Head) -> tuple[int, int, int, int]:
    if isinstance(row, Entry):
        return row.case_id, 0, row.seq, 0
    if isinstance(row, SealedHead):
        return row.case_id, 0, row.seq, 1
    return row.case_id, 1, 0, 0


def _walk_case(case_id: int, rows: Iterator[Entry | SealedHead | Head]) -> Iterator[Fault]:
    last, prev, headed = 0, GENESIS, False
    for row in rows:
        if isinstance(row, Entry):
            fault = _fault_of_entry(row, last, prev)
            last, prev = row.seq, row.hash
        elif isinstance(row, SealedHead):
            fault = _fault_of_sealed(row, last, prev)
        else:
            fault, headed = _fault_of_head(row, last, prev), True
        if fault is not None:
            yield fault
    if not headed:
        yield Fault("no_head", "The ledger has rows of a case whose own row is gone.", case_id, last)


def _fault_of_entry(row: Entry, last: int, prev: bytes) -> Fault | None:
    # The hash before is taken as stored, so that one edited row is one fault and not a tail of them.
    if row.seq <= last:
        return Fault("out_of_order", "A row of the ledger repeats a number.", row.case_id, row.seq)
    if row.seq != last + 1:
        return Fault("missing", "Rows of the ledger are gone before this one.", row.case_id, row.seq)
    if not (is_word(row.kind) and is_word(row.actor)):
        return Fault("malformed", "Kind or actor of a row holds a sign it may not.", row.case_id, row.seq)
    if entry_digest(prev, row) != row.hash:
        return Fault("edited", "A row is not what was written, or not in its place.", row.case_id, row.seq)
    return None


def _fault_of_sealed(row: SealedHead, last: int, prev: bytes) -> Fault | None:
    at = (row.case_id, row.seq, row.seal_number)
    if row.seq != last:
        return Fault("sealed_missing", "A row that was sealed is gone.", *at)
    if row.hash != prev:
        return Fault("sealed_differs", "A row is not the one that was sealed.", *at)
    return None


def _fault_of_head(head: Head, last: int, prev: bytes) -> Fault | None:
    at = (head.case_id, head.seq)
    if head.seq > last:
        return Fault("tail_cut", "The last rows of a case's chain are gone.", *at)
    if head.seq < last:
        return Fault("past_head", "A case's chain has rows its own row knows nothing of.", *at)
    if head.hash != prev:
        return Fault("head_differs", "A case's row and the last row of its chain disagree.", *at)
    return None


def verify_seals(
    seals: Iterable[Seal], sealed: Iterable[SealedHead], witnesses: Mapping[int, bytes] | None = None
) -> Iterator[Fault]:
    """Every fault of the global chain, one row in memory at a time.

    `seals` must come ordered by number, `sealed` by (seal_number, case_id). `witnesses` maps the
    number of a seal to the hash that was printed outside the database.
    """
    printed = dict(witnesses or {})
    last, prev = 0, GENESIS
    rows: Iterator[Seal | SealedHead] = merge(seals, sealed, key=_place_in_seals)
    for number, of_seal in groupby(rows, key=lambda row: row[0]):
        group = iter(of_seal)
        seal = next(group)
        if not isinstance(seal, Seal):
            yield Fault("seal_missing", "Heads were sealed, but their seal is gone.", seal=number)
            continue
        fault = _fault_of_seal(seal, group, last, prev)
        if fault is not None:
            yield fault
        if printed.pop(number, seal.hash) != seal.hash:
            yield Fault("witness_differs", "A seal is not the one that was printed.", seal=number)
        last, prev = number, seal.hash
    for number in sorted(printed):
        yield Fault("seal_missing", "A seal that was printed is gone.", seal=number)


def _place_in_seals(row: Seal | SealedHead) -> tuple[int, int, int]:
    return (row.number, 0, 0) if isinstance(row, Seal) else (row.seal_number, 1, row.case_id)


def _fault_of_seal(seal: Seal, rows: Iterator[Seal | SealedHead], last: int, prev: bytes) -> Fault | None:
    if seal.number != last + 1:
        return Fault("seal_missing", "Seals are gone before this one.", seal=seal.number)
    heads = (row[1:] for row in rows if isinstance(row, SealedHead))
    try:
        whole = seal_hash(prev, seal.number, seal.at_micros, heads, seal.balance) == seal.hash
    except ValueError:
        whole = False
    return None if whole else Fault("seal_edited", "A seal does not match what it sealed.", seal=seal.number)
