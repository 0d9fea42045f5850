"""Brings everything that is locked with an older data key to the active one, a few rows at a time.

The clock calls `begin` and `lease`, a worker `reencrypt`, the `hectis keys` command the rest. Each batch
is a short transaction that moves its rows and notes how far it came: whoever is killed in between has
moved whole rows or none. Nothing here waits for a row, and nothing logs what one holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain.errors import HectisError
from hectis_flow.services.house import House
from hectis_flow.storage import locked, reencryption, work
from hectis_flow.storage.locked import SUBJECTS, Sealed
from hectis_flow.storage.reencryption import Progress
from hectis_flow.storage.vault import VaultFault

log = structlog.get_logger(__name__)

BATCHES = 10  # of one job, so that a waiting message never waits long for a worker
TABLES = tuple(SUBJECTS)


class KeyInUse(HectisError):
    """The key may not go yet; the sentence says what still needs it."""

    code = "key_in_use"
    status = 409


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rotation stands: rows by key and table, and the walks towards the active key."""

    active: str
    rows: Mapping[str, Mapping[str, int]]
    walks: Sequence[Progress]


def begin(house: House) -> None:
    """Let the walk towards the active key begin, if it has not."""
    with house.transaction() as session:
        reencryption.begin(session, house.vault.active)


def lease(house: House) -> list[int]:
    """Lease the walks that have somewhere to go; their ids. They come back when the lease lapses."""
    with house.transaction() as session:
        return reencryption.lease_due(session, house.vault.active, house.lease_seconds)


def reencrypt(house: House, ids: Sequence[int]) -> int:
    """Go some batches further on each of these walks; gives how many rows were moved."""
    # A worker may have slept through the rotation: with the old key it would walk past every row.
    house.vault.refresh()
    return sum(_go_on(house, walk_id) for walk_id in ids)


def _go_on(house: House, walk_id: int) -> int:
    moved = 0
    for _ in range(BATCHES):
        count, further = _batch(house, walk_id)
        moved += count
        if not further:
            return moved
    with house.transaction() as session:
        reencryption.release(session, [walk_id])
    return moved


def _batch(house: House, walk_id: int) -> tuple[int, bool]:
    """Move the next rows of a walk; how many, and whether its round goes on."""
    with house.transaction() as session:
        walk = reencryption.hold(session, walk_id, house.vault.active)
        if walk is None:
            return 0, False
        seen = reencryption.window(session, walk)
        purpose = SUBJECTS[walk.subject].purpose
        moved = [*chain.from_iterable(_moved(house, purpose, row) for row in seen.rows)]
        if moved:
            locked.replace(session, walk.subject, moved)
        if len(moved) < len(seen.rows):
            log.warning("reencryption.unopened", table=walk.subject, rows=len(seen.rows) - len(moved))
        further = reencryption.advance(session, walk, seen, len(moved), rest_seconds(house))
    return len(moved), further


def _moved(house: House, purpose: bytes, row: Sealed) -> list[Sealed]:
    """The row under the active key; nothing where it does not open, which must hold up no other."""
    try:
        key_id, value = house.vault.seal(purpose, house.vault.open(purpose, row.key_id, row.value))
    except VaultFault:
        return []
    return [Sealed(row.id, key_id, value)]


def rest_seconds(house: House) -> float:
    """How long after a rotation a process may still write with the old key: two leases."""
    return 2 * house.lease_seconds


def progress(house: House) -> list[Progress]:
    """How far the walks towards the active key have come; cheap, whatever the tables hold."""
    with house.transaction() as session:
        return reencryption.progress(session, house.vault.active)


def share_done(walks: Sequence[Progress]) -> float:
    """How much of all ids was gone through, from 0 to 1; 1 only when every walk is done.

    The last rounds only look, and count as gone through.
    """
    if len(walks) < len(SUBJECTS):
        return 0.0
    if all(walk.done for walk in walks):
        return 1.0
    total = sum(walk.up_to for walk in walks)
    gone = sum(walk.up_to if walk.round > 1 else walk.done_to for walk in walks)
    return min(gone / total if total else 1.0, 0.99)


def standing(house: House) -> Standing:
    """The same, with all rows counted: reads every table whole."""
    with house.snapshot() as session:
        active = house.vault.active
        return Standing(active, locked.rows_by_key(session), reencryption.progress(session, active))


def require_unused(house: House, key_id: str) -> None:
    """Raise `KeyInUse` unless nothing and nobody needs this key any more.

    Where rows of it have turned up after the walk was over, the walk begins again.
    """
    if key_id == house.vault.active:
        raise KeyInUse(f"{key_id} is the key that encrypts: rotate first.")
    with house.transaction() as session:
        _require_quiet(session, house, key_id)
    rows = standing(house).rows.get(key_id, {})
    if rows:
        with house.transaction() as session:
            reencryption.begin_again(session, house.vault.active)
        count = ", ".join(f"{number:,} in {table}" for table, number in rows.items())
        raise KeyInUse(f"{key_id} still locks rows ({count}): they are moved in the background.")


def _require_quiet(session: Session, house: House, key_id: str) -> None:
    """No process may write with the key, and the walk away from it must be over."""
    writers = [beat.part for beat in work.beats(session) if _writes_with(beat, key_id, rest_seconds(house))]
    if writers:
        raise KeyInUse(f"{key_id} is what a running {writers[0]} still writes with: try again in a minute.")
    walks = reencryption.progress(session, house.vault.active)
    if len(walks) < len(SUBJECTS) or not all(walk.done for walk in walks):
        raise KeyInUse(
            f"{key_id} may still be in use: what it locked is being moved to {house.vault.active} "
            "(`hectis keys status --wait`; the clock and a worker must be running)."
        )


def _writes_with(beat: work.Beat, key_id: str, rest: float) -> bool:
    """A process without a sign of life for as long as anything may take is gone."""
    return beat.age_seconds < rest and beat.details.get("key") == key_id
