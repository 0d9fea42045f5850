"""A move is taken back: at once by whoever made it, or corrected later by two people.

The API's view calls `undo`, `services.proposals` calls `take_back` with a correction that was confirmed. Case and
charges stand again as they stood before the move, what it had begun is over, what it had ended goes on with no
time won; all of it with the history row that says so, in one transaction, or not at all. What was sent is not
called back: the owner of the stage that is entered again is told as ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

from sqlalchemy.orm import Session

from hectis_flow.domain import undoing, workflow_rules
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.undoing import Past
from hectis_flow.services import briefs, casework, charges, consequences, moves, once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.storage import cas_numbers, dockets, items, offices, removals, reversals
from hectis_flow.storage import charges as stored
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.tokens import Bearer

UNDONE: Final = "undone"  # how what the move had begun ends

#: Moves by which something of the investigation is noted; they may say who has the docket.
NOTING: Final = ("investigate", "note_progress")
OFFICER: Final = "officer"


@dataclass(frozen=True, slots=True)
class Before:
    """The charges as they stood before a move: those it carried, those it laid, and all that then stand."""

    carried: tuple[Charge, ...]
    laid: frozenset[int]
    standing: tuple[Charge, ...]


def undo(house: House, writing: Writing, ref: str) -> Answer:
    """Take the newest move of a case back, as the bearer who made it; the answer is as that of a move.

    Raises `NotVisible`, and `TransitionRefused` as `domain.undoing.to_undo` says.
    """

    def effect(session: Session, bearer: Bearer) -> dict[str, Any]:
        case = moves.held(session, bearer, "cases.undo", ref)
        after = take_back(house, session, case, moves.actor_of(bearer), undoing.UNDO, {})
        return moves.standing(house, session, after, bearer)

    return once.run(house, writing, effect)


def take_back(
    house: House, session: Session, case: Locked, actor: Actor, kind: str, details: Mapping[str, str]
) -> Locked:
    """Take a move of a case back that the caller's transaction holds; `kind` is `undo` or `correct`.

    Raises `TransitionRefused` as `domain.undoing` says.
    """
    history = reversals.history(session, case.id)
    past = chosen(house, case, history, actor, kind, details)
    before = _charges_before(session, case, past)
    left = undoing.standing_moves(history)[:-1]
    decision = undoing.decision(kind, past, details)
    there = case._replace(court_id=_court(session, left), charged=bool(before.standing))
    after = casework.reverse(house, session, there, decision, actor, before.standing)
    if before.carried:
        stored.carry(session, case.id, after.version, kind, before.carried, after.now)
        stored.void(session, before.laid, after.now)
    _take_away(session, after, past, left)
    _let_go_on(session, after, past, move_actor(actor.role, actor.name))
    return after


def chosen(
    house: House, case: Locked, history: list[Past], actor: Actor, kind: str, details: Mapping[str, str]
) -> Past:
    """The move that is taken back. Raises `TransitionRefused`."""
    if kind == undoing.CORRECT:
        return undoing.to_correct(history, actor, details)
    return undoing.to_undo(history, actor, case.now, house.policy.in_force(case.now).undo_for)


def _charges_before(session: Session, case: Locked, past: Past) -> Before:
    carried = stored.before(session, case.id, past.version)
    laid = stored.laid_by(session, case.id, past.version)
    were = {one.id: one for one in carried}
    known = charges.held(session, case) or ()
    standing = tuple(were.get(one.id, one) for one in known if one.id not in laid)
    return Before(carried, laid, standing)


def _court(session: Session, standing: list[Past]) -> int | None:
    """The court that has the docket by the moves that hold."""
    named = undoing.last_named(standing, consequences.COURT)
    return offices.of_kind(session, named, "court") if named else None


def _take_away(session: Session, case: Locked, past: Past, left: list[Past]) -> None:
    """What the move wrote beside the road goes: its matter at court, its CAS number, what it said of the docket."""
    dockets.take_from_court(session, case.id, past.version)
    if past.transition == consequences.OPENS_CAS:
        cas_numbers.remove(session, case.id)
    if past.transition in NOTING:
        _hand_back(session, case.id, [one for one in left if one.transition in NOTING])


def _hand_back(session: Session, case_id: int, noted: list[Past]) -> None:
    """The docket lies with whoever had it by the moves that hold; without any, it was never begun."""
    officer = undoing.last_named(noted, OFFICER)
    if officer is None:
        dockets.put_away(session, case_id)
        return
    named = [one for one in reversed(noted) if OFFICER in one.details]
    *_, first = takewhile(lambda one: one.details[OFFICER] == officer, named)
    dockets.hand_back(session, case_id, officer, first.at, noted[-1].at)


def _let_go_on(session: Session, case: Locked, past: Past, by: str) -> None:
    """What the move began to await ends; what it ended is awaited again, as if it had never ended."""
    begun = removals.take_back(session, case.id, past.version, case.now)
    keep, left = briefs.take_back(session, case, past.version, past.at, by)
    opened, settled = items.of_move(session, case.id, past.version, past.at)
    over = sorted({*opened, *items.of_removals(session, case.id, begun), *left} - keep)
    items.settle(session, over, by, UNDONE, at=case.now)
    again = items.reopen(session, settled)
    tells = [id_ for id_, kind in again if workflow_rules.awaited(kind).tells]
    reversals.resume(session, case.id, past, case.now, [id_ for id_, _ in again], tells)
