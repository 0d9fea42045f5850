"""R1, as far as intake goes: workers are killed at random instructions while messages are in flight.

A kill counts only while the worker holds a lease. 0 messages may be lost, none may have its effect
twice, and what a killed worker held must be done within the bar.
"""

import random
import signal
import time
from dataclasses import dataclass

import redis
from sqlalchemy import Connection

from tests.drills.balance import assert_each_effected_once
from tests.drills.load import Kills, Recoveries, Scale, Traffic
from tests.drills.stack import FAST, Stack
from tests.drills.watch import job_at_hand, step_of, still_leased
from tests.waiting import until

SUITE = Scale(blows=20, workers=3, in_flight=150, bar=60.0, longest_pause=0.05, fast=FAST)
#: Production's leases, ticks and batches.
FULL = Scale(blows=200, workers=2, in_flight=2000, bar=60.0, longest_pause=1.0, fast={})


@dataclass
class Report(Kills):
    """The kills, and over how many messages."""

    sent: int = 0

    def __str__(self) -> str:
        return self.told(f"{self.sent} messages")


def kill_workers(stack: Stack, broker: "redis.Redis", scale: Scale, seed: int) -> Report:
    """Run the whole drill on a stack that has just been made."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    report = Report()
    traffic = Traffic(stack, "K", scale.in_flight)
    for part in ("mllp", "clock", *["worker"] * scale.workers):
        stack.start(part)
    with stack.look() as connection:
        recoveries = Recoveries(connection, scale.bar)
        while report.steps.total() < scale.blows:
            traffic.keep_up()
            time.sleep(chance.uniform(0, scale.longest_pause))  # the chance itself, not a wait
            held = _strike(stack, broker, connection, chance, report)
            if held:
                recoveries.begin(held)
            recoveries.note()
        until(recoveries.note, "what was held is done", within=scale.bar + 1)
        traffic.drain(within=scale.bar)
        report.longest, report.sent = max(recoveries.seconds), traffic.sent
        assert_each_effected_once(connection, traffic.visits)
    return report


def _strike(
    stack: Stack, broker: "redis.Redis", connection: Connection, chance: random.Random, report: Report
) -> list[int]:
    """Hold a worker still; kill it if it holds a lease, else let it go on. What a killed one held."""
    victim = chance.choice(stack.of("worker"))
    victim.signal(signal.SIGSTOP)
    held = still_leased(connection, job_at_hand(broker, victim.pid))
    if not held:
        victim.signal(signal.SIGCONT)
        return []
    report.steps[step_of(connection, victim.pid)] += 1
    report.held.append(len(held))
    victim.kill()
    stack.start("worker")
    return held
