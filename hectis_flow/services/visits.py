"""One visit, from its messages to its encounter, incident and case, inside the caller's transaction.

`services.intake` calls `sync` for each visit that got a new message. The encounter is always the
fold of *all* messages of the visit, so doubles, late and disordered messages end in the same rows.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.facts import MessageFacts, PatientNumber
from hectis_flow.domain.incident import IncidentDraft, incident_of, quality_items
from hectis_flow.domain.intake import VisitKey, folder_number
from hectis_flow.domain.moments import as_local_date
from hectis_flow.domain.precinct import Precinct
from hectis_flow.domain.visit import VisitState, fold
from hectis_flow.feeds.hl7v2_facts import facts as read_facts
from hectis_flow.services import casework
from hectis_flow.services.house import House
from hectis_flow.services.places import precinct_of
from hectis_flow.storage import cases, encounters, incidents, messages
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.vault import IDENTITY, PRIVATE, RAW

FEED = Actor("feed", None, "intake")
RULE = Actor("rule", None, "intake")


@dataclass(frozen=True, slots=True)
class Visit:
    """New messages of one visit, oldest first: their ids, what they say, whose and where it is."""

    ids: tuple[int, ...]
    facts: tuple[MessageFacts, ...]
    key: VisitKey | None
    folder_blind: bytes
    facility_id: int | None


def sync(house: House, session: Session, visit: Visit) -> None:
    """Bring patient, encounter, incident and case to what the visit's messages say together."""
    patient_id = _patient(house, session, visit)
    encounter_id = _encounter(house, session, visit, patient_id)
    told = [*_told_before(house, session, encounter_id), *visit.facts]
    messages.settle(session, visit.ids, "accepted", facility_id=visit.facility_id, encounter_id=encounter_id)
    state = fold(told)
    _write_patient(house, session, patient_id, state)
    _write_encounter(house, session, encounter_id, visit.facility_id, state)
    encounters.sync_quality_items(session, encounter_id, visit.facility_id, quality_items(state))
    _sync_incident(session, encounter_id, patient_id, visit, state)


def _patient(house: House, session: Session, visit: Visit) -> int:
    """The patient of the folder number; a new one holds nothing until the fold is written."""
    found = encounters.patient_by_folder(session, visit.folder_blind)
    if found is not None:
        return found
    key_id, sealed = house.vault.seal_json(IDENTITY, {})
    return encounters.add_patient(session, visit.folder_blind, key_id, sealed)


def _encounter(house: House, session: Session, visit: Visit, patient_id: int) -> int:
    """The encounter of the visit; an observation that names no visit joins the patient's latest."""
    newest = visit.facts[-1]
    key = visit.key
    if key is None:
        latest = encounters.latest_of_patient(session, patient_id)
        if latest is not None:
            return latest
        key = VisitKey(f"unnumbered {newest.control_id}", "derived")
    key_id, sealed = house.vault.seal_json(PRIVATE, {})
    values = {
        "source_facility": newest.source_facility,
        "facility_id": visit.facility_id,
        "patient_id": patient_id,
        "visit_blind": house.vault.blind("visit", newest.source_facility, key.basis, key.number),
        "visit_basis": key.basis,
        "key_id": key_id,
        "private_enc": sealed,
    }
    return encounters.find_or_add(session, values)


def _told_before(house: House, session: Session, encounter_id: int) -> list[MessageFacts]:
    """What the visit's earlier messages said, read anew from their bytes."""
    held = messages.of_encounter(session, encounter_id)
    return [read_facts(house.vault.open(RAW, one.key_id, one.raw_enc)) for one in held]


def _write_patient(house: House, session: Session, patient_id: int, state: VisitState) -> None:
    identity = {
        "name": asdict(state.name) if state.name else None,
        "numbers": [asdict(number) for number in state.patient_numbers],
        "born": as_local_date(state.born) if state.born else None,
        "residence": asdict(state.residence) if state.residence else None,
    }
    key_id, sealed = house.vault.seal_json(IDENTITY, identity)
    values = {
        "sex": _code(state.sex, 1),
        "key_id": key_id,
        "identity_enc": sealed,
        "last_recorded_at": state.last_recorded_at.at if state.last_recorded_at else None,
    }
    encounters.update_patient(session, patient_id, values)
    further = [
        (_kind(number), house.vault.blind("number", number.kind, number.value))
        for number in state.patient_numbers
    ]
    encounters.add_numbers(session, patient_id, further)


def _write_encounter(
    house: House, session: Session, encounter_id: int, facility_id: int | None, state: VisitState
) -> None:
    private = {
        "visit_number": state.visit_number,
        "place_text": state.place_text,
        "place_address": asdict(state.place_address) if state.place_address else None,
        "residence": asdict(state.residence) if state.residence else None,
        "complaint": state.complaint,
        "brought_in_by": state.brought_in_by,
    }
    key_id, sealed = house.vault.seal_json(PRIVATE, private)
    read = state.classification
    same = ("arrival_basis", "admitted", "closed", "died", "sats_colour", "tews", "age_years")
    values = {name: getattr(state, name) for name in (*same, "police_notified")}
    values |= {
        "patient_class": _code(state.patient_class, 4),
        "disposition": _code(state.disposition, 4),
        "sex": _code(state.sex, 1),
        "facility_id": facility_id,
        "arrived_at": state.arrived_at.at if state.arrived_at else None,
        "arrival_precision": state.arrived_at.precision if state.arrived_at else None,
        "left_at": state.left_at.at if state.left_at else None,
        "codes": [code for code in (read.code, *read.also) if code],
        "violence": read.violence,
        "last_recorded_at": state.last_recorded_at.at if state.last_recorded_at else None,
        "key_id": key_id,
        "private_enc": sealed,
    }
    encounters.write(session, encounter_id, values)


def _sync_incident(
    session: Session, encounter_id: int, patient_id: int, visit: Visit, state: VisitState
) -> None:
    """Open, change or void the incident, and let its case follow."""
    draft = incident_of(state)
    known = incidents.of_encounter(session, encounter_id)
    if draft is None:
        if known is not None:
            incidents.void(session, known.incident_id)
            _close(session, known.case_id, visit)
        return
    precinct = precinct_of(session, draft)
    values = _incident_values(draft, precinct, visit.facility_id)
    values |= {"encounter_id": encounter_id, "patient_id": patient_id, "patient_role": state.patient_role}
    if known is None:
        known = incidents.Known(incidents.add(session, values), None)
    else:
        incidents.change(session, known.incident_id, values)
    station_id = values["station_id"]
    if draft.opens_case and known.case_id is None:
        _open(session, known.incident_id, visit, station_id)
    elif known.case_id is not None:
        cases.place(session, known.case_id, visit.facility_id, station_id)
        if not draft.opens_case:
            _close(session, known.case_id, visit)
        else:
            _reopen(session, known.case_id, visit)


def _open(session: Session, incident_id: int, visit: Visit, station_id: int | None) -> None:
    """A case, walked by rule to where it waits for a legal basis."""
    told_by = {"message_id": str(visit.ids[-1])}
    case = casework.open_case(session, incident_id, visit.facility_id, station_id, FEED, told_by)
    case = casework.apply(session, case, "classify", FEED, {"reason": "external_cause_code", **told_by})
    casework.apply(session, case, "await_basis", RULE, {})


def _close(session: Session, case_id: int | None, visit: Visit) -> None:
    """The messages speak of violence no longer: close the case where the workflow lets a feed do so."""
    details = {"reason": "code_taken_back", "message_id": str(visit.ids[-1])}
    _move_if_allowed(session, case_id, "close_no_violence", details)


def _reopen(session: Session, case_id: int, visit: Visit) -> None:
    """A code of violence came back; what a person closed stays closed until a person opens it."""
    if cases.newest_reason(session, case_id) != ("feed", "code_taken_back"):
        return
    details = {"reason": "external_cause_code", "message_id": str(visit.ids[-1])}
    moved = _move_if_allowed(session, case_id, "reopen_violence", details)
    if moved is not None:
        casework.apply(session, moved, "await_basis", RULE, {})


def _move_if_allowed(
    session: Session, case_id: int | None, transition: str, details: dict[str, str]
) -> Locked | None:
    case = cases.lock(session, case_id) if case_id is not None else None
    if case is None or transition not in {move.id for move in workflow_rules.allowed(case.stage)}:
        return None
    return casework.apply(session, case, transition, FEED, details)


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


def folder_blind(house: House, facts: MessageFacts) -> bytes:
    """The blind index of a message's folder number, within the facility (else the system) that gave it."""
    folder = folder_number(facts)
    value = folder.value if folder else ""
    return house.vault.blind("folder", facts.source_facility or facts.source_app, value)


def _code(value: str | None, longest: int) -> str | None:
    """A coded value that may stand in a clear column: short, without blanks.

    Senders shift fields and write words where a code belongs: what is longer stays in the message alone.
    """
    return value if value and len(value) <= longest and value.isalnum() else None


def _kind(number: PatientNumber) -> str:
    """A number's type as HL7 writes types, in letters; the number itself must not slip in here."""
    return number.kind if number.kind.isalpha() and len(number.kind) <= 5 else "unknown"
