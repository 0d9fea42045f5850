"""Patients and their encounters: found by blind index, kept as ciphertext and a few clear facts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement, array


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


# What many patients or visits have in common goes as one array a column, so that a statement serves them all.
ADD_PATIENTS = Statement(
    """
    WITH given AS (
        SELECT nextval(pg_get_serial_sequence('patient', 'id')) AS id, blind, key_id, identity_enc
        FROM unnest(CAST(:blind AS bytea[]), CAST(:key_id AS text[]), CAST(:identity_enc AS bytea[]))
             AS g (blind, key_id, identity_enc)
    ), fresh AS (
        INSERT INTO patient (id, key_id, identity_enc) OVERRIDING SYSTEM VALUE
        SELECT id, key_id, identity_enc FROM given
    )
    INSERT INTO patient_number (patient_id, kind, blind, folder)
    SELECT id, 'folder', blind, true FROM given RETURNING blind, patient_id
    """
)
UPDATE_PATIENTS = Statement(
    """
    UPDATE patient p SET sex = g.sex, key_id = g.key_id, identity_enc = g.identity_enc,
        last_recorded_at = g.last_recorded_at, updated_at = hectis_now()
    FROM unnest(CAST(:id AS bigint[]), CAST(:sex AS text[]), CAST(:key_id AS text[]),
                CAST(:identity_enc AS bytea[]), CAST(:last_recorded_at AS timestamptz[]))
         AS g (id, sex, key_id, identity_enc, last_recorded_at)
    WHERE p.id = g.id AND (p.last_recorded_at IS NULL OR p.last_recorded_at <= g.last_recorded_at)
    """
)
ADD_NUMBERS = Statement(
    """
    INSERT INTO patient_number (patient_id, kind, blind, folder)
    SELECT patient_id, kind, blind, false
    FROM unnest(CAST(:patient_id AS bigint[]), CAST(:kind AS text[]), CAST(:blind AS bytea[]))
         AS g (patient_id, kind, blind)
    ON CONFLICT DO NOTHING
    """
)


def add_patients(session: Session, patients: Sequence[tuple[bytes, str, bytes]]) -> dict[bytes, int]:
    """New patients (folder number's blind index, key, ciphertext); the id of each by that blind index."""
    if not patients:
        return {}
    blinds, keys, sealed = zip(*patients, strict=True)
    values = {"blind": array(blinds), "key_id": array(keys), "identity_enc": array(sealed)}
    return {bytes(blind): patient_id for blind, patient_id in ADD_PATIENTS.run(session, values)}


def update_patients(session: Session, patients: Mapping[int, Mapping[str, Any]]) -> None:
    """Write each patient's newest identity, unless a later message of another visit wrote it already."""
    if patients:
        columns = _columns(patients.values(), ("sex", "key_id", "identity_enc", "last_recorded_at"))
        UPDATE_PATIENTS.run(session, {"id": array(patients), **columns})


def add_numbers(session: Session, numbers: Collection[tuple[int, str, bytes]]) -> None:
    """Keep further numbers (patient, kind, blind index) for look-up; never used to join people."""
    if numbers:
        patients, kinds, blinds = zip(*numbers, strict=True)
        values = {"patient_id": array(patients), "kind": array(kinds), "blind": array(blinds)}
        ADD_NUMBERS.run(session, values)


# The columns of an encounter that are given, with their types: those by which it is known and found, and those
# that each fold of its messages writes anew.
NAMED: Final = {
    "source_facility": "text",
    "patient_id": "bigint",
    "visit_blind": "bytea",
    "visit_basis": "text",
}
FOLDED: Final = {
    "facility_id": "bigint",
    "patient_class": "text",
    "arrived_at": "timestamptz",
    "arrival_precision": "text",
    "arrival_basis": "text",
    "left_at": "timestamptz",
    "disposition": "text",
    "admitted": "boolean",
    "closed": "boolean",
    "died": "boolean",
    "sats_colour": "text",
    "tews": "integer",
    "age_years": "integer",
    "sex": "text",
    "codes": "text",
    "violence": "text",
    "police_notified": "boolean",
    "last_recorded_at": "timestamptz",
    "key_id": "text",
    "private_enc": "bytea",
}
GIVEN = NAMED | FOLDED
# A list cannot be an element of one column's array, so the codes of a visit travel as PostgreSQL writes a list.
WRITE = Statement(
    f"""
    INSERT INTO encounter AS e ({", ".join(GIVEN)})
    SELECT {", ".join("CAST(g.codes AS text[])" if name == "codes" else f"g.{name}" for name in GIVEN)}
    FROM unnest({", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in GIVEN.items())})
         AS g ({", ".join(GIVEN)})
    ON CONFLICT (patient_id, visit_blind) DO UPDATE
    SET updated_at = hectis_now(), {", ".join(f"{name} = excluded.{name}" for name in FOLDED)}
    RETURNING e.patient_id, e.visit_blind, e.id
    """  # noqa: S608  (names of columns, all from the tables above)
)


def write(session: Session, visits: Collection[Mapping[str, Any]]) -> dict[tuple[int, bytes], int]:
    """Write the folds of visits, each over its encounter, made if it is not there yet.

    `visits` hold `GIVEN`, and no two of them one patient and visit. Their ids by patient and visit.
    """
    if not visits:
        return {}
    lists = [{**one, "codes": array(one["codes"])} for one in visits]
    rows = WRITE.run(session, _columns(lists, tuple(GIVEN)))
    return {(patient_id, bytes(blind)): encounter_id for patient_id, blind, encounter_id in rows}


OPEN_ITEMS = Statement(
    """
    INSERT INTO quality_item (encounter_id, facility_id, code)
    SELECT encounter_id, facility_id, code
    FROM unnest(CAST(:encounter_id AS bigint[]), CAST(:facility_id AS bigint[]), CAST(:code AS text[]))
         AS g (encounter_id, facility_id, code)
    ON CONFLICT (encounter_id, code) DO UPDATE SET closed_at = NULL
    WHERE quality_item.closed_at IS NOT NULL
    """
)
MEND_ITEMS = Statement(
    """
    UPDATE quality_item q SET closed_at = hectis_now()
    FROM unnest(CAST(:visits AS bigint[])) AS v (id)
    WHERE q.encounter_id = v.id AND q.closed_at IS NULL AND NOT EXISTS (
        SELECT FROM unnest(CAST(:encounter_id AS bigint[]), CAST(:code AS text[])) AS g (encounter_id, code)
        WHERE g.encounter_id = q.encounter_id AND g.code = q.code)
    """
)


def sync_quality_items(session: Session, wrong: Mapping[tuple[int, int | None], Sequence[str]]) -> None:
    """Open what is wrong with encounters' data (codes by encounter and facility), close what was mended."""
    if not wrong:
        return
    found = [(*visit, code) for visit, codes in wrong.items() for code in codes]
    visits, facilities, codes = zip(*found, strict=True) if found else ((), (), ())
    values = {"encounter_id": array(visits), "code": array(codes)}
    if found:
        OPEN_ITEMS.run(session, {**values, "facility_id": array(facilities)})
    MEND_ITEMS.run(session, {**values, "visits": array(encounter_id for encounter_id, _ in wrong)})


def _columns(rows: Collection[Mapping[str, Any]], names: Sequence[str]) -> dict[str, str]:
    return {name: array(row[name] for row in rows) for name in names}
