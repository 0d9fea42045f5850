"""What a move does to charges: what the law forbids, where each goes, and where the case then stands.

`services.casework` asks `decide` with the case and its charges held, and writes what it says. The outcome
lives on the charge (one accused, one count); the case stands where the charge stands that speaks for it
(`workflow_rules.speaker`). Pure. Source of the law: domain.md 5.2 and 5.3; a builder's summary.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NoReturn

from hectis_flow.domain import charges, workflow_rules
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.workflow_shapes import Transition

ENROL: Final = "enrol"
STRUCK_342A: Final = "struck_342a"
#: Moves that only a charge that was not pleaded to may make; once pleaded, from no stage whatever.
BEFORE_PLEA: Final = frozenset({"withdraw_6a", "strike_342a", "strike_informal", "decline_to_prosecute"})
#: Moves by which a charge comes back on the roll, and which the lock of s342A(3)(c) stops.
ON_THE_ROLL_AGAIN: Final = frozenset({ENROL, "reenrol", "diversion_to_roll"})


@dataclass(frozen=True, slots=True)
class Carried:
    """What becomes of the charges: each that moved, before and after, and all of the case as they then stand."""

    moved: tuple[tuple[Charge, Charge], ...]
    standing: tuple[Charge, ...]

    @property
    def stage(self) -> str:
        """Where the case then stands."""
        return workflow_rules.speaker(one.stage for one in self.standing)

    @property
    def next_date(self) -> date | None:
        """Its next day in court, if it waits for one."""
        return charges.next_day(self.standing)


def decide(known: Sequence[Charge], move: Transition, details: Mapping[str, str], today: date) -> Carried:
    """What one move does to the charges of a case. The caller has checked role and details.

    What an enrolment lays always goes with it, whichever known charges it names.

    Raises `TransitionRefused`: those of `charges.laid` and `charges.choose`, `already_pleaded`,
    `dpp_instruction_missing`, `dpp_date_ahead`, `plea_does_not_carry_it`, `not_a_child`, `npa_decides`.
    """
    fresh = charges.laid(details, known) if move.id == ENROL else ()
    of = details.get("of")
    named = charges.about(known, move, of) if fresh and of is None else charges.choose(known, move, of)
    chosen = (*named, *fresh)
    for charge in chosen:
        _lawful(move, charge, details, today)
    moved = tuple((charge, _after(move, charge, details)) for charge in chosen)
    now = {id(before): after for before, after in moved}
    return Carried(moved, tuple(now.get(id(one), one) for one in (*known, *fresh)))


def may_join(stage: str) -> bool:
    """Whether further accused can be enrolled into a case that stands here: it is in court already."""
    sources = workflow_rules.transition(ENROL).sources
    return workflow_rules.may_be_charged(stage) and workflow_rules.speaker((stage, *sources)) == stage


def needs_charge(move: Transition, stage: str) -> bool:
    """Whether somebody must be charged for a move from this stage: nothing else goes to court.

    But a matter that never got there can end.
    """
    target = workflow_rules.stage(move.target)
    ends = target.end and workflow_rules.stage(stage).phase != "court"
    return target.phase == "court" and not ends


def _lawful(move: Transition, charge: Charge, details: Mapping[str, str], today: date) -> None:
    _open_to_it(move, charge)
    if charge.locked and move.id in ON_THE_ROLL_AGAIN and not _paper(details):
        _refuse(
            "dpp_instruction_missing",
            f"Charge {charge.name} was struck off under s342A(3)(c). It comes back only on the DPP's written "
            "instruction: give 'dpp_ref' and 'dpp_date'.",
        )
    if "dpp_date" in details and _day(details["dpp_date"]) > today:
        _refuse(
            "dpp_date_ahead", "The day of the DPP's paper lies ahead. Give the day on which it was signed."
        )
    if move.id == "convict":
        _carries(charge, details["verdict_on"])
    if move.id == "divert" and details.get("reason") == "child_justice_act" and not charge.child:
        _refuse(
            "not_a_child", f"Accused {charge.accused} is not recorded as a child at the time of the offence."
        )


def _open_to_it(move: Transition, charge: Charge) -> None:
    """Whether this charge can make the move at all, whatever is said with it."""
    if charge.pleaded and move.id in BEFORE_PLEA:
        _refuse(
            "already_pleaded",
            f"Charge {charge.name} was pleaded to, so '{move.id}' is out for good. "
            "What is open: go on with the trial, or stop it under s6(b) with the DPP's consent.",
        )
    if not workflow_rules.may_be_charged(move.target):
        _refuse(
            "npa_decides",
            f"Somebody is charged, so '{move.id}' closes nothing, whatever a complainant wishes. Submit the docket: "
            "the NPA decides.",
        )
    if move.back and charge.came_from not in move.back:
        _refuse(
            "wrong_stage", f"Charge {charge.name} did not come from a stage that '{move.id}' leads back to."
        )


def check_dates(move: Transition, details: Mapping[str, str], today: date) -> None:
    """Whether each day is one, and the next in court lies ahead. Raises `TransitionRefused`: `date_not_ahead`, `unknown_detail`."""
    for name in ("next_date", "dpp_date", "items"):
        for day in re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", details.get(name, "")):
            _day(day)
    if "next_date" in details:
        day, earliest = (
            _day(details["next_date"]),
            "after today" if move.id == "postpone" else "today or later",
        )
        if day < today or (move.id == "postpone" and day == today):
            _refuse("date_not_ahead", f"The next day in court must be {earliest}. Check the date.")


def _carries(charge: Charge, verdict_on: str) -> None:
    """A plea of guilty carries s112, and an agreement (s105A) rests on one [K]; a trial needs judgment."""
    guilty = charge.plea == "guilty"
    at_plea = verdict_on in ("s112", "s105A")
    if not (guilty and charge.stage == "pleaded" if at_plea else charge.stage == "judgment"):
        _refuse(
            "plea_does_not_carry_it",
            f"Charge {charge.name} cannot be convicted on '{verdict_on}' from where it stands. s112 and s105A "
            "need a plea of guilty, 'trial' a judgment.",
        )


def _after(move: Transition, charge: Charge, details: Mapping[str, str]) -> Charge:
    target = (charge.came_from or move.target) if move.back else move.target
    after = replace(charge, stage=target)
    if workflow_rules.stage(target).on_date:
        day = details.get("next_date")
        after = replace(after, next_date=_day(day) if day else charge.next_date)
    if not move.back and target != charge.stage:
        after = replace(after, came_from=charge.stage)
    if move.id == "plead":
        after = replace(after, pleaded=True, plea=details["plea"])
    if target == STRUCK_342A:
        after = replace(after, locked=True)
    if move.id in ON_THE_ROLL_AGAIN:
        after = replace(after, locked=False)
    return after


def _paper(details: Mapping[str, str]) -> bool:
    return bool(details.get("dpp_ref") and details.get("dpp_date"))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        _refuse("unknown_detail", "There is no such day. Give it as YYYY-MM-DD.")


def _refuse(code: str, sentence: str) -> NoReturn:
    raise TransitionRefused(sentence, code=code)
