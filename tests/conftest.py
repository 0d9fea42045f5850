"""Real servers for every test: one PostgreSQL and one Valkey/Redis a run, one database a test process.

The schema is built by the migrations. A test that writes takes the fixture `clean`, which empties
every table afterwards (history is append-only, so its triggers are put to sleep for that moment).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as examples
from sqlalchemy import Engine, create_engine, text

from config.keys import KeyMaterial
from config.settings import Settings, _psycopg
from hectis_flow.app import create_app, house_of
from hectis_flow.commands.database import alembic_config, found_deployment
from hectis_flow.commands.reference import OFFICES, TREE, read_offices, read_tree
from hectis_flow.services.house import House
from hectis_flow.services.reference import load
from hectis_flow.storage.base import db
from tests.api.people import People, hire
from tests.api.province import Province, found
from tests.plain_policy import plain_policy
from tests.sinks import Calls, Mails, hook_sink, mail_sink
from workers.local_services import Addresses, LocalServices, temporary_services

# A busy machine is no fault.
examples.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("suite")

KEYS = KeyMaterial({"k1": bytes(range(32))}, "k1", bytes(range(32, 64)), "a secret of the tests")
RESTART = """
    SELECT setval(pg_get_serial_sequence(format('%I', table_name), column_name), 1, false)
    FROM information_schema.columns
    WHERE table_schema = 'public' AND is_identity = 'YES' AND table_name = ANY(:tables)
    UNION ALL
    SELECT setval('case_number', 1, false)
"""
LASTING = (
    "deployment",
    "workflow_edge",
    "charge_edge",
    "office",
    "office_alias",
    "office_parent",
    "reference_version",
    "alembic_version",
)


@pytest.fixture(scope="session")
def servers() -> Iterator[tuple[LocalServices, Addresses]]:
    """A PostgreSQL and a Valkey of our own, whatever the environment names."""
    with temporary_services() as (services, addresses):
        yield services, addresses


@pytest.fixture(scope="session")
def services(servers: tuple[LocalServices, Addresses]) -> LocalServices:
    return servers[0]


@pytest.fixture(scope="session")
def database_url(services: LocalServices) -> str:
    """A database with the whole schema and the offices, marked as practice."""
    url = _psycopg(services.create_database("suite"))
    command.upgrade(alembic_config(url), "head")
    found_deployment(url, practice=True)
    return url


@pytest.fixture(scope="session")
def settings(
    database_url: str, servers: tuple[LocalServices, Addresses], tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Fast ticks; leases that outlast any test, which shortens or ends them itself where it is about them."""
    return Settings(
        database_url=database_url,
        redis_url=servers[1].redis_url,
        keys=KEYS,
        keys_file=None,
        data_dir=Path(tmp_path_factory.mktemp("data")),
        policy_file=plain_policy(tmp_path_factory.mktemp("policy")),
        http_port=0,
        mllp_port=0,
        processing_ids=frozenset({"P", "T", "D"}),
        lease_seconds=600.0,
        leader_seconds=600.0,
        tick_seconds=0.1,
        seal_seconds=0.5,
        heartbeat_seconds=0.5,
        log_level="error",
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    made = create_app(settings)
    load(house_of(made), read_offices(OFFICES), read_tree(TREE))
    yield made
    with made.app_context():
        db.engine.dispose()
    house_of(made).direct.close()


@pytest.fixture
def house(app: Flask) -> House:
    return house_of(app)


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def clean(app: Flask, engine: Engine) -> Iterator[Engine]:
    """An empty database with its offices; emptied again afterwards. Gives the engine to look with."""
    empty(engine)
    yield engine
    empty(engine)


def empty(engine: Engine) -> None:
    """Remove every row but the offices, their tree and the declared moves; numbers begin at 1 again.

    Rows are deleted, not tables truncated: a truncated table costs new files and their fsync.
    """
    with engine.begin() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        names = [name for name in tables if name not in LASTING]
        asked = [f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names]  # noqa: S608
        filled = connection.scalars(text(" UNION ALL ".join(asked))).all()
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for name in filled:
            connection.execute(text(f'DELETE FROM "{name}"'))  # noqa: S608
        connection.execute(text(RESTART), {"tables": names})


@pytest.fixture
def mails() -> Iterator[Mails]:
    """A mail server that keeps what it takes."""
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def calls() -> Iterator[Calls]:
    """A receiver of webhooks that keeps what it is sent."""
    with hook_sink() as sink:
        yield sink


@pytest.fixture
def province(clean: Engine, house: House) -> Province:
    """A small province with messages, incidents and cases of two stations and two hospitals."""
    return found(house)


@pytest.fixture
def people(province: Province, house: House, engine: Engine) -> People:
    """The small province with staff at its offices."""
    return hire(house, engine)
