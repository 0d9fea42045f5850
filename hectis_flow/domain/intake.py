"""What to do with a message, and to which visit it belongs.

`services.intake` calls `judge` once a message is read, and `visit_key` to find its visit. Nothing
here depends on what came before: the same message always gets the same answer, in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from hectis_flow.domain.facts import MessageFacts, Moment, PatientNumber
from hectis_flow.domain.moments import local_day, names_a_day

# Every event the fold understands. An event is added here in the change that teaches `domain.visit`
# what it does: A11 and A13 (`EVENT_EFFECTS` there), A02, A31 and A40.
SUPPORTED: Final[Mapping[str, frozenset[str]]] = {
    "ADT": frozenset({"A01", "A03", "A04", "A08"}),
    "ORU": frozenset({"R01"}),
}

REASONS: Final[Mapping[str, str]] = {
    "accepted": "The message was read and belongs to a visit. Nothing to do.",
    "type_not_supported": "This message type is not one we use. Nothing to do; the sender may stop sending it.",
    "event_not_supported": "This event is not one we use yet. Nothing to do; it is kept and can be replayed.",
    "no_patient_number": "No patient number (PID-3) was sent, so the visit cannot be told from another. "
    "Ask the sender to fill PID-3, then replay the message.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message; `reason` is a key of `REASONS`."""

    state: Literal["accepted", "ignored", "parked"]
    reason: str


@dataclass(frozen=True, slots=True)
class VisitKey:
    """Names one visit within its source facility.

    `number` is personal (a visit number, or text made with the folder number): the caller keeps it
    as a blind index or encrypted, never in the clear, and tells the two bases apart.
    """

    number: str
    basis: Literal["visit_number", "derived"]


# Parts a derived number; no field of a message may hold it, so two visits never share a number.
_APART: Final = "\x1f"


def judge(facts: MessageFacts) -> Verdict:
    """Accept, ignore or park a message that could be read."""
    events = SUPPORTED.get(facts.message_type)
    if events is None:
        return Verdict("ignored", "type_not_supported")
    if facts.event not in events:
        return Verdict("ignored", "event_not_supported")
    if folder_number(facts) is None:
        return Verdict("parked", "no_patient_number")
    return Verdict("accepted", "accepted")


def visit_key(facts: MessageFacts) -> VisitKey | None:
    """PV1-19, else facility, folder number and local day of arrival.

    The day stands for the time, because messages of one visit often state it unequally exactly. It
    is that of PV1-44, else EVN-6, EVN-2 or MSH-7, the first that names a day; a message with none
    of them gets `undated`. None for an observation (ORU) without a visit number, which the caller
    puts on the patient's latest visit, and for a message without a patient number.
    """
    visit_number = (facts.visit_number or "").strip()
    if visit_number:
        return VisitKey(visit_number, "visit_number")
    folder = folder_number(facts)
    if folder is None or facts.message_type == "ORU":
        return None
    facility = facts.source_facility or facts.source_app
    return VisitKey(_APART.join((facility.strip(), folder.value.strip(), _day(facts))), "derived")


def folder_number(facts: MessageFacts) -> PatientNumber | None:
    """The PID-3 repetition that is the folder number: MR, then PI, then PT or untyped, then others.

    An account or visit number, and a number of the state (NI, PPN, ...), only where nothing else was
    sent. Equal types: the first repetition.
    """
    filled = [number for number in facts.patient_numbers if number.value.strip()]
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
