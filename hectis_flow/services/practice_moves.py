"""A move of a practice case, made as whoever is on duty for it would make it: for training and for trying things out.

`hectis practice move` and `services.practice_road` call it. It goes through the one door with every check of
it; only the question who asks is answered here, so it refuses any database that is not marked for practice.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor, needs_second
from hectis_flow.domain.duty import HEADS, ROLE_KINDS
from hectis_flow.domain.errors import NotVisible, TransitionRefused
from hectis_flow.services import casework, items, practice
from hectis_flow.services.house import House
from hectis_flow.storage import cases, offices
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.staff import on_duty

COURT: Final = "court"


class NobodyOnDuty(TransitionRefused):
    """No office has anybody who could do this; the sentence says how to put somebody there."""

    code = "nobody_on_duty"

    def __init__(self) -> None:
        super().__init__(
            "Nobody is on duty for this. `hectis staff list` shows who is; `hectis practice settle` puts somebody "
            "at every post."
        )


class Moved(NamedTuple):
    """Who made a move, with whom where it takes two, and where the case stands now."""

    by: str
    second: str | None
    stage: str


def make(house: House, ref: str, transition: str, details: Mapping[str, str]) -> Moved:
    """Make a move as the first person on duty who may.

    Raises `NotPractice`, `NotVisible`, `TransitionRefused` (`nobody_on_duty` where no office has anybody who may).
    """
    with house.transaction() as session:
        practice.require(session)
        case = cases.lock_by_ref(session, ref)
        if case is None:
            raise NotVisible(f"There is no case {ref}.")
        return make_of(house, session, case, transition, details)


def make_of(
    house: House, session: Session, case: Locked, transition: str, details: Mapping[str, str]
) -> Moved:
    """The same of a case that the caller's transaction holds, in a database that the caller knows to be for practice."""
    actor = _actor(house, session, case, transition, details)
    second = _another(session, actor) if needs_second(transition, actor, details) else None
    after = casework.apply(house, session, case, transition, actor, details, second=second)
    return Moved(actor.name, second, after.stage)


def first_on_duty(session: Session, office_id: int, role: str) -> str | None:
    """The code of whoever answers first for a post; None where nobody does."""
    people = on_duty(session, [(office_id, role)])[office_id, role]
    return people[0].code if people else None


def _actor(
    house: House, session: Session, case: Locked, transition: str, details: Mapping[str, str]
) -> Actor:
    """The first person on duty at the case's own office for one of the roles of a move."""
    named = details.get(COURT)
    there = case._replace(
        court_id=case.court_id or (offices.of_kind(session, named, COURT) if named else None)
    )
    for role in workflow_rules.transition(transition).roles:
        for kind in ROLE_KINDS.get(role, ()):
            office_id = items.office(house, session, there, kind)
            if code := first_on_duty(session, office_id, role):
                return Actor(role, office_id, code)
    raise NobodyOnDuty


def _another(session: Session, actor: Actor) -> str | None:
    """Somebody else of the same office: who heads it, or who does not."""
    roles = (*HEADS.values(), "prosecutor", "facility_liaison", "saps_liaison")
    office_id = actor.office_id
    if office_id is None:
        return None
    found = on_duty(session, [(office_id, role) for role in dict.fromkeys(roles)])
    others = (one.code for people in found.values() for one in people if one.code != actor.name)
    return next(others, None)
