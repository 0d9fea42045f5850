"""Links in notices: what each may do, for whom, and whether it still may.

`services.links` calls this. A link's secret is not stored: it is computed from the row. Using one is the
business of whoever records the answer.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.notices import OVER
from hectis_flow.storage.tokens import HOLDS_POST


class ActionLink(Base):
    """One link of one delivery: it lets one person make one move of one case, once."""

    __tablename__ = "action_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str]
    purpose: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]


class Bound(NamedTuple):
    """What a link's token is bound to: its row, the move, the case, the person, and until when."""

    id: int
    purpose: str
    case_id: int
    staff_id: int
    expires_at: datetime


class Link(NamedTuple):
    """A link as its page shows it: the person by their code.

    `expired`, `over` (its case moved on) and `gone` (its person no longer holds the post) are as of now.
    """

    id: int
    case_id: int
    case_ref: str
    staff_id: int
    staff_code: str
    office_id: int
    role: str
    purpose: str
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    expired: bool
    over: bool
    gone: bool


FIND = text(
    f"""
    SELECT l.id, l.case_id, c.ref, l.staff_id, s.code, l.office_id, l.role, l.purpose, l.expires_at, l.used_at,
           l.revoked_at, l.expires_at <= hectis_machine_now(), {OVER},
           NOT {HOLDS_POST.format(role="l.role", office_id="l.office_id")}
    FROM action_link l JOIN delivery d ON d.id = l.delivery_id JOIN outbox e ON e.id = d.event_id
    JOIN "case" c ON c.id = l.case_id JOIN staff s ON s.id = l.staff_id
    WHERE l.id = :id
    """  # noqa: S608  (constants of other tables' modules)
)


# What is awaited beside the stage that a link is about: of its notice the task, or the clock whose step it told.
ITEM_OF = text(
    """
    SELECT coalesce(a.item_id, k.item_id)
    FROM action_link l JOIN delivery d ON d.id = l.delivery_id JOIN outbox e ON e.id = d.event_id
    LEFT JOIN task a ON e.event = 'task.opened' AND a.id = e.subject_id
    LEFT JOIN clock_step s ON e.event = 'case.escalated' AND s.id = e.subject_id
    LEFT JOIN clock k ON k.id = s.clock_id
    WHERE l.id = :id
    """
)


def item_of(session: Session, link_id: int) -> int | None:
    """What is awaited beside the stage that a link is about, if it is about that."""
    found: int | None = session.scalar(ITEM_OF, {"id": link_id})
    return found


REVOKE = text(
    """
    UPDATE action_link l SET revoked_at = hectis_machine_now(), revoked_by = :by
    WHERE l.used_at IS NULL AND l.revoked_at IS NULL
      AND (l.case_id = (SELECT id FROM "case" WHERE ref = CAST(:ref AS text))
           OR l.staff_id = (SELECT id FROM staff WHERE code = CAST(:staff AS text)))
    RETURNING l.id
    """
)


def revoke(session: Session, by: str, ref: str | None, staff: str | None) -> int:
    """Take back what waits of a case by its number, or of somebody by their code; how many."""
    return len(session.scalars(REVOKE, {"by": by, "ref": ref, "staff": staff}).all())


def hold(session: Session, link_id: int) -> None:
    """Let presses of one link come one after the other until the transaction ends."""
    session.execute(text("SELECT FROM action_link WHERE id = :id FOR NO KEY UPDATE"), {"id": link_id})


def find(session: Session, link_id: int) -> Link | None:
    """A link by its number, whatever became of it."""
    row = session.execute(FIND, {"id": link_id}).first()
    return Link(*row) if row else None
