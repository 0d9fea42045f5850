"""Seals the ledger, and proves that it is whole."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from hectis_flow.domain.balance_proof import Written, verify_balances
from hectis_flow.domain.history_proof import Move, StandsAt, verify_history
from hectis_flow.domain.ledger import Entry, Head, Seal, SealedHead
from hectis_flow.domain.ledger_proof import Fault, verify_cases, verify_seals
from hectis_flow.domain.mail_seals import Printed
from hectis_flow.domain.seal_words import begins, bits, words
from hectis_flow.services.house import House
from hectis_flow.storage import balance, ledger


@dataclass(frozen=True, slots=True)
class Standing:
    """How large the ledger is, and its newest seal (number 0 and no hash before the first)."""

    cases: int
    entries: int
    seal: int
    seal_hash: bytes


@dataclass(frozen=True, slots=True)
class Witness:
    """The newest seal as a mail's footer prints it: its number, its hash in hex and in twelve words, and its moment."""

    number: int
    digest: str
    words: tuple[str, ...]
    sealed_at: datetime


def witness(session: Session) -> Witness | None:
    """The newest seal, to be printed where whoever owns the database cannot reach it; None before the first."""
    row = ledger.newest_seal(session)
    return Witness(row.number, row.hash.hex(), words(row.hash), row.at) if row else None


def seal(house: House) -> int | None:
    """Seal every case whose chain has grown; gives the seal's number, None when none had."""
    with house.transaction() as session:
        return ledger.seal(session)


def standing(house: House) -> Standing:
    """What there is to verify."""
    with house.transaction() as session:
        return Standing(*ledger.standing(session))


def verify(house: House, witnesses: Mapping[int, bytes] | None = None) -> Iterator[Fault]:
    """Every fault of the ledger, as it is found; nothing when it is whole.

    Chains, seals, balance certificates, then what people read: history and stages against the ledger. All passes read one
    snapshot, so that work going on meanwhile is no fault. `witnesses` are seals that were printed outside
    the database.
    """
    with house.snapshot() as session:
        yield from faults_in(session, witnesses)


def faults_in(session: Session, witnesses: Mapping[int, bytes] | None = None) -> Iterator[Fault]:
    """The same as this transaction sees the rows."""
    yield from verify_cases(
        (Entry(*row) for row in ledger.entries(session)),
        (Head(*row) for row in ledger.heads(session)),
        (SealedHead(*row) for row in ledger.sealed_heads_by_case(session)),
    )
    yield from verify_seals(_seals(session), _sealed(session), witnesses)
    yield from verify_balances(_balances(session), dict(ledger.sealed_balances(session)))
    yield from verify_history(
        (Entry(*row) for row in ledger.entries(session)),
        (Move(*row) for row in ledger.moves(session)),
        (StandsAt(*row) for row in ledger.stages(session)),
    )


def verify_printed(house: House, printed: Collection[Printed]) -> Iterator[Fault]:
    """Every seal of an old mail that does not stand in this ledger as it was printed.

    One that the mail names no number of must stand at some place. Words that are no seal's say nothing: somebody has
    mistyped them.
    """
    with house.snapshot() as session:
        seals = {one.number: one.hash for one in _seals(session)}
    for one in [one for one in printed if one.number is not None] or printed:
        kept = seals.values() if one.number is None else [seals[one.number]] if one.number in seals else []
        if not kept:
            yield Fault("seal_missing", "A seal that was printed is gone.", seal=one.number)
        elif not any(_is_of(one, hash_) for hash_ in kept):
            yield Fault("witness_differs", "A seal is not the one that was printed.", seal=one.number)


def _is_of(one: Printed, hash_: bytes) -> bool:
    if one.words is not None:
        return bits(one.words) == begins(hash_)
    return one.digest == hash_


def _seals(session: Session) -> Iterator[Seal]:
    for number, at_micros, hash_, balance_number, balance_hash in ledger.seals(session):
        held = None if balance_number is None else (balance_number, balance_hash)
        yield Seal(number, at_micros, hash_, held)


def _balances(session: Session) -> Iterator[Written]:
    return (Written(row.number, row.at_micros, row.body, row.hash) for row in balance.every(session))


def _sealed(session: Session) -> Iterator[SealedHead]:
    return (SealedHead(*row) for row in ledger.seal_heads(session))
