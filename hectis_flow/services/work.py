"""What keeps work moving, one transaction a function: leases, leadership, windows, signs of life.

The clock, the workers and the listener (`workers/`) call this. It knows no queue: it says which rows
are whose for how long, and somebody else carries their ids. Times are in seconds of the database's
clock.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hectis_flow.services.house import House
from hectis_flow.storage import bell, ledger, messages, outbox, work
from hectis_flow.storage.bell import Ear

SEAL = "seal"


def lease_messages(house: House, limit: int) -> list[int]:
    """Lease up to `limit` waiting messages, oldest first; their ids. They come back when the lease lapses."""
    with house.transaction() as session:
        return messages.lease_due(session, limit, house.lease_seconds)


def ring(house: House) -> None:
    """Ask the clock to hand waiting messages over now, instead of at its next tick."""
    bell.ring(house.direct)


def ear(house: House) -> Ear:
    """What hears somebody `ring`."""
    return Ear(house.direct.another)


def close_unrouted_events(house: House, events: Sequence[str]) -> int:
    """Settle some waiting events that nobody listens to; gives how many, 0 when none is left."""
    with house.transaction() as session:
        return outbox.close_unrouted(session, events)


def seal_window(house: House, seconds: float, holder: str) -> bool:
    """Seal once in the present window, whoever asks; True when this call was the one.

    The claim and the seal are one transaction: a window is claimed exactly when its seal stands.
    """
    with house.transaction() as session:
        claimed = work.claim_window(session, SEAL, seconds, holder)
        if claimed:
            ledger.seal(session)
        return claimed


def lead(house: House, holder: str, seconds: float) -> int | None:
    """Take or keep the lead among the clocks; the term, or None while another holds it."""
    with house.transaction() as session:
        return work.lead(session, holder, seconds)


def resign(house: House, holder: str) -> None:
    """Give up the lead at once, if it is ours."""
    with house.transaction() as session:
        work.resign(session, holder)


def beat(house: House, part: str, instance: str, details: Mapping[str, Any]) -> None:
    """A sign of life of one process, with a few figures about it."""
    with house.transaction() as session:
        work.beat(session, part, instance, details)


def stop_beating(house: House, part: str, instance: str) -> None:
    """A process that stops on purpose takes its sign with it."""
    with house.transaction() as session:
        work.stop_beating(session, part, instance)


def measure_queues(house: House) -> None:
    """Write down how much waits and how old the oldest is."""
    with house.transaction() as session:
        work.measure_queues(session)


def forget_old_runs(house: House) -> None:
    """Drop claims of windows that are long past."""
    with house.transaction() as session:
        work.forget_old_runs(session)
