"""R9: four clocks and four workers at once, and the leading clock is killed again and again.

Each window of a timed job must have run exactly once, another clock must lead within the bar, and no
message may be lost or worked twice.
"""

import random
import time
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection, Row, text

from hectis_flow.storage.locked import SUBJECTS
from tests.drills.balance import assert_each_effected_once
from tests.drills.load import Scale, Traffic
from tests.drills.stack import FAST, Process, Stack
from tests.waiting import until

CLOCKS = 4
SUITE = Scale(
    blows=8,
    workers=4,
    in_flight=60,
    bar=15.0,
    longest_pause=0.6,
    fast={**FAST, "HECTIS_LEADER_SECONDS": "0.6", "HECTIS_SEAL_SECONDS": "2.0"},
)
#: Production's ticks and windows. The leader's lease is shorter than a window, so that none is missed.
FULL = Scale(
    blows=50,
    workers=4,
    in_flight=400,
    bar=15.0,
    longest_pause=3.0,
    fast={"HECTIS_LEADER_SECONDS": "6.0"},
)

SEEN_LATE = 1.0  # seconds that a machine under load lets go by before and after a change of leader

LEADER = text("SELECT holder, term FROM clock_leader WHERE lease_until > hectis_machine_now()")
RUNS = text("SELECT window_start FROM clock_run WHERE job = 'seal' ORDER BY 1")


@dataclass
class Report:
    """How long each change of leader took, how many windows ran, and how many nobody led in.

    A change of leader that took longer than a window may have cost it: `too_long` counts these windows.
    """

    takeovers: list[float] = field(default_factory=list)
    windows: int = 0
    missed: int = 0
    too_long: int = 0
    seals: int = 0
    sent: int = 0

    def __str__(self) -> str:
        return (
            f"{len(self.takeovers)} leaders killed over {self.sent} messages; a new one within "
            f"{max(self.takeovers):.1f} s; {self.windows} windows ran once each, {self.missed} had no leader"
        )


def kill_leaders(stack: Stack, scale: Scale, seed: int, window_seconds: float) -> Report:
    """Run the whole drill on a stack that has just been made."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    report = Report()
    traffic = Traffic(stack, "C", scale.in_flight)
    for part in ("mllp", *["clock"] * CLOCKS, *["worker"] * scale.workers):
        stack.start(part)
    with stack.look() as connection:
        for _ in range(scale.blows):
            traffic.keep_up()
            time.sleep(chance.uniform(0, scale.longest_pause))  # the chance itself, not a wait
            report.takeovers.append(_kill_the_leader(stack, connection, scale.bar))
        traffic.drain(within=max(scale.bar, 60.0))
        until(lambda: _all_sealed(connection), "every case is sealed", within=window_seconds * 3 + scale.bar)
        _count_windows(connection, report, window_seconds)
        report.sent = traffic.sent
        assert_each_effected_once(connection, traffic.visits)
    return report


def _kill_the_leader(stack: Stack, connection: Connection, bar: float) -> float:
    """Kill whoever leads; the seconds until another does. A fresh clock takes the dead one's place."""
    led = until(lambda: _leader(connection), "somebody leads", within=bar)
    _process_of(stack, led.holder).kill()
    begun = time.monotonic()
    until(lambda: (now := _leader(connection)) and now.term > led.term, "another clock leads", within=bar)
    taken = time.monotonic() - begun
    stack.start("clock")
    return taken


def _leader(connection: Connection) -> Row[tuple[str, int]] | None:
    return connection.execute(LEADER).one_or_none()


def _process_of(stack: Stack, holder: str) -> Process:
    """The process behind a holder's name, which is host-pid-word."""
    pid = int(holder.rsplit("-", 2)[1])
    return next(process for process in stack.of("clock") if process.pid == pid)


def _all_sealed(connection: Connection) -> bool:
    return not connection.scalar(text('SELECT count(*) FROM "case" WHERE ledger_seq > sealed_seq'))


def _count_windows(connection: Connection, report: Report, seconds: float) -> None:
    starts = list(connection.scalars(RUNS))
    wanted = round((starts[-1] - starts[0]) / timedelta(seconds=seconds)) + 1
    assert len(set(starts)) == len(starts)
    # What has no window begins once all the same: one walk a table towards the key, whoever led.
    assert connection.scalar(text("SELECT count(*) FROM reencryption")) == len(SUBJECTS)
    report.windows, report.missed = len(starts), wanted - len(starts)
    report.too_long = sum(int((taken + SEEN_LATE) // seconds) for taken in report.takeovers)
    report.seals = int(connection.scalar(text("SELECT count(*) FROM ledger_seal")) or 0)
