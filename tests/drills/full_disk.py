"""R7, as far as intake goes: the disk under the messages is full, and later it is not.

The table of messages is moved to a file system of 64 MB in memory, which is then filled. Intake must
answer AE, nothing may be half-written, and AA must come again by itself once there is room.
"""

import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from hectis_flow.storage.vault import RAW, Vault
from tests.drills.breakable import Servers
from tests.drills.sender import Sender
from tests.drills.stack import Stack
from tests.waiting import until

SIZE = 64 << 20
SENDERS = 2
BAR = 60.0  # seconds from the return of space to the next AA
PLACE = """
    SELECT format('ALTER TABLE %I SET TABLESPACE {place}', tablename) FROM pg_tables
    WHERE tablename = 'inbound_message'
    UNION ALL
    SELECT format('ALTER INDEX %I SET TABLESPACE {place}', indexname) FROM pg_indexes
    WHERE tablename = 'inbound_message'
"""


@dataclass
class Report:
    """Answers before, during and after; seconds until AE came, and until AA came again."""

    accepted: int
    refused: int
    told: float
    recovered: float

    def __str__(self) -> str:
        return (
            f"{self.accepted} AA, all of them stored and whole, {self.refused} AE; the first AE "
            f"{self.told:.1f} s after the disk was full, the first AA {self.recovered:.1f} s after it was not"
        )


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """A file system of 64 MB; None where this account may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="hectis-disk-"))
    mounted = (
        os.geteuid() == 0
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        ).returncode
        == 0
    )
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@contextmanager
def messages_on(servers: Servers, disk: Path, connection: Connection) -> Iterator[None]:
    """The table of messages and its indexes live on that disk."""
    place = disk / "postgres"
    place.mkdir()
    if servers.postgres.account is not None:
        os.chown(place, servers.postgres.account.uid, servers.postgres.account.gid)
    disk.chmod(0o755)
    connection.execute(text(f"CREATE TABLESPACE small LOCATION '{place}'"))
    try:
        _move(connection, "small")
        yield
    finally:
        _move(connection, "pg_default")
        connection.execute(text("DROP TABLESPACE small"))


def _move(connection: Connection, place: str) -> None:
    for statement in connection.scalars(text(PLACE.format(place=place))).all():
        connection.execute(text(statement))


def fill_disk(stack: Stack, servers: Servers, disk: Path, lasts: float) -> Report:
    """Run the whole drill; the disk is full for so many seconds."""
    ballast = disk / "ballast"
    with stack.look() as connection, messages_on(servers, disk, connection):
        for part in ("mllp", "clock", "worker"):
            stack.start(part)
        port = stack.port()
        with ExitStack() as running:
            senders = [
                running.enter_context(Sender(port, f"D{number}", pause=0.002)) for number in range(SENDERS)
            ]
            until(lambda: _answered(senders, "AA") > 50, "messages are accepted")
            _fill(ballast)
            told = _seconds_until(senders, "AE")
            time.sleep(lasts)  # the full disk itself, not a wait
            ballast.unlink()
            recovered = _seconds_until(senders, "AA")
        until(lambda: not stack.undone(), "every message is done", within=BAR)
        _check(stack, connection, senders)
        stack.stop()
    return Report(_answered(senders, "AA"), _answered(senders, "AE"), told, recovered)


def _fill(ballast: Path) -> None:
    """Take every byte that is left."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


def _answered(senders: list[Sender], code: str) -> int:
    return sum(sender.book.codes[code] for sender in senders)


def _seconds_until(senders: list[Sender], code: str) -> float:
    begun, before = time.monotonic(), _answered(senders, code)
    until(lambda: _answered(senders, code) > before, f"{code} is answered", within=BAR)
    return time.monotonic() - begun


def _check(stack: Stack, connection: Connection, senders: list[Sender]) -> None:
    """What was accepted is there, and whatever is there is whole."""
    keys = stack.settings.keys
    vault = Vault((keys.data_keys, keys.active, keys.index_key))
    stored = set()
    for control_id, digest, key_id, sealed in connection.execute(
        text("SELECT control_id, digest, key_id, raw_enc FROM inbound_message")
    ):
        assert hashlib.sha256(vault.open(RAW, key_id, sealed)).digest() == digest
        stored.add(control_id)
    for sender in senders:
        assert set(sender.book.accepted) <= stored
        assert set(sender.book.codes) <= {"AA", "AE"}, sender.book.codes
        assert sender.book.silent == 0
    assert set(connection.scalars(text("SELECT DISTINCT state FROM inbound_message"))) == {"accepted"}
