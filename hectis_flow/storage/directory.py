"""The directory as whoever looks after it sees it: one person of the staff, and the offices right below one.

`services.administration` calls this. Codes, roles and days alone: no name and no address is opened, or even read.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from hectis_flow.storage.database import DAY

PROFILE: Final = text(
    f"""
    SELECT json_build_object(
        'code', s.code, 'language', s.language, 'valid_to', s.valid_to,
        'posts', (SELECT coalesce(json_agg(json_build_object('role', p.role, 'office', o.code, 'name', o.name,
                      'since', p.valid_from, 'until', p.valid_to) ORDER BY p.id), '[]')
                  FROM staff_post p JOIN office o ON o.id = p.office_id
                  WHERE p.staff_id = s.id AND (p.valid_to IS NULL OR p.valid_to > today.day)),
        'deputies', (SELECT coalesce(json_agg(d.code ORDER BY n.rank, d.code), '[]')
                     FROM staff_deputy n JOIN staff d ON d.id = n.deputy_id WHERE n.staff_id = s.id),
        'stands_in_for', (SELECT coalesce(json_agg(w.code ORDER BY w.code), '[]')
                          FROM staff_deputy n JOIN staff w ON w.id = n.staff_id WHERE n.deputy_id = s.id),
        'leave', (SELECT coalesce(json_agg(json_build_object('from', l.starts_at, 'until', l.ends_at,
                      'reason', l.reason, 'now', l.starts_at <= hectis_now()) ORDER BY l.starts_at), '[]')
                  FROM staff_leave l WHERE l.staff_id = s.id AND l.ends_at > hectis_now()),
        'ways', (SELECT coalesce(json_agg(c.channel ORDER BY c.rank, c.id), '[]') FROM contact_point c
                 WHERE c.staff_id = s.id AND c.valid_from <= today.day
                   AND (c.valid_to IS NULL OR c.valid_to > today.day)),
        'enrolled_at', (SELECT k.set_at FROM credential k WHERE k.staff_id = s.id))
    FROM staff s, (SELECT {DAY} AS day) today
    WHERE s.code = :code
    """  # noqa: S608  (a constant)
)


class Beneath(NamedTuple):
    """An office as the page of another one names it."""

    code: str
    kind: str
    name: str


def profile(session: Session, code: str) -> Mapping[str, Any] | None:
    """What is on record of somebody from today on; None for a code that nobody has."""
    found: Mapping[str, Any] | None = session.scalar(PROFILE, {"code": code})
    return found


def below(session: Session, office_id: int) -> list[Beneath]:
    """The offices right below one today, by kind and name."""
    statement = text(
        f"""
        SELECT o.code, o.kind, o.name FROM office_parent p JOIN office o ON o.id = p.office_id
        WHERE p.parent_id = :id AND p.valid_from <= {DAY} AND (p.valid_to IS NULL OR p.valid_to > {DAY})
        ORDER BY o.kind, o.name
        """  # noqa: S608  (a constant)
    )
    return [Beneath(*row) for row in session.execute(statement, {"id": office_id})]
