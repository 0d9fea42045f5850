"""R2: workers are told to stop, at any moment, under load, between taking a job and beginning it, and twice.

Our workers do not fork, so there is no horse to kill alone. A worker that is told to stop finishes or lets
go what it holds and ends by itself within the drain; nothing is lost, nothing happens twice.
"""

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

import redis
from sqlalchemy import Connection

from tests.drills.balance import assert_each_effected_once
from tests.drills.load import Scale, Traffic
from tests.drills.stack import FAST, Process, Stack
from tests.drills.watch import OUTSIDE, job_at_hand, step_of
from tests.waiting import until

SUITE = Scale(blows=12, workers=2, in_flight=150, bar=60.0, longest_pause=0.05, fast=FAST)
FULL = Scale(blows=100, workers=2, in_flight=2000, bar=60.0, longest_pause=1.0, fast={})
DRAIN = 30.0  # seconds in which a worker that was told to stop must have ended
WAYS = ("under load", "between taking a job and beginning it", "told twice")


@dataclass
class Report:
    """How each order came, how many messages were in hand then, and how long the longest ending took."""

    ways: Counter[str] = field(default_factory=Counter)
    in_hand: int = 0
    longest: float = 0.0
    sent: int = 0

    def __str__(self) -> str:
        ways = ", ".join(f"{way}: {times}" for way, times in self.ways.items())
        return (
            f"{self.ways.total()} workers told to stop over {self.sent} messages ({ways}), {self.in_hand} in hand; "
            f"the longest took {self.longest:.1f} s to end"
        )


def stop_workers(stack: Stack, broker: "redis.Redis", scale: Scale, seed: int) -> Report:
    """Run the whole drill on a stack that has just been made."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    report = Report()
    traffic = Traffic(stack, "S", scale.in_flight)
    for part in ("mllp", "clock", *["worker"] * scale.workers):
        stack.start(part)
    with stack.look() as connection:
        while report.ways.total() < scale.blows:
            traffic.keep_up()
            time.sleep(chance.uniform(0, scale.longest_pause))  # the chance itself, not a wait
            way = WAYS[report.ways.total() % len(WAYS)]
            victim = chance.choice(stack.of("worker"))
            if _order(victim, way, broker, connection, report):
                report.ways[way] += 1
                _await_end(victim, report)
                stack.start("worker")
        traffic.drain(within=scale.bar)
        report.sent = traffic.sent
        assert_each_effected_once(connection, traffic.visits)
    return report


def _order(victim: Process, way: str, broker: "redis.Redis", connection: Connection, report: Report) -> bool:
    """Tell a worker with a job in hand to stop; False where it has none, or not at that moment."""
    victim.signal(signal.SIGSTOP)
    held = job_at_hand(broker, victim.pid)
    fits = bool(held) and (way != WAYS[1] or step_of(connection, victim.pid) == OUTSIDE)
    if fits:
        report.in_hand += len(held)
        victim.signal(signal.SIGTERM)
    victim.signal(signal.SIGCONT)
    if fits and way == WAYS[2]:
        victim.signal(signal.SIGTERM)
    return fits


def _await_end(victim: Process, report: Report) -> None:
    begun = time.monotonic()
    until(lambda: not victim.alive, "the worker that was told to stop has ended", within=DRAIN)
    report.longest = max(report.longest, time.monotonic() - begun)
