"""Which moves a case can make from where it stands, as far as that can be known before anybody makes one.

`services.moves` shows them. `domain.casework` and `domain.court` decide: what is left out here they would refuse,
and what is shown they may still refuse for a detail. Pure.
"""

from collections.abc import Sequence
from functools import lru_cache

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.court import BEFORE_PLEA, ENROL, may_join, needs_charge
from hectis_flow.domain.workflow_shapes import ANY, Transition


def open_to(role: str, stage: str, charges: Sequence[Charge] | None) -> tuple[Transition, ...]:
    """The moves of a role, by id: of the case where nobody is charged (None), else of some charge."""
    if charges is None:
        return of_case(role, stage)
    joining = (workflow_rules.transition(ENROL),) if may_join(stage) else ()
    making = (move for one in charges for move in charged(one.stage) if can_make(move, one))
    found = {move.id: move for move in (*making, *joining) if role in move.roles}
    return tuple(found[name] for name in sorted(found))


@lru_cache(maxsize=512)
def of_case(role: str, stage: str) -> tuple[Transition, ...]:
    """The same of a case in which nobody is charged."""
    return tuple(move for move in uncharged(stage) if role in move.roles)


def uncharged(stage: str) -> tuple[Transition, ...]:
    """The moves of a case in which nobody is charged, from this stage."""
    return tuple(
        move for move in workflow_rules.allowed(stage) if move.id == ENROL or not needs_charge(move, stage)
    )


@lru_cache(maxsize=64)
def charged(stage: str) -> tuple[Transition, ...]:
    """The moves of a charge that stands at this stage: to where a charge can stand."""
    return tuple(move for move in workflow_rules.allowed(stage) if workflow_rules.may_be_charged(move.target))


def can_make(move: Transition, charge: Charge) -> bool:
    """Whether the law leaves a move from where a charge stands open to this one."""
    returns = not move.back or charge.came_from in move.back
    return returns and not (charge.pleaded and move.id in BEFORE_PLEA)


def takes_two(move: Transition) -> bool:
    """Whether a second person must confirm it, whatever it carries."""
    return move.second == ANY
