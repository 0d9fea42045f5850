"""Tokens for the API, kept as digests only, and the log of who read which named record.

A token's life is counted in machine time: it is about the person at the other end, so a practice
clock that hops ahead neither ends it nor lengthens it.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base


class ApiToken(Base):
    """One token: whose it is (a staff code or a system's name), for which role and office."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    label: Mapped[str]
    role: Mapped[str]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OfficeKind(NamedTuple):
    """An office that a token may name."""

    id: int
    kind: str


class Bearer(NamedTuple):
    """Who a living token stands for."""

    token_id: int
    label: str
    role: str
    office_id: int | None


FIND = text(
    """
    SELECT id, label, role, office_id FROM api_token
    WHERE token_hash = :token_hash AND revoked_at IS NULL AND expires_at > hectis_machine_now()
    """
)


def add(session: Session, values: dict[str, Any]) -> int:
    """Store a token's digest; `days` is its life."""
    statement = text(
        """
        INSERT INTO api_token (token_hash, label, role, office_id, created_at, expires_at)
        VALUES (:token_hash, :label, :role, :office_id, hectis_machine_now(),
                hectis_machine_now() + make_interval(days => :days))
        RETURNING id
        """
    )
    token_id: int = session.execute(statement, values).scalar_one()
    return token_id


def office(session: Session, code: str) -> OfficeKind | None:
    """The office of this code and what kind it is."""
    row = session.execute(text("SELECT id, kind FROM office WHERE code = :code"), {"code": code}).first()
    return OfficeKind(*row) if row else None


def find(session: Session, token_hash: bytes) -> Bearer | None:
    """The bearer of a token that is neither expired nor revoked."""
    row = session.execute(FIND, {"token_hash": token_hash}).first()
    return Bearer(*row) if row else None


def revoke(session: Session, token_id: int) -> bool:
    """End a token; False when there is none to end."""
    statement = text(
        """
        UPDATE api_token SET revoked_at = hectis_machine_now()
        WHERE id = :id AND revoked_at IS NULL AND expires_at > hectis_machine_now() RETURNING id
        """
    )
    return session.scalar(statement, {"id": token_id}) is not None


def listing(session: Session) -> list[Any]:
    """All tokens without their secret, newest first."""
    statement = text(
        """
        SELECT t.id, t.label, t.role, o.code AS office, t.expires_at,
               CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked'
                    WHEN t.expires_at <= hectis_machine_now() THEN 'expired' ELSE 'living' END AS state
        FROM api_token t LEFT JOIN office o ON o.id = t.office_id ORDER BY t.id DESC
        """
    )
    return list(session.execute(statement))


def log_reads(session: Session, rows: list[dict[str, Any]]) -> None:
    """One line a named record that was read: who, what for, which; never what it said."""
    statement = text(
        """
        INSERT INTO read_log (token_id, role, office_id, action, record, record_id, purpose, request_id)
        VALUES (:token_id, :role, :office_id, :action, :record, :record_id, :purpose, :request_id)
        """
    )
    if rows:
        session.execute(statement, rows)
