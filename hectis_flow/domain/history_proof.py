"""Find a history that tells otherwise than the ledger: move by move, and where the case says it stands.

`ledger_proof` shows that the ledger is whole; this shows that the rows people read, the history and the
stage of each case, still say what the ledger says. `services.sealing` hands it rows straight from the
database. It must not repair or fetch anything, and keeps one case in memory.
"""

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import groupby, zip_longest
from typing import Final, NamedTuple

from hectis_flow.domain.ledger import Entry, Json, canonical
from hectis_flow.domain.ledger_proof import Fault

STAGE_KIND: Final = "stage"  # the kind of ledger entry that writes a move


class Move(NamedTuple):
    """One row of a case's history."""

    case_id: int
    version: int
    at_micros: int
    transition: str
    from_stage: str
    to_stage: str
    actor_role: str
    actor: str
    details: Mapping[str, Json]


class StandsAt(NamedTuple):
    """Where a case's own row says that it stands."""

    case_id: int
    version: int
    stage: str


def move_body(
    transition: str, from_stage: str, to_stage: str, version: int, details: Mapping[str, Json]
) -> str:
    """What the ledger keeps of a move. Raises `TypeError` where `details` cannot be written down."""
    return canonical(
        {
            "transition": transition,
            "from": from_stage,
            "to": to_stage,
            "version": version,
            "details": dict(details),
        }
    )


def move_actor(role: str, name: str) -> str:
    """Who made a move, as the ledger writes it."""
    return f"{role}:{name}"


def verify_history(
    entries: Iterable[Entry], moves: Iterable[Move], standings: Iterable[StandsAt]
) -> Iterator[Fault]:
    """Every case whose history or stage differs from its ledger.

    `entries` must come ordered by (case_id, seq), `moves` by (case_id, version), `standings` by case_id.
    """
    written = (entry for entry in entries if entry.kind == STAGE_KIND)
    rows: Iterator[Entry | Move | StandsAt] = merge(written, moves, standings, key=lambda row: row.case_id)
    for case_id, of_case in groupby(rows, key=lambda row: row.case_id):
        yield from _compare(case_id, list(of_case))


def _compare(case_id: int, rows: list[Entry | Move | StandsAt]) -> Iterator[Fault]:
    written = [(row.at_micros, row.actor, row.body) for row in rows if isinstance(row, Entry)]
    moves = [row for row in rows if isinstance(row, Move)]
    told = [(move.at_micros, move_actor(move.actor_role, move.actor), _body(move)) for move in moves]
    for place, (entry, move) in enumerate(zip_longest(written, told), start=1):
        if entry != move:
            sentence = "A move of a case's history is not the one that its ledger holds."
            yield Fault("history_differs", sentence, case_id, place)
    ends = [(move.version, move.to_stage) for move in moves[-1:]]
    stands = [(row.version, row.stage) for row in rows if isinstance(row, StandsAt)]
    if ends != stands:
        yield Fault("stage_differs", "A case does not stand where its history ends.", case_id)


def _body(move: Move) -> str | None:
    try:
        return move_body(move.transition, move.from_stage, move.to_stage, move.version, move.details)
    except TypeError:  # somebody wrote what no move of ours can hold
        return None
