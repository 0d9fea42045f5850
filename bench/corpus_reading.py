"""A second reading of HL7 messages, by python-hl7, and the fold of a visit from it, written apart.

`bench.corpus_compare` holds it against ours. It may use python-hl7 and the standard library only:
whatever it took from `hectis_flow` could not disagree with it. Rules of the fold: domain.md 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby
from typing import NamedTuple

import hl7
import hl7.util

# It logs the values that it cannot make out, and the folder may hold real patients.
hl7.util.logger.disabled = True

JOHANNESBURG = timezone(timedelta(hours=2))
# Fact -> where it stands.
TIMES = {
    "sent_at": ("MSH", 7),
    "recorded_at": ("EVN", 2),
    "event_at": ("EVN", 6),
    "born": ("PID", 7),
    "arrived_at": ("PV1", 44),
    "left_at": ("PV1", 45),
}
EVENTS = {"ADT": {"A01", "A02", "A03", "A04", "A08", "A11", "A13", "A31", "A40"}, "ORU": {"R01"}}
MERGE = "A40"
CANCELS_DISCHARGE = "A13"
NULL = '""'
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_SPANS = {
    4: timedelta(days=366),
    6: timedelta(days=31),
    8: timedelta(days=1),
    10: timedelta(hours=1),
    12: timedelta(minutes=1),
}


class Time(NamedTuple):
    """A moment, and how many digits of it were written."""

    at: datetime
    digits: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What python-hl7 finds in one message; "" and None where it finds nothing."""

    where: str
    message: hl7.Message
    kind: str
    event: str
    facility: str
    control_id: str
    processing_id: str
    version: str
    number: str  # the first value of PID-3
    prior: str  # the first value of MRG-1
    patients: int  # how many PID, or MRG, there are
    visit: str  # PV1-19.1
    times: dict[str, Time | None]
    deleted: frozenset[str]  # facts sent as two quotes

    @property
    def is_ours(self) -> bool:
        """Whether it is an event we take, with a patient number and a control id."""
        return self.event in EVENTS.get(self.kind, ()) and bool(self.number and self.control_id)

    @property
    def parked_for(self) -> str:
        """Why it is one that a person must look at; "" for most."""
        if self.patients > 1:
            return "several_patients"
        return "no_prior_number" if self.event == MERGE and not self.prior else ""

    @property
    def may_be_refused(self) -> bool:
        """Whether its header asks for something a system of practice does not take."""
        return (self.processing_id or "P") not in {"P", "T", "D"} or self.version[:1] not in {"", "2"}


def read(where: str, text: str) -> Reading:
    """Read one message, whose segments end in CR; raises what python-hl7 raises."""
    message = hl7.parse(text)
    kind, event = (told(message, "MSH", 9, part=part) for part in (1, 2))
    return Reading(
        where=where,
        message=message,
        kind=kind,
        event=event,
        facility=told(message, "MSH", 4),
        control_id=told(message, "MSH", 10),
        processing_id=told(message, "MSH", 11),
        version=told(message, "MSH", 12),
        number=first_number(message, "PID", 3),
        prior=first_number(message, "MRG", 1),
        patients=max(sum(str(one[0]) == name for one in message) for name in ("PID", "MRG")),
        visit=told(message, "PV1", 19),
        times={name: time_of(told(message, *place)) for name, place in TIMES.items()},
        deleted=frozenset(name for name, place in TIMES.items() if told(message, *place) == NULL),
    )


def told(message: hl7.Message, segment: str, field: int, *, repetition: int = 1, part: int = 1) -> str:
    """One component as python-hl7 gives it, without blanks around it; "" where it gives none."""
    try:
        return str(message.extract_field(segment, 1, field, repetition, part)).strip()
    except (IndexError, KeyError):
        return ""


def first_number(message: hl7.Message, segment: str, field: int) -> str:
    """The first repetition of a field of numbers that has a value."""
    try:
        count = len(message.segment(segment)(field))
    except (IndexError, KeyError):
        return ""
    values = (told(message, segment, field, repetition=place) for place in range(1, count + 1))
    return next((value for value in values if value and value != NULL), "")


def time_of(text: str) -> Time | None:
    """python-hl7's reading of a time, in UTC; without a zone it is South Africa's. None where it refuses."""
    try:
        at = hl7.parse_datetime(text)
        if at is None:
            return None
        local = at if at.tzinfo else at.replace(tzinfo=JOHANNESBURG)
        digits = len(text) - len(text.lstrip("0123456789"))
        return Time(local.astimezone(UTC), digits)
    except (ValueError, OverflowError):
        return None


class Folded(NamedTuple):
    """What the messages of one visit say together of its times."""

    arrived_at: datetime | None
    left_at: datetime | None


def folds(readings: Sequence[Reading]) -> set[Folded]:
    """The fold of a visit. More than one only where messages tie: same times, same control id."""
    return {Folded(_arrival(line), _left(line)) for line in lines(readings)}


def births(readings: Sequence[Reading]) -> set[str | None]:
    """The date of birth that all messages of one person tell; more than one only where messages tie."""
    told_by = [_newest(line, "born") for line in lines(readings)]
    return {as_date(born) if born else None for born in told_by}


def lines(readings: Sequence[Reading]) -> tuple[list[Reading], list[Reading]]:
    """Oldest first; the second with ties the other way round."""
    line = sorted(readings, key=_order)
    ties = [list(group) for _, group in groupby(line, key=_order)]
    return line, [one for group in ties for one in reversed(group)]


def _newest(line: Sequence[Reading], name: str) -> Time | None:
    """The newest message that speaks of it decides: silence keeps, two quotes delete."""
    for one in reversed(line):
        if one.times[name] or name in one.deleted:
            return one.times[name]
    return None


def _arrival(line: Sequence[Reading]) -> datetime | None:
    """PV1-44, else the earliest message's EVN-6, EVN-2 or MSH-7, an admission before an observation."""
    stated = _newest(line, "arrived_at")
    if stated:
        return stated.at
    for admission in (True, False):
        for one in line:
            told_by = [one.times[name] for name in ("event_at", "recorded_at", "sent_at")]
            first = next(filter(None, told_by), None)
            if first and (one.kind == "ADT") == admission:
                return first.at
    return None


def _left(line: Sequence[Reading]) -> datetime | None:
    """PV1-45, else when the newest discharge was; nothing from before a cancelled discharge."""
    cancelled = [place for place, one in enumerate(line) if one.event == CANCELS_DISCHARGE]
    line = line[cancelled[-1] + 1 :] if cancelled else line
    stated = _newest(line, "left_at")
    closing = [one for one in line if one.event == "A03"]
    if not stated and closing:
        stated = closing[-1].times["event_at"] or spoken_at(closing[-1])
    return stated.at if stated else None


def spoken_at(one: Reading) -> Time | None:
    """EVN-2, told more exactly by MSH-7 where that lies inside the span EVN-2 states; else MSH-7."""
    recorded, sent = one.times["recorded_at"], one.times["sent_at"]
    if recorded is None or sent is None:
        return recorded or sent
    inside = recorded.at <= sent.at < recorded.at + _SPANS.get(recorded.digits, timedelta(0))
    return sent if inside else recorded


def as_date(time: Time) -> str:
    """The South African date, no more exact than it was written."""
    length = {4: 4, 6: 7}.get(time.digits, 10)
    return time.at.astimezone(JOHANNESBURG).date().isoformat()[:length]


def _order(one: Reading) -> tuple[datetime, datetime, int, str]:
    spoken, sent = spoken_at(one), one.times["sent_at"]
    return (
        spoken.at if spoken else _BEFORE_ALL,
        sent.at if sent else _BEFORE_ALL,
        len(one.control_id),
        one.control_id,
    )


def as_text(raw: bytes) -> str:
    """A message as python-hl7 wants it: text, segments ended by CR alone."""
    for codec in ("utf-8", "cp1252"):
        try:
            text = raw.decode(codec)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\r").replace("\n", "\r")
