"""How each provider of a channel stands, shared by all workers; a provider without a row never failed.

`services.relays` calls this. Times are machines': a provider's rest is nobody's working time.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.failover import Standing
from hectis_flow.storage.base import Base


class Relay(Base):
    """One provider of one channel, and what share of the batches it is asked first for."""

    __tablename__ = "relay"

    channel: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    share: Mapped[int] = mapped_column(SmallInteger)
    troubles: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime | None]


READ = text("SELECT name, share, troubles, since FROM relay WHERE channel = :channel")
LOCK = text(
    """
    INSERT INTO relay (channel, name) VALUES (:channel, :name)
    ON CONFLICT (channel, name) DO UPDATE SET name = excluded.name
    RETURNING name, share, troubles, since, hectis_machine_now()
    """
)
KEEP = text(
    """
    UPDATE relay SET share = :share, troubles = :troubles, since = :since
    WHERE channel = :channel AND name = :name
    """
)


def standings(session: Session, channel: str, names: Sequence[str]) -> tuple[list[Standing], datetime]:
    """How these providers stand, in the order given, and the moment it is."""
    at: datetime = session.execute(text("SELECT hectis_machine_now()")).scalar_one()
    found = {row.name: Standing(*row) for row in session.execute(READ, {"channel": channel})}
    return [found.get(name, Standing(name)) for name in names], at


def hold(session: Session, channel: str, name: str) -> tuple[Standing, datetime]:
    """One provider's standing, held until the transaction ends, and the moment it is."""
    row = session.execute(LOCK, {"channel": channel, "name": name}).one()
    return Standing(*row[:4]), row[4]


def keep(session: Session, channel: str, one: Standing) -> None:
    """Write down how a provider stands that is held."""
    values = {"channel": channel, "name": one.name, "share": one.share, "troubles": one.troubles}
    session.execute(KEEP, {**values, "since": one.since})
