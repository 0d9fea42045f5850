"""What a facility's system says of a visit, message by message, and when: the honest line and its mishaps.

`province` asks for the lines of each visit and `messages` writes them. Every line of a visit is spoken (EVN-2)
in a minute of its own, so the order that was meant is never in doubt, however late a line is sent.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from hectis_flow.practice import harm, rates
from hectis_flow.practice.chance import happens
from hectis_flow.practice.harm import NOTHING, Cause
from hectis_flow.practice.visits import Visit

LONGEST_TAIL: Final = timedelta(days=10)  # nothing of a visit is sent later than this after its day began


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `coding` None is silent about codes; `NOTHING` takes them back.

    `folder` is the patient number that it speaks of, `prior` the number that a merge gives up.
    """

    event: str
    spoken: datetime
    folder: str
    prior: str = ""
    coding: Cause | None = None
    colour: str = ""
    numbered: bool = True  # PV1-19 is sent
    identified: bool = True  # PID-3 is sent
    died: bool = False
    admitted: bool = False
    held_back: timedelta = timedelta(0)
    resent: timedelta | None = None  # after the first sending


@dataclass(slots=True)
class _Pen:
    """Writes the lines of one visit, each some minutes after the one before."""

    rng: Random
    now: datetime
    folder: str
    lines: list[Line]

    def write(self, event: str, low: float, high: float, **more: object) -> None:
        minutes = 1 + int(self.rng.uniform(low, high))
        self.now += timedelta(minutes=minutes)
        spoken = self.now.replace(second=self.rng.randrange(60))
        self.lines.append(replace(Line(event, spoken, self.folder), **more))  # type: ignore[arg-type]


def lines_of(visit: Visit, rng: Random) -> list[Line]:
    """Every line of the visit, in the order in which they were meant."""
    fate = (rates.FATES if visit.violent else rates.CALM_FATES).draw(rng)
    merged = fate != "cancelled" and happens(rng, rates.MERGED)
    bare = not merged and not visit.repeated and happens(rng, rates.WITHOUT_VISIT_NUMBER)
    temporary = f"T{visit.person.folder[1:]}X{visit.key}" if merged else visit.person.folder
    pen = _Pen(rng, visit.arrived, temporary, [])
    _arrive(pen, visit, triage=not bare)
    if merged and not visit.repeated:
        _merge(pen, visit)
    died = visit.sats_colour == "blue" or (visit.sats_colour == "red" and happens(rng, 0.04))
    before, after = _codings(visit, fate, rng)
    _stay(pen, visit, before)
    if fate == "cancelled":
        pen.write("A11", 5, 60)
    else:
        _leave(pen, after, died=died)
    if pen.folder != visit.person.folder:
        _merge(pen, visit)
    return [_on_the_wire(line, rng, numbered=not bare) for line in pen.lines]


def _arrive(pen: _Pen, visit: Visit, *, triage: bool) -> None:
    pen.write("A04", 1, 10)
    if triage and happens(pen.rng, rates.TRIAGE_SENT):
        pen.write("R01", 2, 35, colour=visit.sats_colour)
    if triage and happens(pen.rng, rates.PERSON_UPDATED):
        pen.write("A31", 1, 30)
    if happens(pen.rng, rates.WITHOUT_PATIENT_NUMBER):
        pen.write("A08", 1, 5, identified=False)


def _merge(pen: _Pen, visit: Visit) -> None:
    """The number used so far turns out to be another's: somebody who was unknown, or was registered twice."""
    prior, pen.folder = pen.folder, visit.person.folder
    pen.write("A40", 10, 240, prior=prior)


def _stay(pen: _Pen, visit: Visit, codings: list[Cause]) -> None:
    if happens(pen.rng, rates.TRANSFERRED):
        pen.write("A02", 10, 120)
    if happens(pen.rng, rates.ADMITTED[visit.sats_colour]):
        pen.write("A01", 20, 180, admitted=True)
    for coding in codings:
        pen.write("A08", 15, 150, coding=coding)


def _leave(pen: _Pen, codings: list[Cause], *, died: bool) -> None:
    if happens(pen.rng, rates.DISCHARGED):
        pen.write("A03", 20, 300, died=died)
        if not died and happens(pen.rng, rates.DISCHARGE_CANCELLED):
            pen.write("A13", 5, 40)
            if happens(pen.rng, 0.5):
                pen.write("A03", 60, 300)
    for coding in codings:
        pen.write("A08", 60 * 20, 60 * 24 * 6, coding=coding)


def _codings(visit: Visit, fate: str, rng: Random) -> tuple[list[Cause], list[Cause]]:
    """What is coded while the patient is there, and what after."""
    right = visit.cause
    woman = visit.person.sex == "F"
    codings: dict[str, tuple[list[Cause], list[Cause]]] = {
        "coded": ([right], []),
        "late": ([], [right]),
        "never": ([replace(NOTHING, injury=right.injury)] if right.injury and happens(rng, 0.5) else [], []),
        "cancelled": ([right] if happens(rng, 0.3) else [], []),
    }
    if fate in codings:
        return codings[fate]
    if fate == "corrected":
        return [harm.coded_assault(rng, rates.MEANS.draw(rng), woman=woman), right], []
    if fate == "wrongly_violent":
        return [harm.coded_assault(rng, "blunt", woman=woman)], [right]
    if fate == "taken_back":
        return [right], [NOTHING]
    if fate == "as_accident":
        return [right], [harm.as_accident(rng, right)]
    recoded = harm.as_american if fate == "american" else harm.as_undetermined
    return [recoded(rng, right)], []


def _on_the_wire(line: Line, rng: Random, *, numbered: bool) -> Line:
    """The same line with its mishaps: held back, sent twice."""
    held = timedelta(minutes=rng.randint(5, 700)) if happens(rng, rates.HELD_BACK) else timedelta(0)
    resent = timedelta(minutes=rng.randint(1, 120)) if happens(rng, rates.RESENT) else None
    return replace(line, numbered=numbered, held_back=held, resent=resent)
