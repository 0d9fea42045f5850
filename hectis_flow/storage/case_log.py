"""What is on record around one case: its notices with how each went, and who read it; newest first, by key.

`services.case_log` calls it, and says of the offices of which kinds. No name, no address and no word of a letter is
read here.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session


class Wanted(NamedTuple):
    """Which lines of a case: of the offices of these kinds, older than `after` (None: from the newest), how many."""

    case_id: int
    kinds: Sequence[str]
    after: int | None
    limit: int


# Acknowledged: through its own link, or signed in by the person whom it told and asked.
# Times are the road's own, but for when it is tried again, which machines decide and nobody needs to know.
NOTICES = text(
    """
    SELECT d.id, o.code AS office, o.name AS office_name, d.role, d.level, d.channel, d.attempts,
           CASE WHEN g.at IS NOT NULL THEN 'acknowledged' WHEN d.opened_at IS NOT NULL THEN 'opened'
                WHEN d.delivered_at IS NOT NULL THEN 'delivered' WHEN d.bounced_at IS NOT NULL THEN 'failed'
                WHEN d.sent_at IS NOT NULL THEN 'sent'
                WHEN d.cancelled_at IS NOT NULL THEN 'not_needed' WHEN d.gave_up_at IS NOT NULL THEN 'failed'
                WHEN d.bundle_id IS NOT NULL THEN 'bundled' WHEN d.held_for IS NOT NULL THEN 'held'
                WHEN d.attempts > 0 THEN 'tried' ELSE 'queued' END AS state,
           d.created_at AS queued_at, d.held_until, d.sent_at, d.delivered_at, d.opened_at,
           coalesce(d.gave_up_at, d.bounced_at) AS failed_at, d.cancelled_at, g.at AS acknowledged_at,
           g.grade, g.reason AS proof,
           (SELECT count(*) FROM acknowledgement c WHERE c.link_id = l.id AND c.grade = 'C') AS doubted
    FROM delivery d JOIN office o ON o.id = d.office_id
    LEFT JOIN action_link l ON l.delivery_id = d.id
    LEFT JOIN LATERAL (
        SELECT a.at, a.grade, a.reason FROM acknowledgement a
        WHERE a.case_id = d.case_id AND a.grade <> 'C'
          AND (a.link_id = l.id OR a.link_id IS NULL AND a.staff_id = d.staff_id
                                   AND l.id IS NOT NULL AND a.at >= d.created_at)
        ORDER BY a.at, a.id LIMIT 1
    ) g ON true
    WHERE d.case_id = :case_id AND o.kind = ANY(:kinds) AND (CAST(:after AS bigint) IS NULL OR d.id < :after)
    ORDER BY d.id DESC LIMIT :limit
    """
)
# The log keeps what was read by the record that was asked for: the case, its incident, a brief of it.
READS = text(
    """
    SELECT l.id, l.at, l.role, o.code AS office, o.name AS office_name, l.action, l.purpose
    FROM (
        SELECT * FROM read_log WHERE record = 'case' AND record_id = :case_id
        UNION ALL
        SELECT * FROM read_log
        WHERE record = 'incident' AND record_id = (SELECT incident_id FROM "case" WHERE id = :case_id)
        UNION ALL
        SELECT * FROM read_log
        WHERE record = 'brief' AND record_id IN (SELECT id FROM watching_brief WHERE case_id = :case_id)
    ) l LEFT JOIN office o ON o.id = l.office_id
    WHERE coalesce(o.kind, '') = ANY(:kinds) AND (CAST(:after AS bigint) IS NULL OR l.id < :after)
    ORDER BY l.id DESC LIMIT :limit
    """
)


def notices(session: Session, wanted: Wanted) -> list[dict[str, Any]]:
    """Who was told of a case, by which channel, and how it went."""
    return _rows(session, NOTICES, wanted)


def reads(session: Session, wanted: Wanted) -> list[dict[str, Any]]:
    """Who read a case, what of it, and what for."""
    return _rows(session, READS, wanted)


def _rows(session: Session, statement: TextClause, wanted: Wanted) -> list[dict[str, Any]]:
    values = {**wanted._asdict(), "kinds": list(wanted.kinds)}
    return [dict(row) for row in session.execute(statement, values).mappings()]
