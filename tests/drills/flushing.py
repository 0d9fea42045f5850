"""R3: everything in Redis is wiped at random moments under load, and nothing may be missing afterwards.

A wipe counts only while Redis holds work: jobs that wait or a job that is being done.
"""

import random
import time
from dataclasses import dataclass, field

import redis

from tests.drills.balance import assert_each_effected_once
from tests.drills.load import Recoveries, Scale, Traffic
from tests.drills.stack import FAST, Stack
from tests.drills.watch import leased
from tests.waiting import until
from workers.queues import MESSAGES, queue_of

SUITE = Scale(blows=20, workers=2, in_flight=150, bar=60.0, longest_pause=0.1, fast=FAST)
#: Production's leases, ticks and batches.
FULL = Scale(blows=20, workers=2, in_flight=2000, bar=60.0, longest_pause=5.0, fast={})


@dataclass
class Report:
    """How many jobs each wipe took, and how long the messages leased at that moment took afterwards."""

    jobs: list[int] = field(default_factory=list)
    longest: float = 0.0
    sent: int = 0

    def __str__(self) -> str:
        return (
            f"{len(self.jobs)} wipes over {self.sent} messages, {sum(self.jobs)} jobs lost with them; "
            f"longest recovery {self.longest:.1f} s"
        )


def wipe_redis(stack: Stack, broker: "redis.Redis", scale: Scale, seed: int) -> Report:
    """Run the whole drill on a stack that has just been made."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    report = Report()
    traffic = Traffic(stack, "F", scale.in_flight)
    queue = queue_of(broker, MESSAGES)
    for part in ("mllp", "clock", *["worker"] * scale.workers):
        stack.start(part)
    with stack.look() as connection:
        recoveries = Recoveries(connection, scale.bar)
        while len(report.jobs) < scale.blows:
            traffic.keep_up()
            time.sleep(chance.uniform(0, scale.longest_pause))  # the chance itself, not a wait
            jobs = queue.count + queue.started_job_registry.count
            if jobs:
                held = leased(connection)
                broker.flushall()
                report.jobs.append(jobs)
                recoveries.begin(held)
            recoveries.note()
        until(recoveries.note, "what was leased is done", within=scale.bar + 1)
        traffic.drain(within=scale.bar)
        report.longest, report.sent = max(recoveries.seconds), traffic.sent
        assert_each_effected_once(connection, traffic.visits)
    return report
