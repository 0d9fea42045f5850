"""Charges of a case: read whole, and written with their history in the move that carries them.

`services.charges` calls it with the case held. Where a charge may go is the database's to refuse as well
(`charge_edge`), and so is a removal after a plea. It must not decide anything.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, SmallInteger, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.charges import Charge
from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement


class ChargeRow(Base):
    """One accused, one count, and where it stands. One whose enrolment was taken back is void: it counts no more."""

    __tablename__ = "charge"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    accused: Mapped[int] = mapped_column(SmallInteger)
    count: Mapped[int] = mapped_column(SmallInteger)
    offence: Mapped[str]
    stage: Mapped[str]
    child: Mapped[bool] = mapped_column(Boolean)
    came_from: Mapped[str | None]
    pleaded_at: Mapped[datetime | None]
    plea: Mapped[str | None]
    locked: Mapped[bool] = mapped_column(Boolean)
    next_date: Mapped[date | None]
    removal_id: Mapped[int | None] = mapped_column(ForeignKey("removal.id"))
    voided_at: Mapped[datetime | None]


OF_CASE = Statement(
    """
    SELECT id, accused, count, offence, stage, child, came_from, pleaded_at IS NOT NULL, plea, locked, next_date,
           removal_id
    FROM charge WHERE case_id = :case_id AND voided_at IS NULL ORDER BY accused, count
    """
)
# What is new gets its row first, standing where it was laid; then all that moved go on, each with its history.
LAY = Statement(
    """
    INSERT INTO charge (case_id, accused, count, offence, stage, child)
    SELECT :case_id, accused, count, offence, stage, child
    FROM jsonb_to_recordset(CAST(:laid AS jsonb))
        AS l (accused smallint, count smallint, offence text, stage text, child boolean)
    RETURNING id, accused, count
    """
)
CARRY = Statement(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:moved AS jsonb)) AS m (
            id bigint, stage text, came_from text, pleaded boolean, plea text, locked boolean, next_date date,
            removal_id bigint)
    ),
    before AS (SELECT c.* FROM charge c JOIN given USING (id)),
    moved AS (
        UPDATE charge c SET stage = g.stage, came_from = g.came_from, plea = g.plea, locked = g.locked,
            next_date = g.next_date, removal_id = g.removal_id,
            pleaded_at = CASE WHEN g.pleaded THEN coalesce(c.pleaded_at, :at) END
        FROM given g WHERE c.id = g.id AND c.case_id = :case_id
        RETURNING c.id
    )
    INSERT INTO charge_transition (charge_id, case_id, case_version, transition, from_stage, to_stage, before)
    SELECT b.id, b.case_id, :version, :transition, b.stage, g.stage, to_jsonb(b) - 'case_id'
    FROM before b JOIN given g USING (id) JOIN moved USING (id)
    """
)
BEFORE = Statement(
    """
    SELECT before FROM charge_transition WHERE case_id = :case_id AND case_version = :version ORDER BY charge_id
    """
)
# Those of a move that have no history before it.
LAID_BY = text(
    """
    SELECT t.charge_id FROM charge_transition t WHERE t.case_id = :case_id AND t.case_version = :version
      AND NOT EXISTS (SELECT FROM charge_transition b WHERE b.charge_id = t.charge_id AND b.case_version < :version)
    """
)


def of_case(session: Session, case_id: int) -> tuple[Charge, ...]:
    """The charges of a case, by accused and count."""
    return tuple(Charge(*row) for row in OF_CASE.run(session, {"case_id": case_id}))


def lay(session: Session, case_id: int, charges: Sequence[Charge]) -> dict[tuple[int, int], int]:
    """Write new charges down; their ids by accused and count."""
    laid = [
        {"accused": c.accused, "count": c.count, "offence": c.offence, "stage": c.stage, "child": c.child}
        for c in charges
    ]
    rows = LAY.run(session, {"case_id": case_id, "laid": json.dumps(laid)})
    return {(accused, count): id_ for id_, accused, count in rows}


def carry(
    session: Session, case_id: int, version: int, transition: str, moved: Sequence[Charge], at: datetime
) -> None:
    """Write where these charges stand after a move of their case."""
    given = [_written(charge) for charge in moved]
    values = {"case_id": case_id, "version": version, "transition": transition, "at": at}
    CARRY.run(session, {**values, "moved": json.dumps(given)})


def before(session: Session, case_id: int, version: int) -> tuple[Charge, ...]:
    """The charges that one move carried, as they stood before it."""
    rows = BEFORE.run(session, {"case_id": case_id, "version": version})
    return tuple(_read(row[0]) for row in rows)


def laid_by(session: Session, case_id: int, version: int) -> frozenset[int]:
    """The charges that one move of a case laid."""
    return frozenset(session.scalars(LAID_BY, {"case_id": case_id, "version": version}))


def void(session: Session, ids: Iterable[int], at: datetime) -> None:
    """Let these charges count no more: their enrolment was taken back. Their history stays."""
    statement = text("UPDATE charge SET voided_at = :at WHERE id = ANY(:ids)")
    session.execute(statement, {"ids": list(ids), "at": at})


def _written(charge: Charge) -> dict[str, Any]:
    return {
        "id": charge.id,
        "stage": charge.stage,
        "came_from": charge.came_from,
        "pleaded": charge.pleaded,
        "plea": charge.plea,
        "locked": charge.locked,
        "next_date": charge.next_date.isoformat() if charge.next_date else None,
        "removal_id": charge.removal_id,
    }


def _read(row: Any) -> Charge:
    return Charge(
        row["id"],
        row["accused"],
        row["count"],
        row["offence"],
        row["stage"],
        row["child"],
        row["came_from"],
        row["pleaded_at"] is not None,
        row["plea"],
        row["locked"],
        date.fromisoformat(row["next_date"]) if row["next_date"] else None,
        row["removal_id"],
    )
