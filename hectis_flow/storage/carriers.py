"""Where the first of two carriers of text messages stands: one row a channel, shared by all workers.

`services.carriers` calls this; what follows from a failure `domain.carriers` says. No row: it stands as ever.
"""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.carriers import SOUND, Standing
from hectis_flow.storage.base import Base


class CarrierStanding(Base):
    """The first carrier of one channel."""

    __tablename__ = "carrier_standing"

    channel: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(SmallInteger)
    since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer)
    carried: Mapped[int] = mapped_column(Integer)
    not_before: Mapped[datetime | None]


READ = """
    SELECT s.step, s.since, s.failures, s.carried, s.not_before, hectis_machine_now()
    FROM (SELECT) one LEFT JOIN carrier_standing s ON s.channel = :channel
"""


def read(session: Session, channel: str) -> tuple[Standing, datetime]:
    """Where it stands, and what time it is on the machine."""
    *row, at = session.execute(text(READ), {"channel": channel}).one()
    return (SOUND if row[0] is None else Standing(*row)), at


def hold(session: Session, channel: str) -> tuple[Standing, datetime]:
    """The same, held until the transaction ends: of two workers one waits."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('carrier_standing'), hashtext(:channel))"),
        {"channel": channel},
    )
    return read(session, channel)


def write(session: Session, channel: str, standing: Standing) -> None:
    """Where it stands from now on."""
    if standing == SOUND:
        session.execute(text("DELETE FROM carrier_standing WHERE channel = :channel"), {"channel": channel})
        return
    statement = text(
        """
        INSERT INTO carrier_standing (channel, step, since, failures, carried, not_before)
        VALUES (:channel, :step, :since, :failures, :carried, :not_before)
        ON CONFLICT (channel) DO UPDATE SET step = excluded.step, since = excluded.since,
            failures = excluded.failures, carried = excluded.carried, not_before = excluded.not_before
        """
    )
    session.execute(statement, {"channel": channel, **asdict(standing)})
