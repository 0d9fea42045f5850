"""The stations that people chose for incidents whose precinct the messages left open.

`services.precinct_choice` calls it with the case held; `storage.incidents` reads the choice when later
messages come. A choice is also a line of the case's ledger.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.domain.ledger import canonical
from hectis_flow.storage.base import Base
from hectis_flow.storage.conflicts import WRITTEN

KIND = "precinct"  # of the ledger entry


class PrecinctChoice(Base):
    """The station that a person chose for an incident."""

    __tablename__ = "precinct_choice"

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    chosen_at: Mapped[datetime]
    chosen_by: Mapped[str]


CHOOSE = text(
    f"""
    WITH chosen AS (
        INSERT INTO precinct_choice AS p (incident_id, station_id, chosen_by)
        SELECT incident_id, :station_id, :actor FROM "case" WHERE id = :case_id
        ON CONFLICT (incident_id) DO UPDATE SET station_id = excluded.station_id,
            chosen_at = excluded.chosen_at, chosen_by = excluded.chosen_by
        RETURNING incident_id, station_id, chosen_at
    ),
    placed AS (
        UPDATE incident i SET station_id = chosen.station_id, precinct_basis = 'chosen', updated_at = chosen_at
        FROM chosen WHERE i.id = chosen.incident_id
    ),
    kept AS (SELECT CAST(:case_id AS bigint) AS case_id, chosen_at AS at FROM chosen),
    {WRITTEN.replace("SET ledger_seq", "SET station_id = :station_id, ledger_seq", 1)}
    """  # noqa: S608  (a constant)
)


def precinct_basis(session: Session, case_id: int) -> str:
    """What the precinct of a case's incident is known from."""
    statement = text(
        """
        SELECT i.precinct_basis FROM "case" c JOIN incident i ON i.id = c.incident_id WHERE c.id = :id
        """
    )
    basis: str = session.execute(statement, {"id": case_id}).scalar_one()
    return basis


def choose(session: Session, case_id: int, station_id: int, station: str, actor: str) -> None:
    """Give the case and its incident the station that a person chose."""
    values = {"case_id": case_id, "station_id": station_id, "actor": actor}
    session.execute(CHOOSE, {**values, "kind": KIND, "body": canonical({"station": station})})
