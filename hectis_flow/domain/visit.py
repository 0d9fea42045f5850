"""The fold: the state of a visit is a pure function of the set of all its messages.

`services.intake` calls `fold` with every accepted message of a visit, each time one arrives, and
`domain.incident` reads the result. Messages are put in order inside, so order of arrival, doubles
and late messages cannot change the end. Nothing here may look at an earlier state of the visit.

Snapshot semantics: for each field the newest message that speaks of it decides. Silence keeps, `""`
deletes. Codes go as one set: the newest message that sent any, or took them back, replaces them.

What belongs to the person and not to the visit (A31, A40) comes in apart, as `person`: it may correct
name, birth and sex, and nothing else. Which messages make one visit is for `domain.person` to say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hectis_flow.domain.coding import Classification, classify
from hectis_flow.domain.facts import (
    Address,
    Consent,
    DiagnosisCode,
    MessageFacts,
    Moment,
    PatientNumber,
    PersonName,
)
from hectis_flow.domain.intake import folder_number
from hectis_flow.domain.message_order import in_order, spoken_at
from hectis_flow.domain.moments import age_in_years
from hectis_flow.domain.sats import USUAL_NAMES, TriageNames, read_triage
from hectis_flow.domain.visit_line import (
    ArrivalBasis,
    Stay,
    arrival,
    left_at,
    newest,
    not_admission,
    since_reopened,
    stays,
)

TimeBasis = Literal["assault", "arrival"]
PatientRole = Literal["victim", "perpetrator", "bystander", "unknown"]

_ROLES: Final[Mapping[str, PatientRole]] = {role: role for role in ("victim", "perpetrator", "bystander")}
# PV1-36 values that mean the patient died (table 0112: 20-29, 40-42).
_DIED_DISPOSITIONS: Final = frozenset({*map(str, range(20, 30)), "40", "41", "42"})

# What an event does to the visit, applied in order; a field not named stays.
EVENT_EFFECTS: Final[Mapping[str, Mapping[str, bool]]] = {
    "A01": {"admitted": True, "cancelled": False},
    "A03": {"closed": True},
    "A04": {"cancelled": False},
    "A11": {"cancelled": True, "admitted": False},
    "A13": {"closed": False},
}
# What may be said of a person apart from a visit: it holds for every visit, before and after.
PERSONAL: Final = frozenset({"name", "born", "sex"})

# Fields that carry the same name in a message and in a visit, and need no further thought.
KEPT: Final = (
    "name",
    "born",
    "sex",
    "residence",
    "visit_number",
    "patient_class",
    "admission_type",
    "unit",
    "unit_facility",
    "disposition",
    "arrival_mode",
    "complaint",
    "brought_in_by",
    "assault_at",
    "place_text",
    "place_address",
    "police_notified",
    "station_code",
    "latitude",
    "longitude",
    "consent",
    "dv",
    "vulnerable",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitState:
    """One visit as all its messages tell it. None means never said, or taken back.

    Numbers, name, birth, residence, addresses, texts and `codes` are personal or clinical: kept
    encrypted or not at all. `classification` holds what may stand in a clear column.
    """

    source_facility: str

    folder_number: PatientNumber | None
    patient_numbers: tuple[PatientNumber, ...]  # all ever sent, newest message first
    name: PersonName | None
    born: Moment | None
    sex: str | None
    residence: Address | None
    age_years: int | None  # whole years at arrival
    patient_role: PatientRole  # told by a configured field, never inferred

    visit_number: str | None
    patient_class: str | None
    admission_type: str | None
    from_ec: bool  # any message said so (PV1-2 E, else PV1-4 A, E or U)
    unit: str | None
    unit_facility: str | None
    stays: tuple[Stay, ...]  # where the patient was, oldest first
    arrived_at: Moment | None
    arrival_basis: ArrivalBasis
    left_at: Moment | None  # PV1-45, else the time of the A03
    disposition: str | None
    arrival_mode: str | None
    complaint: str | None
    brought_in_by: str | None
    admitted: bool
    closed: bool  # an A03 came: the latest point for the decision to refer
    cancelled: bool  # an A11 came and no new registration: the visit counts for nothing
    died: bool | None

    codes: tuple[DiagnosisCode, ...]
    classification: Classification
    sats_colour: str | None
    tews: int | None

    assault_at: Moment | None
    happened_at: Moment | None  # assault_at, else arrived_at: `time_basis` says which
    time_basis: TimeBasis
    place_text: str | None
    place_address: Address | None
    station_code: str | None
    latitude: float | None
    longitude: float | None
    police_notified: bool | None
    consent: Consent | None  # to tell the police, as the hospital's system has it
    dv: bool | None
    vulnerable: bool | None

    last_recorded_at: Moment | None

    @property
    def coordinates(self) -> tuple[float, float] | None:
        """Latitude and longitude of the scene in degrees (WGS84), where both were sent."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude


def fold(
    messages: Iterable[MessageFacts],
    names: TriageNames = USUAL_NAMES,
    person: Iterable[MessageFacts] = (),
) -> VisitState:
    """Fold all messages of one visit, and those of its person alone. ValueError when there is none."""
    line = in_order(messages)
    if not line:
        raise ValueError("a visit has at least one message")
    kept, flags = _kept(line, person), _flags(line)
    arrived_at, arrival_basis = arrival(line)
    codes = () if flags["cancelled"] else _codes(line)
    triage = read_triage([seen for facts in line for seen in facts.observations], names)
    return VisitState(
        source_facility=_facility(line),
        folder_number=_folder(line),
        patient_numbers=numbers(line),
        age_years=age_in_years(kept["born"], arrived_at),
        patient_role=_role(newest(line, "patient_role")),
        from_ec=any(map(_says_ec, line)),
        stays=stays(line),
        arrived_at=arrived_at,
        arrival_basis=arrival_basis,
        left_at=left_at(line),
        died=_died(line, kept["disposition"]),
        codes=codes,
        classification=classify(codes),
        sats_colour=triage.sats_colour,
        tews=triage.tews,
        happened_at=kept["assault_at"] or arrived_at,
        time_basis="assault" if kept["assault_at"] else "arrival",
        last_recorded_at=spoken_at(line[-1]),
        **kept,
        **flags,
    )


def _kept(line: Sequence[MessageFacts], person: Iterable[MessageFacts]) -> dict[str, Any]:
    """What each field stands at. Personal ones hear the person's own messages too; leaving starts anew at an A13."""
    whole = in_order((*line, *person))
    after = since_reopened(line)
    lines = dict.fromkeys(PERSONAL, whole) | {"disposition": after}
    return {name: newest(lines.get(name, line), name) for name in KEPT}


def _flags(line: Sequence[MessageFacts]) -> dict[str, Any]:
    flags: dict[str, Any] = {"admitted": False, "closed": False, "cancelled": False}
    for facts in line:
        flags.update(EVENT_EFFECTS.get(facts.event, {}))
    return flags


def _died(line: Sequence[MessageFacts], disposition: str | None) -> bool | None:
    """True on any sign of death still standing; False only where the sender says so; else None."""
    said: bool | None = newest(line, "died")
    signs = (said, newest(line, "died_of_it"), newest(line, "died_at") is not None)
    if any(signs) or disposition in _DIED_DISPOSITIONS:
        return True
    return None if said is None else False


def _codes(line: Sequence[MessageFacts]) -> tuple[DiagnosisCode, ...]:
    return next((facts.codes for facts in reversed(line) if facts.codes_sent), ())


def numbers(line: Sequence[MessageFacts]) -> tuple[PatientNumber, ...]:
    """Every number the messages give the patient, newest message first; of a merge both sides."""
    sent = (
        number
        for facts in reversed(line)
        for number in (*facts.patient_numbers, *facts.prior_numbers)
        if number.value.strip()
    )
    return tuple(dict.fromkeys(sent))


def _facility(line: Sequence[MessageFacts]) -> str:
    """Of the newest admission message that names one: a laboratory's observation moves nobody."""
    named = [facts for facts in reversed(line) if facts.source_facility]
    return min(named, key=not_admission).source_facility if named else ""


def _folder(line: Sequence[MessageFacts]) -> PatientNumber | None:
    return next((number for facts in reversed(line) if (number := folder_number(facts))), None)


def _role(told: str | None) -> PatientRole:
    return _ROLES.get((told or "").strip().casefold(), "unknown")


def _says_ec(facts: MessageFacts) -> bool:
    if facts.patient_class:
        return facts.patient_class.upper() == "E"
    return (facts.admission_type or "").upper() in ("A", "E", "U")
