"""The way to read the workflow: the declaration, checked when this module is imported, and look-ups.

`casework`, services, the drawing and the tests of the migrations come through here, so nothing
starts with a declaration that contradicts itself. It decides no move: that is `casework.decide`.
"""

from collections.abc import Iterable, Mapping

from hectis_flow.domain.errors import DeclarationError, TransitionRefused
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_checks import accepted, check
from hectis_flow.domain.workflow_shapes import NOWHERE, Awaited, Detail, Stage, Transition

check(DECLARATION)

# Taking a move back: at once and by whoever made it, or later by two people and with a reason.
UNDO, CORRECT = REVERSALS = ("undo", "correct")

# A move, where it starts and where it leads.
Edge = tuple[str, str, str]

_STAGES: Mapping[str, Stage] = {stage.name: stage for stage in DECLARATION.stages}
_MOVES: Mapping[str, Transition] = {move.id: move for move in DECLARATION.transitions}
_DETAILS: Mapping[str, Detail] = {detail.name: detail for detail in DECLARATION.details}
_AWAITED: Mapping[str, Awaited] = {one.kind: one for one in DECLARATION.awaited}
_ALLOWED: Mapping[str, tuple[Transition, ...]] = {
    name: tuple(_MOVES[id_] for id_ in sorted(_MOVES) if name in _MOVES[id_].sources) for name in _STAGES
}
_STAFF_ROLES = frozenset(role.name for role in DECLARATION.roles if not role.system)
_SPEAKS: Mapping[str, int] = {name: rank for rank, name in enumerate(DECLARATION.charge_stages)}
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


def awaited(kind: str) -> Awaited:
    """What is awaited under this name; `DeclarationError` if this version knows of no such thing."""
    found = _AWAITED.get(kind)
    if found is None:
        raise DeclarationError("This version of the workflow awaits nothing of that name.")
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


def moves_of(role: str) -> tuple[str, ...]:
    """The moves that this role may make."""
    return tuple(id_ for id_ in sorted(_MOVES) if role in _MOVES[id_].roles)


def edges() -> tuple[Edge, ...]:
    """Every (move, source, target), sorted; the source of the opening is `NOWHERE`."""
    return tuple(
        sorted(
            (move.id, source, target)
            for move in DECLARATION.transitions
            for source in move.sources or (NOWHERE,)
            for target in move.targets
        )
    )


def charge_edges() -> tuple[Edge, ...]:
    """The edges that a single charge can go along."""
    return tuple(edge for edge in edges() if edge[1] in _SPEAKS and edge[2] in _SPEAKS)


def case_edges() -> tuple[Edge, ...]:
    """The edges that a case can go along: its own, and those on which its charges take it.

    A case stands where the charge stands that speaks for it. So when one charge goes from `s` to `t` while
    the most telling of the others stands at `o`, the case goes from the first of (s, o) to the first of (t, o).
    """
    found = set(edges())
    for move, source, target in charge_edges():
        found.update(
            (move, speaker((source, other)), speaker((target, other))) for other in DECLARATION.charge_stages
        )
    return tuple(sorted(found))


def reversible(move: Transition) -> bool:
    """Whether a person can take this move back: a person made it, and nothing of a patient left with it."""
    by_hand = any(role in _STAFF_ROLES for role in move.roles)
    asked = bool(move.sources) and all(stage(name).phase != "hospital" for name in move.sources)
    return by_hand and asked and move.target != "referred"


def reversal_edges(edges_: Iterable[Edge]) -> tuple[Edge, ...]:
    """These edges backwards, for `undo` and `correct`, of the moves that a person can take back."""
    back = {(target, source) for move, source, target in edges_ if reversible(_MOVES[move])}
    return tuple(sorted((name, *pair) for name in REVERSALS for pair in back))


def speaker(stages: Iterable[str]) -> str:
    """Which of these charges' stages speaks for their case."""
    return min(stages, key=_SPEAKS.__getitem__)


def may_be_charged(stage: str) -> bool:
    """Whether a charge can stand at this stage."""
    return stage in _SPEAKS


def staff_roles() -> tuple[str, ...]:
    """The roles a person or a token may hold, in the order of the declaration."""
    return tuple(role.name for role in DECLARATION.roles if role.name in _STAFF_ROLES)
