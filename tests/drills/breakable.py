"""Servers of a drill's own that may be stopped, frozen, filled and killed, and the settings to reach them.

The suite's servers are shared by every test; what breaks servers must not break theirs.
"""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from alembic import command
from sqlalchemy import Engine, NullPool, create_engine

from config.settings import Settings, _psycopg
from hectis_flow.app import create_app, house_of
from hectis_flow.commands.database import alembic_config, found_deployment
from hectis_flow.commands.reference import OFFICES, TREE, read_offices, read_tree
from hectis_flow.services.reference import load
from hectis_flow.storage.base import db
from workers.local_services import LocalServices
from workers.postgres_server import PostgresServer
from workers.server_binaries import ServerFinder
from workers.valkey_server import ValkeyServer

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT  # PostgreSQL's own ways to be told to stop


@dataclass
class Servers:
    """A PostgreSQL with the whole schema and a Valkey, both ours alone."""

    postgres: PostgresServer
    valkey: ValkeyServer
    settings: Settings
    engine: Engine

    def restart_postgres(self, how: signal.Signals) -> None:
        """Stop it in one of its ways, wait until it is gone, start it again on the same port."""
        process = self.postgres._process
        assert process is not None
        process.send_signal(how)
        process.wait()
        self.postgres.start()

    def stop_valkey(self) -> None:
        """Kill it; whatever it held is gone."""
        assert self.valkey._process is not None
        self.valkey._process.kill()
        self.valkey.stop()

    @contextmanager
    def frozen_valkey(self) -> Iterator[None]:
        """It still takes connections, but answers nothing."""
        assert self.valkey._process is not None
        self.valkey._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.valkey._process.send_signal(signal.SIGCONT)

    @contextmanager
    def full_valkey(self, size: int) -> Iterator[None]:
        """So many bytes of memory and no more, all of them taken."""
        client = self.valkey._client()
        # More than the bound, by more than what its memory varies by: then not even a word goes in.
        client.rpush("ballast", *["x" * 10_000] * (size // 10_000 + 100))
        client.config_set("maxmemory", size)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)
            client.flushall()
            client.close()

    @contextmanager
    def other_password(self) -> Iterator[None]:
        """It is started again with a password that nobody was told."""
        mine = self.valkey.password
        self.stop_valkey()
        self.valkey.password = "another"
        self.valkey.start()
        try:
            yield
        finally:
            self.stop_valkey()
            self.valkey.password = mine
            self.valkey.start()


@contextmanager
def breakable(settings: Settings, *, folder: Path | None = None) -> Iterator[Servers]:
    """Both servers in a folder of their own (for PostgreSQL, `folder` where one is given)."""
    home = Path(tempfile.mkdtemp(prefix="hectis-drill-"))
    home.chmod(0o711)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        (home / "valkey").mkdir()
        valkey = ValkeyServer(home / "valkey", ServerFinder(only_packaged=False).valkey(), "one")
        valkey.start()
        stack.callback(valkey.stop)
        services = LocalServices(folder or home, environ={"REDIS_URL": valkey.url}, say=lambda _: None)
        addresses = stack.enter_context(services)
        ours = replace(settings, database_url=_psycopg(addresses.database_url), redis_url=addresses.redis_url)
        _make_schema(ours)
        engine = create_engine(ours.database_url, poolclass=NullPool)
        yield Servers(services._own_postgres(), valkey, ours, engine)


def _make_schema(settings: Settings) -> None:
    command.upgrade(alembic_config(settings.database_url), "head")
    found_deployment(settings.database_url, practice=True)
    app = create_app(settings)
    load(house_of(app), read_offices(OFFICES), read_tree(TREE))
    with app.app_context():
        db.engine.dispose()
    house_of(app).direct.close()
