"""Legal bases of cases, and what was disclosed on them.

`services.disclosure` calls it, with the case held where it writes. A disclosure is also a line of the
case's ledger, so that what was said to whom cannot be changed afterwards without a trace. Nothing here
decides what may leave.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.ledger import canonical
from hectis_flow.storage.base import Base
from hectis_flow.storage.conflicts import WRITTEN
from hectis_flow.storage.driver import Statement, array

SENT_KIND = "disclosure"  # of the ledger entry


class LegalBasis(Base):
    """A ground on which named fields of a case may leave health. `scope` narrows a consent; None is all."""

    __tablename__ = "legal_basis"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    basis: Mapped[str]
    document_ref: Mapped[str | None]
    scope: Mapped[list[str] | None] = mapped_column(ARRAY(TEXT))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None]


class Disclosure(Base):
    """What was sent to one office by one move: names of fields, the ground of each, and what stayed."""

    __tablename__ = "disclosure"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int]
    version: Mapped[int] = mapped_column(Integer)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    basis: Mapped[str]
    fields: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    grounds: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    withheld: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    at: Mapped[datetime]
    actor: Mapped[str]


class Ground(NamedTuple):
    """A basis ever on record for a case, and by whom; `standing` until it is taken back."""

    basis: str
    scope: list[str] | None
    standing: bool
    recorded_by: str


class Sent(NamedTuple):
    """The newest disclosure of a case to one office."""

    fields: list[str]
    basis: str
    at: datetime


class Told(NamedTuple):
    """Everything a hospital holds of a case's patient and incident; ciphertexts with their key ids."""

    clear: dict[str, Any]
    identity_key_id: str
    identity_enc: bytes
    private_key_id: str
    private_enc: bytes


GROUNDS = Statement(
    "SELECT basis, scope, withdrawn_at IS NULL, recorded_by FROM legal_basis WHERE case_id = :id ORDER BY id"
)
RECORD = Statement(
    """
    INSERT INTO legal_basis (case_id, basis, document_ref, scope, recorded_by)
    VALUES (:case_id, :basis, :document_ref, CAST(:scope AS text[]), :recorded_by)
    ON CONFLICT (case_id, basis) WHERE withdrawn_at IS NULL DO NOTHING RETURNING id
    """
)


def grounds(session: Session, case_id: int) -> list[Ground]:
    """Every basis that is or was on record for a case, oldest first."""
    return [Ground(*row) for row in GROUNDS.run(session, {"id": case_id})]


def add_basis(session: Session, values: Mapping[str, Any]) -> bool:
    """Put a basis on record; False where it stands already."""
    return RECORD.run(session, values).first() is not None


def withdraw_basis(session: Session, case_id: int, basis: str) -> bool:
    """Take a standing basis back; False where none stands."""
    statement = text(
        """
        UPDATE legal_basis SET withdrawn_at = hectis_now()
        WHERE case_id = :case_id AND basis = :basis AND withdrawn_at IS NULL RETURNING id
        """
    )
    return session.scalar(statement, {"case_id": case_id, "basis": basis}) is not None


SEND = Statement(
    f"""
    WITH kept AS (
        INSERT INTO disclosure (case_id, version, office_id, basis, fields, grounds, withheld, actor)
        VALUES (:case_id, :version, :office_id, :basis, :fields, :grounds, :withheld, :actor)
        RETURNING case_id, at
    ),
    {WRITTEN}
    """  # noqa: S608  (a constant)
)


def add_disclosure(session: Session, values: Mapping[str, Any]) -> None:
    """Write what a move of a case sends to an office, into its table and the case's ledger."""
    body: dict[str, Any] = {name: list(values[name]) for name in ("fields", "grounds", "withheld")}
    body |= {name: str(values[name]) for name in ("version", "office_id")}
    lists = {name: array(values[name]) for name in ("fields", "grounds", "withheld")}
    SEND.run(session, {**values, **lists, "kind": SENT_KIND, "body": canonical(body)})


def newest_sent(session: Session, case_id: int, office_id: int) -> Sent | None:
    """What was last sent of a case to this office, if anything was."""
    statement = text(
        """
        SELECT fields, basis, at FROM disclosure WHERE case_id = :case_id AND office_id = :office_id
        ORDER BY version DESC LIMIT 1
        """
    )
    row = session.execute(statement, {"case_id": case_id, "office_id": office_id}).first()
    return Sent(*row) if row else None


def all_sent(session: Session, case_id: int) -> list[dict[str, Any]]:
    """Every disclosure of a case, oldest first: to which office, which fields on which ground, by whom."""
    statement = text(
        """
        SELECT d.version, o.code AS office, d.basis, d.fields, d.grounds, d.withheld, d.at, d.actor
        FROM disclosure d JOIN office o ON o.id = d.office_id WHERE d.case_id = :case_id ORDER BY d.version
        """
    )
    return [dict(row) for row in session.execute(statement, {"case_id": case_id}).mappings()]


TELL = Statement(
    """
    SELECT jsonb_build_object(
        'age_years', e.age_years, 'sex', coalesce(e.sex, p.sex), 'mechanism', i.mechanism,
        'weapon_class', i.weapon_class, 'place_type', i.place_type, 'precinct', s.code,
        'happened_at', i.happened_at, 'happened_precision', i.happened_precision,
        'time_basis', i.time_basis, 'facility', f.code, 'arrived_at', e.arrived_at,
        'admitted', e.admitted, 'died', e.died, 'sats_colour', e.sats_colour, 'tews', e.tews,
        'police_notified', e.police_notified, 'disposition', e.disposition, 'codes', to_jsonb(e.codes),
        'patient_role', n.patient_role, 'intent', i.intent),
        p.key_id, p.identity_enc, e.key_id, e.private_enc
    FROM "case" c JOIN incident i ON i.id = c.incident_id
    JOIN incident_patient n ON n.incident_id = i.id
    JOIN encounter e ON e.id = n.encounter_id JOIN patient p ON p.id = n.patient_id
    LEFT JOIN office f ON f.id = c.facility_id LEFT JOIN office s ON s.id = c.station_id
    WHERE c.id = :case_id ORDER BY e.id LIMIT 1
    """
)


def told_of(session: Session, case_id: int) -> Told | None:
    """What the hospital holds of a case: its incident and the one patient an incident has in this release."""
    row = TELL.run(session, {"case_id": case_id}).first()
    return Told(*row) if row else None


class Record:
    """What the hospital holds of a case, read once it is asked for; for one move, which changes nothing of it."""

    def __init__(self, session: Session, case_id: int) -> None:
        """Reads nothing yet."""
        self._session = session
        self._case_id = case_id

    @cached_property
    def told(self) -> Told | None:
        """As `told_of`."""
        return told_of(self._session, self._case_id)
