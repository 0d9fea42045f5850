"""A move of a practice case, made as whoever is on duty for it would make it: for training and for trying things out.

`hectis practice move` calls it. It goes through the one door with every check of it; only the question who asks
is answered here, so it refuses any database that is not marked for practice.
"""

from collections.abc import Mapping
from typing import NamedTuple

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

COURT = "court"


class Moved(NamedTuple):
    """Who made a move, with whom where it takes two, and where the case stands now."""

    by: str
    second: str | None
    stage: str


def make(house: House, ref: str, transition: str, details: Mapping[str, str]) -> Moved:
    """Make a move as the first person on duty who may. Raises `NotPractice`, `NotVisible`, `TransitionRefused`."""
    practice.standing(house)
    with house.transaction() as session:
        case = cases.lock_by_ref(session, ref)
        if case is None:
            raise NotVisible(f"There is no case {ref}.")
        actor = _somebody(house, session, case, transition, details)
        second = None
        if needs_second(transition, actor, details):
            second = _another(session, actor)
        after = casework.apply(house, session, case, transition, actor, details, second=second)
        return Moved(actor.name, second, after.stage)


def _somebody(
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
            people = on_duty(session, [(office_id, role)]).get((office_id, role), ())
            if people:
                return Actor(role, office_id, people[0].code)
    raise TransitionRefused(
        "Nobody is on duty for this move. `hectis staff list` shows who is; `hectis practice settle` puts "
        "somebody at every post.",
        code="nobody_on_duty",
    )


def _another(session: Session, actor: Actor) -> str | None:
    """Somebody else of the same office: who heads it, or who does not."""
    roles = (*HEADS.values(), "prosecutor", "facility_liaison", "saps_liaison")
    office_id = actor.office_id
    if office_id is None:
        return None
    found = on_duty(session, [(office_id, role) for role in dict.fromkeys(roles)])
    others = (one.code for people in found.values() for one in people if one.code != actor.name)
    return next(others, None)
