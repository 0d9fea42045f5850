"""Moves that two people make: one proposes, another of the same side confirms, and only then the case moves.

The API's views call it, one call a request. A proposal is decided at once as if it had been confirmed, so nonsense
never waits for anybody; it is decided again when it is. It is about the case as it stood: whatever moves the case
first overtakes it. Confirmed, it is the proposer's move with the second person beside them, in history and ledger.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from hectis_flow.domain import undoing
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.casework import SECOND, Actor, needs_second
from hectis_flow.domain.errors import HectisError, NotVisible, TransitionRefused
from hectis_flow.services import casework, moves, once, undo
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.proposed import concerns, shown
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.services.reference import FALLBACK_OFFICE
from hectis_flow.storage import offices, proposals, reversals
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.proposals import Proposal
from hectis_flow.storage.tokens import Bearer

PROPOSE, CONFIRM = "cases.propose", "proposals.confirm"
OVERTAKEN_BY: Final = "rule:casework"


class ProposalRefused(HectisError):
    """A proposal cannot be made or decided as asked; `code` says why."""

    code = "proposal_refused"
    status = 409


class Overtaken(ProposalRefused):
    """The case has moved on since the proposal."""

    code = "overtaken"


class NoPerson(HectisError):
    """The token stands for a system or an office, and two people are two persons."""

    code = "no_person"
    status = 403


@dataclass(frozen=True, slots=True)
class Held:
    """An open proposal and its case, held for a decision."""

    proposal: Proposal
    case: Locked


Deciding = Callable[[Session, Bearer, Held], Mapping[str, Any]]


def propose(house: House, writing: Writing, ref: str, transition: str, details: Mapping[str, str]) -> Answer:
    """Propose a move, or the correction of the newest one (`correct`), for somebody else to confirm.

    Raises `NotVisible`, `NoPerson`, `TransitionRefused` as the move itself, and `ProposalRefused`:
    `second_not_needed`, `already_proposed`.
    """

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        case = moves.held(session, bearer, PROPOSE, ref)
        return put(house, session, case, bearer, transition, details)

    return once.run(house, writing, effect, status=201)


def put(
    house: House,
    session: Session,
    case: Locked,
    bearer: Bearer,
    transition: str,
    details: Mapping[str, str],
) -> Mapping[str, Any]:
    """Propose a move of a case that the caller's transaction holds; the proposal as it is shown."""
    by, actor = _person(bearer), moves.actor_of(bearer)
    kept = _sound(house, session, case, actor, transition, details)
    proposals.overtake(session, case.id, OVERTAKEN_BY)
    due = add(ALWAYS, case.now, house.policy.in_force(case.now).errand_due)
    values = {
        "case_id": case.id,
        "version": case.version,
        "transition": transition,
        "details": json.dumps(kept),
    }
    values |= {"role": bearer.role, "office_id": bearer.office_id, "by": by, "due_at": due}
    asks = bearer.office_id or offices.id_of(session, FALLBACK_OFFICE)
    made = proposals.add(session, {**values, "asks": asks})
    if made is None:
        raise ProposalRefused(
            "Something is proposed for this case already. Have it confirmed or refused first.",
            code="already_proposed",
        )
    return shown(_found(session, made), bearer)


def confirm(house: House, writing: Writing, proposal_id: int) -> Answer:
    """Confirm somebody else's proposal: the move is made. The answer is where the case then stands.

    Raises `NotVisible`, `NoPerson`, `TransitionRefused`, and `ProposalRefused`: `same_person`,
    `already_decided`, `overtaken`.
    """

    def deciding(session: Session, bearer: Bearer, held: Held) -> Mapping[str, Any]:
        return moves.standing(house, session, settle(house, session, held, bearer), bearer)

    return _decided(house, writing, proposal_id, deciding)


def refuse(house: House, writing: Writing, proposal_id: int) -> Answer:
    """Refuse somebody else's proposal; nothing of the case changes. Raises as `confirm` does."""

    def deciding(session: Session, bearer: Bearer, held: Held) -> Mapping[str, Any]:
        return _end(session, bearer, held, "refused", _other(bearer, held))

    return _decided(house, writing, proposal_id, deciding)


def take_back(house: House, writing: Writing, proposal_id: int) -> Answer:
    """Take one's own proposal back. Raises as `confirm` does, with `not_yours` for `same_person`."""

    def deciding(session: Session, bearer: Bearer, held: Held) -> Mapping[str, Any]:
        by = _person(bearer)
        if by != held.proposal.proposed_by:
            raise ProposalRefused("Somebody else proposed this. Refuse it, or confirm it.", code="not_yours")
        return _end(session, bearer, held, "taken_back", by)

    return _decided(house, writing, proposal_id, deciding)


def settle(house: House, session: Session, held: Held, bearer: Bearer) -> Locked:
    """Make a proposed move as who proposed it, with the bearer as the second person."""
    second, proposal = _other(bearer, held), held.proposal
    proposals.decide(session, proposal.id, "confirmed", second)
    actor = Actor(proposal.role, proposal.office_id, proposal.proposed_by)
    if proposal.transition != undoing.CORRECT:
        return casework.apply(
            house, session, held.case, proposal.transition, actor, proposal.details, second=second
        )
    details = {name: value for name, value in proposal.details.items() if name != undoing.UNDOES}
    return undo.take_back(house, session, held.case, actor, undoing.CORRECT, {**details, SECOND: second})


def _decided(house: House, writing: Writing, proposal_id: int, deciding: Deciding) -> Answer:
    """Decide an open proposal once; one that was overtaken is closed, whatever became of the request."""
    overtaken: list[int] = []

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        proposal = _found(session, proposal_id)
        case = moves.held(session, bearer, CONFIRM, proposal.ref)
        proposal = _found(session, proposal_id)
        if not concerns(bearer, proposal):
            raise NotVisible(NOT_HERE)
        if proposal.case_version != case.version and proposal.decision in (None, "overtaken"):
            overtaken.append(case.id)
            raise Overtaken(
                "The case has moved on since this was proposed, so it is closed. Look at it again."
            )
        if proposal.decision is not None:
            raise ProposalRefused("This proposal is decided. Nothing is left to do.", code="already_decided")
        return deciding(session, bearer, Held(proposal, case))

    try:
        return once.run(house, writing, effect)
    except Overtaken:
        with house.transaction() as session:
            proposals.overtake(session, overtaken[0], OVERTAKEN_BY)
        raise


def _sound(
    house: House, session: Session, case: Locked, actor: Actor, transition: str, details: Mapping[str, str]
) -> dict[str, str]:
    """The details to keep of a proposal that would be allowed if it were confirmed now."""
    if transition == undoing.CORRECT:
        if SECOND in details:
            raise TransitionRefused("Nobody confirms a move in its details.", code="unknown_detail")
        history = reversals.history(session, case.id)
        past = undoing.to_correct(history, actor, {**details, SECOND: actor.name})
        return {**details, undoing.UNDOES: past.transition}
    if not needs_second(transition, actor, details):
        raise ProposalRefused(
            "This move takes one person. Make it directly; nobody else must confirm it.",
            code="second_not_needed",
        )
    casework.check(house, session, case, transition, actor, details, second=actor.name)
    return dict(details)


def _person(bearer: Bearer) -> str:
    if bearer.staff_id is None or bearer.staff_code is None:
        raise NoPerson("Two people are two persons: make a token with `hectis token create --staff CODE`.")
    return bearer.staff_code


def _other(bearer: Bearer, held: Held) -> str:
    """The bearer's code, as that of somebody else than who proposed it."""
    by = _person(bearer)
    if by == held.proposal.proposed_by:
        raise ProposalRefused(
            "You proposed this yourself. Somebody else of your side confirms or refuses it.",
            code="same_person",
        )
    return by


def _end(session: Session, bearer: Bearer, held: Held, decision: str, by: str) -> Mapping[str, Any]:
    proposals.decide(session, held.proposal.id, decision, by)
    return shown(_found(session, held.proposal.id), bearer)


def _found(session: Session, proposal_id: int) -> Proposal:
    proposal = proposals.one(session, proposal_id)
    if proposal is None:
        raise NotVisible(NOT_HERE)
    return proposal
