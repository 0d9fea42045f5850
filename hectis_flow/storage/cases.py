"""Cases and their history. One statement writes a move whole: case, history, clock, tasks, ledger, outbox.

Only `services.casework` calls `open_case` and `record_move`. The database itself refuses a move that
the declaration does not know, a skipped version and a stage without its history (migration 0003).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Boolean, ForeignKey, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.clocks import FOLLOWED
from hectis_flow.storage.driver import Statement, array


class Case(Base):
    """Our work on one incident, and where it stands on the road."""

    __tablename__ = "case"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    opened_at: Mapped[datetime]
    stage: Mapped[str]
    phase: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    stage_entered_at: Mapped[datetime]
    workflow_version: Mapped[int] = mapped_column(Integer)
    owner_office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    ledger_seq: Mapped[int]
    ledger_head: Mapped[bytes]
    sealed_seq: Mapped[int]
    court_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    charged: Mapped[bool] = mapped_column(Boolean)


class StageTransition(Base):
    """One named move of one case; never changed."""

    __tablename__ = "stage_transition"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    version: Mapped[int] = mapped_column(Integer)
    transition: Mapped[str]
    from_stage: Mapped[str]
    to_stage: Mapped[str]
    actor_role: Mapped[str]
    actor: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]


class Locked(NamedTuple):
    """A case held for a decision. `now` is the road's time at which it was read or written.

    `offices` is the version of the office tree at that time. `charged` says that somebody is, so that the
    charges move and the case follows them; `court_id` is the court whose prosecutors have the docket.
    """

    id: int
    ref: str
    stage: str
    version: int
    owner_office_id: int
    facility_id: int | None
    station_id: int | None
    incident_id: int
    court_id: int | None
    charged: bool
    now: datetime
    offices: int


FIELDS = "id, ref, stage, version, owner_office_id, facility_id, station_id, incident_id, court_id, charged"
NOW = "hectis_now(), (SELECT version FROM reference_version)"

HISTORY = """
    history AS (
        INSERT INTO stage_transition
            (case_id, version, transition, from_stage, to_stage, actor_role, actor, details, at)
        SELECT id, version, :transition, :from_stage, stage, :actor_role, :actor,
               CAST(:details AS jsonb), stage_entered_at FROM moved
        RETURNING id, case_id, at
    ),
    entry AS (
        INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
        SELECT id, ledger_seq, stage_entered_at, :kind, :ledger_actor, :body, ledger_head FROM moved
    ),
    said AS (
        INSERT INTO outbox (event, case_id, subject_id, at)
        SELECT event, case_id, id, at FROM history, unnest(CAST(:events AS text[])) AS event
    )
"""
MOVED = f"SELECT {FIELDS}, stage_entered_at, (SELECT version FROM reference_version) FROM moved"  # noqa: S608

OPEN = Statement(
    f"""
    WITH counted AS (
        SELECT nextval(pg_get_serial_sequence('"case"', 'id')) AS id, hectis_now() AS at,
               nextval('case_number')::text AS digits
    ),
    number AS (
        SELECT id, at, 'WC-' || to_char(at AT TIME ZONE 'Africa/Johannesburg', 'YYYY') || '-'
               -- lpad cuts what is longer than it pads to: the millionth case has seven digits
               || lpad(digits, greatest(6, length(digits)), '0') AS ref
        FROM counted
    ),
    moved AS (
        INSERT INTO "case" (id, ref, incident_id, opened_at, stage, phase, version, stage_entered_at,
            workflow_version, owner_office_id, facility_id, station_id, ledger_seq, ledger_head)
        OVERRIDING SYSTEM VALUE
        SELECT id, ref, :incident_id, at, :stage, :phase, 1, at, :workflow_version, :owner_office_id,
            :facility_id, :station_id, 1, ledger_hash(decode(repeat('00', 32), 'hex'), id, 1, at, :kind, :ledger_actor, :body)
        FROM number
        RETURNING *
    ),
    {HISTORY}
    {MOVED}
    """  # noqa: S608  (two constants of this module)
)

MOVE = Statement(
    f"""
    WITH moment AS MATERIALIZED (SELECT hectis_now() AS at),
    moved AS (
        UPDATE "case" SET stage = :stage, phase = :phase, version = version + 1,
            stage_entered_at = moment.at, workflow_version = :workflow_version,
            owner_office_id = :owner_office_id, court_id = :court_id, charged = :charged, ledger_seq = ledger_seq + 1,
            ledger_head = ledger_hash(ledger_head, id, ledger_seq + 1, moment.at, :kind,
                                      :ledger_actor, :body)
        FROM moment WHERE id = :id AND version = :version
        RETURNING "case".*
    ),
    {HISTORY},
    {FOLLOWED}
    {MOVED}
    """  # noqa: S608
)


BY_ID, BY_REF = (
    Statement(f'SELECT {FIELDS}, {NOW} FROM "case" WHERE {key} = :key FOR NO KEY UPDATE')  # noqa: S608
    for key in ("id", "ref")
)


def lock(session: Session, case_id: int) -> Locked | None:
    """Hold a case until the transaction ends, so that two decisions never rest on one state."""
    return _locked(session, BY_ID, case_id)


def lock_by_ref(session: Session, ref: str) -> Locked | None:
    """The same by the number people use."""
    return _locked(session, BY_REF, ref)


def _locked(session: Session, statement: Statement, key: int | str) -> Locked | None:
    row = statement.run(session, {"key": key}).first()
    return Locked(*row) if row else None


def open_case(session: Session, values: Mapping[str, Any]) -> Locked:
    """A new case in its first stage, with history, ledger entry and event."""
    return Locked(*OPEN.run(session, _as_sent(values)).one())


def record_move(session: Session, values: Mapping[str, Any]) -> Locked:
    """One move of a case that the caller holds."""
    return Locked(*MOVE.run(session, _as_sent(values)).one())


def _as_sent(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "events": array(values["events"])}


def newest_reason(session: Session, case_id: int) -> tuple[str, str | None]:
    """Who made a case's newest move, and the coded reason it carries."""
    statement = text(
        """
        SELECT actor_role, details ->> 'reason' FROM stage_transition
        WHERE case_id = :id ORDER BY version DESC LIMIT 1
        """
    )
    role, reason = session.execute(statement, {"id": case_id}).one()
    return role, reason


PLACE = Statement(
    """
    UPDATE "case" SET facility_id = :facility_id,
        station_id = CASE WHEN phase = 'hospital' THEN :station_id ELSE station_id END
    WHERE id = :id AND (facility_id, CASE WHEN phase = 'hospital' THEN station_id ELSE :station_id END)
          IS DISTINCT FROM (:facility_id, :station_id)
    """
)


def place(session: Session, case_id: int, facility_id: int | None, station_id: int | None) -> None:
    """What later messages say of where the case belongs; the owner changes only by a move.

    A station that was sent the referral keeps it: only what lies with the hospital can go elsewhere.
    """
    PLACE.run(session, {"id": case_id, "facility_id": facility_id, "station_id": station_id})
