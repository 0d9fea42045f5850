"""Decide whether a case may make a move: the one place that says yes or no.

`services.casework.move` calls `decide` with the case row locked and writes what the decision says;
`services.intake` calls `opening` for a new case. Nothing else may set a stage. It must not look at
a clock, a database or anything beyond its arguments, and no refusal may repeat what a caller wrote.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from hectis_flow.domain import charges, court, workflow_rules
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.court import Carried
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.events import CASE_OPENED, CASE_STAGE_ENTERED
from hectis_flow.domain.workflow_shapes import NOWHERE, Transition

SECOND = "second"
CODE_OF = {"disclosure_basis": "unknown_basis", "reason": "unknown_reason"}
# What a move requires of its case, and what is said where that does not hold.
LACKING = {
    "station": (
        "precinct_unresolved",
        "The move '{move}' needs a station. Choose the precinct of the incident first.",
    ),
    "items_cured": (
        "items_outstanding",
        "The move '{move}' waits for what the docket lacks. Settle each outstanding item first.",
    ),
    "lapse_due": (
        "too_early",
        "The move '{move}' comes only with the long review, 18 months after the removal. Review it until then.",
    ),
}


@dataclass(frozen=True, slots=True)
class CaseState:
    """What a decision needs to know of a case. `version` rises by one with every move.

    `facts` are what holds of the case itself, of the kinds a move may require (`workflow_checks.FACTS`).
    `charges` are None where nobody is charged yet; then the case moves by itself.
    """

    id: int
    ref: str
    stage: str
    version: int
    facts: frozenset[str] = frozenset()
    charges: tuple[Charge, ...] | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for a move. `name` is a staff code or a part of the system, never a person's name."""

    role: str
    office_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A move that is allowed: what to write to the case, its history, its ledger and the outbox.

    `from_stage` is `NOWHERE` for the opening. `events` are names from `domain.events`. `carried` says what
    becomes of the charges, where the case has any.
    """

    transition: str
    from_stage: str
    to_stage: str
    details: Mapping[str, str]
    events: tuple[str, ...]
    carried: Carried | None = None


def opening(actor: Actor, details: Mapping[str, str] | None = None) -> Decision:
    """Decide to open a case at the initial stage.

    Raises `TransitionRefused`: `role_not_allowed`, `unknown_detail`.
    """
    move = workflow_rules.OPENING
    given = dict(details or {})
    _check_role(move, actor)
    _check_details(move, given)
    return Decision(move.id, NOWHERE, move.target, given, (CASE_OPENED,))


def decide(
    case: CaseState, transition: str, actor: Actor, details: Mapping[str, str], today: date
) -> Decision:
    """Decide one move of one case, whose row the caller holds locked. `today` is the day in South Africa.

    Raises `TransitionRefused` with the code of the first rule that says no, in this order:
    `unknown_transition`, `role_not_allowed` (before the stage, so that a stranger learns nothing of
    the case), `already_there`, `wrong_stage`, `missing_detail`, `unknown_detail`, `unknown_basis`,
    `unknown_reason`, `unknown_code`, `second_person_needed`, `precinct_unresolved`, `items_outstanding`, `too_early`, and those of
    `court.decide`.
    """
    move = workflow_rules.transition(transition)
    _check_role(move, actor)
    if case.charges is None:
        _check_stage(move, case.stage)
    elif not _joins(case, move, details):
        charges.choose(case.charges, move, None)
    _check_details(move, details)
    court.check_dates(move, details, today)
    _check_second(move, actor, details)
    _check_facts(move, case.facts)
    events = (CASE_STAGE_ENTERED,)
    if case.charges is None and transition != court.ENROL:
        _check_charged(move, case.stage)
        return Decision(move.id, case.stage, move.target, dict(details), events)
    carried = court.decide(case.charges or (), move, details, today)
    return Decision(move.id, case.stage, carried.stage, dict(details), events, carried)


def needs_second(transition: str, actor: Actor, details: Mapping[str, str]) -> bool:
    """Whether this is a move that a person makes only together with a second one."""
    second = workflow_rules.transition(transition).second
    by_hand = actor.role in workflow_rules.staff_roles()
    return by_hand and ("*" in second or any(code in second for code in details.values()))


def _check_second(move: Transition, actor: Actor, details: Mapping[str, str]) -> None:
    if SECOND not in details and needs_second(move.id, actor, details):
        _refuse(
            "second_person_needed",
            f"The move '{move.id}' takes two people. Propose it; somebody else of your side confirms it.",
        )


def _joins(case: CaseState, move: Transition, details: Mapping[str, str]) -> bool:
    """Whether further accused are enrolled into a matter that is in court already."""
    joining = move.id == court.ENROL and bool(case.charges) and "charges" in details
    return joining and court.may_join(case.stage)


def _check_charged(move: Transition, stage: str) -> None:
    if court.needs_charge(move, stage):
        _refuse(
            "not_charged", f"Nobody is charged in this case yet, so '{move.id}' cannot be. Enrol it first."
        )


def _check_role(move: Transition, actor: Actor) -> None:
    if actor.role not in move.roles:
        _refuse(
            "role_not_allowed", f"The move '{move.id}' belongs to: {', '.join(move.roles)}. Ask one of them."
        )


def _check_stage(move: Transition, stage: str) -> None:
    if stage in move.sources:
        return
    if stage == move.target and not move.back:
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
    carried = (*move.needs, *move.may, *((SECOND,) if move.second else ()))
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
    elif not all(code in codes for code in _codes_in(name, value)):
        code = CODE_OF.get(name, "unknown_code")
        _refuse(code, f"The move '{move.id}' accepts as '{name}': {', '.join(codes)}. Choose one of them.")


def _codes_in(name: str, value: str) -> list[str]:
    """The codes that a value holds: most details are one, a few a list in the form of the detail."""
    form = workflow_rules.detail(name).pattern
    if not form:
        return [value]
    if not re.fullmatch(form, value):
        return [""]
    return [re.sub(r"^[0-9]+=|:.*", "", part) for part in re.split("[;,]", value)]


def _check_facts(move: Transition, facts: frozenset[str]) -> None:
    for fact in move.requires:
        if fact not in facts:
            code, sentence = LACKING[fact]
            _refuse(code, sentence.format(move=move.id))


def _refuse(code: str, sentence: str) -> NoReturn:
    raise TransitionRefused(sentence, code=code)
