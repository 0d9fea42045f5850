"""Which moves a case can make from where it stands, as far as that can be known before anybody makes one.

`services.moves` shows them. `domain.casework` and `domain.court` decide: what is left out here they would refuse,
and what is shown they may still refuse for a detail. Pure.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.court import BEFORE_PLEA, ENROL
from hectis_flow.domain.workflow_shapes import ANY, Transition

#: After enrolment a complainant's wish does not close a case.
NPA_DECIDES: Final = "close_complainant_withdrew"


def open_to(role: str, stage: str, charges: Sequence[Charge] | None) -> tuple[Transition, ...]:
    """The moves of a role, by id: of the case where nobody is charged (None), else of some charge."""
    if charges is None:
        return of_case(role, stage)
    leaving = {move.id: move for one in charges for move in workflow_rules.allowed(one.stage)}
    return tuple(
        move
        for _, move in sorted(leaving.items())
        if role in move.roles and any(can_make(move, one) for one in charges)
    )


@lru_cache(maxsize=512)
def of_case(role: str, stage: str) -> tuple[Transition, ...]:
    """The same of a case in which nobody is charged."""
    return tuple(move for move in uncharged(stage) if role in move.roles)


def uncharged(stage: str) -> tuple[Transition, ...]:
    """The moves of a case in which nobody is charged: it comes to court only by an enrolment."""
    return tuple(
        move
        for move in workflow_rules.allowed(stage)
        if move.id == ENROL or workflow_rules.stage(move.target).phase != "court"
    )


def can_make(move: Transition, charge: Charge) -> bool:
    """Whether a charge stands where a move starts, and the law leaves it open to this one."""
    returns = not move.back or charge.came_from in move.back
    pleaded = charge.pleaded and move.id in BEFORE_PLEA
    return charge.stage in move.sources and returns and not pleaded and move.id != NPA_DECIDES


def takes_two(move: Transition) -> bool:
    """Whether a second person must confirm it, whatever it carries."""
    return move.second == ANY
