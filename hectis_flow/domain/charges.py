"""Charges, one accused and one count each: how an enrolment lays them, which of them a move is about, their next day.

`domain.court` decides what a move does to them, `services.charges` reads and writes them. Pure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.workflow_shapes import Transition


@dataclass(frozen=True, slots=True)
class Charge:
    """One accused, one count. `came_from` is the stage to which a move of return leads.

    `locked` says that it was struck off under s342A(3)(c) and that no instruction of the DPP has come since.
    `next_date` is its next day in court. `id` is None for one that is not stored yet.
    """

    id: int | None
    accused: int
    count: int
    offence: str
    stage: str
    child: bool = False
    came_from: str | None = None
    pleaded: bool = False
    plea: str | None = None
    locked: bool = False
    next_date: date | None = None
    removal_id: int | None = None

    @property
    def name(self) -> str:
        """As people name it: 1.2 is the second charge of accused 1."""
        return f"{self.accused}.{self.count}"


def laid(details: Mapping[str, str], known: Sequence[Charge]) -> tuple[Charge, ...]:
    """The charges that an enrolment lays, beyond those that the case has. Raises `TransitionRefused`.

    `charges_missing` where the case would have none; `charge_doubled` where one is laid twice.
    """
    given = details.get("charges")
    if given is None:
        if not known or "children" in details:
            raise TransitionRefused(
                "Enrolment needs 'charges': who is accused of what. Give them and try again.",
                code="charges_missing",
            )
        return ()
    children = {int(one) for one in re.findall(r"[0-9]+", details.get("children", ""))}
    offences = _offences(given)
    if strangers := sorted(children - {*offences, *(one.accused for one in known)}):
        raise TransitionRefused(
            f"There is no accused {strangers[0]}. Name those who are charged.", code="unknown_charge"
        )
    return tuple(
        Charge(None, accused, count, offence, "to_prosecutor", child=accused in children)
        for accused, named in offences.items()
        for count, offence in enumerate(named, sum(one.accused == accused for one in known) + 1)
    )


def _offences(given: str) -> dict[int, list[str]]:
    """What each accused is charged with."""
    found: dict[int, list[str]] = {}
    for part in given.split(";"):
        accused, _, offences = part.partition("=")
        if int(accused) in found:
            raise TransitionRefused(
                f"Accused {accused} is named twice. Put all charges of one accused together.",
                code="charge_doubled",
            )
        found[int(accused)] = offences.split(",")
    return found


def about(charges: Sequence[Charge], move: Transition, of: str | None) -> tuple[Charge, ...]:
    """The charges that a move is about, whether they can make it or not: those named, or else all that can."""
    if of is None:
        return tuple(one for one in charges if one.stage in move.sources)
    names = of.split(",")
    return tuple(one for one in charges if any(_named(one, name) for name in names))


def choose(charges: Sequence[Charge], move: Transition, of: str | None) -> tuple[Charge, ...]:
    """The same, each of which stands where the move starts. Raises `TransitionRefused`.

    `unknown_charge`, `already_there`, `wrong_stage`.
    """
    for name in of.split(",") if of else ():
        if not any(_named(one, name) for one in charges):
            raise TransitionRefused(
                f"There is no charge {name}. The case shows accused and their charges.", code="unknown_charge"
            )
    found = about(charges, move, of)
    stray = [one for one in found if one.stage not in move.sources]
    if found and not stray:
        return found
    stages = {one.stage for one in (stray or charges)}
    if stages == {move.target} and move.target not in move.sources:
        raise TransitionRefused(
            f"They already stand at '{move.target}'. Nothing is left to do.", code="already_there"
        )
    start, where = ", ".join(move.sources), ", ".join(sorted(stages))
    raise TransitionRefused(
        f"The move '{move.id}' starts from: {start}. These charges stand at: {where}.", code="wrong_stage"
    )


def next_day(charges: Iterable[Charge]) -> date | None:
    """The earliest day on which one of these charges is in court, of those that wait for a day there."""
    days = [one.next_date for one in charges if one.next_date and workflow_rules.stage(one.stage).on_date]
    return min(days, default=None)


def _named(charge: Charge, name: str) -> bool:
    return name in (str(charge.accused), charge.name)
