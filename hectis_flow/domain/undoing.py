"""Taking a move back: which one, by whom, until when, and what of a history holds then.

`services.undo` asks it with the case held, and writes what it says. Whoever made the newest move takes it back
for a short time; later it is corrected, with a reason and by two people. Nothing is erased: the history keeps the
move and what took it back. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.calendar import ALWAYS, Span, add
from hectis_flow.domain.casework import SECOND, Actor, Decision
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.events import CASE_STAGE_ENTERED
from hectis_flow.domain.workflow_rules import CORRECT, REVERSALS, UNDO

UNDOES: Final = "undoes"
REASON: Final = "reason"
#: Why a move is corrected.
CORRECTIONS: Final = ("wrong_case", "wrong_charge", "wrong_outcome", "wrong_date", "entered_twice")


@dataclass(frozen=True, slots=True)
class Past:
    """One move of a history, or what took one back."""

    version: int
    transition: str
    from_stage: str
    to_stage: str
    role: str
    actor: str
    details: Mapping[str, str]
    at: datetime


def standing_moves(history: Iterable[Past]) -> list[Past]:
    """The moves of a history that hold still, oldest first: whatever takes one back takes the newest that holds."""
    stack: list[Past] = []
    for past in history:
        if past.transition in REVERSALS:
            stack.pop()
        else:
            stack.append(past)
    return stack


def to_undo(history: Sequence[Past], actor: Actor, now: datetime, undo_for: Span) -> Past:
    """The move that this person may take back now.

    Raises `TransitionRefused`: `nothing_to_undo`, `not_yours`, `second_person_needed`, `too_late`.
    """
    newest = history[-1]
    if newest.transition in REVERSALS or not _by_hand(newest):
        _refuse(
            "nothing_to_undo",
            "The newest step of this case is not a person's move that can be taken back. "
            "Make the move that is right now, or propose a correction.",
        )
    if (newest.role, newest.actor) != (actor.role, actor.name):
        _refuse(
            "not_yours",
            "Somebody else made the newest move. Ask them to take it back, or propose a correction.",
        )
    if SECOND in newest.details:
        _refuse(
            "second_person_needed",
            "Two people made this move, so two take it back. Propose a correction; somebody else confirms it.",
        )
    if now > add(ALWAYS, newest.at, undo_for):
        _refuse(
            "too_late",
            f"A move can be taken back for {undo_for.words}, and that is over. Propose a correction.",
        )
    return newest


def to_correct(history: Sequence[Past], actor: Actor, details: Mapping[str, str]) -> Past:
    """The move that a correction takes back: the newest that holds still, whoever made it.

    Raises `TransitionRefused`: `missing_detail`, `unknown_detail`, `unknown_reason`, `nothing_to_correct`,
    `role_not_allowed`, `second_person_needed`.
    """
    _check_details(details)
    standing = standing_moves(history)
    newest = standing[-1] if standing else None
    if newest is None or not _by_hand(newest):
        _refuse(
            "nothing_to_correct",
            "The newest step that holds is not a person's move that can be taken back. Make the move that is "
            "right now.",
        )
    roles = workflow_rules.transition(newest.transition).roles
    if actor.role not in roles:
        _refuse(
            "role_not_allowed",
            f"The move '{newest.transition}' belongs to: {', '.join(roles)}. Ask one of them to correct it.",
        )
    if SECOND not in details:
        _refuse(
            "second_person_needed",
            "A correction takes two people. Propose it; somebody else of your side confirms it.",
        )
    return newest


def decision(kind: str, past: Past, details: Mapping[str, str]) -> Decision:
    """What is written of taking a move back: the case stands again where the move found it."""
    told = {**details, UNDOES: past.transition}
    return Decision(kind, past.to_stage, past.from_stage, told, (CASE_STAGE_ENTERED,))


def last_named(standing: Iterable[Past], detail: str) -> str | None:
    """What the newest of these moves that carries this detail said."""
    found = [one.details[detail] for one in standing if detail in one.details]
    return found[-1] if found else None


def _by_hand(past: Past) -> bool:
    """Whether a person made a move, and one that can be taken back."""
    if past.role not in workflow_rules.staff_roles():
        return False
    return workflow_rules.reversible(workflow_rules.transition(past.transition))


def _check_details(details: Mapping[str, str]) -> None:
    reason = details.get(REASON)
    if not reason:
        _refuse("missing_detail", f"A correction needs '{REASON}': {', '.join(CORRECTIONS)}.")
    if set(details) - {REASON, SECOND}:
        _refuse("unknown_detail", f"A correction takes '{REASON}' and nothing else.")
    if reason not in CORRECTIONS:
        _refuse(
            "unknown_reason", f"A correction accepts as '{REASON}': {', '.join(CORRECTIONS)}. Choose one."
        )


def _refuse(code: str, sentence: str) -> NoReturn:
    raise TransitionRefused(sentence, code=code)


__all__ = [
    "CORRECT",
    "CORRECTIONS",
    "UNDO",
    "Past",
    "decision",
    "last_named",
    "standing_moves",
    "to_correct",
    "to_undo",
]
