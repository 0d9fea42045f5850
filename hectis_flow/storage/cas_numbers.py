"""CAS numbers of cases: no two cases of a station have the same one.

`services.cas` calls it with the case held. The uniqueness is the database's.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement


class CasNumber(Base):
    """The CAS number of a case; unique within its station and month."""

    __tablename__ = "cas_number"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    serial: Mapped[int] = mapped_column(Integer)
    month: Mapped[int] = mapped_column(SmallInteger)
    year: Mapped[int] = mapped_column(SmallInteger)
    verified_by_saps: Mapped[bool | None]
    recorded_at: Mapped[datetime]


STATION_TODAY = Statement(
    "SELECT code, (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date FROM office WHERE id = :id"
)
ADD = Statement(
    """
    WITH fresh AS (
        INSERT INTO cas_number (case_id, station_id, serial, month, year)
        VALUES (:case_id, :station_id, :serial, :month, :year) ON CONFLICT DO NOTHING RETURNING case_id
    )
    SELECT case_id FROM fresh UNION ALL
    SELECT case_id FROM cas_number WHERE case_id = :case_id AND station_id = :station_id
        AND serial = :serial AND month = :month AND year = :year
    """
)


def station_today(session: Session, station_id: int) -> tuple[str, date]:
    """The code of a station, and the day it is in South Africa by the road's clock."""
    code, today = STATION_TODAY.run(session, {"id": station_id}).one()
    return code, today


def add(session: Session, values: Mapping[str, Any]) -> bool:
    """Keep the number of a case that has none; False where another case has it, or the case another number."""
    return ADD.run(session, values).first() is not None


def is_given(session: Session, case_id: int) -> bool:
    """Whether a case has a number."""
    statement = text("SELECT EXISTS (SELECT FROM cas_number WHERE case_id = :id)")
    return bool(session.scalar(statement, {"id": case_id}))


def remove(session: Session, case_id: int) -> None:
    """Let the number of a case go: it was opened in error, and another case may have it."""
    session.execute(text("DELETE FROM cas_number WHERE case_id = :id"), {"id": case_id})


def holder(session: Session, values: Mapping[str, Any]) -> str | None:
    """The case that has this number, if it lies with the office that asks and has left the hospital."""
    statement = text(
        """
        SELECT c.ref FROM cas_number n JOIN "case" c ON c.id = n.case_id
        WHERE n.station_id = :station_id AND serial = :serial AND month = :month AND year = :year
          AND c.station_id = :office_id AND c.phase <> 'hospital'
        """
    )
    ref: str | None = session.scalar(statement, dict(values))
    return ref
