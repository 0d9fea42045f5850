"""The docket's own facts (officer, arrests, J88) and the matter at court: metadata, never a page of a docket.

`services.dockets` and `services.consequences` call it with the case held.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.driver import Statement

# The count makes the old matter end first: a case has one at a time.
BRING = Statement(
    """
    WITH over AS (
        UPDATE court_matter SET closed_at = hectis_now() WHERE case_id = :case_id AND closed_at IS NULL
        RETURNING id
    )
    INSERT INTO court_matter (case_id, case_version, court_id, number)
    SELECT :case_id, :version, :court_id, :number FROM (SELECT count(*) FROM over) AS before
    """
)
ASSIGN = Statement(
    """
    INSERT INTO docket (case_id, officer, assigned_at, noted_at) VALUES (:case_id, :officer, :at, :at)
    ON CONFLICT (case_id) DO UPDATE SET noted_at = excluded.noted_at, officer = excluded.officer,
        assigned_at = CASE WHEN docket.officer = excluded.officer THEN docket.assigned_at
                           ELSE excluded.assigned_at END
    """
)


def assign(session: Session, case_id: int, officer: str, at: datetime) -> None:
    """Who investigates from this moment on; the first time, the docket begins."""
    ASSIGN.run(session, {"case_id": case_id, "officer": officer, "at": at})


def note(session: Session, case_id: int, at: datetime) -> None:
    """Something of the investigation was noted."""
    session.execute(text("UPDATE docket SET noted_at = :at WHERE case_id = :id"), {"id": case_id, "at": at})


def hand_back(session: Session, case_id: int, officer: str, since: datetime, noted_at: datetime) -> None:
    """Who investigates, since when, and when something was last noted, as it stood before a move that was taken back."""
    statement = text(
        "UPDATE docket SET officer = :officer, assigned_at = :since, noted_at = :noted_at WHERE case_id = :id"
    )
    session.execute(statement, {"id": case_id, "officer": officer, "since": since, "noted_at": noted_at})


def arrest(session: Session, case_id: int, at: datetime, how: str, by: str) -> int:
    """Somebody was brought before the law: arrested, summoned, or taken on a warrant."""
    statement = text(
        """
        INSERT INTO arrest (case_id, arrested_at, how, recorded_by) VALUES (:case_id, :at, :how, :by) RETURNING id
        """
    )
    return int(session.execute(statement, {"case_id": case_id, "at": at, "how": how, "by": by}).scalar_one())


def j88(session: Session, case_id: int, *, collected: bool) -> bool:
    """The J88 is completed, or collected; False where it stands so already, or nothing is there to collect."""
    statement = text(
        """
        UPDATE docket SET j88_collected_at = hectis_now()
        WHERE case_id = :id AND j88_completed_at IS NOT NULL AND j88_collected_at IS NULL RETURNING case_id
        """
        if collected
        else """
        UPDATE docket SET j88_completed_at = hectis_now()
        WHERE case_id = :id AND j88_completed_at IS NULL RETURNING case_id
        """
    )
    return session.scalar(statement, {"id": case_id}) is not None


def is_open(session: Session, case_id: int) -> bool:
    """Whether the case has a docket."""
    return bool(
        session.scalar(text("SELECT EXISTS (SELECT FROM docket WHERE case_id = :id)"), {"id": case_id})
    )


def verify_cas(session: Session, case_id: int, *, verified: bool) -> bool:
    """Whether SAPS found the number in CAS; False where the case has none."""
    statement = text(
        "UPDATE cas_number SET verified_by_saps = :verified WHERE case_id = :id RETURNING case_id"
    )
    return session.scalar(statement, {"id": case_id, "verified": verified}) is not None


def bring_to_court(session: Session, case_id: int, version: int, court_id: int, number: str) -> None:
    """The matter of a case at its court; the one before it is over."""
    values = {"case_id": case_id, "version": version, "court_id": court_id, "number": number}
    BRING.run(session, values)


def take_from_court(session: Session, case_id: int, version: int) -> None:
    """The matter that one move of a case brought is no matter; the one before it goes on."""
    session.execute(
        text("DELETE FROM court_matter WHERE case_id = :id AND case_version = :version"),
        {"id": case_id, "version": version},
    )
    statement = text(
        """
        UPDATE court_matter SET closed_at = NULL
        WHERE id = (SELECT max(id) FROM court_matter WHERE case_id = :id)
        """
    )
    session.execute(statement, {"id": case_id})


def put_away(session: Session, case_id: int) -> None:
    """The docket of a case was begun in error; one that a J88 was noted in stays, for that holds."""
    statement = text("DELETE FROM docket WHERE case_id = :id AND j88_completed_at IS NULL")
    session.execute(statement, {"id": case_id})


def officer_of(session: Session, case_id: int) -> str | None:
    """The staff code of the investigating officer of a docket, if it has one."""
    found: str | None = session.scalar(
        text("SELECT officer FROM docket WHERE case_id = :id"), {"id": case_id}
    )
    return found
