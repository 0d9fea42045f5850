"""Charges: which of them a move is about, what the law forbids, where each goes, and where the case then stands.

`services.casework` asks `decide` with the case and its charges held, and writes what it says. The outcome
lives on the charge (one accused, one count); the case stands where the charge stands that speaks for it
(`workflow_rules.speaker`). Pure. Source of the law: domain.md 5.2 and 5.3; a builder's summary.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NoReturn

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.workflow_shapes import Transition

ENROL: Final = "enrol"
STRUCK_342A: Final = "struck_342a"
#: Moves that only a charge that was not pleaded to may make; once pleaded, from no stage whatever.
BEFORE_PLEA: Final = frozenset({"withdraw_6a", "strike_342a", "strike_informal", "decline_to_prosecute"})
#: Moves by which a charge comes back on the roll, and which the lock of s342A(3)(c) stops.
ON_THE_ROLL_AGAIN: Final = frozenset({ENROL, "reenrol", "diversion_to_roll"})


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


@dataclass(frozen=True, slots=True)
class Carried:
    """What becomes of the charges: each that moved, before and after, and where the case then stands."""

    moved: tuple[tuple[Charge, Charge], ...]
    stage: str
    next_date: date | None


def decide(
    charges: Sequence[Charge],
    move: Transition,
    details: Mapping[str, str],
    today: date,
    fresh: Sequence[Charge] = (),
) -> Carried:
    """What one move does to the charges of a case. The caller has checked role and details.

    `fresh` are charges that this very move lays; they always go with it.

    Raises `TransitionRefused`: `unknown_charge`, `already_there`, `wrong_stage`, `already_pleaded`,
    `dpp_instruction_missing`, `dpp_date_ahead`, `date_not_ahead`, `plea_does_not_carry_it`, `not_a_child`,
    `npa_decides`.
    """
    of = details.get("of")
    known = () if fresh and of is None and not _any_at(charges, move) else choose(charges, move, of)
    chosen = (*known, *fresh)
    for charge in chosen:
        _lawful(move, charge, details, today)
    moved = tuple((charge, _after(move, charge, details)) for charge in chosen)
    now = {id(before): after for before, after in moved}
    standing = [now.get(id(charge), charge) for charge in (*charges, *fresh)]
    return Carried(moved, workflow_rules.speaker(one.stage for one in standing), next_day(standing))


def _any_at(charges: Sequence[Charge], move: Transition) -> bool:
    return any(one.stage in move.sources for one in charges)


def laid(details: Mapping[str, str], known: Sequence[Charge]) -> tuple[Charge, ...]:
    """The charges that an enrolment lays, beyond those that the case has. Raises `TransitionRefused`.

    `charges_missing` where the case would have none; `charge_doubled` where one is laid twice.
    """
    given = details.get("charges")
    if given is None:
        if not known or "children" in details:
            _refuse(
                "charges_missing",
                "Enrolment needs 'charges': who is accused of what. Give them and try again.",
            )
        return ()
    children = {int(one) for one in re.findall(r"[0-9]+", details.get("children", ""))}
    laid: list[Charge] = []
    for part in given.split(";"):
        accused, _, offences = part.partition("=")
        number = int(accused)
        before = sum(one.accused == number for one in known)
        if any(one.accused == number for one in laid):
            _refuse(
                "charge_doubled", f"Accused {number} is named twice. Put all charges of one accused together."
            )
        laid.extend(
            Charge(None, number, before + count, offence, "to_prosecutor", child=number in children)
            for count, offence in enumerate(offences.split(","), 1)
        )
    if strangers := sorted(children - {one.accused for one in (*known, *laid)}):
        _refuse("unknown_charge", f"There is no accused {strangers[0]}. Name those who are charged.")
    return tuple(laid)


def choose(charges: Sequence[Charge], move: Transition, of: str | None) -> tuple[Charge, ...]:
    """The charges that a move is about: those named, or else all that can make it."""
    if of is None:
        found = tuple(one for one in charges if one.stage in move.sources)
    else:
        found = tuple(one for one in charges if any(_named(one, name) for name in of.split(",")))
        for name in of.split(","):
            if not any(_named(one, name) for one in charges):
                _refuse(
                    "unknown_charge", f"There is no charge {name}. The case shows accused and their charges."
                )
    stray = [one for one in found if one.stage not in move.sources]
    if not found or stray:
        stages = {one.stage for one in (stray or charges)}
        if stages == {move.target} and move.target not in move.sources:
            _refuse("already_there", f"They already stand at '{move.target}'. Nothing is left to do.")
        start = ", ".join(move.sources)
        where = ", ".join(sorted(stages))
        _refuse("wrong_stage", f"The move '{move.id}' starts from: {start}. These charges stand at: {where}.")
    return found


def next_day(charges: Iterable[Charge]) -> date | None:
    """The earliest day on which one of these charges is in court, of those that wait for a day there."""
    days = [one.next_date for one in charges if one.next_date and workflow_rules.stage(one.stage).on_date]
    return min(days, default=None)


def _lawful(move: Transition, charge: Charge, details: Mapping[str, str], today: date) -> None:
    _open_to_it(move, charge)
    if charge.locked and move.id in ON_THE_ROLL_AGAIN and not _paper(details):
        _refuse(
            "dpp_instruction_missing",
            f"Charge {_name(charge)} was struck off under s342A(3)(c). It comes back only on the DPP's written "
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
            f"Charge {_name(charge)} was pleaded to, so '{move.id}' is out for good. "
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
            "wrong_stage", f"Charge {_name(charge)} did not come from a stage that '{move.id}' leads back to."
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
            f"Charge {_name(charge)} cannot be convicted on '{verdict_on}' from where it stands. s112 and s105A "
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


def _named(charge: Charge, name: str) -> bool:
    accused, _, count = name.partition(".")
    return charge.accused == int(accused) and (not count or charge.count == int(count))


def _name(charge: Charge) -> str:
    return f"{charge.accused}.{charge.count}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        _refuse("unknown_detail", "There is no such day. Give it as YYYY-MM-DD.")


def _refuse(code: str, sentence: str) -> NoReturn:
    raise TransitionRefused(sentence, code=code)
