"""The way to read the workflow: the declaration, checked when this module is imported, and look-ups.

`casework`, services, the drawing and the tests of the migrations come through here, so nothing
starts with a declaration that contradicts itself. It decides no move: that is `casework.decide`.
"""

from collections.abc import Mapping

from hectis_flow.domain.errors import DeclarationError, TransitionRefused
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_checks import accepted, check
from hectis_flow.domain.workflow_shapes import NOWHERE, Detail, Stage, Transition

check(DECLARATION)

_STAGES: Mapping[str, Stage] = {stage.name: stage for stage in DECLARATION.stages}
_MOVES: Mapping[str, Transition] = {move.id: move for move in DECLARATION.transitions}
_DETAILS: Mapping[str, Detail] = {detail.name: detail for detail in DECLARATION.details}
_ALLOWED: Mapping[str, tuple[Transition, ...]] = {
    name: tuple(_MOVES[id_] for id_ in sorted(_MOVES) if name in _MOVES[id_].sources) for name in _STAGES
}
OPENING: Transition = next(move for move in DECLARATION.transitions if not move.sources)


def stage(name: str) -> Stage:
    """The stage of this name; `DeclarationError` if this version has none."""
    found = _STAGES.get(name)
    if found is None:
        raise DeclarationError("This version of the workflow has no stage of that name.")
    return found


def transition(move_id: str) -> Transition:
    """The move of this id; `TransitionRefused` (`unknown_transition`) if this version has none."""
    found = _MOVES.get(move_id)
    if found is None:
        # The id is not repeated: it came from outside and could hold anything.
        raise TransitionRefused(
            "The workflow has no move of that name; docs/workflow.md lists them all.",
            code="unknown_transition",
        )
    return found


def detail(name: str) -> Detail:
    """The detail of this name; `DeclarationError` if this version has none."""
    found = _DETAILS.get(name)
    if found is None:
        raise DeclarationError("This version of the workflow has no detail of that name.")
    return found


def codes(move: Transition, name: str) -> tuple[str, ...] | None:
    """The codes a move accepts for a coded detail; None for one that has a form instead."""
    return accepted(move).get(name)


def allowed(stage: str) -> tuple[Transition, ...]:
    """The moves that may leave this stage, by id; none for an unknown stage."""
    return _ALLOWED.get(stage, ())


def edges() -> tuple[tuple[str, str, str], ...]:
    """Every (move, source, target), sorted; the source of the opening is `NOWHERE`."""
    moves = DECLARATION.transitions
    return tuple(
        sorted((move.id, source, move.target) for move in moves for source in move.sources or (NOWHERE,))
    )


def staff_roles() -> tuple[str, ...]:
    """The roles a person or a token may hold, in the order of the declaration."""
    return tuple(role.name for role in DECLARATION.roles if not role.system)
