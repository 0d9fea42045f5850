"""A small made-up province for the tests of reading: two facilities, two stations, and tokens for all.

Everything in `CANARIES` names a person or says what a message held: whoever sees one of these strings
without a right to it has found a hole. All of it is invented.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bench.waiting_cases import happened
from hectis_flow.domain.access_rules import token_roles
from hectis_flow.domain.briefs import Appearance
from hectis_flow.domain.casework import Actor
from hectis_flow.services import brief_desk, brief_letters, casework, tokens
from hectis_flow.services.brief_letters import Reply
from hectis_flow.services.house import House
from hectis_flow.services.once import Writing
from hectis_flow.storage import cases, encounters, incidents, offices
from hectis_flow.storage.vault import IDENTITY, PRIVATE, RAW
from tests.tables import one

FACILITY_A = "groote-schuur-hospital"
FACILITY_B = "tygerberg-hospital"
STATION_S = "khayelitsha-saps"
STATION_T = "delft-saps"
CLUSTER_ST = "cape-town-saps-district"
CLUSTER_OTHER = "overberg-saps-district"
COURT, NPA, OTHER_NPA = "khayelitsha-court", "khayelitsha-npa", "bellville-npa"
CHIEF, OTHER_CHIEF = "cape-town-chief-prosecutor", "overberg-chief-prosecutor"
DPP, POCS = "wc-dpp", "wc-pocs"
KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("facility_liaison", "facility_manager", "feed_sender"), (FACILITY_A, FACILITY_B)),
    **dict.fromkeys(("saps_liaison", "station_commander", "detective_commander"), (STATION_S, STATION_T)),
    "health_district_manager": ("cape-town-health", "overberg-health"),
    "health_province_manager": ("wc-health-data",),
    "cluster_commander": (CLUSTER_ST, CLUSTER_OTHER),
    "provincial_saps": ("wc-saps",),
    "anti_gang_unit": ("wc-agu",),
    **dict.fromkeys(("prosecutor", "senior_public_prosecutor"), (NPA, OTHER_NPA)),
    "chief_prosecutor": (CHIEF, OTHER_CHIEF),
    "dpp_office": (DPP,),
    "watching_brief_official": (POCS,),
    **dict.fromkeys(("committee_chair", "committee_secretary"), ("wc-committee",)),
}
FEED = Actor("feed", None, "intake")
RULE = Actor("rule", None, "intake")


@dataclass(frozen=True)
class Told:
    """One message, its incident and its case."""

    message_id: int
    incident_id: int
    ref: str


@dataclass
class Province:
    """The records by their letter, and a token for every role and office."""

    house: House
    told: dict[str, Told] = field(default_factory=dict)
    parked_id: int = 0
    task_id: int = 0
    # Of D, where there is one: something awaited of the detective, and its task.
    item_id: int = 0
    item_task_id: int = 0
    # And the watching brief of D, closed, with a letter that was answered.
    brief_id: int = 0
    letter_id: int = 0
    tokens: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def get(self, client: FlaskClient, caller: tuple[str, str | None], path: str) -> TestResponse:
        """GET as this role of this office."""
        return client.get(path, headers=self.header(caller))

    def header(self, caller: tuple[str, str | None]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[caller]}"}


def canaries(letter: str) -> dict[str, str]:
    """What must never be seen without a right to it, for the patient of one record."""
    return {
        "family": f"Canary{letter}family",
        "given": f"Canary{letter}given",
        "number": f"900101500008{ord(letter) % 10}",
        "street": f"1 Canary{letter} Street",
        "visit": f"V-CANARY{letter}",
        "complaint": f"canary{letter} complaint",
        "place": f"behind the canary{letter} shop",
        "brought": f"canary{letter} cousin",
        "raw": f"MSH|canary{letter}raw",
    }


def found(house: House) -> Province:
    """Fill an empty database: A and B lie in the hospital phase, R was referred by B to station S."""
    province = Province(house)
    with house.transaction() as session:
        province.told["A"] = _tell(house, session, "A", FACILITY_A, STATION_S)
        province.told["B"] = _tell(house, session, "B", FACILITY_B, STATION_T)
        province.told["R"] = _tell(house, session, "R", FACILITY_B, STATION_S)
        _refer(house, session, province.told["R"].ref)
        province.task_id = session.execute(text("SELECT max(id) FROM task")).scalar_one()
        province.parked_id = _message(house, session, "P", None, None)
    for role in token_roles():
        for office in KINDS.get(role, (None,)):
            province.tokens[role, office] = tokens.create(house, role, office, role, 1).secret
    return province


def _tell(house: House, session: Session, letter: str, facility: str, station: str) -> Told:
    facility_id, station_id = offices.id_of(session, facility), offices.id_of(session, station)
    encounter_id, patient_id = _encounter(house, session, letter, facility_id)
    it = happened(facility_id, station_id, encounter_id, patient_id, time_basis="arrival")
    incident_id = incidents.add(session, it)
    case = casework.open_case(session, incident_id, facility_id, station_id, FEED, {})
    return Told(_message(house, session, letter, facility_id, encounter_id), incident_id, case.ref)


def _encounter(house: House, session: Session, letter: str, facility_id: int | None) -> tuple[int, int]:
    marks = canaries(letter)
    identity = {
        "name": {"family": marks["family"], "given": marks["given"], "middle": ""},
        "numbers": [{"value": marks["number"], "kind": "NI", "assigner": "RSA"}],
        "born": "1990-01-01T00:00:00+00:00",
        "residence": {"street": marks["street"], "suburb": "Mitchells Plain"},
    }
    private = {
        "visit_number": marks["visit"],
        "complaint": marks["complaint"],
        "place_text": marks["place"],
        "brought_in_by": marks["brought"],
    }
    key_id, sealed = house.vault.seal_json(IDENTITY, identity)
    folder = house.vault.blind("folder", letter)
    patient_id = encounters.add_patients(session, [(folder, key_id, sealed)])[folder]
    key_id, sealed = house.vault.seal_json(PRIVATE, private)
    visit = house.vault.blind("visit", letter)
    values = dict.fromkeys(encounters.GIVEN) | {
        "source_facility": "X",
        "facility_id": facility_id,
        "patient_id": patient_id,
        "visit_blind": visit,
        "visit_basis": "visit_number",
        "arrived_at": "2026-03-01 20:15+02",
        "admitted": False,
        "closed": False,
        "sats_colour": "red",
        "tews": 7,
        "age_years": 36,
        "sex": "M",
        "codes": ["X99.4"],
        "violence": "yes",
        "disposition": "01",
        "key_id": key_id,
        "private_enc": sealed,
    }
    encounter_id = encounters.write(session, [values])[patient_id, visit]
    encounters.sync_quality_items(session, {(encounter_id, facility_id): ["no_assault_time"]})
    return encounter_id, patient_id


def _refer(house: House, session: Session, ref: str) -> None:
    """Walk a case to its station, on the patient's written consent."""
    liaison = Actor("facility_liaison", None, "tbh-1")
    for move, actor, details in (
        ("classify", FEED, {"reason": "external_cause_code"}),
        ("await_basis", RULE, {}),
        ("basis_recorded", liaison, {"disclosure_basis": "consent_written"}),
    ):
        case = cases.lock_by_ref(session, ref)
        assert case is not None
        casework.apply(house, session, case, move, actor, details)


def docketed(house: House, province: Province) -> None:
    """And D: referred by B to station S, enrolled at a court and struck off its roll."""
    with house.transaction() as session:
        told = _tell(house, session, "D", FACILITY_B, STATION_S)
        _refer(house, session, told.ref)
        today = session.execute(
            text("SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date")
        ).scalar_one()
        soon = (today + timedelta(days=3)).isoformat()
        at_court = {"court": COURT, "court_case_no": "B12/2026", "next_date": soon, "charges": "1=murder"}
        for move, role, details in (
            ("acknowledge", "saps_liaison", {}),
            ("open_cas", "saps_liaison", {"cas_number": f"7/{today:%m/%Y}"}),
            ("investigate", "detective_commander", {"officer": "kh-io-1"}),
            ("submit_docket", "detective_commander", {"court": COURT}),
            ("enrol", "prosecutor", at_court),
            ("place_on_roll", "prosecutor", {"next_date": soon}),
            ("strike_342a", "prosecutor", {"reason": "docket_not_at_court", "attributable_to": "SAPS"}),
        ):
            case = cases.lock_by_ref(session, told.ref)
            assert case is not None
            casework.apply(house, session, case, move, Actor(role, None, f"{role}-1"), details)
    province.told["D"] = told


def watched(house: House, province: Province, engine: Engine) -> None:
    """And the brief of D: seen in court, written of to station S, answered, and closed."""
    province.brief_id = one(engine, "SELECT id FROM watching_brief")
    seen = Appearance(date(2026, 1, 5), "struck_off", "no", "none", ("docket_not_at_court",), "SAPS")
    unit = Writing(province.tokens["watching_brief_official", POCS], "r-1")
    commander = Writing(province.tokens["station_commander", STATION_S], "r-1")
    brief_desk.observe(house, unit, province.brief_id, seen)
    brief_letters.send(house, unit, province.brief_id, "saps", "docket_to_court")
    province.letter_id = one(engine, "SELECT id FROM brief_letter")
    brief_letters.reply(house, commander, province.brief_id, province.letter_id, Reply("done"))
    brief_desk.close(house, unit, province.brief_id, "nothing_more_to_watch")


def _message(
    house: House, session: Session, letter: str, facility_id: int | None, encounter_id: int | None
) -> int:
    statement = text(
        """
        INSERT INTO inbound_message (channel, peer, source_app, source_facility, control_id, digest,
            message_type, event, size, key_id, raw_enc, ack_code, state, reason, facility_id,
            encounter_id, done_at)
        VALUES ('mllp', '127.0.0.1', 'APP', 'X', :letter, sha256(convert_to(:letter, 'UTF8')), 'ADT', 'A08', 9,
            :key_id, :raw_enc, 'AA', :state, :reason, :facility_id, :encounter_id, hectis_now())
        RETURNING id
        """
    )
    key_id, sealed = house.vault.seal(RAW, canaries(letter)["raw"].encode())
    state = ("parked", "unknown_facility") if encounter_id is None else ("accepted", None)
    values = {
        "letter": letter,
        "key_id": key_id,
        "raw_enc": sealed,
        "state": state[0],
        "reason": state[1],
        "facility_id": facility_id,
        "encounter_id": encounter_id,
    }
    message_id: int = session.execute(statement, values).scalar_one()
    return message_id
