"""One PostgreSQL server of our own on this machine: made, started, asked, stopped.

Called by `local_services` alone. Listens on loopback with a password, keeps fsync on, and never
writes a statement or a value into its log. It must not know what the databases hold.
"""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from workers.machine import (
    Account,
    CannotStart,
    command_as,
    end_process,
    free_port,
    is_alive,
    log_tail,
    rotated_log,
    wait_for,
    write_private,
)

OWNER = "hectis"
START_SECONDS = 120.0  # a large database that was killed replays its log first
STOP_SECONDS = 30.0
#: A Unix socket's whole path must fit the kernel's 108 bytes, the closing zero among them.
SOCKET_PATH_BYTES = 107
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "password_encryption": "scram-sha-256",  # pragma: allowlist secret
    "fsync": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and the DETAIL of an error carry values of rows: neither may reach a log.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(slots=True)
class PostgresServer:
    """A cluster in `home/cluster`, served by the programs in `programs` under `account`."""

    home: Path
    programs: Path
    account: Account | None
    password: str
    port: int | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def cluster(self) -> Path:
        """The folder PostgreSQL itself owns."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """What the server of this run printed."""
        return self.home / "postgres.log"

    def url(self, database: str) -> str:
        """The address of one database, password included: keep it out of logs."""
        return f"postgresql://{OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the cluster when there is none, and serve it; raises CannotStart with the log's end."""
        if not self.cluster.exists():
            self._make_cluster()
        self._end_earlier_server()
        for attempt in (1, 2, 3):
            self.port = free_port(self.port)
            if self._serve():
                return
            # Between asking for a free port and taking it, another program may have taken it.
            if attempt < 3 and "Address already in use" in log_tail(self.log):
                continue
            break
        self.stop()
        raise CannotStart(f"PostgreSQL did not start. The end of {self.log}:\n{log_tail(self.log)}")

    def stop(self) -> None:
        """A clean (`fast`) shutdown; harmless when it is not running."""
        if self._process is None:
            return
        if self._process.poll() is None:
            end_process(self._process.pid, gently=signal.SIGINT, hard=signal.SIGQUIT, seconds=STOP_SECONDS)
        self._process.wait()
        self._process = None

    def ensure_database(self, name: str) -> None:
        """Create the database when it is missing."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if known is None:
            self.create_database(name)

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """A new database, empty or a copy of `template` (which nobody may be connected to)."""
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(command)

    def drop_database(self, name: str) -> None:
        """Remove a database and whoever is still connected to it."""
        command = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(command)

    def _make_cluster(self) -> None:
        """Run initdb into a draft folder and rename it, so that a kill half-way leaves no half cluster."""
        draft, word = self.home / "cluster.new", self.home / "password"
        shutil.rmtree(draft, ignore_errors=True)
        write_private(word, self.password)
        if self.account is not None:
            os.chown(word, self.account.uid, self.account.gid)
        options = [
            "-U",
            OWNER,
            f"--pwfile={word}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--data-checksums",
        ]
        # C.UTF-8 is built into every C library this runs on; the machine's own locale may not be UTF-8 at all.
        argv = [str(self.programs / "initdb"), "-D", str(draft), *options, "--locale=C.UTF-8"]
        try:
            with rotated_log(self.log) as log:
                done = subprocess.run(
                    command_as(self.account, argv), cwd="/", stdout=log, stderr=log, check=False
                )
        finally:
            word.unlink(missing_ok=True)
        if done.returncode != 0:
            raise CannotStart(
                f"initdb could not make the database. The end of {self.log}:\n{log_tail(self.log)}"
            )
        draft.rename(self.cluster)

    def _serve(self) -> bool:
        argv = [str(self.programs / "postgres"), "-D", str(self.cluster)]
        for name, value in {**SETTINGS, "port": str(self.port), **self._socket_setting()}.items():
            argv += ["-c", f"{name}={value}"]
        with rotated_log(self.log) as log:
            self._process = subprocess.Popen(
                # INT is PostgreSQL's fast shutdown: were we killed outright, it still ends cleanly.
                command_as(self.account, argv, on_our_death="INT"),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process = self._process
        wait_for(lambda: process.poll() is not None or self._answers(), seconds=START_SECONDS)
        return process.poll() is None and self._answers()

    def _socket_setting(self) -> dict[str, str]:
        """The socket lies beside the cluster; a path too long for the kernel means TCP alone."""
        path = self.home / f".s.PGSQL.{self.port}"
        return {
            "unix_socket_directories": str(self.home) if len(os.fsencode(path)) <= SOCKET_PATH_BYTES else ""
        }

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end_earlier_server(self) -> None:
        """Stop a server that a killed run left on this cluster; clear a pid file that names a stranger.

        PostgreSQL itself clears the file of a process that is gone, but not one whose number a
        stranger has been given since.
        """
        note = self.cluster / "postmaster.pid"
        first = note.read_text(encoding="utf-8").split("\n", 1)[0] if note.exists() else ""
        if not first.strip().isdigit() or not is_alive(int(first)):
            return
        pid = int(first)
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if os.fsencode(self.cluster) in arguments:
            end_process(pid, gently=signal.SIGINT, hard=signal.SIGQUIT, seconds=STOP_SECONDS)
        else:
            note.unlink()
