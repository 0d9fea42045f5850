"""What people prove themselves by: passwords as hashes, second factors as ciphertext, enrolments, wrong tries.

`services.sign_in` and `services.enrolment` call this. All times are machine time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base

# Somebody who works here today.
WORKS = """
    s.valid_from <= (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date
    AND (s.valid_to IS NULL OR s.valid_to > (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date)
"""
EPOCH = "extract(epoch FROM hectis_machine_now())::bigint"


class Credential(Base):
    """The password and the second factor of somebody on the staff."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), unique=True)
    password_hash: Mapped[str]
    key_id: Mapped[str]
    totp_enc: Mapped[bytes]
    totp_step: Mapped[int]
    set_at: Mapped[datetime]


class Enrolment(Base):
    """A link by which somebody sets both, once."""

    __tablename__ = "enrolment"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    key_id: Mapped[str]
    totp_enc: Mapped[bytes]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignInTry(Base):
    """A try that went wrong, by the fingerprint of who tried or of whom it was tried for."""

    __tablename__ = "sign_in_try"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[bytes]
    at: Mapped[datetime]


class Known(NamedTuple):
    """Somebody who may sign in, what they prove themselves by, and the second (Unix) it is asked in."""

    staff_id: int
    code: str
    password_hash: str
    key_id: str
    totp_enc: bytes
    epoch: int


class Enrolling(NamedTuple):
    """Whose enrolment a link is, the second factor that it carries, and the second (Unix) it is asked in."""

    id: int
    staff_id: int
    code: str
    key_id: str
    totp_enc: bytes
    epoch: int


def known(session: Session, code: str) -> Known | None:
    """Somebody of this code who works here today and has enrolled."""
    statement = text(
        f"""
        SELECT s.id, s.code, c.password_hash, c.key_id, c.totp_enc, {EPOCH}
        FROM staff s JOIN credential c ON c.staff_id = s.id WHERE s.code = :code AND {WORKS}
        """  # noqa: S608  (a constant of this module)
    )
    row = session.execute(statement, {"code": code}).first()
    return Known(*row) if row else None


def use_step(session: Session, staff_id: int, step: int) -> bool:
    """Note that the code of this step was used; False where it, or a later one, was before."""
    statement = text(
        "UPDATE credential SET totp_step = :step WHERE staff_id = :staff_id AND totp_step < :step RETURNING id"
    )
    return session.scalar(statement, {"staff_id": staff_id, "step": step}) is not None


def put(session: Session, values: Mapping[str, Any]) -> None:
    """Set the password and the second factor of somebody; what they had before is gone."""
    statement = text(
        """
        INSERT INTO credential (staff_id, password_hash, key_id, totp_enc, totp_step, set_at)
        VALUES (:staff_id, :password_hash, :key_id, :totp_enc, :totp_step, hectis_machine_now())
        ON CONFLICT (staff_id) DO UPDATE SET password_hash = excluded.password_hash, key_id = excluded.key_id,
            totp_enc = excluded.totp_enc, totp_step = excluded.totp_step, set_at = excluded.set_at
        """
    )
    session.execute(statement, values)


def rehash(session: Session, staff_id: int, password_hash: str) -> None:
    """The same password, hashed as it is done by now."""
    session.execute(
        text("UPDATE credential SET password_hash = :password_hash WHERE staff_id = :staff_id"),
        {"staff_id": staff_id, "password_hash": password_hash},
    )


def set_password(session: Session, staff_id: int, password_hash: str) -> None:
    """Another password; the second factor stays."""
    session.execute(
        text(
            "UPDATE credential SET password_hash = :password_hash, set_at = hectis_machine_now() "
            "WHERE staff_id = :staff_id"
        ),
        {"staff_id": staff_id, "password_hash": password_hash},
    )


def staff_id_of(session: Session, code: str) -> int | None:
    """Somebody of this code who works here today."""
    found: int | None = session.scalar(
        text(f"SELECT s.id FROM staff s WHERE s.code = :code AND {WORKS}"),  # noqa: S608  (a constant)
        {"code": code},
    )
    return found


def begin_enrolment(session: Session, values: Mapping[str, Any], lives: timedelta) -> None:
    """Keep a fresh link; the older ones of the same person end."""
    session.execute(
        text(
            """
            UPDATE enrolment SET revoked_at = hectis_machine_now()
            WHERE staff_id = :staff_id AND used_at IS NULL AND revoked_at IS NULL
            """
        ),
        {"staff_id": values["staff_id"]},
    )
    statement = text(
        """
        INSERT INTO enrolment (staff_id, token_hash, key_id, totp_enc, made_at, expires_at)
        VALUES (:staff_id, :token_hash, :key_id, :totp_enc, hectis_machine_now(), hectis_machine_now() + :lives)
        """
    )
    session.execute(statement, {**values, "lives": lives})


def enrolling(session: Session, token_hash: bytes) -> Enrolling | None:
    """Whose living link this is."""
    statement = text(
        f"""
        SELECT e.id, e.staff_id, s.code, e.key_id, e.totp_enc, {EPOCH}
        FROM enrolment e JOIN staff s ON s.id = e.staff_id
        WHERE e.token_hash = :token_hash AND e.used_at IS NULL AND e.revoked_at IS NULL
          AND e.expires_at > hectis_machine_now() AND {WORKS}
        """  # noqa: S608  (constants)
    )
    row = session.execute(statement, {"token_hash": token_hash}).first()
    return Enrolling(*row) if row else None


def use_enrolment(session: Session, enrolment_id: int) -> bool:
    """Let the link have done what it was for; False where it had, or was replaced meanwhile."""
    statement = text(
        """
        UPDATE enrolment SET used_at = hectis_machine_now()
        WHERE id = :id AND used_at IS NULL AND revoked_at IS NULL RETURNING id
        """
    )
    return session.scalar(statement, {"id": enrolment_id}) is not None


def tries(session: Session, subjects: list[bytes], window: timedelta) -> list[int]:
    """Wrong tries of each subject within the window, in the order asked for."""
    statement = text(
        """
        SELECT (SELECT count(*) FROM sign_in_try t
                WHERE t.subject = asked.subject AND t.at > hectis_machine_now() - CAST(:window AS interval))
        FROM unnest(CAST(:subjects AS bytea[])) WITH ORDINALITY AS asked (subject, place) ORDER BY place
        """
    )
    return list(session.scalars(statement, {"subjects": subjects, "window": window}))


def note_tries(session: Session, subjects: list[bytes]) -> None:
    """Count a try against each subject."""
    session.execute(
        text(
            """
            INSERT INTO sign_in_try (subject, at)
            SELECT subject, hectis_machine_now() FROM unnest(CAST(:subjects AS bytea[])) AS asked (subject)
            """
        ),
        {"subjects": subjects},
    )


def forget_try(session: Session, subjects: list[bytes]) -> None:
    """Take the last try of each subject back: it went well."""
    session.execute(
        text(
            """
            DELETE FROM sign_in_try WHERE id IN (
                SELECT max(id) FROM sign_in_try WHERE subject = ANY(CAST(:subjects AS bytea[])) GROUP BY subject)
            """
        ),
        {"subjects": subjects},
    )


def forget_old_tries(session: Session, window: timedelta) -> None:
    """Drop tries that count no more."""
    session.execute(
        text("DELETE FROM sign_in_try WHERE at < hectis_machine_now() - CAST(:window AS interval)"),
        {"window": window},
    )
