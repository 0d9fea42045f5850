"""A rotation of keys under load: workers are killed in the middle of moving rows, again and again.

A kill counts only while the worker is inside a transaction that moves rows. In the end no row may be on
an old key, everything must open and be what was sent, and no hospital may have noticed.
"""

import hashlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, text

from config.keys import ensure_key_file, read_key_file, rotate_key_file
from hectis_flow.storage.locked import SUBJECTS
from hectis_flow.storage.vault import RAW, Vault
from tests.drills.nursery import ROOT
from tests.drills.sender import Sender
from tests.drills.stack import FAST, Process, Stack
from tests.hospital import visits
from tests.waiting import until

PREPARED = 900.0
OVER = 120.0  # seconds for everything to be moved once nobody is killed any more
#: Who holds a walk, and has written rows of that walk's table that are not committed.
MOVING = text(
    """
    SELECT pid FROM (
        SELECT application_name AS pid, relation = 'reencryption'::regclass AS walks
        FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE application_name LIKE 'hectis worker %' AND (
            relation = 'reencryption'::regclass OR mode = 'RowExclusiveLock' AND relation = ANY(
                ARRAY['inbound_message', 'patient', 'encounter']::regclass[]))) AS held
    GROUP BY pid HAVING count(DISTINCT walks) = 2
    """
)
LOOK_SECONDS = 0.02


#: With few rows a move is over before it can be struck: each patient moved then takes this long.
DRAG = """
    CREATE FUNCTION drag() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END $$;
    CREATE TRIGGER drag BEFORE UPDATE ON patient FOR EACH ROW
        WHEN (OLD.key_id <> NEW.key_id) EXECUTE FUNCTION drag()
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """So many visits before the rotation, so many workers, so many kills."""

    visits: int
    workers: int
    blows: int
    drag: float
    fast: dict[str, str]


SUITE = Scale(visits=150, workers=2, blows=3, drag=0.005, fast=FAST)
FULL = Scale(visits=10_000, workers=2, blows=50, drag=0.0, fast={})


@dataclass
class Report:
    """What was killed and moved, and what hospitals saw meanwhile; times in seconds."""

    kills: int = 0
    rotations: int = 0
    rows: int = 0
    accepted: int = 0
    usual: float = 0.0
    longest: float = 0.0
    said: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.rotations} rotations over {self.rows} rows, {self.kills} workers killed while moving them; "
            f"{self.accepted} messages accepted meanwhile, answers p50 {self.usual * 1000:.0f} ms, "
            f"at most {self.longest * 1000:.0f} ms; {'; '.join(self.said)}"
        )


def rotate_under_load(stack: Stack, scale: Scale) -> Report:
    """Run the whole drill on a stack that has just been made."""
    report = Report()
    keys = stack.folder / "keys.json"
    ensure_key_file(keys)
    stack.fast = {**stack.fast, "HECTIS_KEYS_FILE": str(keys)}
    for part in ("mllp", "clock", *["worker"] * scale.workers):
        stack.start(part)
    stack.send(visits(scale.visits, run="B"))
    until(lambda: not stack.undone(), "the first messages are done", within=PREPARED)
    with stack.look() as connection, ExitStack() as running:
        sender = running.enter_context(Sender(stack.port(), "L", pause=0.05))
        running.enter_context(_dragged(connection, scale.drag))
        while report.kills < scale.blows:
            if not report.rotations or _all_moved(connection, keys):
                rotate_key_file(keys)
                report.rotations += 1
            report.kills += _strike(stack, connection)
        until(lambda: _all_moved(connection, keys), "every row is on the newest key", within=OVER)
    until(lambda: not stack.undone(), "every message is done", within=OVER)
    report.said = [_command(stack, "status", "--wait").stdout.splitlines()[-1]]
    _retire_the_old(stack, keys)
    _check(stack, keys, sender, report)
    return report


@contextmanager
def _dragged(connection: Connection, seconds: float) -> Iterator[None]:
    if seconds:
        connection.execute(text(DRAG.format(seconds=seconds)))
    try:
        yield
    finally:
        connection.execute(text("DROP FUNCTION IF EXISTS drag CASCADE"))


def _strike(stack: Stack, connection: Connection) -> bool:
    """Hold a worker still that is moving rows, and kill it if it still is. Whether it was killed."""
    time.sleep(LOOK_SECONDS)
    victim = _mover(stack, connection)
    if victim is None:
        return False
    victim.signal(signal.SIGSTOP)
    if _mover(stack, connection) is not victim:
        victim.signal(signal.SIGCONT)
        return False
    victim.kill()
    stack.start("worker")
    return True


def _mover(stack: Stack, connection: Connection) -> Process | None:
    names = set(connection.scalars(MOVING))
    return next((one for one in stack.of("worker") if f"hectis worker {one.pid}" in names), None)


def _all_moved(connection: Connection, keys: Path) -> bool:
    """Whether no walk towards the newest key is open, and each was begun."""
    statement = text("SELECT count(*) FROM reencryption WHERE key_id = :key_id AND done_at IS NOT NULL")
    return connection.scalar(statement, {"key_id": read_key_file(keys).active}) == len(SUBJECTS)


def _retire_the_old(stack: Stack, keys: Path) -> None:
    material = read_key_file(keys)
    for key_id in [name for name in material.data_keys if name != material.active]:
        # Refused for a while: the last signs of life of those that were killed still name it.
        until(
            lambda name=key_id: _command(stack, "retire", name).returncode == 0, "it is retired", within=OVER
        )  # type: ignore[misc]
    assert list(read_key_file(keys).data_keys) == [material.active]


def _command(stack: Stack, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "hectis_flow.cli", "keys", *words],
        cwd=ROOT,
        env=stack.environ(),
        capture_output=True,
        text=True,
        check=False,
    )


def _check(stack: Stack, keys: Path, sender: Sender, report: Report) -> None:
    """Everything opens with the one key that is left, and each message is what its digest says."""
    material = read_key_file(keys)
    vault = Vault((material.data_keys, material.active, material.index_key))
    with stack.look() as connection:
        for subject in SUBJECTS.values():
            query = text(f"SELECT key_id, {subject.column} FROM {subject.table}")  # noqa: S608
            for key_id, sealed in connection.execute(query):
                assert key_id == material.active
                vault.open(subject.purpose, key_id, sealed)
                report.rows += 1
        for digest, key_id, sealed in connection.execute(
            text("SELECT digest, key_id, raw_enc FROM inbound_message")
        ):
            assert hashlib.sha256(vault.open(RAW, key_id, sealed)).digest() == digest
        stored = set(connection.scalars(text("SELECT control_id FROM inbound_message")))
    book = sender.book
    assert set(book.accepted) <= stored
    assert set(book.codes) == {"AA"}
    assert (book.closed, book.silent) == (0, 0)
    report.accepted, report.usual, report.longest = len(book.accepted), book.percentile(0.5), book.longest
