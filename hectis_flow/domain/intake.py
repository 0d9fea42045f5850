"""What to do with a message, and which visit it names.

`services.intake` calls `judge` once a message is read, `domain.person` calls `visit_key`. Nothing
here depends on what came before: the same message always gets the same answer, in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from hectis_flow.domain.facts import MessageFacts, Moment, PatientNumber, spelled
from hectis_flow.domain.moments import local_day, names_a_day

# Every event we understand. An event is added here in the change that teaches `domain.visit` or
# `domain.person` what it does.
SUPPORTED: Final[Mapping[str, frozenset[str]]] = {
    "ADT": frozenset({"A01", "A02", "A03", "A04", "A08", "A11", "A13", "A31", "A40"}),
    "ORU": frozenset({"R01"}),
}

MERGE: Final = "A40"
# Events that speak of a person and of no visit.
PERSON_EVENTS: Final = frozenset({"A31", MERGE})

REASONS: Final[Mapping[str, str]] = {
    "accepted": "The message was read and belongs to a visit. Nothing to do.",
    "type_not_supported": "This message type is not one we use. Nothing to do; the sender may stop sending it.",
    "event_not_supported": "This event is not one we use yet. Nothing to do; it is kept and can be replayed.",
    "no_patient_number": "No patient number (PID-3) was sent, so the visit cannot be told from another. "
    "Ask the sender to fill PID-3, then replay the message.",
    "no_prior_number": "A merge (A40) names no number to merge (MRG-1). "
    "Ask the sender which record was merged into which; it must send the merge again.",
    "several_patients": "The message speaks of several patients (a second PID or MRG), and only the first could "
    "be read. Nothing of it was used. Ask the sender for one message a patient.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message; `reason` is a key of `REASONS`."""

    state: Literal["accepted", "ignored", "parked"]
    reason: str


@dataclass(frozen=True, slots=True)
class VisitKey:
    """Names one visit of one patient.

    `number` is personal (a visit number) or a day: the caller keeps it as a blind index or encrypted,
    never in the clear, and tells the two bases apart.
    """

    number: str
    basis: Literal["visit_number", "derived"]


def judge(facts: MessageFacts) -> Verdict:
    """Accept, ignore or park a message that could be read."""
    events = SUPPORTED.get(facts.message_type)
    if events is None:
        return Verdict("ignored", "type_not_supported")
    if facts.event not in events:
        return Verdict("ignored", "event_not_supported")
    if facts.several_patients:
        return Verdict("parked", "several_patients")
    if folder_number(facts) is None:
        return Verdict("parked", "no_patient_number")
    if facts.event == MERGE and prior_number(facts) is None:
        return Verdict("parked", "no_prior_number")
    return Verdict("accepted", "accepted")


def visit_key(facts: MessageFacts) -> VisitKey | None:
    """PV1-19, else the local day of arrival: which of the patient's visits a message belongs to.

    A number is the same however it is spelled. The day stands for the time, because messages of one visit
    often state it unequally exactly. It is that of PV1-44, else EVN-6, EVN-2 or MSH-7, the first that names
    a day; a message with none of them gets `undated`. None for an observation (ORU) without a visit number
    and for what speaks of no visit: `domain.person` finds the first a visit by its time.
    """
    if facts.event in PERSON_EVENTS:
        return None
    visit_number = spelled(facts.visit_number or "")
    if visit_number:
        return VisitKey(visit_number, "visit_number")
    if facts.message_type == "ORU":
        return None
    return VisitKey(_day(facts), "derived")


def folder_number(facts: MessageFacts) -> PatientNumber | None:
    """The PID-3 repetition that is the folder number: MR, then PI, then PT or untyped, then others.

    An account or visit number, and a number of the state (NI, PPN, ...), only where nothing else was
    sent. Equal types: the first repetition.
    """
    return _folder_of(facts.patient_numbers)


def prior_number(facts: MessageFacts) -> PatientNumber | None:
    """The MRG-1 repetition that is the folder number merged away, chosen as `folder_number` is."""
    return _folder_of(facts.prior_numbers)


def _folder_of(numbers: tuple[PatientNumber, ...]) -> PatientNumber | None:
    filled = [number for number in numbers if number.value.strip()]
    return min(filled, key=_folder_rank, default=None)


_KIND_RANK: Final[Mapping[str, int]] = {
    "MR": 0,
    "MRN": 0,
    "PI": 1,
    "PT": 2,
    "": 2,
    "AN": 4,
    "VN": 4,
    "NI": 5,
    "PPN": 5,
    "SS": 5,
    "DL": 5,
}
_OTHER_KIND: Final = 3


def _folder_rank(number: PatientNumber) -> int:
    kind = number.kind.strip().upper()
    if kind.startswith("NN"):  # NNxxx: the national number of country xxx
        return _KIND_RANK["NI"]
    return _KIND_RANK.get(kind, _OTHER_KIND)


def _day(facts: MessageFacts) -> str:
    for moment in _arrival_moments(facts):
        if moment is not None and names_a_day(moment):
            return local_day(moment).isoformat()
    return "undated"


def _arrival_moments(facts: MessageFacts) -> tuple[Moment | None, ...]:
    return facts.arrived_at, facts.event_at, facts.recorded_at, facts.sent_at
