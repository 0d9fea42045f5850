"""Digests that were composed: read by their readers, opened, acknowledged; and when somebody wants theirs.

`services.digests` and `services.digest_letters` call it. Whose a digest is, its statements ask; who may ask, they do not
decide.
"""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.domain.digest import Preference
from hectis_flow.domain.events import DIGEST_DUE
from hectis_flow.storage.digests import CHASE, known

LISTED: Final = """
    SELECT d.id, s.code AS staff, d.window_on, d.window_at, d.late, o.code AS office, d.role, d.composed_at,
           d.opened_at, d.acknowledged_at, d.content -> 'figures' AS figures, encode(d.pack_hash, 'hex') AS pack_sha256
    FROM digest d JOIN office o ON o.id = d.office_id JOIN staff s ON s.id = d.staff_id
    WHERE d.composed_at IS NOT NULL
"""


class Opened(NamedTuple):
    """A composed digest as it was shown."""

    id: int
    staff_id: int
    office: str
    late: bool
    content: dict[str, Any]
    pack_hash: str
    composed_at: datetime
    opened_at: datetime | None
    acknowledged_at: datetime | None


def read(session: Session, digest_id: int, staff_id: int | None) -> Opened | None:
    """A composed digest of this person, or of anybody where no person is named."""
    statement = text(
        """
        SELECT d.id, d.staff_id, o.name, d.late, d.content, encode(d.pack_hash, 'hex'), d.composed_at, d.opened_at,
               d.acknowledged_at
        FROM digest d JOIN office o ON o.id = d.office_id
        WHERE d.id = :id AND d.composed_at IS NOT NULL AND (CAST(:staff AS bigint) IS NULL OR d.staff_id = :staff)
        """
    )
    row = session.execute(statement, {"id": digest_id, "staff": staff_id}).first()
    return Opened(*row) if row else None


def pack(session: Session, digest_id: int, staff_id: int) -> tuple[bytes, str] | None:
    """The paper of a digest of this person, and its hash in hex."""
    statement = text(
        "SELECT pack, encode(pack_hash, 'hex') FROM digest WHERE id = :id AND staff_id = :staff AND pack IS NOT NULL"
    )
    row = session.execute(statement, {"id": digest_id, "staff": staff_id}).first()
    return (bytes(row[0]), row[1]) if row else None


def open_by(session: Session, digest_id: int) -> datetime | None:
    """By when it is to be opened; None where nobody need."""
    found: datetime | None = session.scalar(
        text("SELECT open_by FROM digest WHERE id = :id"), {"id": digest_id}
    )
    return found


def of_event(session: Session, delivery_id: int) -> int | None:
    """The digest that a delivery carries."""
    statement = text(
        "SELECT e.subject_id FROM delivery d JOIN outbox e ON e.id = d.event_id WHERE d.id = :id AND e.event = :event"
    )
    found: int | None = session.scalar(statement, {"id": delivery_id, "event": DIGEST_DUE})
    return found


def opened(session: Session, digest_id: int, by: str, *, acknowledged: bool) -> None:
    """Its reader has opened it, or acknowledged it: nobody need see to that any more, nor to older ones."""
    statement = text(
        """
        UPDATE digest SET opened_at = coalesce(opened_at, hectis_now()),
            acknowledged_at = CASE WHEN :acknowledged THEN coalesce(acknowledged_at, hectis_now())
                                   ELSE acknowledged_at END
        WHERE id = :id AND (opened_at IS NULL OR :acknowledged AND acknowledged_at IS NULL)
        """
    )
    session.execute(statement, {"id": digest_id, "acknowledged": acknowledged})
    settled = text(
        f"""
        UPDATE task t SET done_at = hectis_now(), done_by = :by FROM digest d, digest e
        WHERE d.id = :id AND e.staff_id = d.staff_id AND e.window_on <= d.window_on
          AND t.kind = '{CHASE}' AND t.subject_id = e.id AND t.case_id IS NULL AND t.done_at IS NULL
        """  # noqa: S608
    )
    session.execute(settled, {"id": digest_id, "by": by})


def listing(
    session: Session, staff: int | str | None, after: int | None, limit: int
) -> list[Mapping[str, Any]]:
    """Composed digests, newest first: of a person by number or code, or of all."""
    whose = {int: "AND d.staff_id = :staff", str: "AND s.code = :staff"}.get(type(staff), "")
    statement = text(
        f"{LISTED} {whose} AND d.id < coalesce(:after, 9223372036854775807) ORDER BY d.id DESC LIMIT :limit"
    )
    rows = session.execute(statement, {"staff": staff, "after": after, "limit": limit})
    return [dict(row._mapping) for row in rows]  # noqa: SLF001  (SQLAlchemy's own way)


def language(session: Session, staff_id: int) -> str:
    """In which language somebody wants theirs; that of their notices where they never said."""
    statement = text(
        """
        SELECT coalesce(p.language, s.language) FROM staff s LEFT JOIN digest_preference p ON p.staff_id = s.id
        WHERE s.id = :id
        """
    )
    return str(session.execute(statement, {"id": staff_id}).scalar_one())


def preference(session: Session, staff_id: int) -> Preference:
    """When somebody wants theirs."""
    return known(session, [staff_id])[staff_id].wish


def prefer(session: Session, staff_id: int, at: time, every: str, spoken: str) -> None:
    """When, how often and in which language somebody wants theirs, from the next window on."""
    statement = text(
        """
        INSERT INTO digest_preference (staff_id, send_at, every, language) VALUES (:id, :at, :every, :language)
        ON CONFLICT (staff_id) DO UPDATE SET send_at = excluded.send_at, every = excluded.every,
            language = excluded.language, changed_at = hectis_now()
        """
    )
    session.execute(statement, {"id": staff_id, "at": at, "every": every, "language": spoken})
