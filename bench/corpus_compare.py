"""Our reading of each message and our rows of each visit, held against python-hl7's.

`bench.corpus` calls it. A difference is either python-hl7's own, of a kind named in `KINDS`, or a
fault of ours. Nothing here may quote a value: the folder may hold real patients.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import hl7

from bench.corpus_reading import NULL, TIMES, Reading, Time, births, folds, told
from bench.corpus_stored import StoredPatient, StoredVisit
from hectis_flow.domain.facts import MessageFacts, Moment

KINDS = {
    "no_hl7_time": "The text is no HL7 time, YYYY[MM[DD[HH[MM[SS[.S]]]]]][+ZZZZ]: python-hl7 reads as far as it "
    "can and drops the rest; ours takes it for no time.",
    "far_zone": "The zone is further from UTC than any on earth: python-hl7 counts with it; ours takes it for no "
    "time.",
    "point_left_out": "More than fourteen digits, from a clock that prints milliseconds without a point: python-hl7 "
    "counts all of them as seconds and refuses; ours reads a fraction.",
    "zone_sign": "A zone less than an hour west of UTC: python-hl7 loses its sign.",
    "escape": "An escape sequence that is not closed or not known: python-hl7 drops it and what it holds; ours keeps "
    "what was written.",
    "two_quotes": 'Two quotes mean "delete": python-hl7 hands them on as a value.',
    "separators": "MSH-2 does not name the usual four marks: python-hl7 goes by their places alone.",
}
_TIME = re.compile(r"(?:\d{4}|\d{6}|\d{8}|\d{10}|\d{12}|\d{14}(?:\.\d+)?)(?:[+-]\d{4})?\Z")
_LONG = re.compile(r"\d{15,24}(?:[+-]\d{4})?\Z")
_SHORT_WEST = re.compile(r"-00(?!00)\d\d\Z")
_ZONE = re.compile(r"[+-]\d{4}\Z")
DIGITS = {"year": 4, "month": 6, "day": 8, "hour": 10, "minute": 12, "second": 14}
FACTS = (*TIMES, "number", "visit")


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact of one message read in two ways; `kind` is a key of KINDS, or "" for a fault of ours."""

    where: str
    fact: str
    kind: str


def differences(reading: Reading, ours: MessageFacts) -> list[Difference]:
    """Where the two readings of one message differ."""
    theirs = _values(reading)
    return [
        Difference(reading.where, fact, _kind(reading, fact, theirs[fact], value))
        for fact, value in _own_values(ours).items()
        if value != theirs[fact]
    ]


def without(reading: Reading, found: Iterable[Difference], ours: MessageFacts) -> Reading:
    """The reading with what python-hl7 misreads put right, so that the fold is held against the rest."""
    misread = {one.fact for one in found if one.kind}
    own = _own_values(ours)
    return replace(
        reading,
        times={
            name: _time(getattr(ours, name)) if name in misread else time
            for name, time in reading.times.items()
        },
        number=str(own["number"]) if "number" in misread else reading.number,
        visit=str(own["visit"]) if "visit" in misread else reading.visit,
    )


def _time(moment: Moment | None) -> Time | None:
    return Time(moment.at, DIGITS[moment.precision]) if moment else None


def _values(reading: Reading) -> dict[str, object]:
    times = {name: time.at if time else None for name, time in reading.times.items()}
    return {**times, "number": reading.number, "visit": reading.visit}


def _own_values(ours: MessageFacts) -> dict[str, object]:
    moments = {name: getattr(ours, name) for name in TIMES}
    return {
        **{name: moment.at if moment else None for name, moment in moments.items()},
        "number": ours.patient_numbers[0].value if ours.patient_numbers else "",
        "visit": ours.visit_number or "",
    }


def _kind(reading: Reading, fact: str, theirs: object, ours: object) -> str:
    segment, field = {**TIMES, "number": ("PID", 3), "visit": ("PV1", 19)}[fact]
    text = _as_sent(reading.message, segment, field)
    if fact in TIMES:
        kind = _kind_of_time(text, theirs, ours)
    else:
        kind = "two_quotes" if told(reading.message, segment, field) == NULL else ""
    if _odd_escape(reading.message, text):
        return "escape"
    misplaced = not _has_four_marks(reading.message) and not text.isdecimal()
    return kind or ("separators" if misplaced else "")


def _kind_of_time(text: str, theirs: object, ours: object) -> str:
    if theirs is None:
        return "point_left_out" if _LONG.match(text) else ""
    if not _TIME.match(text):
        return "no_hl7_time" if ours is None else ""
    if _SHORT_WEST.search(text):
        return "zone_sign"
    return "far_zone" if ours is None and _ZONE.search(text) else ""


def _odd_escape(message: hl7.Message, text: str) -> bool:
    """Whether an escape is left when those that stand for the five marks are taken out."""
    escape = str(message.esc)
    for letter in "FSRTE":
        text = text.replace(f"{escape}{letter}{escape}", "")
    return escape in text


def _has_four_marks(message: hl7.Message) -> bool:
    return len(set(str(message.segment("MSH")(2))[:4])) == 4


def _as_sent(message: hl7.Message, segment: str, field: int) -> str:
    """The first component of the first repetition, escapes and all."""
    try:
        text = str(message.segment(segment)(field))
    except (IndexError, KeyError):
        return ""
    for mark in message.separators[2:5]:
        text = text.partition(mark)[0]
    return text.strip()


def visit_faults(
    readings: Mapping[int, Sequence[Reading]], stored: Mapping[int, StoredVisit]
) -> Iterator[str]:
    """What our visits do not say as python-hl7's reading of their messages does."""
    for visit_id, told_by in readings.items():
        visit, possible = stored[visit_id], folds(told_by)
        said = f"visit {visit_id} ({', '.join(one.where for one in told_by)})"
        if visit.arrived_at not in {one.arrived_at for one in possible}:
            yield f"{said}: arrival"
        if visit.left_at not in {one.left_at for one in possible}:
            yield f"{said}: discharge"
        if any(one.visit and one.visit != visit.number for one in told_by):
            yield f"{said}: visit number"
    yield from _split_visits(readings)


def patient_faults(
    readings: Mapping[int, Sequence[Reading]], stored: Mapping[int, StoredPatient]
) -> Iterator[str]:
    """What our patients do not say as python-hl7's reading of all their messages does."""
    for patient_id, told_by in readings.items():
        patient = stored[patient_id]
        for one in told_by:
            if not {one.number, one.prior} - {""} <= patient.numbers:
                yield f"patient {patient_id}: number of {one.where}"
        if patient.born not in births(told_by):
            yield f"patient {patient_id} ({', '.join(one.where for one in told_by)}): birth"


def _split_visits(readings: Mapping[int, Sequence[Reading]]) -> Iterator[str]:
    """One visit number of one patient at one facility is one visit."""
    visits = defaultdict(set)
    for visit_id, told_by in readings.items():
        for one in told_by:
            if one.visit:
                visits[one.facility, one.number, one.visit].add(visit_id)
    yield from (f"one visit kept as {sorted(ids)}" for ids in visits.values() if len(ids) > 1)


def by_kind(found: Iterable[Difference]) -> Counter[str]:
    """How many differences there are of each kind."""
    return Counter(one.kind for one in found)
