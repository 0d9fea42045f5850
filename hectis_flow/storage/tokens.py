"""Tokens for the API, kept as digests only, and the log of who read which named record.

A token's life is counted in machine time: it is about the person at the other end, so a practice
clock that hops ahead neither ends it nor lengthens it.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.database import DAY
from hectis_flow.storage.driver import Statement


class ApiToken(Base):
    """One token: whose it is (somebody on the staff, or a system by its label), for which role and office.

    A token of the kind `session` is held by a browser: it ends as well once nobody has used it until `idle_ends_at`,
    and `graded` says how its holder signed in.
    """

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    label: Mapped[str]
    role: Mapped[str]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    kind: Mapped[str]
    idle_ends_at: Mapped[datetime | None]
    graded: Mapped[str | None]


class OfficeKind(NamedTuple):
    """An office that a token may name."""

    id: int
    kind: str


class PostOf(NamedTuple):
    """A post that somebody holds."""

    staff_id: int
    role: str
    office_id: int
    office: str


class Bearer(NamedTuple):
    """Who a living token stands for; a person where `staff_id` is there."""

    token_id: int
    label: str
    role: str
    office_id: int | None
    staff_id: int | None = None
    staff_code: str | None = None

    @property
    def name(self) -> str:
        """What history calls the bearer: the staff code, or the label of the token."""
        return self.staff_code or self.label


# Whether `s` of the staff holds a post today, or stands in for one who does: a deputy, or a deputy of theirs, as
# `domain.duty` walks them. Tokens and links end with it. A circle of deputies ends the walk.
HOLDS_POST = """
    EXISTS (
        WITH RECURSIVE today AS (SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date AS day),
        answers (staff_id) AS (
            SELECT p.staff_id FROM staff_post p, today
            WHERE p.role = {role} AND (p.office_id = {office_id} OR {office_id} IS NULL)
              AND p.valid_from <= day AND (p.valid_to IS NULL OR p.valid_to > day)
            UNION
            SELECT d.deputy_id FROM answers a JOIN staff_deputy d USING (staff_id)
            JOIN staff w ON w.id = a.staff_id, today
            WHERE w.valid_from <= day AND (w.valid_to IS NULL OR w.valid_to > day)
        )
        SELECT FROM answers, today WHERE staff_id = s.id
          AND s.valid_from <= day AND (s.valid_to IS NULL OR s.valid_to > day)
    )
"""
# A living token and whom it stands for, for every statement that must know; the columns are those of `Bearer`.
BEARER = "t.id, t.label, t.role, t.office_id, t.staff_id, s.code"
BEARERS = "api_token t LEFT JOIN staff s ON s.id = t.staff_id"
LIVES = f"""
    t.revoked_at IS NULL AND t.expires_at > hectis_machine_now()
    AND (t.idle_ends_at IS NULL OR t.idle_ends_at > hectis_machine_now())
    AND (t.staff_id IS NULL OR {HOLDS_POST.format(role="t.role", office_id="t.office_id")})
"""
LIVING = f"t.token_hash = :token_hash AND {LIVES}"
FIND = Statement(f"SELECT {BEARER} FROM {BEARERS} WHERE {LIVING}")  # noqa: S608  (constants of this module)
STAFF_WITH_POST = text(
    f"""
    SELECT s.id FROM staff s
    WHERE s.code = :code
      AND {HOLDS_POST.format(role="CAST(:role AS text)", office_id="CAST(:office_id AS bigint)")}
    """  # noqa: S608
)


def add(session: Session, values: dict[str, Any]) -> int:
    """Store a token's digest; `days` is its life."""
    statement = text(
        """
        INSERT INTO api_token (token_hash, label, role, office_id, staff_id, created_at, expires_at)
        VALUES (:token_hash, :label, :role, :office_id, :staff_id, hectis_machine_now(),
                hectis_machine_now() + make_interval(days => :days))
        RETURNING id
        """
    )
    token_id: int = session.execute(statement, values).scalar_one()
    return token_id


def office(session: Session, code: str) -> OfficeKind | None:
    """The office of this code, if there is one today, and what kind it is."""
    statement = text(
        f"""
        SELECT id, kind FROM office
        WHERE code = :code AND valid_from <= {DAY} AND (valid_to IS NULL OR valid_to > {DAY})
        """  # noqa: S608  (a constant)
    )
    row = session.execute(statement, {"code": code}).first()
    return OfficeKind(*row) if row else None


def staff_with_post(session: Session, code: str, role: str, office_id: int | None) -> int | None:
    """Somebody on the staff who holds this post today, or stands in for one who does."""
    found: int | None = session.scalar(STAFF_WITH_POST, {"code": code, "role": role, "office_id": office_id})
    return found


def posts_of(session: Session, code: str) -> list[PostOf]:
    """The posts that somebody holds today."""
    statement = text(
        """
        SELECT s.id, p.role, p.office_id, o.code
        FROM staff s JOIN staff_post p ON p.staff_id = s.id JOIN office o ON o.id = p.office_id,
             (SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date AS day) today
        WHERE s.code = :code AND p.valid_from <= day AND (p.valid_to IS NULL OR p.valid_to > day)
          AND s.valid_from <= day AND (s.valid_to IS NULL OR s.valid_to > day) ORDER BY p.id
        """
    )
    return [PostOf(*row) for row in session.execute(statement, {"code": code})]


def find(session: Session, token_hash: bytes) -> Bearer | None:
    """The bearer of a token that is neither expired nor revoked."""
    row = FIND.run(session, {"token_hash": token_hash}).first()
    return Bearer(*row) if row else None


def revoke(session: Session, token_id: int) -> bool:
    """End a token; False when there is none to end."""
    statement = text(
        """
        UPDATE api_token SET revoked_at = hectis_machine_now()
        WHERE id = :id AND kind = 'token' AND revoked_at IS NULL AND expires_at > hectis_machine_now() RETURNING id
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
        FROM api_token t LEFT JOIN office o ON o.id = t.office_id WHERE t.kind = 'token' ORDER BY t.id DESC
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
