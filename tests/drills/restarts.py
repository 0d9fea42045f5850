"""R5: PostgreSQL is restarted under intake, in its quick way and as if the power had gone.

Every message that was answered AA must be in the database afterwards, a hospital sees AE or a closed
line at worst, and the service comes back by itself.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from sqlalchemy import text

from tests.drills.breakable import FAST, IMMEDIATE, Servers
from tests.drills.sender import Sender
from tests.drills.stack import Stack
from tests.waiting import until

SENDERS = 3
RECOVERY = 30.0  # seconds from the database's answer to the next AA
AFTER_ALL = 90.0


@dataclass
class Report:
    """Seconds without an AA after each restart; the answers of all senders."""

    recoveries: list[float] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    closed: int = 0

    def __str__(self) -> str:
        return (
            f"{len(self.recoveries)} restarts; {self.accepted} AA, all of them stored, {self.refused} AE, "
            f"{self.closed} lines closed; first AA at most {max(self.recoveries):.1f} s after the database was back"
        )


def restart_postgres(stack: Stack, servers: Servers, times: int) -> Report:
    """So many restarts of each kind, with senders at work all the time."""
    report = Report()
    for part in ("mllp", "clock", "worker"):
        stack.start(part)
    port = stack.port()
    with ExitStack() as running:
        senders = [running.enter_context(Sender(port, f"P{number}")) for number in range(SENDERS)]
        for how in [FAST, IMMEDIATE] * times:
            _until_more(senders, "messages are accepted")
            servers.restart_postgres(how)
            begun = time.monotonic()
            _until_more(senders, "messages are accepted again")
            report.recoveries.append(time.monotonic() - begun)
    until(lambda: not stack.undone(), "every message is done", within=AFTER_ALL)
    _check(stack, senders, report)
    return report


def _until_more(senders: list[Sender], what: str) -> None:
    before = [len(sender.book.accepted) for sender in senders]
    until(
        lambda: all(
            len(sender.book.accepted) > count + 5 for sender, count in zip(senders, before, strict=True)
        ),
        what,
        within=RECOVERY,
    )


def _check(stack: Stack, senders: list[Sender], report: Report) -> None:
    with stack.look() as connection:
        stored = set(connection.scalars(text("SELECT control_id FROM inbound_message")))
        states = set(connection.scalars(text("SELECT DISTINCT state FROM inbound_message")))
    for sender in senders:
        book = sender.book
        assert set(book.accepted) <= stored, len(set(book.accepted) - stored)
        assert set(book.codes) <= {"AA", "AE"}, book.codes
        assert book.silent == 0
        report.accepted += len(book.accepted)
        report.refused += book.codes["AE"]
        report.closed += book.closed
    assert states == {"accepted"}
