"""The court day of a prosecutor: the roll, what is left over of earlier days, what was entered, and entering an outcome.

The pages call it, one call a request. Whose days in court a bearer sees is what `countdown.list` grants, what they
may enter what `cases.move` grants and the workflow says. An outcome of a matter that was postponed calls it again in
the same transaction, or nothing is done at all.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules, court_day, workflow_rules
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.court_day import CALL_AGAIN
from hectis_flow.domain.errors import NotAllowed, NotVisible, TransitionRefused
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import TRANSITIONS
from hectis_flow.services import casework, charges, moves, once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE, Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import database, rolls
from hectis_flow.storage.rolls import Entered, Listed, Where
from hectis_flow.storage.tokens import Bearer

ACTION: Final = "countdown.list"
MOVED_ON: Final = (
    "An outcome of this matter was entered meanwhile: it waits for this day no more. Look at the roll again."
)
MOST: Final = 60  # outcomes of a day that are shown again
_OUTCOMES: Final = tuple(
    move.id for move in TRANSITIONS if move.id != CALL_AGAIN and set(move.sources) & set(court_day.ON_DATE)
)


class Roll(NamedTuple):
    """A page of a day's roll, where it goes on, and the matters of earlier days of which nothing was entered."""

    matters: list[Listed]
    further: Where | None
    left_over: list[Listed]


class Done(NamedTuple):
    """An outcome that was entered, and whether the bearer can take it back still."""

    entered: Entered
    mine: bool


def roll(
    house: House, asking: Asking, day: date, after: Where | None, limit: int, *, left_over: int = 0
) -> Roll:
    """The roll of a day. Raises `NotAuthenticated`, `NotAllowed`.

    `left_over`: how many matters of days before it are wanted as well.
    """
    with house.transaction() as session:
        whose = _whose(session, asking)
        found = rolls.of_day(session, *whose, day, after, limit + 1)
        before = rolls.left_over(session, *whose, day, left_over) if left_over else []
    page, more = found[:limit], found[limit:]
    last = (page[-1].court, page[-1].place, page[-1].case_id) if more else None
    return Roll(page, last, before)


def matter(house: House, asking: Asking, ref: str) -> Listed:
    """One matter that waits for a day in court. Raises `NotAuthenticated`, `NotAllowed`, `NotVisible`."""
    with house.transaction() as session:
        found = rolls.one(session, *_whose(session, asking), ref)
    if found is None:
        raise NotVisible(NOT_HERE)
    return found


def entered_today(house: House, asking: Asking) -> list[Done]:
    """What was entered today of the bearer's days in court, newest first. Raises `NotAuthenticated`, `NotAllowed`."""
    with house.transaction() as session:
        bearer, now = bearer_of(session, asking.token), database.now(session)
        midnight = datetime.combine(now.astimezone(SAST).date(), time(), SAST)
        found = rolls.entered(session, *_granted(bearer), _OUTCOMES, midnight, MOST)
    undo_for = house.policy.in_force(now).undo_for
    me = (bearer.role, bearer.name)
    return [Done(one, (one.role, one.actor) == me and now <= add(ALWAYS, one.at, undo_for)) for one in found]


def enter(
    house: House,
    writing: Writing,
    ref: str,
    transition: str,
    details: Mapping[str, str],
    day: date | None = None,
) -> Answer:
    """Enter what became of a matter on its day, of the charges whose day it is unless `of` names others.

    `day` is the one that the bearer has in mind. Raises `NotVisible`, and `TransitionRefused` with a stable code
    (`date_moved`: it is another one by now); then the matter was not called again either.
    """
    move = workflow_rules.transition(transition)

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        case = moves.held(session, bearer, "cases.move", ref)
        actor, known = moves.actor_of(bearer), charges.held(session, case) or ()
        if day is not None and court_day.first_day(known) != day:
            raise TransitionRefused(MOVED_ON, code="date_moved")
        entry = court_day.entry(known, move, details.get("of"))
        if entry.called is not None:
            case = casework.apply(house, session, case, CALL_AGAIN, actor, {"of": entry.called}, passing=True)
        said = details if entry.of is None else {**details, "of": entry.of}
        after = casework.apply(house, session, case, transition, actor, said)
        return moves.standing(house, session, after, bearer)

    return once.run(house, writing, effect)


def _whose(session: Session, asking: Asking) -> tuple[str, int | None]:
    return _granted(bearer_of(session, asking.token))


def _granted(bearer: Bearer) -> tuple[str, int | None]:
    scope = access_rules.grant(bearer.role, ACTION).scope
    if scope == "none":
        raise NotAllowed(f"The role {bearer.role} has no days in court.")
    return scope, bearer.office_id
