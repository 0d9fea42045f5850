"""A day in court as the prosecutor sees it: what a matter is on the roll for, and which outcomes it can have.

`services.court_day` asks it for a roll, and before it enters an outcome. A matter that was postponed is called again
first, in one step with its outcome: whoever stands in court thinks of one thing and not of two. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from hectis_flow.domain import court_moves, workflow_rules
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.court import ENROL
from hectis_flow.domain.workflow import STAGES
from hectis_flow.domain.workflow_shapes import Transition

POSTPONED: Final = "postponed"
CALL_AGAIN: Final = "call_again"
#: Where a charge waits for its day in court.
ON_DATE: Final = tuple(stage.name for stage in STAGES if stage.on_date)
#: What mostly becomes of a matter, in the order in which it is offered; everything else stands behind these.
USUAL: Final = (
    *("place_on_roll", "postpone", "plead", "begin_trial", "reserve_judgment", "convict", "acquit"),
    *("sentence", "withdraw_6a", "strike_informal", "strike_342a"),
)
#: No outcomes of a day: the one is made together with the outcome, the other lays charges.
_ASIDE: Final = frozenset({CALL_AGAIN, ENROL})


@dataclass(frozen=True, slots=True)
class Entry:
    """An outcome as it is to be made: the charges that are called again first, and those it is then about.

    Each as the detail `of` has them; None: nothing is called again, or it is about all that can make the move.
    """

    called: str | None
    of: str | None


def due(charges: Iterable[Charge], day: date) -> tuple[Charge, ...]:
    """The charges that wait for this day."""
    return tuple(one for one in charges if one.next_date == day and one.stage in ON_DATE)


def first_day(charges: Iterable[Charge]) -> date | None:
    """The first day that charges wait for, also one that has passed without an outcome."""
    return min((one.next_date for one in charges if one.next_date and one.stage in ON_DATE), default=None)


def stands_for(charges: Sequence[Charge]) -> str:
    """The stage that says what a matter is on the roll for: that of the charge which speaks for the others."""
    return workflow_rules.speaker(_called(one).stage for one in charges)


def outcomes(role: str, charges: Iterable[Charge]) -> tuple[Transition, ...]:
    """What this role can enter of charges whose day it is, the usual first. What takes two people is not among them."""
    found = {
        move.id: move
        for one in map(_called, charges)
        for move in court_moves.charged(one.stage)
        if role in move.roles
        and move.id not in _ASIDE
        and not court_moves.takes_two(move)
        and court_moves.can_make(move, one)
    }
    order = {name: place for place, name in enumerate(USUAL)}
    return tuple(sorted(found.values(), key=lambda move: (order.get(move.id, len(order)), move.id)))


def entry(known: Sequence[Charge], move: Transition, of: str | None) -> Entry:
    """How an outcome is made: of the charges whose day it is, unless others are named."""
    day = first_day(known)
    if of is None and day is None:
        return Entry(None, None)
    meant = [one for one in known if _is_named(one, of)] if of else _of_day(known, move, day)
    called = [one for one in meant if one.stage == POSTPONED and _called(one).stage in move.sources]
    could = [one for one in known if one.stage in move.sources or one in called]
    about = of if of or len(meant) == len(could) else _names(meant)
    return Entry(_names(called) or None, about or None)


def _of_day(known: Sequence[Charge], move: Transition, day: date | None) -> list[Charge]:
    """The charges whose day it is and that can make a move; where none can, all of the day, for the refusal."""
    waiting = [one for one in known if one.next_date == day and one.stage in ON_DATE]
    return [one for one in waiting if _called(one).stage in move.sources] or waiting


def _called(charge: Charge) -> Charge:
    """A charge as it stands once it is called again."""
    if charge.stage != POSTPONED or charge.came_from is None:
        return charge
    return replace(charge, stage=charge.came_from, came_from=None)


def _is_named(charge: Charge, of: str) -> bool:
    return bool({charge.name, str(charge.accused)} & set(of.split(",")))


def _names(charges: Iterable[Charge]) -> str:
    return ",".join(one.name for one in charges)
