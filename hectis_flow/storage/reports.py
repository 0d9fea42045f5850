"""What providers report of notices after they took them, and when a notice's page was first seen.

`services.receipts` and `services.openings` call this. A report stays as it came; of each kind one counts. No state goes back: what
is set is set, and the database itself refuses to change it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base


class DeliveryReport(Base):
    """One thing that a provider said of one message, as it came."""

    __tablename__ = "delivery_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    provider_id: Mapped[str]
    said: Mapped[str]
    said_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Report(NamedTuple):
    """What a provider said (`delivered`, `opened`, `failed`, `gone`) of a message by its own number, and when."""

    channel: str
    provider_id: str
    said: str
    at: datetime


class Lost(NamedTuple):
    """A delivery that was sent and, as its provider says now, did not arrive; `said` is `failed` or `gone`."""

    id: int
    said: str


KEEP = text(
    """
    INSERT INTO delivery_report (channel, provider_id, said, said_at)
    SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:ids AS text[]), CAST(:said AS text[]),
                         CAST(:ats AS timestamptz[]))
    ON CONFLICT DO NOTHING RETURNING id
    """
)
# A report may come before the attempt itself is written down: whichever is second finds the other. Practice time may be
# ahead of the provider's: nothing is delivered before it was put together.
APPLY = text(
    """
    WITH told AS (
        SELECT d.id, min(r.said_at) FILTER (WHERE r.said = 'delivered') AS delivered,
               min(r.said_at) FILTER (WHERE r.said = 'opened') AS opened,
               min(r.said_at) FILTER (WHERE r.said IN ('failed', 'gone')) AS failed,
               bool_or(r.said = 'gone') AS gone
        FROM delivery_report r JOIN delivery d ON d.channel = r.channel AND d.provider_id = r.provider_id
        WHERE (r.channel, r.provider_id) IN (
            SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:ids AS text[])))
        GROUP BY d.id
    ), was AS (
        SELECT d.id, d.bounced_at FROM delivery d JOIN told USING (id) FOR UPDATE OF d
    )
    UPDATE delivery d
    SET delivered_at = coalesce(d.delivered_at, greatest(t.delivered, d.created_at)),
        opened_at = coalesce(d.opened_at, greatest(t.opened, d.created_at)),
        bounced_at = CASE WHEN d.bounced_at IS NULL AND coalesce(d.delivered_at, t.delivered, d.opened_at, t.opened) IS NULL
                          THEN greatest(t.failed, d.created_at) ELSE d.bounced_at END
    FROM told t JOIN was USING (id)
    WHERE d.id = t.id
    RETURNING d.id, CASE WHEN t.gone THEN 'gone' ELSE 'failed' END,
              d.bounced_at IS NOT NULL AND was.bounced_at IS NULL
    """
)
NUMBER = text(
    """
    UPDATE delivery d SET provider_id = g.provider_id
    FROM unnest(CAST(:deliveries AS bigint[]), CAST(:ids AS text[])) AS g (id, provider_id)
    WHERE d.id = g.id AND NOT EXISTS (
        SELECT FROM delivery o WHERE o.channel = d.channel AND o.provider_id = g.provider_id AND o.id <> d.id)
    RETURNING d.channel, d.provider_id
    """
)
SEEN = text(
    """
    UPDATE delivery d SET opened_at = hectis_now() FROM action_link l
    WHERE l.id = :link_id AND d.id = l.delivery_id AND d.opened_at IS NULL RETURNING d.id
    """
)


def keep(session: Session, reports: Sequence[Report]) -> int:
    """Write reports down; how many are new."""
    channels, ids, said, ats = (list(column) for column in zip(*reports, strict=True))
    values = {"channels": channels, "ids": ids, "said": said, "ats": ats}
    return len(session.execute(KEEP, values).all())


def apply(session: Session, messages: Sequence[tuple[str, str]]) -> list[Lost]:
    """Bring deliveries to what is on record of these messages (channel and number); those that are now known lost."""
    channels, ids = (list(column) for column in zip(*messages, strict=True))
    rows = session.execute(APPLY, {"channels": channels, "ids": ids})
    return sorted(Lost(row[0], row[1]) for row in rows if row[2])


def number(session: Session, numbers: Sequence[tuple[int, str]]) -> list[tuple[str, str]]:
    """Note by which number each delivery's provider knows it; the messages (channel and number) that are noted."""
    deliveries, ids = (list(column) for column in zip(*numbers, strict=True))
    return [tuple(row) for row in session.execute(NUMBER, {"deliveries": deliveries, "ids": ids})]


def seen(session: Session, link_id: int) -> bool:
    """Note that the page behind a link was opened; False where that stood already."""
    return session.execute(SEEN, {"link_id": link_id}).first() is not None
