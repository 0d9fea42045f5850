"""The seats of watching briefs: whoever was asked about one, for which side, and what they said.

`services.briefs` and the services beside it call it with the case held. The first seats are written by the statement
that opens a brief (`storage.briefs`), each further one here. It must not decide who is asked.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class BriefSeat(NamedTuple):
    """One office that was asked about a brief; `answer` is None while it has not said."""

    id: int
    side: str
    kind: str
    office_id: int
    role: str
    item_id: int | None
    answer: str | None
    answered_by: str | None


SEAT: Final = "id, side, kind, office_id, role, item_id, answer, answered_by"


def of_brief(session: Session, brief_id: int) -> list[BriefSeat]:
    """Every seat that was ever asked about a brief, in order."""
    query = text(f"SELECT {SEAT} FROM brief_seat WHERE brief_id = :id ORDER BY id")  # noqa: S608
    return [BriefSeat(*row) for row in session.execute(query, {"id": brief_id})]


def of_item(session: Session, item_id: int) -> tuple[int, BriefSeat] | None:
    """The open seat that an item stands for, with the number of its brief."""
    query = text(f"SELECT brief_id, {SEAT} FROM brief_seat WHERE item_id = :id AND answered_at IS NULL")  # noqa: S608
    row = session.execute(query, {"id": item_id}).first()
    return (row[0], BriefSeat(*row[1:])) if row else None


def ask(session: Session, values: Mapping[str, Any]) -> None:
    """One more office is asked about a brief."""
    statement = text(
        """
        INSERT INTO brief_seat (brief_id, side, kind, office_id, role, item_id, asked_at)
        VALUES (:brief_id, :side, :kind, :office_id, :role, :item_id, :at)
        """
    )
    session.execute(statement, values)


def answer(session: Session, seat_id: int, said: str, by: str, reason: str | None = None) -> None:
    """What an office said that was asked."""
    statement = text(
        """
        UPDATE brief_seat SET answer = :said, reason = :reason, answered_at = hectis_now(), answered_by = :by
        WHERE id = :id AND answered_at IS NULL
        """
    )
    session.execute(statement, {"id": seat_id, "said": said, "reason": reason, "by": by})
