"""Who answered a referral, by which move of the case, and through which link if it was one; never changed.

`services.acknowledgement` calls it, for the answer itself and for what the page of a link says around it.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, Integer, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.clocks import RUNGS, TO_COME
from hectis_flow.storage.driver import Statement
from hectis_flow.storage.tokens import HOLDS_POST


class Acknowledgement(Base):
    """One answer. `version` is that of the move it made; `grade` says how much it proves."""

    __tablename__ = "acknowledgement"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int]
    version: Mapped[int] = mapped_column(Integer)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("action_link.id"))
    grade: Mapped[str]
    at: Mapped[datetime]


class About(NamedTuple):
    """Around a link: whose precinct, by when, who is told next if nobody answers; who answered, and how."""

    station: str | None
    due_at: datetime | None
    next_role: str | None
    next_office: str | None
    next_at: datetime | None
    now: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


ADD = Statement(
    """
    INSERT INTO acknowledgement (case_id, version, staff_id, link_id)
    VALUES (:case_id, :version, :staff_id, :link_id)
    """
)
# A link of somebody who left, or who now sits elsewhere, is as good as taken back.
USE_LINK = text(
    f"""
    UPDATE action_link l SET used_at = hectis_machine_now() FROM staff s
    WHERE l.id = :id AND l.used_at IS NULL AND l.revoked_at IS NULL AND l.expires_at > hectis_machine_now()
      AND s.id = l.staff_id AND {HOLDS_POST.format(role="l.role", office_id="l.office_id")}
    RETURNING l.id
    """  # noqa: S608  (constants)
)
# The next rung of a clock `k` that tells somebody above.
NEXT_TOLD = f"""
    LEFT JOIN LATERAL (
        SELECT r.role, w.name AS office, r.due_at
        FROM clock_step s, {RUNGS} JOIN office w ON w.id = r.office_id
        WHERE s.clock_id = k.id AND {TO_COME} AND r.level > 0
        ORDER BY r.step LIMIT 1
    ) n ON true
"""  # noqa: S608  (constants of storage.clocks)
ABOUT = text(
    f"""
    SELECT o.name, k.due_at, n.role, n.office, n.due_at, hectis_now(), a.transition, a.actor, a.at
    FROM "case" c
    LEFT JOIN office o ON o.id = c.station_id
    LEFT JOIN clock k ON k.case_id = c.id AND k.stopped_at IS NULL AND k.item_id IS NULL
    {NEXT_TOLD}
    LEFT JOIN LATERAL (
        SELECT t.transition, t.actor, t.at FROM stage_transition t
        WHERE t.case_id = c.id AND t.from_stage = 'referred' ORDER BY t.version DESC LIMIT 1
    ) a ON true
    WHERE c.id = :case_id
    """  # noqa: S608  (a constant)
)
ABOUT_ITEM = text(
    f"""
    SELECT o.name, k.due_at, n.role, n.office, n.due_at, hectis_now(), CAST(NULL AS text), i.settled_by, i.settled_at
    FROM item i JOIN "case" c ON c.id = i.case_id
    LEFT JOIN office o ON o.id = c.station_id
    LEFT JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
    {NEXT_TOLD}
    WHERE i.id = :item_id
    """  # noqa: S608
)


def add(
    session: Session, case_id: int, version: int, staff_id: int | None, link_id: int | None = None
) -> None:
    """Write down an answer; how much it proves is not graded yet."""
    values = {"case_id": case_id, "version": version, "staff_id": staff_id, "link_id": link_id}
    ADD.run(session, values)


def use_link(session: Session, link_id: int) -> bool:
    """Use a link, which can be done once; False where it no longer can."""
    return session.scalar(USE_LINK, {"id": link_id}) is not None


def about(session: Session, case_id: int) -> About:
    """What stands around a case that a link is about."""
    return About(*session.execute(ABOUT, {"case_id": case_id}).one())


def about_item(session: Session, item_id: int) -> About:
    """What stands around something awaited that a link is about."""
    return About(*session.execute(ABOUT_ITEM, {"item_id": item_id}).one())
