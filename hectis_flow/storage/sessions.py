"""Sessions: tokens that browsers hold. Opened, kept alive, listed, ended; and the posts that somebody may act for.

`services.sessions` calls this. A session is a row of `api_token`, so that whatever asks for a living token takes it,
and it ends with its holder's post as every token does.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.driver import Statement
from hectis_flow.storage.threads import ThreadConnections
from hectis_flow.storage.tokens import BEARERS, LIVES

_SIGNED = f"""
    SELECT t.id, t.staff_id, s.code, t.role, t.office_id, o.code, o.name, s.language, t.graded, hectis_now(),
           t.idle_ends_at < hectis_machine_now() + {{idle}} - interval '1 minute'
    FROM {BEARERS} LEFT JOIN office o ON o.id = t.office_id
    WHERE t.token_hash = {{digest}} AND t.kind = 'session' AND {LIVES}
"""  # noqa: S608  (constants of storage.tokens)
CURRENT = Statement(_SIGNED.format(idle=":idle", digest=":token_hash"))
# The same for every page, on a connection of the thread: it is asked before anything else is.
LOOKED_UP = _SIGNED.format(idle="CAST($2 AS interval)", digest="decode($1, 'hex')").encode()
# Posts that somebody holds today, and those of people whom they stand in for, as `tokens.HOLDS_POST` lets them act.
OPEN_TO = text(
    """
    WITH RECURSIVE today AS (SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date AS day),
    heard (staff_id) AS (
        SELECT s.id FROM staff s, today
        WHERE s.id = :staff_id AND s.valid_from <= day AND (s.valid_to IS NULL OR s.valid_to > day)
        UNION
        SELECT d.staff_id FROM heard h JOIN staff_deputy d ON d.deputy_id = h.staff_id
        JOIN staff w ON w.id = d.staff_id, today
        WHERE w.valid_from <= day AND (w.valid_to IS NULL OR w.valid_to > day)
    )
    SELECT DISTINCT p.role, o.id, o.code, o.name, bool_or(p.staff_id = :staff_id) AS own
    FROM heard h JOIN staff_post p USING (staff_id) JOIN office o ON o.id = p.office_id, today
    WHERE p.valid_from <= day AND (p.valid_to IS NULL OR p.valid_to > day)
    GROUP BY p.role, o.id, o.code, o.name ORDER BY own DESC, o.name, p.role
    """
)


class Signed(NamedTuple):
    """Whose session it is and for which post they act; `stale` asks for `keep_alive`."""

    token_id: int
    staff_id: int
    staff_code: str
    role: str
    office_id: int | None
    office_code: str | None
    office: str | None
    language: str
    graded: str
    now: datetime
    stale: bool


class OpenPost(NamedTuple):
    """A post that somebody may act for: their own, or one that they stand in for."""

    role: str
    office_id: int
    office_code: str
    office: str
    own: bool


class Held(NamedTuple):
    """A living session of somebody, without anything that could be used."""

    token_id: int
    role: str
    office: str | None
    created_at: datetime
    used_until: datetime
    expires_at: datetime
    graded: str


class Somebody(NamedTuple):
    """Who holds a post today."""

    code: str
    role: str
    office: str


def people(session: Session, office: str, first: Collection[str], limit: int = 60) -> list[Somebody]:
    """Who holds which post today at offices of this code or part of a name; without one, of these codes.

    Then one person of every other role follows.
    """
    statement = text(
        """
        SELECT s.code, p.role, o.name FROM staff s JOIN staff_post p ON p.staff_id = s.id
        JOIN office o ON o.id = p.office_id,
             (SELECT (hectis_now() AT TIME ZONE 'Africa/Johannesburg')::date AS day) today
        WHERE p.valid_from <= day AND (p.valid_to IS NULL OR p.valid_to > day)
          AND s.valid_from <= day AND (s.valid_to IS NULL OR s.valid_to > day)
          AND CASE WHEN :office <> '' THEN o.code = :office OR strpos(lower(o.name), lower(:office)) > 0
                   ELSE s.code = ANY(:first) OR p.id IN (SELECT min(id) FROM staff_post GROUP BY role) END
        ORDER BY array_position(CAST(:first AS text[]), s.code), o.name, s.code LIMIT :limit
        """
    )
    values = {"office": office, "first": list(first), "limit": limit}
    return [Somebody(*row) for row in session.execute(statement, values)]


def add(session: Session, values: Mapping[str, Any], idle: timedelta, whole: timedelta) -> int:
    """Open a session; gives its number."""
    statement = text(
        """
        INSERT INTO api_token (token_hash, label, role, office_id, staff_id, created_at, expires_at, kind,
                               idle_ends_at, graded)
        VALUES (:token_hash, :label, :role, :office_id, :staff_id, hectis_machine_now(),
                least(hectis_machine_now() + CAST(:whole AS interval), CAST(:ends_at AS timestamptz)), 'session',
                hectis_machine_now() + CAST(:idle AS interval), :graded)
        RETURNING id
        """
    )
    token_id: int = session.execute(statement, {**values, "idle": idle, "whole": whole}).scalar_one()
    return token_id


def look_up(reads: ThreadConnections, token_hash: bytes, idle: timedelta) -> Signed | None:
    """Whose living session this is, for a page that goes on to ask as its holder."""
    found = reads.rows(LOOKED_UP, [token_hash.hex(), f"{idle.total_seconds()} seconds"])
    if not found:
        return None
    token_id, staff_id, code, role, office_id, office_code, office, language, graded, now, stale = found[0]
    return Signed(
        int(token_id or 0),
        int(staff_id or 0),
        code or "",
        role or "",
        None if office_id is None else int(office_id),
        office_code,
        office,
        language or "",
        graded or "",
        datetime.fromisoformat(now or ""),
        stale == "t",
    )


def current(session: Session, token_hash: bytes, idle: timedelta) -> Signed | None:
    """Whose living session this is, within the transaction that changes it."""
    row = CURRENT.run(session, {"token_hash": token_hash, "idle": idle}).first()
    return Signed(*row) if row else None


def keep_alive(session: Session, token_id: int, idle: timedelta) -> None:
    """Somebody used it just now."""
    session.execute(
        text(
            "UPDATE api_token SET idle_ends_at = hectis_machine_now() + CAST(:idle AS interval) WHERE id = :id"
        ),
        {"id": token_id, "idle": idle},
    )


def ends_at(session: Session, token_id: int) -> datetime:
    """When a session ends at the latest."""
    found: datetime = session.execute(
        text("SELECT expires_at FROM api_token WHERE id = :id"), {"id": token_id}
    ).scalar_one()
    return found


def open_posts(session: Session, staff_id: int) -> list[OpenPost]:
    """The posts that somebody may act for today, their own first."""
    return [OpenPost(*row) for row in session.execute(OPEN_TO, {"staff_id": staff_id})]


def held_by(session: Session, staff_id: int) -> list[Held]:
    """The living sessions of somebody, newest first."""
    statement = text(
        f"""
        SELECT t.id, t.role, o.name, t.created_at, t.idle_ends_at, t.expires_at, t.graded
        FROM {BEARERS} LEFT JOIN office o ON o.id = t.office_id
        WHERE t.kind = 'session' AND t.staff_id = :staff_id AND {LIVES} ORDER BY t.id DESC
        """  # noqa: S608  (constants of storage.tokens)
    )
    return [Held(*row) for row in session.execute(statement, {"staff_id": staff_id})]


def end_one(session: Session, token_hash: bytes) -> None:
    """End the session of this secret."""
    statement = text(
        """
        UPDATE api_token SET revoked_at = hectis_machine_now()
        WHERE token_hash = :token_hash AND kind = 'session' AND revoked_at IS NULL
        """
    )
    session.execute(statement, {"token_hash": token_hash})


def end_others(session: Session, staff_id: int, token_id: int) -> int:
    """End every session of somebody but this one; gives how many ended."""
    statement = text(
        """
        UPDATE api_token SET revoked_at = hectis_machine_now()
        WHERE kind = 'session' AND staff_id = :staff_id AND revoked_at IS NULL AND id <> :token_id RETURNING id
        """
    )
    return len(session.scalars(statement, {"staff_id": staff_id, "token_id": token_id}).all())


def end(session: Session, staff_id: int, token_id: int | None = None) -> int:
    """End one session of somebody, or all of them; gives how many ended."""
    statement = text(
        """
        UPDATE api_token SET revoked_at = hectis_machine_now()
        WHERE kind = 'session' AND staff_id = :staff_id AND revoked_at IS NULL
          AND (CAST(:token_id AS bigint) IS NULL OR id = :token_id) RETURNING id
        """
    )
    return len(session.scalars(statement, {"staff_id": staff_id, "token_id": token_id}).all())
