"""Visits, from what their messages say to their encounters, incidents and cases, in the caller's transaction.

`services.people` calls `bring` for all visits whose messages changed, and `join` for one that turned out
to be another. An encounter is always the fold of *all* messages of its visit, so doubles, late and
disordered messages end in the same rows. Which messages those are is not decided here. What every visit
has is written for all of them at once; only of violence something more is written, visit by visit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain.facts import Address, PatientNumber, PersonName
from hectis_flow.domain.incident import IncidentDraft, incident_of, quality_items
from hectis_flow.domain.moments import as_local_date
from hectis_flow.domain.person import Demographics
from hectis_flow.domain.precinct import Precinct
from hectis_flow.domain.visit import VisitState
from hectis_flow.domain.visit_line import Stay
from hectis_flow.services import casework, disclosure, following, waiting
from hectis_flow.services.following import Place
from hectis_flow.services.house import House
from hectis_flow.services.places import precinct_of
from hectis_flow.storage import cases, encounters, incidents, stories
from hectis_flow.storage.incidents import Known
from hectis_flow.storage.vault import IDENTITY, PRIVATE


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to be written: whose it is, its name, where it was, what it says, and the message that brought it."""

    patient_id: int
    blind: bytes
    basis: str
    facility_id: int | None
    state: VisitState
    message_id: int


def bring(house: House, session: Session, visits: Sequence[Visit]) -> list[int]:
    """Bring encounters, incidents and cases to what the visits' messages say together; the encounters' ids."""
    ids = encounters.write(session, [_encounter(house, visit) for visit in visits])
    told = {ids[visit.patient_id, visit.blind]: visit for visit in visits}
    stories.write(session, {place: visit.state.cancelled for place, visit in told.items()})
    wrong = {(place, visit.facility_id): _wrong(visit) for place, visit in told.items()}
    encounters.sync_quality_items(session, wrong)
    known = incidents.of_encounters(session, told)
    for place, visit in told.items():
        _sync_incident(house, session, place, visit, known.get(place))
    return list(told)


def join(
    house: House, session: Session, encounter_id: int, into: int, other_case: str | None, message_id: int
) -> None:
    """A visit turned out to be another one: it counts for nothing, and its case goes on as the other's."""
    known = incidents.of_encounters(session, [encounter_id]).get(encounter_id)
    if known is not None:
        _end(house, session, known, "visits_joined", message_id, other_case)
    stories.join(session, encounter_id, into)


def write_patients(house: House, session: Session, told: Mapping[int, Demographics]) -> None:
    """Write who each patient is, and keep every number they were ever given."""
    encounters.update_patients(
        session, {patient_id: _patient(house, said) for patient_id, said in told.items()}
    )
    numbers = {
        (patient_id, _kind(number), house.vault.blind("number", number.kind, number.value))
        for patient_id, said in told.items()
        for number in said.patient_numbers
    }
    encounters.add_numbers(session, sorted(numbers))


def _patient(house: House, told: Demographics) -> dict[str, Any]:
    identity = {
        "name": _plain(told.name) if told.name else None,
        "numbers": [_plain(number) for number in told.patient_numbers],
        "born": as_local_date(told.born) if told.born else None,
        "residence": _plain(told.residence) if told.residence else None,
    }
    key_id, sealed = house.vault.seal_json(IDENTITY, identity)
    return {
        "sex": _code(told.sex, 1),
        "key_id": key_id,
        "identity_enc": sealed,
        "last_recorded_at": told.last_recorded_at.at if told.last_recorded_at else None,
    }


def _encounter(house: House, visit: Visit) -> dict[str, Any]:
    """The row of a visit: coded facts in the clear, all else locked away."""
    state = visit.state
    key_id, sealed = house.vault.seal_json(PRIVATE, _private(state))
    read = state.classification
    same = ("arrival_basis", "admitted", "closed", "died", "sats_colour", "tews", "age_years")
    values = {name: getattr(state, name) for name in (*same, "police_notified", "source_facility")}
    return values | {
        "patient_id": visit.patient_id,
        "visit_blind": visit.blind,
        "visit_basis": visit.basis,
        "patient_class": _code(state.patient_class, 4),
        "disposition": _code(state.disposition, 4),
        "sex": _code(state.sex, 1),
        "facility_id": visit.facility_id,
        "arrived_at": state.arrived_at.at if state.arrived_at else None,
        "arrival_precision": state.arrived_at.precision if state.arrived_at else None,
        "left_at": state.left_at.at if state.left_at else None,
        "codes": [code for code in (read.code, *read.also) if code],
        "violence": read.violence,
        "last_recorded_at": state.last_recorded_at.at if state.last_recorded_at else None,
        "key_id": key_id,
        "private_enc": sealed,
    }


def _private(state: VisitState) -> dict[str, Any]:
    """What may tell of a person: it is kept locked away only."""
    return {
        "visit_number": state.visit_number,
        "place_text": state.place_text,
        "place_address": _plain(state.place_address) if state.place_address else None,
        "residence": _plain(state.residence) if state.residence else None,
        "complaint": state.complaint,
        "brought_in_by": state.brought_in_by,
        "stays": [_stop(stay) for stay in state.stays],
    }


def _wrong(visit: Visit) -> tuple[str, ...]:
    return () if visit.state.cancelled else quality_items(visit.state)


def _stop(stay: Stay) -> dict[str, str | None]:
    """A stop of the visit as it is kept: a unit is a field that senders shift, so it stays encrypted."""
    since = stay.since.at.isoformat() if stay.since else None
    return {"unit": stay.unit, "facility": stay.facility, "since": since}


def _sync_incident(
    house: House, session: Session, encounter_id: int, visit: Visit, known: Known | None
) -> None:
    """Open, change or void the incident, and let its case follow."""
    draft = incident_of(visit.state)
    if draft is None:
        if known is not None:
            reason = "visit_cancelled" if visit.state.cancelled else "code_taken_back"
            _end(house, session, known, reason, visit.message_id)
        return
    values = _incident_values(draft, precinct_of(session, draft), visit.facility_id)
    values |= _part(encounter_id, visit)
    station_id = values["station_id"]
    if known is None:
        known = Known(incidents.add(session, values), None)
    else:
        if known.case_id is not None:
            cases.lock(session, known.case_id)  # before its incident, as whoever chooses a precinct does
        station_id = incidents.change(session, known.incident_id, values)
    place = Place(known.incident_id, visit.facility_id, station_id)
    _follow(house, session, known.case_id, place, visit, opens_case=draft.opens_case)


def _follow(
    house: House, session: Session, case_id: int | None, place: Place, visit: Visit, *, opens_case: bool
) -> None:
    """Let the case be what the incident asks for."""
    told = disclosure.heard(session, case_id, visit.state)
    if case_id is None:
        if opens_case:
            following.open_case(house, session, place, told, visit.message_id)
        return
    cases.place(session, case_id, place.facility_id, place.station_id)
    if not opens_case:
        following.end(house, session, case_id, "code_taken_back", visit.message_id)
        return
    case = following.keep_up(house, session, case_id, told, visit.message_id)
    if case is not None:
        left_at = visit.state.left_at.at if visit.state.left_at else None
        waiting.discharged(house, session, casework.go_on(house, session, case), left_at)


def _end(
    house: House,
    session: Session,
    known: Known,
    reason: str,
    message_id: int,
    other_case: str | None = None,
) -> None:
    """Void an incident whose case is at an end; while a case goes on, so does what it stands on."""
    if known.case_id is None or following.end(house, session, known.case_id, reason, message_id, other_case):
        incidents.void(session, known.incident_id)


def _part(encounter_id: int, visit: Visit) -> dict[str, Any]:
    """The patient's part in the incident."""
    return {
        "encounter_id": encounter_id,
        "patient_id": visit.patient_id,
        "patient_role": visit.state.patient_role,
    }


def _incident_values(draft: IncidentDraft, precinct: Precinct, facility_id: int | None) -> dict[str, Any]:
    same = ("intent", "mechanism", "weapon_class", "place_type", "activity", "time_basis", "location_basis")
    values: dict[str, Any] = {name: getattr(draft, name) for name in same}
    return values | {
        "facility_id": facility_id,
        "happened_at": draft.happened_at.at if draft.happened_at else None,
        "happened_precision": draft.happened_at.precision if draft.happened_at else None,
        "station_id": int(precinct.station) if precinct.station else None,
        "precinct_basis": precinct.basis,
    }


def _plain(told: Address | PatientNumber | PersonName) -> dict[str, Any]:
    """What was told, part by part; the general way of the library takes five times as long."""
    return {name: getattr(told, name) for name in told.__dataclass_fields__}


def _code(value: str | None, longest: int) -> str | None:
    """A coded value that may stand in a clear column: short, without blanks.

    Senders shift fields and write words where a code belongs: what is longer stays in the message alone.
    """
    return value if value and len(value) <= longest and value.isalnum() else None


def _kind(number: PatientNumber) -> str:
    """A number's type as HL7 writes types, in letters; the number itself must not slip in here."""
    return number.kind if number.kind.isalpha() and len(number.kind) <= 5 else "unknown"
