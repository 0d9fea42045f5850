"""Incidents: what happened, and which encounters belong to it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement, array


class Incident(Base):
    """One act of violence as an emergency centre recorded it."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    intent: Mapped[str]
    mechanism: Mapped[str | None]
    weapon_class: Mapped[str | None]
    place_type: Mapped[str | None]
    activity: Mapped[str | None]
    happened_at: Mapped[datetime | None]
    happened_precision: Mapped[str | None]
    time_basis: Mapped[str | None]
    location_basis: Mapped[str]
    station_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    precinct_basis: Mapped[str]
    voided_at: Mapped[datetime | None]


class IncidentPatient(Base):
    """One patient's part in one incident; the role is `unknown` unless the feed told it."""

    __tablename__ = "incident_patient"

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    encounter_id: Mapped[int] = mapped_column(ForeignKey("encounter.id"), primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    patient_role: Mapped[str]


class Known(NamedTuple):
    """The incident that an encounter already belongs to."""

    incident_id: int
    case_id: int | None


FIELDS = (
    "facility_id",
    "intent",
    "mechanism",
    "weapon_class",
    "place_type",
    "activity",
    "happened_at",
    "happened_precision",
    "time_basis",
    "location_basis",
    "station_id",
    "precinct_basis",
)
COLUMNS = ", ".join(FIELDS)
PLACES = ", ".join(f":{name}" for name in FIELDS)
PRECINCT = ("station_id", "precinct_basis")
ASSIGN = ", ".join(f"{name} = :{name}" for name in FIELDS if name not in PRECINCT)
# A person's choice stands until a message names the same station; the row itself tells of a choice that
# another transaction makes at this moment.
OPEN = """
    (:precinct_basis = 'station_code' AND :station_id = coalesce(c.station_id, i.station_id))
    OR (c.station_id IS NULL AND i.precinct_basis <> 'chosen')
"""

ADD = Statement(
    f"""
    WITH fresh AS (INSERT INTO incident ({COLUMNS}) VALUES ({PLACES}) RETURNING id),
    part AS (
        INSERT INTO incident_patient (incident_id, encounter_id, patient_id, patient_role)
        SELECT id, :encounter_id, :patient_id, :patient_role FROM fresh
    )
    SELECT id FROM fresh
    """  # noqa: S608  (names of columns, all from the tuple above)
)
CHANGE = Statement(
    f"""
    WITH part AS (
        UPDATE incident_patient SET patient_role = :patient_role
        WHERE encounter_id = :encounter_id AND patient_role <> :patient_role
    )
    UPDATE incident i SET {ASSIGN}, voided_at = NULL, updated_at = hectis_now(),
        station_id = CASE WHEN {OPEN} THEN :station_id ELSE coalesce(c.station_id, i.station_id) END,
        precinct_basis = CASE WHEN {OPEN} THEN :precinct_basis ELSE 'chosen' END
    FROM (SELECT) one LEFT JOIN precinct_choice c ON c.incident_id = :id
    WHERE i.id = :id RETURNING i.station_id
    """  # noqa: S608
)


OF_ENCOUNTERS = Statement(
    """
    SELECT p.encounter_id, p.incident_id, c.id FROM incident_patient p
    LEFT JOIN "case" c ON c.incident_id = p.incident_id
    WHERE p.encounter_id = ANY(CAST(:encounters AS bigint[]))
    """
)


def of_encounters(session: Session, encounters: Collection[int]) -> dict[int, Known]:
    """The incident of each of these encounters and its case, where they are there."""
    if not encounters:
        return {}
    rows = OF_ENCOUNTERS.run(session, {"encounters": array(encounters)})
    return {encounter_id: Known(incident_id, case_id) for encounter_id, incident_id, case_id in rows}


def add(session: Session, values: Mapping[str, Any]) -> int:
    """A new incident with its first patient; `values` holds FIELDS and the patient's part."""
    incident_id: int = ADD.run(session, values).scalar_one()
    return incident_id


def change(session: Session, incident_id: int, values: Mapping[str, Any]) -> int | None:
    """What the newest messages say of an incident we hold; gives its station, which a person may have chosen."""
    station_id: int | None = CHANGE.run(session, {"id": incident_id, **values}).scalar_one()
    return station_id


def void(session: Session, incident_id: int) -> None:
    """The messages no longer speak of violence: the incident counts for nothing from now on."""
    statement = text("UPDATE incident SET voided_at = hectis_now() WHERE id = :id AND voided_at IS NULL")
    session.execute(statement, {"id": incident_id})
