"""A visit as a hospital tells it, drawn by chance, and what is known once all of it was heard.

A story is a list of messages in the order in which they were meant. Two tellings of one story are
equivalent when they leave the same *live* rows (docs/adr/0008): visits that stand, incidents that are
not voided, cases that are not at an end, who the patient is. How a case came there may differ. Where the hospital took
back what a duty to report rests on, the case is left to a person, and incident and case are not compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Engine

from hectis_flow.services.house import House
from hectis_flow.storage.vault import IDENTITY, PRIVATE
from tests.segments import adt, oru, segment
from tests.tables import rows

VISITS = """
    SELECT e.id, e.patient_class, e.arrived_at, e.left_at, e.disposition, e.admitted, e.closed, e.died,
        e.sats_colour, e.tews, e.age_years, e.sex, e.codes, e.violence, e.police_notified,
        e.last_recorded_at, s.cancelled, e.key_id, e.private_enc, count(m.id) AS messages
    FROM encounter e JOIN inbound_message m ON m.encounter_id = e.id
    JOIN encounter_story s ON s.encounter_id = e.id
    WHERE m.control_id LIKE :prefix AND s.merged_into_id IS NULL
    GROUP BY e.id, s.cancelled
"""
INCIDENTS = """
    SELECT i.intent, i.mechanism, i.weapon_class, i.place_type, i.activity, i.happened_at,
        i.happened_precision, i.time_basis, i.location_basis, i.facility_id, i.station_id,
        i.precinct_basis, p.patient_role,
        CASE WHEN c.stage IN ('voided', 'closed_no_violence') THEN NULL ELSE c.stage END AS live_stage
    FROM incident i JOIN incident_patient p ON p.incident_id = i.id
    LEFT JOIN "case" c ON c.incident_id = i.id
    WHERE i.voided_at IS NULL AND p.encounter_id = ANY(:visits)
"""
LIVE_CASES = """
    SELECT count(*) FROM "case" c JOIN incident_patient p ON p.incident_id = c.incident_id
    WHERE c.stage NOT IN ('voided', 'closed_no_violence') AND p.encounter_id IN (
        SELECT e.id FROM encounter e WHERE e.patient_id = ANY(:patients))
"""
PATIENTS = """
    SELECT p.id, p.sex, p.last_recorded_at, p.key_id, p.identity_enc
    FROM patient p JOIN patient_number n ON n.patient_id = p.id
    WHERE p.merged_into_id IS NULL AND n.blind = ANY(:blinds) GROUP BY p.id
"""
OPEN_ITEMS = """
    SELECT code FROM quality_item WHERE closed_at IS NULL AND encounter_id = ANY(:visits) ORDER BY 1
"""
IN_CONFLICT = """
    SELECT DISTINCT x.reason FROM case_conflict x JOIN "case" c ON c.id = x.case_id
    JOIN incident_patient p ON p.incident_id = c.incident_id
    JOIN inbound_message m ON m.encounter_id = p.encounter_id
    WHERE x.resolved_at IS NULL AND m.control_id LIKE :prefix
"""
CODES = ("X99.4", "X95.4", "Y04.0", "Y28.4", "Y35.0", "W34.0", "S21.1", '""')


@dataclass(frozen=True)
class Telling:
    """Which messages a story has, without the numbers that make it one of its own."""

    events: tuple[tuple[str, str], ...]  # event, and a code, a visit number's absence ("-") or nothing
    merged_after: int  # how many messages went under the old number; -1 for no merge
    same_second: bool


KINDS = ("A02", "A03", "A13", "A31", "R01", "A08")
OTHERS = (("A11", ""), ("A04", ""), ("A01", "-"))


def drawn(rng: Random) -> Telling:
    """A story by chance; it begins as every visit does."""
    events = [_event(rng) for _ in range(rng.randint(3, 8))]
    return Telling((("A04", ""), *events), rng.randint(-1, 4), rng.random() < 0.5)


def _event(rng: Random) -> tuple[str, str]:
    kind = rng.randrange(3)
    if kind == 0:
        return "A08", rng.choice(CODES)
    return (rng.choice(KINDS), rng.choice(("", "-"))) if kind == 1 else rng.choice(OTHERS)


def told_of_a_death(telling: Telling) -> Iterator[bool]:
    """Of each message whether it says that the patient died: a duty to report then binds at once."""
    return (event == "A03" and place % 2 == 1 for place, (event, _) in enumerate(telling.events))


def written(telling: Telling, prefix: str) -> list[bytes]:
    """The story's messages in the order in which they were meant; all numbers begin with the prefix."""
    story = []
    for place, (event, how) in enumerate(telling.events):
        folder = f"{prefix}F{1 if place >= telling.merged_after else 0}"
        story.append(_message(event, how, place, _at(telling, place), prefix, folder))
    if telling.merged_after >= 0:
        more = [segment("MRG", {1: f"{prefix}F0^^^KH^MR"})]
        at = _at(telling, len(story))
        story.append(adt("A40", f"{prefix}90", at, folder=f"{prefix}F1", visit="", pv1={44: ""}, more=more))
    return story


def _at(telling: Telling, place: int) -> str:
    return f"2026030120{20 + place // (3 if telling.same_second else 1):02}00"


def _message(event: str, how: str, place: int, at: str, prefix: str, folder: str) -> bytes:
    control_id, visit = f"{prefix}{place:02}", "" if how == "-" else f"{prefix}V1"
    if event == "R01":
        return oru(
            control_id, at, {"SATS": ("Red", "Orange", "Green")[place % 3]}, folder=folder, visit=visit
        )
    pv1 = {3: f"UNIT{place}^1^1^KH"} if event in ("A02", "A04") else {3: ""}
    if event == "A03":
        pv1 |= {36: ("01", "20")[place % 2], 45: at}
    pid = {7: f"19{80 + place}0101", 8: "FM"[place % 2]} if event == "A31" else {}
    codes = [how] if how not in ("", "-") else None
    accident = {1: "20260301193000", 3: "behind the shop"} if codes and place % 2 else None
    return adt(
        event,
        control_id,
        at,
        folder=folder,
        visit=visit,
        pv1=pv1,
        pid=pid,
        codes=codes,
        accident=accident,
    )


def in_conflict(engine: Engine, prefix: str) -> set[str]:
    """Why cases of this story are left to a person."""
    return {reason for (reason,) in rows(engine, IN_CONFLICT, prefix=f"{prefix}%")}


def known_of(house: House, engine: Engine, prefix: str) -> dict[str, Any]:
    """All that is live of the story whose messages carry this prefix, without row numbers and the prefix."""
    found = [row._mapping for row in rows(engine, VISITS, prefix=f"{prefix}%")]
    blinds = [house.vault.blind("folder", "Khayelitsha Hospital", f"{prefix}F{number}") for number in (0, 1)]
    people = [row._mapping for row in rows(engine, PATIENTS, blinds=blinds)]
    ids = [visit["id"] for visit in found]
    incidents = [dict(row._mapping) for row in rows(engine, INCIDENTS, visits=ids)]
    told = {
        "visits": sorted(str(_opened(house, PRIVATE, visit, "private_enc")) for visit in found),
        "incidents": sorted(map(str, incidents)),
        "live cases": rows(engine, LIVE_CASES, patients=[person["id"] for person in people])[0][0],
        "patients": [_opened(house, IDENTITY, person, "identity_enc") for person in people],
        "items": [row[0] for row in rows(engine, OPEN_ITEMS, visits=ids)],
    }
    return {name: str(value).replace(prefix, "#") for name, value in told.items()}


def _opened(house: House, purpose: str, row: Any, sealed: str) -> dict[str, Any]:
    clear = {name: value for name, value in row.items() if name not in ("id", "key_id", sealed)}
    return clear | house.vault.open_json(purpose, row["key_id"], row[sealed])
