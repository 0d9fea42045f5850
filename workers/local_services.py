"""PostgreSQL and Valkey/Redis for one data folder: those the environment names, else servers of our own.

Used by `workers.run` for `make run`, and by the test suite and the benches through
`temporary_services`. It must not migrate, load or read anything: it hands out addresses.
"""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from workers.machine import (
    Account,
    CannotStart,
    Say,
    account_for_database,
    can_run,
    ensure_folder,
    held_lock,
    write_private,
)
from workers.postgres_server import PostgresServer
from workers.server_binaries import SHARED_HOME, PostgresPrograms, ServerFinder, reachable_by, version_of
from workers.valkey_server import ValkeyServer

DATABASE = "hectis"
MEMORY = "servers.json"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the servers are. Both addresses hold a password: keep them out of logs.

    `own_database` is True for a PostgreSQL that we started ourselves; `new_database` is True until
    `LocalServices.note_migrated` was called on that one, so that its first migration, even after an
    interrupted try, can mark it as a practice database.
    """

    database_url: str
    redis_url: str
    own_database: bool
    new_database: bool


class LocalServices:
    """The two servers of one data folder, as a context manager or by `start` and `stop`."""

    def __init__(self, data_dir: Path, *, environ: Mapping[str, str] | None = None, say: Say = print) -> None:
        """Starts nothing yet.

        `environ` (default: the process's) may name servers to use instead of our own, DATABASE_URL and
        REDIS_URL; `HECTIS_SERVERS=packaged` passes over those that are installed on the machine.
        """
        self._data_dir = data_dir.absolute()
        self._environ = os.environ if environ is None else environ
        self._say = say
        self._finder = ServerFinder(only_packaged=self._environ.get("HECTIS_SERVERS") == "packaged")
        self._postgres: PostgresServer | None = None
        self._running = ExitStack()

    def __enter__(self) -> Addresses:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Addresses:
        """Find or bring both servers and wait until they answer; raises CannotStart."""
        # Root leaves the way through open, so that the account PostgreSQL runs under can reach its own part.
        ensure_folder(self._data_dir, mode=0o711 if os.geteuid() == 0 else 0o700)
        try:
            return self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what we started, never a server the environment named; harmless twice."""
        self._running.close()
        self._postgres = None

    def note_migrated(self) -> None:
        """From now on our own database is no longer new; nothing happens to a server that is not ours."""
        if self._postgres is not None:
            self._remember("postgres", migrated=True)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """A further database on our own PostgreSQL, empty or a copy of `template`; its address."""
        server = self._own_postgres()
        server.create_database(name, template=template)
        return server.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database of `create_database`."""
        self._own_postgres().drop_database(name)

    def _start(self) -> Addresses:
        self._running.enter_context(
            held_lock(
                self._data_dir / "servers.lock", f"The servers of {self._data_dir} are in use by another run."
            )
        )
        database_url, redis_url = self._environ.get("DATABASE_URL"), self._environ.get("REDIS_URL")
        new_database = False
        if not database_url:
            database_url, new_database = self._start_postgres()
        if not redis_url:
            redis_url = self._start_valkey()
        return Addresses(database_url, redis_url, self._postgres is not None, new_database)

    def _start_postgres(self) -> tuple[str, bool]:
        server, programs = self._postgres_to_start()
        self._running.callback(server.stop)
        server.start()
        server.ensure_database(DATABASE)
        self._remember("postgres", port=server.port)
        self._postgres = server
        origin = "packaged" if programs.packaged else "this machine's"
        whose = f", as `{server.account.name}`" if server.account is not None else ""
        version = version_of(programs.folder / "postgres")
        self._say(f"PostgreSQL {version} ({origin}{whose}) on port {server.port}")
        return server.url(DATABASE), not self._recall("postgres")["migrated"]

    def _postgres_to_start(self) -> tuple[PostgresServer, PostgresPrograms]:
        memory = self._recall("postgres")
        home = Path(memory.get("home", self._data_dir / "postgres"))
        version = home / "cluster" / "PG_VERSION"
        major = int(version.read_text()) if version.exists() else None
        account = account_for_database(home / "cluster")
        programs = reachable_by(account, self._finder.postgres(major), self._say)
        if major is None:
            home = self._home_for(account, home)
            memory = {"password": secrets.token_hex(24)}
            # Before the cluster is made: a cluster whose password nobody knows would be lost.
            self._remember("postgres", home=str(home), migrated=False, **memory)
        if "password" not in memory:
            raise CannotStart(
                f"{home} holds a database, but {MEMORY} with its password is gone: put it back, or move {home} away."
            )
        return PostgresServer(
            home, programs.folder, account, memory["password"], memory.get("port")
        ), programs

    def _start_valkey(self) -> str:
        memory = self._recall("valkey")
        program = self._finder.valkey()
        home = self._data_dir / "valkey"
        ensure_folder(home, mode=0o700)
        server = ValkeyServer(
            home, program, memory.get("password") or secrets.token_hex(24), memory.get("port")
        )
        self._running.callback(server.stop)
        server.start()
        self._remember("valkey", password=server.password, port=server.port)
        self._say(f"{program.name} {version_of(program)} on port {server.port}")
        return server.url

    def _home_for(self, account: Account | None, wanted: Path) -> Path:
        """A folder the account owns and can reach: the wanted one, else a new one below /var/lib/hectis."""
        ensure_folder(wanted, mode=0o700)
        if account is None:
            return wanted
        os.chown(wanted, account.uid, account.gid)
        if can_run(account, ["test", "-w", str(wanted)]):
            return wanted
        shutil.rmtree(wanted)
        ensure_folder(SHARED_HOME, mode=0o755)
        home = Path(tempfile.mkdtemp(prefix="data-", dir=SHARED_HOME))
        os.chown(home, account.uid, account.gid)
        self._say(f"Account `{account.name}` cannot reach {self._data_dir}: the database is kept in {home}")
        return home

    def _own_postgres(self) -> PostgresServer:
        if self._postgres is None:
            raise CannotStart(
                "This needs a PostgreSQL of our own, started: it is not done on a server named by DATABASE_URL."
            )
        return self._postgres

    def _recall(self, server: str) -> dict[str, Any]:
        path = self._data_dir / MEMORY
        everything: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
        return everything.get(server, {})

    def _remember(self, server: str, **facts: str | int | None) -> None:
        path = self._data_dir / MEMORY
        everything = json.loads(path.read_text()) if path.exists() else {}
        everything[server] = {**everything.get(server, {}), **facts}
        write_private(path, json.dumps(everything, indent=2))


@contextmanager
def temporary_services(*, only_packaged: bool = False) -> Iterator[tuple[LocalServices, Addresses]]:
    """Both servers in a folder of their own that is removed at the end: for tests and benches.

    They are always our own: a server named by DATABASE_URL or REDIS_URL is never touched.
    """
    folder = Path(tempfile.mkdtemp(prefix="hectis-"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    services = LocalServices(folder, environ={"HECTIS_SERVERS": "packaged"} if only_packaged else {})
    try:
        with services as addresses:
            yield services, addresses
    finally:
        homes = [Path(fact["home"]) for fact in [services._recall("postgres")] if "home" in fact]  # noqa: SLF001
        for leftover in [*homes, folder]:
            shutil.rmtree(leftover, ignore_errors=True)
