"""Items: what is awaited beside the stage of a case, each with its clock, the first step of a ladder and a task.

`services.items` calls it with the case held. An item is opened whole and settled whole, each in one statement.
It must not decide what is awaited, or from whom.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.clocks import next_step
from hectis_flow.storage.driver import Statement


class Item(Base):
    """One thing awaited of one office: `kind` as `domain.workflow_awaited` names it, `code` which one of them."""

    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str]
    code: Mapped[str | None]
    removal_id: Mapped[int | None] = mapped_column(ForeignKey("removal.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str]
    opened_at: Mapped[datetime]
    opened_version: Mapped[int] = mapped_column(Integer)
    settled_at: Mapped[datetime | None]
    settled_version: Mapped[int | None] = mapped_column(Integer)
    settled_by: Mapped[str | None]
    says: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ending: Mapped[str | None]


class OpenItem(NamedTuple):
    """An item that is awaited still."""

    id: int
    case_id: int
    kind: str
    code: str | None
    removal_id: int | None
    office_id: int
    due_at: datetime


# The clock of an item keeps the stage of its case as it was; nobody compares it.
OPEN = Statement(
    f"""
    WITH opened AS (
        INSERT INTO item (case_id, kind, code, removal_id, office_id, role, opened_at, opened_version)
        SELECT id, :kind, :code, :removal_id, :office_id, :role, :at, version FROM "case" WHERE id = :case_id
        ON CONFLICT DO NOTHING RETURNING id, case_id, office_id, role, opened_at
    ),
    started AS (
        INSERT INTO clock (case_id, item_id, name, stage, office_id, urgent, policy_version, workflow_version,
                           started_at, due_at, ladder)
        SELECT c.id, o.id, :clock, c.stage, o.office_id, false, :policy_version, c.workflow_version,
               :started_at, :due_at, CAST(:ladder AS jsonb)
        FROM opened o JOIN "case" c ON c.id = o.case_id
        RETURNING id AS clock_id, case_id, ladder, 0 AS step
    ),
    first_step AS ({next_step("started")}),
    asked AS (
        INSERT INTO task (kind, case_id, item_id, office_id, role, opened_at, due_at)
        SELECT :task, case_id, id, office_id, role, opened_at, :task_due FROM opened
        RETURNING id, case_id, opened_at
    ),
    said AS (
        INSERT INTO outbox (event, case_id, subject_id, at)
        SELECT 'task.opened', case_id, id, opened_at FROM asked WHERE CAST(:tells AS boolean)
    )
    SELECT id FROM opened
    """  # noqa: S608  (a constant of storage.clocks)
)
# What ends with items: `settled` are those that a statement has just settled.
ENDED = """
    stopped AS (
        UPDATE clock k SET stopped_at = s.settled_at, stopped_by = s.ending FROM settled s
        WHERE k.item_id = s.id AND k.stopped_at IS NULL RETURNING k.id, k.stopped_at
    ),
    cancelled AS (
        UPDATE clock_step t SET cancelled_at = k.stopped_at FROM stopped k
        WHERE t.clock_id = k.id AND t.done_at IS NULL AND t.cancelled_at IS NULL
    ),
    cleared AS (
        UPDATE escalation e SET cleared_at = k.stopped_at FROM stopped k
        WHERE e.clock_id = k.id AND e.cleared_at IS NULL
    ),
    answered AS (
        UPDATE task t SET done_at = s.settled_at, done_by = s.settled_by FROM settled s
        WHERE t.item_id = s.id AND t.done_at IS NULL
    )
"""
SETTLE = text(
    f"""
    WITH settled AS (
        UPDATE item SET settled_at = coalesce(CAST(:at AS timestamptz), hectis_now()), settled_by = :by,
            ending = :ending, says = CAST(:says AS jsonb),
            settled_version = (SELECT version FROM "case" WHERE id = item.case_id)
        WHERE id = ANY(:ids) AND settled_at IS NULL RETURNING id, settled_at, settled_by, ending
    ),
    {ENDED}
    SELECT id FROM settled
    """  # noqa: S608  (a constant of this module)
)
OPEN_ONES = Statement(
    """
    SELECT i.id, i.case_id, i.kind, i.code, i.removal_id, i.office_id, k.due_at
    FROM item i JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
    WHERE i.case_id = :case_id AND i.settled_at IS NULL ORDER BY i.id
    """
)


def open_one(session: Session, values: Mapping[str, Any]) -> int | None:
    """A new item with its clock and task; None where the same is awaited already."""
    row = OPEN.run(session, values).first()
    return int(row[0]) if row else None


def settle(
    session: Session,
    ids: list[int],
    by: str,
    ending: str,
    says: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> list[int]:
    """End these items with their clocks, escalations and tasks; those that were open still.

    `says` are references that came with it: of a paper, and its day. `at` is the moment of the move that ends
    them, where one does.
    """
    values = {"ids": ids, "by": by, "ending": ending, "says": json.dumps(dict(says or {})), "at": at}
    return list(session.scalars(SETTLE, values)) if ids else []


def open_ones(session: Session, case_id: int) -> list[OpenItem]:
    """What is awaited of a case, in the order in which it began."""
    return [OpenItem(*row) for row in OPEN_ONES.run(session, {"case_id": case_id})]


def of_move(session: Session, case_id: int, version: int, at: datetime) -> tuple[list[int], list[int]]:
    """The items that one move of a case opened, and those that it settled.

    What was noted beside the road while the case stood at that version has another moment than the move.
    """
    statement = text(
        """
        SELECT array_agg(id ORDER BY id) FILTER (WHERE opened_version = :version AND opened_at = :at),
               array_agg(id ORDER BY id) FILTER (WHERE settled_version = :version AND settled_at = :at)
        FROM item WHERE case_id = :case_id
        """
    )
    values = {"case_id": case_id, "version": version, "at": at}
    opened, settled = session.execute(statement, values).one()
    return opened or [], settled or []


def papers(session: Session, case_id: int, removal_ids: Collection[int]) -> dict[int, Mapping[str, str]]:
    """What the DPP last put in writing about each of these removals; without those that nothing was written about."""
    statement = text(
        """
        SELECT DISTINCT ON (removal_id) removal_id, says FROM item
        WHERE case_id = :case_id AND removal_id = ANY(:ids) AND kind = 'dpp_instruction' AND says ? 'dpp_ref'
        ORDER BY removal_id, settled_at DESC, id DESC
        """
    )
    found = session.execute(statement, {"case_id": case_id, "ids": list(removal_ids)})
    return {removal_id: says for removal_id, says in found}  # noqa: C416


def reopen(session: Session, ids: list[int]) -> list[tuple[int, str]]:
    """Await these items again, by number and kind; one of which another is awaited by now stays settled."""
    statement = text(
        """
        UPDATE item i SET settled_at = NULL, settled_version = NULL, settled_by = NULL, ending = NULL, says = '{}'
        WHERE i.id = ANY(:ids) AND NOT EXISTS (
            SELECT FROM item o WHERE o.case_id = i.case_id AND o.kind = i.kind AND o.settled_at IS NULL
              AND (o.code, o.removal_id) IS NOT DISTINCT FROM (i.code, i.removal_id))
        RETURNING i.id, i.kind
        """
    )
    return [(id_, kind) for id_, kind in session.execute(statement, {"ids": ids})] if ids else []


def of_removals(session: Session, case_id: int, removal_ids: list[int]) -> list[int]:
    """What is awaited still of these removals of a case."""
    statement = text(
        "SELECT id FROM item WHERE case_id = :case_id AND removal_id = ANY(:ids) AND settled_at IS NULL"
    )
    return list(session.scalars(statement, {"case_id": case_id, "ids": removal_ids}))


def one(session: Session, item_id: int) -> Item | None:
    """An item as it stands, settled or not."""
    return session.get(Item, item_id, populate_existing=True)
