"""Practice: the clock of a practice database moved in hops, and nothing at all anywhere else.

`practice.play` and `hectis practice` call this. Each function asks the database first whether practice
may meet it, in the transaction in which it acts; a database for real work is never changed, nor is its
clock. Time goes forward only, but for the very first setting on a database that no message has reached.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.services.house import House
from hectis_flow.storage import database, practice

REFUSAL = (
    "This database is for real work: practice data and practice time never go there. `make run` "
    "makes a practice database of its own; `hectis database upgrade --practice` marks a new, empty one."
)


class NotPractice(HectisError):
    """The database is one for real work: practice data and practice time never go there."""

    code = "not_practice"
    status = 409


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a practice database stands: which one it is, its clock, whether it is still empty."""

    created_at: datetime
    now: datetime
    untouched: bool


def standing(house: House) -> Standing:
    """Where the database stands; raises NotPractice."""
    with house.transaction() as session:
        created_at = require(session)
        return Standing(created_at, database.now(session), practice.untouched(session))


def is_practice(house: House) -> bool:
    """Whether practice may meet this database at all, which is said once, when it is made."""
    with house.transaction() as session:
        found = practice.kind(session)
        return found is not None and found.practice


def advance(house: House, to: datetime) -> datetime:
    """Move the clock forward to `to`; gives the time it is then, which is later where `to` is past."""
    with house.transaction() as session:
        require(session)
        if to > database.now(session) or practice.untouched(session):
            practice.set_clock(session, to)
        return database.now(session)


def age(house: House, ref: str, by: timedelta) -> tuple[str | None, datetime | None]:
    """Let a case have waited so much longer: only its running clocks and what is left of their ladders move.

    The name of the clock of which a step is due next (None: none runs), and when (None: none is left). Raises
    `NotPractice`, `NotVisible`.
    """
    with house.transaction() as session:
        require(session)
        aged = practice.age(session, ref, by)
    if aged is None:
        raise NotVisible(f"There is no case {ref}.")
    return aged


def unworked(house: House) -> int:
    """How many messages are not worked yet; raises NotPractice."""
    with house.transaction() as session:
        require(session)
        return practice.unworked(session)


def in_hand(house: House) -> tuple[int, int]:
    """What waits for the workers: messages, and what is to be told. Raises `NotPractice`."""
    found = practice.in_hand(house.direct)
    if found is None:
        raise NotPractice(REFUSAL)
    return found


def totals(house: House) -> dict[str, int]:
    """How many messages, visits, standing incidents and cases there are; raises NotPractice."""
    with house.transaction() as session:
        require(session)
        return practice.totals(session)


def require(session: Session) -> datetime:
    """Refuse any database but one for practice, in the caller's transaction; when it was made. Raises `NotPractice`."""
    found = practice.kind(session)
    if found is None or not found.practice:
        raise NotPractice(REFUSAL)
    return found.created_at
