"""Nobody answered in time: let what is due climb, and make the moves that a rule makes when time is up.

The clock calls `sweep` at every tick. Whatever may fire was written when the stage was entered; here
nothing is reckoned. A step that cannot fire is parked with a task for a person, and holds up no other.
It must not wait for a case that somebody is moving: the next tick takes it.
"""

from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.services import casework
from hectis_flow.services.house import House
from hectis_flow.services.reference import FALLBACK_OFFICE
from hectis_flow.storage import cases, database, escalations, offices
from hectis_flow.storage.escalations import Open, Round, RuleStep

log = structlog.get_logger(__name__)

CLOCK = Actor("rule", None, "clock")
# So that one call ends well within the leader's lease, whatever has piled up; the next tick goes on.
ROUNDS: Final = 20
NARROWER: Final = 10  # a round that fails is tried with so many times fewer steps


def sweep(house: House, limit: int = 1000) -> int:
    """Let every due step fire, oldest first; how many were settled. 0 when nothing is due or free.

    At most `ROUNDS` rounds of `limit` steps. Raises what the database raises when it is away.
    """
    settled, size = 0, limit
    for _ in range(ROUNDS):
        if not escalations.any_due(house.direct):
            break
        try:
            count = _round(house, size)
        except DBAPIError as fault:
            _raise_if_away(fault)
            count, size = _narrower(house, size)
        else:
            size = min(limit, size * NARROWER)
        settled += count
        if count == 0 and size == limit:
            break
    return settled


def listing(house: House, office: str | None = None, after: int | None = None, limit: int = 50) -> list[Open]:
    """Open escalations of one office (its code) or of all, the longest open first, beyond the id `after`.

    Raises `NotVisible` for an unknown office.
    """
    with house.transaction() as session:
        if office is not None and offices.id_of(session, office) is None:
            raise NotVisible("There is no such office.")
        return escalations.open_ones(session, office, after, limit)


def _round(house: House, limit: int) -> int:
    with house.transaction() as session:
        done: Round = escalations.sweep(session, limit, FALLBACK_OFFICE, _benchmark(house, session))
    if done.parked:
        log.warning("escalation.parked", steps=done.parked)
    return done.fired + done.parked + _by_rule(house, done.rules)


def _benchmark(house: House, session: Session) -> int:
    """Above how many dockets a climb reads as capacity, as the policy says today."""
    return house.policy.in_force(database.now(session)).docket_benchmark


def _narrower(house: House, size: int) -> tuple[int, int]:
    """One row of many spoils the statement for all: look for it among fewer, and at last alone."""
    if size > 1:
        return 0, max(1, size // NARROWER)
    with house.transaction() as session:
        step_id = escalations.oldest_due(session)
    if step_id is None:
        return 0, 1
    try:
        with house.transaction() as session:
            done = escalations.fire_one(session, step_id, FALLBACK_OFFICE, _benchmark(house, session))
    except DBAPIError as fault:
        _raise_if_away(fault)
        return _park(house, step_id, type(fault).__name__), 1
    return done.fired + done.parked, 1


def _by_rule(house: House, steps: Sequence[int]) -> int:
    return sum(_move(house, step_id) for step_id in steps)


def _move(house: House, step_id: int) -> int:
    """Make the move of one rule step, in a transaction of its own; a refused one is parked."""
    try:
        with house.transaction() as session:
            step = escalations.take_rule(session, step_id)
            case = cases.lock(session, step.case_id) if step else None
            if step is None or case is None:
                return 0
            casework.apply(house, session, case, step.transition, CLOCK, _reason(house, step))
    except HectisError as refusal:
        return _park(house, step_id, refusal.code)
    except DBAPIError as fault:
        _raise_if_away(fault)
        return _park(house, step_id, type(fault).__name__)
    return 1


def _reason(house: House, step: RuleStep) -> dict[str, str]:
    """Why the rule moves: as the policy said when the clock began, which its running cases keep."""
    clock = house.policy.in_force(step.started_at).clocks.get(step.clock)
    if clock is None or clock.then is None or clock.then.transition != step.transition:
        return {}
    return {"reason": clock.then.reason}


def _park(house: House, step_id: int, cause: str) -> int:
    with house.transaction() as session:
        parked = escalations.park(session, step_id, FALLBACK_OFFICE)
    log.warning("escalation.parked", steps=parked, step_id=step_id, cause=cause)
    return parked


def _raise_if_away(fault: DBAPIError) -> None:
    """A database that is away, full or slow is no fault of the row."""
    if isinstance(fault, OperationalError) or fault.connection_invalidated:
        raise fault
