"""Looks into the database the way an owner would: whole tables, as text."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, text

from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services import intake, work
from hectis_flow.services.house import House

PEER = "127.0.0.1:50000"
ALL = 100_000


def tables_of(connection: Connection) -> list[str]:
    """Every table of ours."""
    names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
    return list(names)


def dump(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, each as PostgreSQL writes it, sorted."""
    with engine.connect() as connection:
        queries = {
            name: f'SELECT t::text FROM "{name}" t ORDER BY 1'  # noqa: S608  (names from the catalogue)
            for name in tables_of(connection)
        }
        return {name: list(connection.scalars(text(query))) for name, query in queries.items()}


def rows(engine: Engine, query: str, **values: object) -> list[Any]:
    """What a query gives."""
    with engine.connect() as connection:
        return list(connection.execute(text(query), values))


def one(engine: Engine, query: str, **values: object) -> Any:
    """The only value that a query gives."""
    with engine.connect() as connection:
        return connection.scalars(text(query), values).one()


def receive(house: House, *raws: bytes, client: str = "") -> list[bytes]:
    """Let these messages arrive together; their answers."""
    return intake.receive(house, [Arrival(PEER, raw, client) for raw in raws])


def work_off(house: House) -> None:
    """Lease and process what waits, once."""
    ids: Sequence[int] = work.lease_messages(house, ALL)
    intake.process(house, ids)


def lapse(engine: Engine, table: str = "inbound_message") -> None:
    """Let every lease on this table's rows end now, as the time would."""
    with engine.begin() as connection:
        connection.execute(
            text(f"UPDATE {table} SET lease_until = NULL WHERE lease_until IS NOT NULL")  # noqa: S608
        )


def take_in(house: House, *raws: bytes) -> None:
    """Receive messages together and work them off."""
    receive(house, *raws)
    work_off(house)
