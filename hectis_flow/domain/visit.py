"""The fold: the state of a visit is a pure function of the set of all its messages.

`services.intake` calls `fold` with every accepted message of a visit, each time one arrives, and
`domain.incident` reads the result. Messages are put in order inside, so order of arrival, doubles
and late messages cannot change the end. Nothing here may look at an earlier state of the visit.

Snapshot semantics: for each field the newest message that speaks of it decides. Silence keeps, `""`
deletes. Codes go as one set: the newest message that sent any, or took them back, replaces them.

What comes next has its place: A11 and A13 are lines of `EVENT_EFFECTS`; A02 is `unit` (its history
is `in_order` with the units); A31 and A40 belong to the person, not the visit, so a merge re-keys
visits by `prior_numbers` and folds them again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hectis_flow.domain.coding import Classification, classify
from hectis_flow.domain.facts import Address, DiagnosisCode, MessageFacts, Moment, PatientNumber, PersonName
from hectis_flow.domain.intake import folder_number
from hectis_flow.domain.message_order import in_order, spoken_at
from hectis_flow.domain.moments import age_in_years
from hectis_flow.domain.sats import USUAL_NAMES, TriageNames, read_triage

ArrivalBasis = Literal["visit", "event", "recorded", "sent", "none"]
TimeBasis = Literal["assault", "arrival"]
PatientRole = Literal["victim", "perpetrator", "bystander", "unknown"]

_ROLES: Final[Mapping[str, PatientRole]] = {
    "victim": "victim",
    "perpetrator": "perpetrator",
    "bystander": "bystander",
}
# PV1-36 values that mean the patient died (table 0112: 20-29, 40-42).
_DIED_DISPOSITIONS: Final = frozenset({*map(str, range(20, 30)), "40", "41", "42"})

# What an event does to the visit, applied in order; a field not named stays.
EVENT_EFFECTS: Final[Mapping[str, Mapping[str, bool]]] = {
    "A01": {"admitted": True},
    "A03": {"closed": True},
}

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
    arrived_at: Moment | None
    arrival_basis: ArrivalBasis
    left_at: Moment | None  # PV1-45, else the time of the A03
    disposition: str | None
    arrival_mode: str | None
    complaint: str | None
    brought_in_by: str | None
    admitted: bool
    closed: bool  # an A03 came: the latest point for the decision to refer
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

    last_recorded_at: Moment | None

    @property
    def coordinates(self) -> tuple[float, float] | None:
        """Latitude and longitude of the scene in degrees (WGS84), where both were sent."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude


def fold(messages: Iterable[MessageFacts], names: TriageNames = USUAL_NAMES) -> VisitState:
    """Fold all messages of one visit. ValueError when there is none."""
    line = in_order(messages)
    if not line:
        raise ValueError("a visit has at least one message")
    kept: dict[str, Any] = {name: _newest(line, name) for name in KEPT}
    arrived_at, arrival_basis = _arrival(line)
    codes = _codes(line)
    triage = read_triage([seen for facts in line for seen in facts.observations], names)
    return VisitState(
        source_facility=_facility(line),
        folder_number=_folder(line),
        patient_numbers=_numbers(line),
        age_years=age_in_years(kept["born"], arrived_at),
        patient_role=_role(_newest(line, "patient_role")),
        from_ec=any(map(_says_ec, line)),
        arrived_at=arrived_at,
        arrival_basis=arrival_basis,
        left_at=_left_at(line),
        died=_died(line),
        codes=codes,
        classification=classify(codes),
        sats_colour=triage.sats_colour,
        tews=triage.tews,
        happened_at=kept["assault_at"] or arrived_at,
        time_basis="assault" if kept["assault_at"] else "arrival",
        last_recorded_at=spoken_at(line[-1]),
        **kept,
        **_flags(line),
    )


def _newest(line: Sequence[MessageFacts], name: str) -> Any:
    for facts in reversed(line):
        value = getattr(facts, name)
        if value is not None:
            return value
        if name in facts.deleted:
            return None
    return None


def _flags(line: Sequence[MessageFacts]) -> dict[str, Any]:
    flags = {"admitted": False, "closed": False}
    for facts in line:
        flags.update(EVENT_EFFECTS.get(facts.event, {}))
    return flags


def _arrival(line: Sequence[MessageFacts]) -> tuple[Moment | None, ArrivalBasis]:
    """PV1-44; else what the earliest message says, an admission message before an observation."""
    stated: Moment | None = _newest(line, "arrived_at")
    if stated is not None:
        return stated, "visit"
    dated = [facts for facts in line if spoken_at(facts) or facts.event_at]
    if not dated:
        return None, "none"
    earliest = min(dated, key=_not_admission)
    if earliest.event_at is not None:
        return earliest.event_at, "event"
    if earliest.recorded_at is not None:
        return earliest.recorded_at, "recorded"
    return earliest.sent_at, "sent"


def _left_at(line: Sequence[MessageFacts]) -> Moment | None:
    stated: Moment | None = _newest(line, "left_at")
    if stated is not None:
        return stated
    closing = [facts for facts in line if facts.event == "A03"]
    return (closing[-1].event_at or spoken_at(closing[-1])) if closing else None


def _died(line: Sequence[MessageFacts]) -> bool | None:
    """True on any sign of death still standing; False only where the sender says so; else None."""
    said = _newest(line, "died")
    signs = (said, _newest(line, "died_of_it"), _newest(line, "died_at") is not None)
    if any(signs) or _newest(line, "disposition") in _DIED_DISPOSITIONS:
        return True
    return None if said is None else False


def _codes(line: Sequence[MessageFacts]) -> tuple[DiagnosisCode, ...]:
    return next((facts.codes for facts in reversed(line) if facts.codes_sent), ())


def _numbers(line: Sequence[MessageFacts]) -> tuple[PatientNumber, ...]:
    sent = (number for facts in reversed(line) for number in facts.patient_numbers if number.value.strip())
    return tuple(dict.fromkeys(sent))


def _facility(line: Sequence[MessageFacts]) -> str:
    """Of the newest admission message that names one: a laboratory's observation moves nobody."""
    named = [facts for facts in reversed(line) if facts.source_facility]
    return min(named, key=_not_admission).source_facility if named else ""


def _not_admission(facts: MessageFacts) -> bool:
    """The key of `min` that prefers ADT; among equals `min` keeps the first."""
    return facts.message_type != "ADT"


def _folder(line: Sequence[MessageFacts]) -> PatientNumber | None:
    return next((number for facts in reversed(line) if (number := folder_number(facts))), None)


def _role(told: str | None) -> PatientRole:
    return _ROLES.get((told or "").strip().casefold(), "unknown")


def _says_ec(facts: MessageFacts) -> bool:
    if facts.patient_class:
        return facts.patient_class.upper() == "E"
    return (facts.admission_type or "").upper() in ("A", "E", "U")
