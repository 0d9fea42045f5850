"""Cases that wait for their legal basis, each with a patient, a visit and an incident; for the benches of moves.

They are made by the product's own storage and services, as a message would have made them, but for the
message. All of it is invented.
"""

from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain.casework import Actor
from hectis_flow.services import casework
from hectis_flow.services.house import House
from hectis_flow.storage import cases, encounters, incidents, offices
from hectis_flow.storage.vault import IDENTITY, PRIVATE

FACILITY = "khayelitsha-hospital"
STATION = "khayelitsha-saps"
COURT = "khayelitsha-court"
PROSECUTORS = "khayelitsha-npa"
FEED = Actor("feed", None, "bench")
RULE = Actor("rule", None, "bench")
BATCH = 200


def make(house: House, count: int, run: str) -> list[str]:
    """So many cases; their numbers. `run` tells the patients of one call from those of another."""
    made: list[str] = []
    while len(made) < count:
        with house.transaction() as session:
            facility = offices.id_of(session, FACILITY) or 0
            station = offices.id_of(session, STATION) or 0
            upto = min(count, len(made) + BATCH)
            made += [
                _one(house, session, f"{run}-{number}", facility, station)
                for number in range(len(made), upto)
            ]
    return made


def _one(house: House, session: Session, mark: str, facility: int, station: int) -> str:
    encounter, patient = _visit(house, session, mark, facility)
    incident = incidents.add(session, happened(facility, station, encounter, patient))
    case = casework.open_case(session, incident, facility, station, FEED, {})
    for move, actor, details in (
        ("classify", FEED, {"reason": "external_cause_code"}),
        ("await_basis", RULE, {}),
    ):
        held = cases.lock(session, case.id)
        assert held
        casework.apply(house, session, held, move, actor, details)
    return case.ref


def happened(
    facility: int | None, station: int | None, encounter: int, patient: int, time_basis: str = "assault"
) -> dict[str, Any]:
    """An assault in the street, as storage keeps it."""
    return {
        "facility_id": facility,
        "intent": "assault",
        "mechanism": "sharp_object",
        "weapon_class": "sharp",
        "place_type": "street",
        "activity": None,
        "happened_at": "2026-03-01T20:00:00+02:00",
        "happened_precision": "minute",
        "time_basis": time_basis,
        "location_basis": "incident",
        "station_id": station,
        "precinct_basis": "station_code",
        "encounter_id": encounter,
        "patient_id": patient,
        "patient_role": "victim",
    }


def _visit(house: House, session: Session, mark: str, facility: int) -> tuple[int, int]:
    identity = {"name": {"family": f"Family {mark}", "given": "Given", "middle": ""}, "numbers": []}
    key_id, sealed = house.vault.seal_json(IDENTITY, identity)
    folder = house.vault.blind("folder", mark)
    patient = encounters.add_patients(session, [(folder, key_id, sealed)])[folder]
    key_id, sealed = house.vault.seal_json(PRIVATE, {"visit_number": mark, "complaint": "made up"})
    blind = house.vault.blind("visit", mark)
    visit = dict.fromkeys(encounters.GIVEN) | {
        "source_facility": "X",
        "facility_id": facility,
        "patient_id": patient,
        "visit_blind": blind,
        "visit_basis": "visit_number",
        "admitted": False,
        "closed": False,
        "codes": [],
        "violence": "unknown",
        "key_id": key_id,
        "private_enc": sealed,
    }
    return encounters.write(session, [visit])[patient, blind], patient
