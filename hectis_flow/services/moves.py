"""Moves that people ask for over the API: which are open to them, and making one.

The API's views call it, one call a request. The case is held within the scope that the policy table
grants, so that one which the bearer may not see is not there; who may make which move the workflow says
(`casework.apply`). The role and the office come from the token, never from the request.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules, court_moves, workflow_rules
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import NotVisible
from hectis_flow.services import (
    acknowledgement,
    casework,
    charges,
    confirming,
    once,
    precinct_choice,
    waiting,
)
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE, Asking
from hectis_flow.services.tokens import bearer_of, digest
from hectis_flow.storage import scoped
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.tokens import Bearer


def possible(house: House, asking: Asking, ref: str) -> dict[str, Any]:
    """The moves that the bearer may make now, with what each needs. Raises `NotVisible`."""
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        scope = access_rules.grant(bearer.role, "cases.moves").scope
        case = scoped.look(session, scope, bearer.office_id, ref)
        if case is None:
            raise NotVisible(NOT_HERE)
        return standing(house, session, case, bearer)


def make(house: House, writing: Writing, ref: str, transition: str, details: Mapping[str, str]) -> Answer:
    """Make one move as the bearer; the answer is where the case then stands, and what may follow.

    Raises `NotVisible`, and `TransitionRefused` with a stable code.
    """
    found: list[Locked] = []

    def finding(session: Session, token: str) -> Bearer:
        both = scoped.hold_as(session, _scopes("cases.move"), digest(token), ref)
        if both is None:
            return bearer_of(session, token)
        found.append(both[1])
        return both[0]

    def effect(session: Session, bearer: Bearer) -> dict[str, Any]:
        case = found[0] if found else held(session, bearer, "cases.move", ref)
        answers = transition == acknowledgement.MOVE
        actor = actor_of(bearer)
        if answers and not acknowledgement.signed_in(house, session, case, bearer, actor):
            return standing(house, session, case, bearer)
        after = casework.apply(house, session, case, transition, actor, details)
        if answers:
            acknowledgement.written(session, case, bearer)
        else:
            confirming.by_move(house, session, after, bearer)
        return standing(house, session, after, bearer)

    return once.run(house, writing, effect, finding=finding)


def choose_precinct(house: House, writing: Writing, ref: str, station_code: str) -> Answer:
    """Say in which precinct it happened, where the messages do not; a rule may then take the case on at once.

    Raises `NotVisible`, and `ChoiceRefused` with a stable code.
    """

    def effect(session: Session, bearer: Bearer) -> dict[str, Any]:
        case = held(session, bearer, "cases.precinct", ref)
        chosen = precinct_choice.choose(session, case, station_code, actor_of(bearer))
        return standing(house, session, casework.go_on(house, session, chosen), bearer)

    return once.run(house, writing, effect)


def held(session: Session, bearer: Bearer, action: str, ref: str) -> Locked:
    """A case that the bearer may see by this action, held until the transaction ends."""
    scope = access_rules.grant(bearer.role, action).scope
    case = scoped.hold(session, scope, bearer.office_id, ref)
    if case is None:
        raise NotVisible(NOT_HERE)
    return case


@lru_cache(maxsize=8)
def _scopes(action: str) -> scoped.Scopes:
    """Where each role may do this, of those that may."""
    grants = ((role, access_rules.grant(role, action).scope) for role in access_rules.token_roles())
    return tuple((role, scope) for role, scope in grants if scope != "none")


def actor_of(bearer: Bearer) -> Actor:
    """The bearer as history names them."""
    return Actor(bearer.role, bearer.office_id, bearer.name)


def standing(house: House, session: Session, case: Locked, bearer: Bearer) -> dict[str, Any]:
    """Where a case stands, and the moves that the bearer may make from there.

    What the row of the case does not show is read only where a move asks for it.
    """
    known = charges.held(session, case)
    found = court_moves.open_to(bearer.role, case.stage, known)
    asked = frozenset(fact for move in found for fact in move.requires)
    facts = waiting.facts_asked(house, session, case, asked)
    return {
        "ref": case.ref,
        "stage": case.stage,
        "phase": workflow_rules.stage(case.stage).phase,
        "version": case.version,
        "moves": [_shown(move.id, facts) for move in found],
    }


@lru_cache(maxsize=512)
def _shown(move_id: str, facts: frozenset[str]) -> dict[str, Any]:
    """A move as a program can ask for it: what it needs, in which codes or forms, and what it still lacks.

    Read only, for the same answer is given again.
    """
    move = workflow_rules.transition(move_id)
    carried = (*move.needs, *move.may)
    codes = {name: workflow_rules.codes(move, name) for name in carried}
    patterns = {name: workflow_rules.detail(name).pattern for name in carried}
    return {
        "move": move.id,
        "title": move.title,
        "to_stage": move.target,
        "to_stages": list(move.targets),
        "needs": list(move.needs),
        "may": list(move.may),
        "codes": {name: list(found) for name, found in codes.items() if found is not None},
        "forms": {name: pattern for name, pattern in patterns.items() if pattern},
        "second": court_moves.takes_two(move),
        "lacks": [name for name in move.requires if name not in facts],
    }
