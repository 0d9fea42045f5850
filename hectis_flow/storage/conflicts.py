"""Cases about which the hospital changed its mind when no feed may move them any more.

`services.following` calls it. A conflict is written into the case's ledger when it arises and when it
is gone, and shown on the case in between. It moves no case.
"""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.ledger import canonical
from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement

KIND = "conflict"  # of the ledger entry


class CaseConflict(Base):
    """The hospital says otherwise than the case, which no feed may move: a person must look."""

    __tablename__ = "case_conflict"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    reason: Mapped[str]
    message_id: Mapped[int] = mapped_column(ForeignKey("inbound_message.id"))
    since: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


WRITTEN = """
    moved AS (
        UPDATE "case" c SET ledger_seq = ledger_seq + 1,
            ledger_head = ledger_hash(ledger_head, id, ledger_seq + 1, kept.at, :kind, :actor, :body)
        FROM kept WHERE c.id = kept.case_id
        RETURNING c.id, c.ledger_seq, c.ledger_head, kept.at
    )
    INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
    SELECT id, ledger_seq, at, :kind, :actor, :body, ledger_head FROM moved
"""
RAISE = Statement(
    f"""
    WITH kept AS (
        INSERT INTO case_conflict AS x (case_id, reason, message_id) VALUES (:case_id, :reason, :message_id)
        ON CONFLICT (case_id) DO UPDATE SET reason = excluded.reason, message_id = excluded.message_id,
            since = excluded.since, resolved_at = NULL
        WHERE x.resolved_at IS NOT NULL OR x.reason <> excluded.reason
        RETURNING case_id, since AS at
    ),
    {WRITTEN}
    """  # noqa: S608  (two constants of this module)
)
RESOLVE = Statement(
    f"""
    WITH kept AS (
        UPDATE case_conflict SET resolved_at = hectis_now()
        WHERE case_id = :case_id AND resolved_at IS NULL
        RETURNING case_id, resolved_at AS at
    ),
    {WRITTEN}
    """  # noqa: S608
)


def raise_(session: Session, case_id: int, reason: str, message_id: int, actor: str) -> None:
    """Flag a case, once for one reason."""
    values = {"case_id": case_id, "reason": reason, "message_id": message_id}
    told = {"reason": reason, "message_id": str(message_id)}
    RAISE.run(session, {**values, "kind": KIND, "actor": actor, "body": canonical(told)})


def resolve(session: Session, case_id: int, message_id: int, actor: str) -> None:
    """The hospital agrees with the case again: take the flag away, if there is one."""
    body = canonical({"resolved": True, "message_id": str(message_id)})
    RESOLVE.run(session, {"case_id": case_id, "kind": KIND, "actor": actor, "body": body})
