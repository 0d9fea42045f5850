"""What a message says, whatever wire format it came in.

Every feed (`feeds/`) reads its own format into one `MessageFacts`; `domain.intake` turns that into
drafts of an encounter, a patient and an incident. Only the fields of the allow-list exist here:
notes, next of kin, insurance, religion and race have no place to go (docs/adr/0004).

Three-valued fields: `None` means the message is silent (no change); a name in
`MessageFacts.deleted` means the sender wrote `""`, which deletes the value we hold.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Precision = Literal["year", "month", "day", "hour", "minute", "second"]
# What a hospital recorded of a consent to tell the police. `limited`: given, but not plainly in writing, or
# with limits that no code tells: a person reads it.
Consent = Literal["withdrawn", "refused", "limited", "granted"]
CONSENTS: tuple[Consent, ...] = ("withdrawn", "refused", "limited", "granted")  # the more cautious first


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time with the precision the sender gave it.

    `at` is timezone-aware UTC and names the *start* of the stated span: a sender who wrote only a
    day means midnight in Africa/Johannesburg (UTC+2, no daylight saving) of that day.
    """

    at: datetime
    precision: Precision


@dataclass(frozen=True, slots=True)
class PatientNumber:
    """One identifier of a patient (PID-3): value, type code (MR, PI, NI, PPN, ...) and assigner."""

    value: str
    kind: str
    assigner: str


def spelled(number: str) -> str:
    """A number as it is told from others: in one case and without blanks, however a system writes it."""
    return "".join(number.split()).upper()


@dataclass(frozen=True, slots=True)
class PersonName:
    """A patient's name as sent (PID-5, first repetition)."""

    family: str
    given: str
    middle: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """An address as sent (XAD). `suburb` is XAD-2, other designation."""

    street: str = ""
    suburb: str = ""
    city: str = ""
    province: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class DiagnosisCode:
    """One coded diagnosis or external cause (DG1-3, or ACC-2)."""

    code: str
    system: str
    kind: str  # DG1-6: A admitting, W working, F final; "" where the sender left it out


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation (OBX-3, OBX-5): `name` is the coded identifier, `value` its text."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """Everything the system takes from one message. Field sources: domain facts, HL7 v2.5.1."""

    source_app: str  # MSH-3
    source_facility: str  # MSH-4
    control_id: str  # MSH-10
    message_type: str  # MSH-9.1, for example ADT
    event: str  # MSH-9.2, for example A08
    processing_id: str  # MSH-11.1
    version: str  # MSH-12.1
    sent_at: Moment | None = None  # MSH-7
    recorded_at: Moment | None = None  # EVN-2
    event_at: Moment | None = None  # EVN-6

    patient_numbers: tuple[PatientNumber, ...] = ()
    prior_numbers: tuple[PatientNumber, ...] = ()  # MRG-1
    several_patients: bool = False  # a further PID or MRG stood in it, which was not read
    name: PersonName | None = None  # PID-5
    born: Moment | None = None  # PID-7
    sex: str | None = None  # PID-8
    residence: Address | None = None  # PID-11
    died: bool | None = None  # PID-30
    died_at: Moment | None = None  # PID-29

    visit_number: str | None = None  # PV1-19.1
    patient_class: str | None = None  # PV1-2
    admission_type: str | None = None  # PV1-4
    unit: str | None = None  # PV1-3.1
    unit_facility: str | None = None  # PV1-3.4
    arrived_at: Moment | None = None  # PV1-44
    left_at: Moment | None = None  # PV1-45
    disposition: str | None = None  # PV1-36
    arrival_mode: str | None = None  # PV2-38
    complaint: str | None = None  # PV2-3

    codes: tuple[DiagnosisCode, ...] = ()
    codes_sent: bool = False  # any DG1 or ACC-2 stood in the message, even if deleted
    assault_at: Moment | None = None  # ACC-1
    place_text: str | None = None  # ACC-3
    place_address: Address | None = None  # ACC-11
    brought_in_by: str | None = None  # ACC-9
    police_notified: bool | None = None  # ACC-10
    died_of_it: bool | None = None  # ACC-6

    observations: tuple[Observation, ...] = ()
    deleted: frozenset[str] = field(default_factory=frozenset)  # names of fields sent as ""
    station_code: str | None = None  # from a configured Z-field; never guessed
    patient_role: str | None = None  # from a configured Z-field; never guessed
    latitude: float | None = None  # WGS84 degrees, from configured Z-fields: where it happened
    longitude: float | None = None
    consent: Consent | None = None  # from CON segments or a Z-field, as configured; a word of ours, no text
    dv: bool | None = None  # domestic violence, from a configured Z-field
    vulnerable: bool | None = None  # a person the law protects beyond age, from a configured Z-field
