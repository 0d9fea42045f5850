"""Patients and their encounters: found by blind index, kept as ciphertext and a few clear facts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base


class Patient(Base):
    """A person treated at a facility, as that facility's numbers name them."""

    __tablename__ = "patient"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sex: Mapped[str | None]
    last_recorded_at: Mapped[datetime | None]
    key_id: Mapped[str]
    identity_enc: Mapped[bytes]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))


class Encounter(Base):
    """One visit of one patient to one facility; the fold of all its messages."""

    __tablename__ = "encounter"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    source_facility: Mapped[str]
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    visit_blind: Mapped[bytes]
    visit_basis: Mapped[str]
    patient_class: Mapped[str | None]
    arrived_at: Mapped[datetime | None]
    arrival_precision: Mapped[str | None]
    arrival_basis: Mapped[str | None]
    left_at: Mapped[datetime | None]
    disposition: Mapped[str | None]
    admitted: Mapped[bool]
    closed: Mapped[bool]
    died: Mapped[bool | None]
    sats_colour: Mapped[str | None]
    tews: Mapped[int | None] = mapped_column(Integer)
    age_years: Mapped[int | None] = mapped_column(Integer)
    sex: Mapped[str | None]
    codes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    violence: Mapped[str]
    police_notified: Mapped[bool | None]
    last_recorded_at: Mapped[datetime | None]
    key_id: Mapped[str]
    private_enc: Mapped[bytes]


def lock_patients(session: Session, blinds: Sequence[bytes]) -> None:
    """Hold these patients until the transaction ends, in one order everywhere, so that none deadlock.

    Two workers may meet over one patient; a row lock would not do, for the row may not exist yet.
    """
    keys = sorted({int.from_bytes(blind[:8], "big", signed=True) for blind in blinds})
    statement = text(
        "SELECT count(pg_advisory_xact_lock(k)) FROM unnest(CAST(:keys AS bigint[])) WITH ORDINALITY AS t(k, n)"
    )
    session.execute(statement, {"keys": keys})


def add_patient(session: Session, folder_blind: bytes, key_id: str, identity_enc: bytes) -> int:
    """A new patient with their folder number."""
    statement = text(
        """
        WITH fresh AS (
            INSERT INTO patient (key_id, identity_enc) VALUES (:key_id, :identity_enc) RETURNING id
        )
        INSERT INTO patient_number (patient_id, kind, blind, folder)
        SELECT id, 'folder', :blind, true FROM fresh RETURNING patient_id
        """
    )
    values = {"key_id": key_id, "identity_enc": identity_enc, "blind": folder_blind}
    patient_id: int = session.execute(statement, values).scalar_one()
    return patient_id


def update_patient(session: Session, patient_id: int, values: Mapping[str, Any]) -> None:
    """Write a patient's newest identity, unless a later message of another visit wrote it already."""
    statement = text(
        """
        UPDATE patient SET sex = :sex, key_id = :key_id, identity_enc = :identity_enc,
            last_recorded_at = :last_recorded_at, updated_at = hectis_now()
        WHERE id = :id AND (last_recorded_at IS NULL OR last_recorded_at <= :last_recorded_at)
        """
    )
    session.execute(statement, {"id": patient_id, **values})


def add_numbers(session: Session, patient_id: int, numbers: Sequence[tuple[str, bytes]]) -> None:
    """Keep further numbers of a patient (kind, blind index) for look-up; never used to join people."""
    statement = text(
        """
        INSERT INTO patient_number (patient_id, kind, blind, folder)
        VALUES (:patient_id, :kind, :blind, false) ON CONFLICT DO NOTHING
        """
    )
    rows = [{"patient_id": patient_id, "kind": kind, "blind": blind} for kind, blind in numbers]
    if rows:
        session.execute(statement, rows)


def find_or_add(session: Session, values: Mapping[str, Any]) -> int:
    """The encounter of this patient and visit, made if it is not there yet."""
    statement = text(
        """
        WITH fresh AS (
            INSERT INTO encounter (source_facility, facility_id, patient_id, visit_blind, visit_basis,
                                   key_id, private_enc)
            VALUES (:source_facility, :facility_id, :patient_id, :visit_blind, :visit_basis,
                    :key_id, :private_enc)
            ON CONFLICT DO NOTHING RETURNING id
        )
        SELECT id FROM fresh UNION ALL
        SELECT id FROM encounter WHERE patient_id = :patient_id AND visit_blind = :visit_blind LIMIT 1
        """
    )
    encounter_id: int = session.execute(statement, dict(values)).scalar_one()
    return encounter_id


WRITE = text(
    """
    UPDATE encounter SET updated_at = hectis_now(), facility_id = :facility_id,
        patient_class = :patient_class, arrived_at = :arrived_at, arrival_precision = :arrival_precision,
        arrival_basis = :arrival_basis, left_at = :left_at, disposition = :disposition,
        admitted = :admitted, closed = :closed, died = :died, sats_colour = :sats_colour, tews = :tews,
        age_years = :age_years, sex = :sex, codes = :codes, violence = :violence,
        police_notified = :police_notified, last_recorded_at = :last_recorded_at,
        key_id = :key_id, private_enc = :private_enc
    WHERE id = :id
    """
)


def write(session: Session, encounter_id: int, values: Mapping[str, Any]) -> None:
    """Write the fold of a visit's messages over the encounter."""
    session.execute(WRITE, {"id": encounter_id, **values})


def sync_quality_items(
    session: Session, encounter_id: int, facility_id: int | None, codes: Sequence[str]
) -> None:
    """Open what is wrong with this encounter's data, close what was mended."""
    values = {"encounter_id": encounter_id, "facility_id": facility_id, "codes": list(codes)}
    opened = text(
        """
        INSERT INTO quality_item (encounter_id, facility_id, code)
        SELECT :encounter_id, :facility_id, unnest(CAST(:codes AS text[]))
        ON CONFLICT (encounter_id, code) DO UPDATE SET closed_at = NULL
        WHERE quality_item.closed_at IS NOT NULL
        """
    )
    mended = text(
        """
        UPDATE quality_item SET closed_at = hectis_now()
        WHERE encounter_id = :encounter_id AND closed_at IS NULL AND NOT code = ANY(:codes)
        """
    )
    if codes:
        session.execute(opened, values)
    session.execute(mended, values)
