"""Removals: each act that took charges off the roll, with its causes, until its ending.

`services.removals` calls it with the case held. It must not decide what an ending is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.types import Text

from hectis_flow.storage.base import Base


class Removal(Base):
    """One act by which charges left the roll, and how it stands: `stage` is where its charges are."""

    __tablename__ = "removal"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    case_version: Mapped[int] = mapped_column(Integer)
    way_out: Mapped[str]
    cause: Mapped[str]
    more_causes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    attributable_to: Mapped[str]
    removed_at: Mapped[datetime]
    stage: Mapped[str]
    awaits: Mapped[str | None]
    requests: Mapped[int] = mapped_column(Integer)
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None]


def add(session: Session, values: Mapping[str, Any]) -> int:
    """A new removal, written with the move that made it."""
    statement = text(
        """
        INSERT INTO removal (case_id, case_version, way_out, cause, more_causes, attributable_to, stage, removed_at)
        VALUES (:case_id, :version, :way_out, :cause, :more_causes, :attributable_to, :way_out, :at) RETURNING id
        """
    )
    return int(session.execute(statement, values).scalar_one())


# How a removal stood before a move touched it, kept as the history of charges is: so the move can be taken back.
KEPT = """
    kept AS (
        INSERT INTO removal_transition (removal_id, case_id, case_version, before)
        SELECT r.id, r.case_id, c.version, to_jsonb(r) FROM removal r JOIN "case" c ON c.id = r.case_id
        WHERE r.id = :id ON CONFLICT DO NOTHING
    )
"""


def stand(session: Session, removal_id: int, stage: str, awaits: str | None, *, asked: bool) -> None:
    """Where a removal stands now, and whether re-enrolment was asked for once more."""
    statement = text(
        f"""
        WITH {KEPT}
        UPDATE removal SET stage = :stage, awaits = :awaits, requests = requests + :asked WHERE id = :id
        """  # noqa: S608  (a constant)
    )
    session.execute(statement, {"id": removal_id, "stage": stage, "awaits": awaits, "asked": int(asked)})


def end(session: Session, removal_id: int, stage: str, ending: str, at: datetime) -> None:
    """The ending of a removal."""
    statement = text(
        f"""
        WITH {KEPT}
        UPDATE removal SET stage = :stage, ended_at = :at, ending = :ending, awaits = NULL WHERE id = :id
        """  # noqa: S608  (a constant)
    )
    session.execute(statement, {"id": removal_id, "stage": stage, "ending": ending, "at": at})


def take_back(session: Session, case_id: int, version: int, at: datetime) -> list[int]:
    """Let removals stand as they did before one move of their case; those that it began, which end `undone`."""
    touched = text(
        """
        UPDATE removal r SET stage = b.stage, awaits = b.awaits, requests = b.requests, ended_at = b.ended_at,
            ending = b.ending
        FROM removal_transition t, jsonb_populate_record(NULL::removal, t.before) b
        WHERE t.case_id = :case_id AND t.case_version = :version AND r.id = t.removal_id
        """
    )
    begun = text(
        """
        UPDATE removal SET ended_at = :at, ending = 'undone', awaits = NULL
        WHERE case_id = :case_id AND case_version = :version RETURNING id
        """
    )
    session.execute(touched, {"case_id": case_id, "version": version})
    return list(session.scalars(begun, {"case_id": case_id, "version": version, "at": at}))


def by_id(session: Session, ids: Sequence[int]) -> dict[int, Removal]:
    """These removals, as they stand now."""
    if not ids:
        return {}
    query = select(Removal).where(Removal.id.in_(ids)).execution_options(populate_existing=True)
    return {row.id: row for row in session.scalars(query)}


def open_since(session: Session, case_id: int) -> dict[int, datetime]:
    """Since when each removal of this case that is open has been so."""
    statement = text("SELECT id, removed_at FROM removal WHERE case_id = :id AND ended_at IS NULL")
    return {id_: at for id_, at in session.execute(statement, {"id": case_id})}  # noqa: C416
