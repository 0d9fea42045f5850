"""Decide whether a case may make a move: the one place that says yes or no.

`services.casework.move` calls `decide` with the case row locked and writes what the decision says;
`services.intake` calls `opening` for a new case. Nothing else may set a stage. It must not look at
a clock, a database or anything beyond its arguments, and no refusal may repeat what a caller wrote.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.events import CASE_OPENED, CASE_STAGE_ENTERED
from hectis_flow.domain.workflow_shapes import NOWHERE, Transition


@dataclass(frozen=True, slots=True)
class CaseState:
    """What a decision needs to know of a case. `version` rises by one with every move.

    `facts` are what holds of the case itself, of the kinds a move may require: `station` means that its
    precinct is resolved.
    """

    id: int
    ref: str
    stage: str
    version: int
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for a move. `name` is a staff code or a part of the system, never a person's name."""

    role: str
    office_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A move that is allowed: what to write to the case, its history, its ledger and the outbox.

    `from_stage` is `NOWHERE` for the opening. `events` are names from `domain.events`.
    """

    transition: str
    from_stage: str
    to_stage: str
    details: Mapping[str, str]
    events: tuple[str, ...]


def opening(actor: Actor, details: Mapping[str, str] | None = None) -> Decision:
    """Decide to open a case at the initial stage.

    Raises `TransitionRefused`: `role_not_allowed`, `unknown_detail`.
    """
    move = workflow_rules.OPENING
    given = dict(details or {})
    _check_role(move, actor)
    _check_details(move, given)
    return Decision(move.id, NOWHERE, move.target, given, (CASE_OPENED,))


def decide(case: CaseState, transition: str, actor: Actor, details: Mapping[str, str]) -> Decision:
    """Decide one move of one case, whose row the caller holds locked.

    Raises `TransitionRefused` with the code of the first rule that says no, in this order:
    `unknown_transition`, `role_not_allowed` (before the stage, so that a stranger learns nothing of
    the case), `already_there`, `wrong_stage`, `missing_detail`, `unknown_detail`, `unknown_basis`,
    `unknown_reason`, `precinct_unresolved`.
    """
    move = workflow_rules.transition(transition)
    _check_role(move, actor)
    _check_stage(move, case.stage)
    _check_details(move, details)
    _check_facts(move, case.facts)
    return Decision(move.id, case.stage, move.target, dict(details), (CASE_STAGE_ENTERED,))


def _check_role(move: Transition, actor: Actor) -> None:
    if actor.role not in move.roles:
        _refuse(
            "role_not_allowed", f"The move '{move.id}' belongs to: {', '.join(move.roles)}. Ask one of them."
        )


def _check_stage(move: Transition, stage: str) -> None:
    if stage in move.sources:
        return
    if stage == move.target:
        _refuse("already_there", f"The case already stands at '{move.target}'. Nothing is left to do.")
    open_moves = ", ".join(other.id for other in workflow_rules.allowed(stage)) or "none"
    start = ", ".join(move.sources) or "no case at all"
    _refuse(
        "wrong_stage", f"The move '{move.id}' starts from: {start}. From where the case stands: {open_moves}."
    )


def _check_details(move: Transition, details: Mapping[str, str]) -> None:
    for name in move.needs:
        if not details.get(name):
            _refuse("missing_detail", f"The move '{move.id}' needs '{name}'. Give it and try again.")
    carried = (*move.needs, *move.may)
    for name in details:
        if name not in carried:
            taken = ", ".join(carried) or "none"
            _refuse("unknown_detail", f"The move '{move.id}' takes these details and no other: {taken}.")
        _check_value(move, name, details[name])


def _check_value(move: Transition, name: str, value: str) -> None:
    codes = workflow_rules.codes(move, name)
    if codes is None:
        if not re.fullmatch(workflow_rules.detail(name).pattern, value):
            _refuse("unknown_detail", f"The value of '{name}' has not the form that docs/workflow.md gives.")
    elif value not in codes:
        code = "unknown_basis" if name == "disclosure_basis" else "unknown_reason"
        _refuse(code, f"The move '{move.id}' accepts as '{name}': {', '.join(codes)}. Choose one of them.")


def _check_facts(move: Transition, facts: frozenset[str]) -> None:
    if "station" in move.requires and "station" not in facts:
        sentence = f"The move '{move.id}' needs a station. Choose the precinct of the incident first."
        _refuse("precinct_unresolved", sentence)


def _refuse(code: str, sentence: str) -> NoReturn:
    raise TransitionRefused(sentence, code=code)
