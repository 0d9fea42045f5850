"""Where a case and its charges stand, rebuilt from its history alone.

The history keeps each move with its details; played again by the rules that decided them, it must give the
stage and the charges that are stored. Tests and whoever doubts a row use it. It must not read anything.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from hectis_flow.domain import court, workflow_rules
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.moments import SAST


class Made(NamedTuple):
    """One move as history has it."""

    transition: str
    to_stage: str
    details: Mapping[str, str]
    at: datetime


class Standing(NamedTuple):
    """Where a case stands, and its charges; none where nobody is charged."""

    stage: str
    charges: tuple[Charge, ...]


def rebuild(history: Iterable[Made]) -> Standing:
    """Play a history again, oldest first; what was taken back leaves the state before it.

    Raises `TransitionRefused` where a move was never lawful.
    """
    states = [Standing("", ())]
    for made in history:
        if made.transition in workflow_rules.REVERSALS:
            states.pop()
        else:
            states.append(Standing(*_played(made, states[-1].charges)))
    return states[-1]


def _played(made: Made, charges: tuple[Charge, ...]) -> tuple[str, tuple[Charge, ...]]:
    if not charges and made.transition != court.ENROL:
        return made.to_stage, charges
    move, today = workflow_rules.transition(made.transition), made.at.astimezone(SAST).date()
    carried = court.decide(charges, move, made.details, today)
    return carried.stage, carried.standing
