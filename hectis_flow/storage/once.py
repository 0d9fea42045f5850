"""The keys under which a write was asked for, and what it was answered: one row a token and key.

`services.once` calls it inside the transaction of the write. The row comes first, so that a second
request with the same key waits for the first one's end; it vanishes with a write that is refused.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, SmallInteger, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.driver import Statement


class Idempotency(Base):
    """One write that was answered under a key. `digest` is that of the request's method, path and body."""

    __tablename__ = "idempotency"

    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    at: Mapped[datetime]
    status: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[str]


class Before(NamedTuple):
    """What stands under a key."""

    digest: bytes
    status: int
    body: str


TAKE = Statement(
    """
    INSERT INTO idempotency (token_id, key, digest, status, body) VALUES (:token_id, :key, :digest, 0, '')
    ON CONFLICT DO NOTHING RETURNING status
    """
)
READ = Statement("SELECT digest, status, body FROM idempotency WHERE token_id = :token_id AND key = :key")
KEEP = Statement(
    "UPDATE idempotency SET status = :status, body = :body WHERE token_id = :token_id AND key = :key"
)
KEEP_FIRST = Statement(
    """
    UPDATE idempotency SET status = :status, body = :body
    WHERE token_id = :token_id AND key = :key AND status = 0
    """
)
FORGET = text("DELETE FROM idempotency WHERE at < hectis_machine_now() - make_interval(secs => :seconds)")


def take(session: Session, token_id: int, key: str, digest: bytes) -> bool:
    """Take a key; False where it was taken. Waits while another transaction is taking it."""
    values = {"token_id": token_id, "key": key, "digest": digest}
    return TAKE.run(session, values).first() is not None


def read(session: Session, token_id: int, key: str) -> Before:
    """What was answered under a key that is taken."""
    return Before(*READ.run(session, {"token_id": token_id, "key": key}).one())


def keep(session: Session, token_id: int, key: str, status: int, body: str) -> None:
    """Write down the answer under a key that this transaction took."""
    KEEP.run(session, {"token_id": token_id, "key": key, "status": status, "body": body})


def keep_first(session: Session, token_id: int, key: str, status: int, body: str) -> None:
    """Write down the answer under a key that has none yet; one that stands there stays."""
    KEEP_FIRST.run(session, {"token_id": token_id, "key": key, "status": status, "body": body})


def forget(session: Session, seconds: float) -> None:
    """Drop the keys that are older than this."""
    session.execute(FORGET, {"seconds": seconds})
