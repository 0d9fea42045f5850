"""Seals the ledger, and proves that it is whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hectis_flow.domain.history_proof import Move, StandsAt, verify_history
from hectis_flow.domain.ledger import Entry, Head, Seal, SealedHead
from hectis_flow.domain.ledger_proof import Fault, verify_cases, verify_seals
from hectis_flow.services.house import House
from hectis_flow.storage import ledger


@dataclass(frozen=True, slots=True)
class Standing:
    """How large the ledger is, and its newest seal (number 0 and no hash before the first)."""

    cases: int
    entries: int
    seal: int
    seal_hash: bytes


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

    Chains, seals, then what people read: history and stages against the ledger. All passes read one
    snapshot, so that work going on meanwhile is no fault. `witnesses` are seals that were printed outside
    the database.
    """
    with house.snapshot() as session:
        yield from verify_cases(
            (Entry(*row) for row in ledger.entries(session)),
            (Head(*row) for row in ledger.heads(session)),
            (SealedHead(*row) for row in ledger.sealed_heads_by_case(session)),
        )
        yield from verify_seals(_seals(session), _sealed(session), witnesses)
        yield from verify_history(
            (Entry(*row) for row in ledger.entries(session)),
            (Move(*row) for row in ledger.moves(session)),
            (StandsAt(*row) for row in ledger.stages(session)),
        )


def _seals(session: Session) -> Iterator[Seal]:
    return (Seal(*row) for row in ledger.seals(session))


def _sealed(session: Session) -> Iterator[SealedHead]:
    return (SealedHead(*row) for row in ledger.seal_heads(session))
