"""The whole system as it runs in production, for drills: listener, clocks and workers as processes.

Each is started with an environment made from the suite's settings, may be killed at any time, and is
looked at from outside alone: through PostgreSQL, Redis and the MLLP port.
"""

import base64
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from config.settings import Settings
from hectis_flow.feeds.mllp_client import send_all
from tests.drills.nursery import Nursery
from tests.hospital import Visit, sent
from tests.waiting import until
from workers.desk import LAST_CALL
from workers.machine import is_alive

READY_SECONDS = 60.0


@dataclass(slots=True)
class Process:
    """One running part."""

    part: str
    pid: int
    log: Path

    @property
    def alive(self) -> bool:
        return is_alive(self.pid)

    def signal(self, order: signal.Signals) -> None:
        os.kill(self.pid, order)

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)
        until(lambda: not self.alive, f"{self.part} dead")


@dataclass
class Stack:
    """Processes of one drill. `fast` are the settings that differ from production's."""

    nursery: Nursery
    settings: Settings
    engine: Engine
    folder: Path
    fast: dict[str, str]
    processes: list[Process] = field(default_factory=list)

    def start(self, part: str) -> Process:
        log = self.folder / f"{part}-{len(self.processes)}.log"
        process = Process(part, self.nursery.start(part, self.environ(), log), log)
        self.processes.append(process)
        return process

    def of(self, part: str) -> list[Process]:
        """Those of one part that are alive."""
        return [process for process in self.processes if process.part == part and process.alive]

    def stop(self) -> None:
        """Ask all to end, as `make run` does; whatever is deaf is killed and counts as a failure."""
        alive = [process for process in self.processes if process.alive]
        for process in alive:
            process.signal(signal.SIGTERM)
        try:
            ended = "every process has ended by itself"
            until(lambda: not any(process.alive for process in alive), ended, within=LAST_CALL)
        finally:
            for process in alive:
                if process.alive:
                    process.kill()

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """A connection that sees each commit as it happens."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def port(self) -> int:
        """The listener's port, by its heartbeat."""
        statement = text("SELECT (details->>'port')::int FROM heartbeat WHERE part = 'mllp'")
        with self.look() as connection:
            return until(lambda: connection.scalar(statement), "the listener listens", within=READY_SECONDS)

    def send(self, visits: Iterable[Visit]) -> int:
        """Over the wire, as a hospital would; every message must be accepted. How many there were."""
        report = send_all(sent(visits), "127.0.0.1", self.port())
        assert report.codes.total() == report.codes["AA"], report
        assert report.unanswered == 0, report
        return report.answered

    def undone(self) -> int:
        """Messages that wait or are being worked on."""
        with self.look() as connection:
            waiting = connection.scalar(text("SELECT count(*) FROM inbound_message WHERE done_at IS NULL"))
        return int(waiting or 0)

    def complaints(self) -> str:
        """What the processes wrote, for a failure's report."""
        return "\n".join(
            f"{process.log.name}: {line}"
            for process in self.processes
            for line in process.log.read_text(encoding="utf-8").splitlines()[-20:]
        )

    def environ(self) -> dict[str, str]:
        keys = self.settings.keys
        data_keys = {name: base64.b64encode(key).decode() for name, key in keys.data_keys.items()}
        return {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self.settings.database_url,
            "REDIS_URL": self.settings.redis_url,
            "HECTIS_DATA_DIR": str(self.folder),
            "HECTIS_POLICY_FILE": str(self.settings.policy_file),
            "HECTIS_DATA_KEYS": ",".join(f"{name}:{key}" for name, key in data_keys.items()),
            "HECTIS_INDEX_KEY": base64.b64encode(keys.index_key).decode(),
            "HECTIS_SECRET_KEY": keys.secret_key,
            "HECTIS_MLLP_PORT": "0",
            "HECTIS_LOG_LEVEL": "warning",
            **self.fast,
        }


#: Leases and ticks of about a second, so that the suite sees them lapse.
FAST = {
    "HECTIS_LEASE_SECONDS": "1.0",
    "HECTIS_LEADER_SECONDS": "1.0",
    "HECTIS_TICK_SECONDS": "0.1",
    "HECTIS_SEAL_SECONDS": "3.0",
    "HECTIS_HEARTBEAT_SECONDS": "0.5",
    "HECTIS_JOB_SIZE": "10",
}
