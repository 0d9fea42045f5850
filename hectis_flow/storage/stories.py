"""What merges and cancellations leave behind: joined visits, messages of a person alone.

`services.people` and `services.visits` write it. A visit that was joined to another keeps its row, for
its case and its ledger stand on it, but answers to no visit number any more.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement, array
from hectis_flow.storage.messages import Held


class EncounterStory(Base):
    """Beside an encounter: whether it was cancelled, and into which other it was joined."""

    __tablename__ = "encounter_story"

    encounter_id: Mapped[int] = mapped_column(ForeignKey("encounter.id"), primary_key=True)
    cancelled: Mapped[bool]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("encounter.id"))


class PersonMessage(Base):
    """A message that speaks of a person and of no visit."""

    __tablename__ = "person_message"

    message_id: Mapped[int] = mapped_column(ForeignKey("inbound_message.id"), primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))


class Row(NamedTuple):
    """An encounter that stands, whose it is, and the case that hangs on it."""

    patient_id: int
    id: int
    visit_blind: bytes
    case_id: int | None
    case_ref: str | None
    stage: str | None


STANDING = Statement(
    """
    SELECT e.patient_id, e.id, e.visit_blind, c.id, c.ref, c.stage FROM encounter e
    LEFT JOIN encounter_story s ON s.encounter_id = e.id
    LEFT JOIN incident_patient p ON p.encounter_id = e.id
    LEFT JOIN "case" c ON c.incident_id = p.incident_id
    WHERE e.patient_id = ANY(CAST(:patients AS bigint[])) AND s.merged_into_id IS NULL ORDER BY e.id
    """
)
WRITE = Statement(
    """
    INSERT INTO encounter_story AS s (encounter_id, cancelled)
    SELECT id, cancelled FROM unnest(CAST(:ids AS bigint[]), CAST(:cancelled AS boolean[])) AS g (id, cancelled)
    ON CONFLICT (encounter_id) DO UPDATE SET cancelled = excluded.cancelled
    WHERE s.cancelled <> excluded.cancelled
    """
)


def standing(session: Session, patients: Collection[int]) -> list[Row]:
    """The encounters of these patients that were not joined to another."""
    return [Row(*row) for row in STANDING.run(session, {"patients": array(patients)})] if patients else []


def write(session: Session, cancelled: Mapping[int, bool]) -> None:
    """Whether each of these visits was cancelled."""
    if cancelled:
        WRITE.run(session, {"ids": array(cancelled), "cancelled": array(cancelled.values())})


# The blind index of a joined visit, that no visit number has; a number may belong to one visit only.
NO_VISIT = "sha256(convert_to('joined ' || {id}, 'UTF8'))"


def join(session: Session, encounter_id: int, into_id: int) -> None:
    """An encounter turned out to be another one: it goes on as a row only, and asks for nothing more."""
    statement = text(
        f"""
        WITH story AS (
            INSERT INTO encounter_story (encounter_id, merged_into_id) VALUES (:id, :into_id)
            ON CONFLICT (encounter_id) DO UPDATE SET merged_into_id = :into_id
        ),
        items AS (
            UPDATE quality_item SET closed_at = hectis_now()
            WHERE encounter_id = :id AND closed_at IS NULL
        )
        UPDATE encounter e SET visit_blind = {NO_VISIT.format(id="e.id")}, updated_at = hectis_now()
        WHERE e.id = :id
        """  # noqa: S608  (a constant of this module)
    )
    session.execute(statement, {"id": encounter_id, "into_id": into_id})


def name(session: Session, encounter_id: int, visit_blind: bytes, visit_basis: str) -> None:
    """A visit is known by another number from now on (one came, or a merge re-keyed it)."""
    statement = text("UPDATE encounter SET visit_blind = :blind, visit_basis = :basis WHERE id = :id")
    session.execute(statement, {"id": encounter_id, "blind": visit_blind, "basis": visit_basis})


def keep_person_messages(session: Session, patients: Mapping[int, int]) -> None:
    """Remember whose these messages are (patient by message): they have no encounter to be found by."""
    statement = text(
        """
        INSERT INTO person_message (message_id, patient_id)
        SELECT * FROM unnest(CAST(:messages AS bigint[]), CAST(:patients AS bigint[]))
        ON CONFLICT (message_id) DO UPDATE SET patient_id = excluded.patient_id
        """
    )
    if patients:
        session.execute(statement, {"messages": list(patients), "patients": list(patients.values())})


RELATIVES = Statement(
    """
    WITH root AS (
        SELECT DISTINCT coalesce(p.merged_into_id, p.id) AS id
        FROM patient_number n JOIN patient p ON p.id = n.patient_id
        WHERE n.folder AND n.blind = ANY(CAST(:blinds AS bytea[]))
    )
    SELECT n.blind, root.id FROM root
    JOIN patient p ON p.id = root.id OR p.merged_into_id = root.id
    JOIN patient_number n ON n.patient_id = p.id WHERE n.folder
    """
)


def relatives(session: Session, blinds: Sequence[bytes]) -> dict[bytes, int]:
    """The patients of these folder numbers (of merged ones, the one that stands), by *all* their folder numbers."""
    return {bytes(blind): id_ for blind, id_ in RELATIVES.run(session, {"blinds": array(blinds)})}


def add_folder(session: Session, patient_id: int, blind: bytes) -> None:
    """One more folder number of a patient, under which nobody was known."""
    statement = text(
        """
        INSERT INTO patient_number (patient_id, kind, blind, folder)
        VALUES (:patient_id, 'folder', :blind, true)
        """
    )
    session.execute(statement, {"patient_id": patient_id, "blind": blind})


ABSORB = (
    "UPDATE patient SET merged_into_id = :into WHERE id = :id OR merged_into_id = :id",
    # By their visits, which are found by an index, and so before those are the other's.
    """
    UPDATE incident_patient SET patient_id = :into
    WHERE encounter_id = ANY(ARRAY(SELECT id FROM encounter WHERE patient_id = :id))
    """,
    # Both may have used one visit number: which of the two rows goes on, the caller decides.
    f"""
    UPDATE encounter e SET patient_id = :into, visit_blind = CASE
        WHEN EXISTS (SELECT FROM encounter k WHERE k.patient_id = :into AND k.visit_blind = e.visit_blind)
        THEN {NO_VISIT.format(id="e.id")} ELSE e.visit_blind END
    WHERE e.patient_id = :id
    """,  # noqa: S608
    "UPDATE person_message SET patient_id = :into WHERE patient_id = :id",
)


def absorb(session: Session, patient_id: int, into_id: int) -> None:
    """Two patients are one: whatever hung on the first hangs on the second; both keep their numbers."""
    for statement in ABSORB:
        session.execute(text(statement), {"id": patient_id, "into": into_id})


class ToldBy(NamedTuple):
    """An accepted message, whose it is, and the encounter it stands with; None for one that names no visit."""

    patient_id: int
    encounter_id: int | None
    held: Held


TOLD_OF = Statement(
    """
    SELECT e.patient_id, m.encounter_id,
           m.id, m.source_app, m.source_facility, m.control_id, m.key_id, m.raw_enc, m.attempts
    FROM encounter e JOIN inbound_message m ON m.encounter_id = e.id
    WHERE e.patient_id = ANY(CAST(:patients AS bigint[])) AND m.state = 'accepted'
    UNION ALL
    SELECT p.patient_id, NULL, m.id, source_app, source_facility, control_id, key_id, raw_enc, attempts
    FROM person_message p JOIN inbound_message m ON m.id = p.message_id
    WHERE p.patient_id = ANY(CAST(:patients AS bigint[])) AND m.state = 'accepted'
    ORDER BY 3
    """
)


def told_of(session: Session, patients: Collection[int]) -> list[ToldBy]:
    """All accepted messages of these patients, oldest first."""
    if not patients:
        return []
    rows = TOLD_OF.run(session, {"patients": array(patients)})
    return [ToldBy(row[0], row[1], Held(*row[2:])) for row in rows]


def move(session: Session, ids: Sequence[int], encounter_id: int) -> None:
    """These accepted messages turned out to belong to another encounter."""
    statement = text("UPDATE inbound_message SET encounter_id = :encounter_id WHERE id = ANY(:ids)")
    session.execute(statement, {"ids": list(ids), "encounter_id": encounter_id})
