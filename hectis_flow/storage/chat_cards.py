"""Cards that stand in chats: kept when they were posted, due once what they ask for is settled, drawn anew once.

`services.cards` calls this, and `services.notification` when a card was posted. Whether something is settled is
asked as for deliveries (`notices.OVER`). In which conversation a card stands is ciphertext, like any address.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, Integer, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.notices import ABOUT, OVER


class ChatCard(Base):
    """One card of one delivery."""

    __tablename__ = "chat_card"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), unique=True)
    key_id: Mapped[str]
    conversation_enc: Mapped[bytes]
    mark: Mapped[str]
    posted_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    redrawn_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    fault: Mapped[str | None]


class Posted(NamedTuple):
    """Where the card of a delivery stands, its conversation locked."""

    delivery_id: int
    key_id: str
    conversation_enc: bytes
    mark: str


class Standing(NamedTuple):
    """A card that is to be drawn anew, and what settled it: `by` is `role:staff code`, or nobody's act."""

    delivery_id: int
    key_id: str
    conversation_enc: bytes
    mark: str
    language: str
    case_ref: str | None
    act: str | None
    by: str | None
    at: datetime | None


class Drawn(NamedTuple):
    """What came of one try; `code` is that of a channel's receipt."""

    delivery_id: int
    code: str
    fault: str
    wait: float


STANDS = "x.redrawn_at IS NULL AND x.gave_up_at IS NULL"
KEEP = text(
    """
    INSERT INTO chat_card (delivery_id, key_id, conversation_enc, mark)
    VALUES (:delivery_id, :key_id, :conversation_enc, :mark)
    ON CONFLICT (delivery_id) DO UPDATE
    SET key_id = excluded.key_id, conversation_enc = excluded.conversation_enc, mark = excluded.mark
    """
)
LEASE = text(
    f"""
    WITH due AS (
        SELECT x.delivery_id FROM chat_card x
        JOIN delivery d ON d.id = x.delivery_id JOIN outbox e ON e.id = d.event_id
        WHERE {STANDS} AND x.next_attempt_at <= hectis_machine_now()
          AND (x.lease_until IS NULL OR x.lease_until <= hectis_machine_now()) AND {OVER}
        ORDER BY x.next_attempt_at, x.id LIMIT :limit FOR UPDATE OF x SKIP LOCKED
    )
    UPDATE chat_card x SET lease_until = hectis_machine_now() + make_interval(secs => :seconds)
    FROM due WHERE x.delivery_id = due.delivery_id RETURNING x.delivery_id
    """  # noqa: S608  (constants)
)
# Taking counts the try and puts the next one off, so that a job which runs twice finds nothing the second time.
TAKE = text(
    f"""
    WITH due AS (
        SELECT delivery_id FROM chat_card x
        WHERE delivery_id = ANY(:ids) AND {STANDS} AND next_attempt_at <= hectis_machine_now()
        ORDER BY delivery_id FOR UPDATE SKIP LOCKED
    ), x AS (
        UPDATE chat_card c
        SET attempts = attempts + 1, next_attempt_at = hectis_machine_now() + make_interval(secs => :seconds),
            lease_until = hectis_machine_now() + make_interval(secs => :seconds)
        FROM due WHERE c.delivery_id = due.delivery_id RETURNING c.*
    )
    SELECT x.delivery_id, x.key_id, x.conversation_enc, x.mark, f.language, c.ref, n.transition,
           coalesce(n.actor_role || ':' || n.actor, i.settled_by, a.done_by),
           coalesce(n.at, i.settled_at, a.done_at, g.closed_at)
    FROM x JOIN delivery d ON d.id = x.delivery_id JOIN outbox e ON e.id = d.event_id
    JOIN staff f ON f.id = d.staff_id
    LEFT JOIN "case" c ON c.id = d.case_id
    {ABOUT}
    LEFT JOIN clock q ON q.id = s.clock_id
    LEFT JOIN item i ON i.id = coalesce(a.item_id, q.item_id)
    LEFT JOIN LATERAL (
        SELECT r.transition, r.actor_role, r.actor, r.at FROM stage_transition r
        WHERE r.case_id = d.case_id AND (r.version = t.version + 1
            OR q.item_id IS NULL AND r.from_stage = q.stage AND r.at >= q.started_at)
        ORDER BY r.version LIMIT 1
    ) n ON true
    ORDER BY x.delivery_id
    """  # noqa: S608
)
RECORD = text(
    f"""
    UPDATE chat_card x
    SET redrawn_at = CASE WHEN r.code = 'sent' THEN hectis_machine_now() END,
        gave_up_at = CASE WHEN r.code IN ('never', 'refused') OR r.code = 'later' AND x.attempts >= :most
                          THEN hectis_machine_now() END,
        attempts = x.attempts - (r.code = 'left')::int,
        next_attempt_at = hectis_machine_now() + make_interval(secs => CASE r.code WHEN 'left' THEN 0 ELSE
            greatest(r.wait, least(:longest, :base * power(3, x.attempts - 1))) END),
        lease_until = NULL, fault = nullif(r.fault, '')
    FROM unnest(CAST(:ids AS bigint[]), CAST(:codes AS text[]), CAST(:faults AS text[]),
                CAST(:waits AS float8[])) AS r (id, code, fault, wait)
    WHERE x.delivery_id = r.id AND {STANDS}
    """  # noqa: S608
)


def keep(session: Session, cards: Sequence[Posted]) -> None:
    """Keep where these cards stand. Of two of one delivery the newest counts."""
    if cards:
        session.execute(KEEP, [one._asdict() for one in cards])


def lease_settled(session: Session, limit: int, seconds: float) -> list[int]:
    """Lease cards whose matter is settled, the longest due first; ids of what this caller now holds."""
    return sorted(session.scalars(LEASE, {"limit": limit, "seconds": seconds}))


def take(session: Session, ids: Sequence[int], seconds: float) -> list[Standing]:
    """Begin a try at the due ones of these, which nobody else may begin for so many seconds."""
    return [Standing(*row) for row in session.execute(TAKE, {"ids": list(ids), "seconds": seconds})]


def record(session: Session, drawn: Sequence[Drawn], base: float, longest: float, most: int) -> None:
    """Write down what came of some tries; `base` and `longest` are waits in seconds, `most` the tries in all."""
    if not drawn:
        return
    columns = [list(column) for column in zip(*drawn, strict=True)]
    values = dict(zip(("ids", "codes", "faults", "waits"), columns, strict=True))
    session.execute(RECORD, {**values, "base": base, "longest": longest, "most": most})
