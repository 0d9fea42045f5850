"""R1 for notices: workers are killed at random instructions while notices go out by mail and by webhook.

A kill counts only while the worker holds deliveries that have no end. None may be lost; a double may reach
a sink only with the key of the first, at most one a kill by mail, and by webhook at most what a worker
writes down at a time.
"""

import random
import signal
import time
from collections.abc import Collection
from dataclasses import dataclass

import redis
from sqlalchemy import Connection, Engine, text

from hectis_flow.channels.webhook import WebhookChannel
from hectis_flow.services.house import House
from tests.drills.load import Kills, Recoveries, Scale
from tests.drills.stack import FAST, Stack
from tests.drills.watch import job_at_hand, step_of
from tests.notices import line, refer, staffed, unreferred
from tests.sinks import SECRET, Calls, Mails
from tests.waiting import until

SUITE = Scale(
    blows=20,
    workers=2,
    in_flight=120,
    bar=60.0,
    longest_pause=0.05,
    fast={**FAST, "HECTIS_LEASE_SECONDS": "3.0"},
)
#: Production's leases, ticks and batches.
FULL = Scale(blows=200, workers=2, in_flight=2000, bar=60.0, longest_pause=0.5, fast={})
PEOPLE = 40
PATIENCE = 300.0  # how long it may take to open cases beside all the notices
JOB = "deliver_notices"
WAITING = "sent_at IS NULL AND cancelled_at IS NULL AND gave_up_at IS NULL"


@dataclass
class Report(Kills):
    """The kills, over how many notices, and what the sinks saw twice."""

    notices: int = 0
    mail_doubles: int = 0
    call_doubles: int = 0

    def __str__(self) -> str:
        doubles = f"{self.mail_doubles} mails, {self.call_doubles} calls"
        return self.told(f"{self.notices} notices", f"doubles with their own key: {doubles}; ")


def settings_for(mails: Mails, calls: Calls) -> dict[str, str]:
    """The settings by which a stack's notices reach these sinks."""
    return {
        "HECTIS_SMTP_HOST": mails.host,
        "HECTIS_SMTP_PORT": str(mails.port),
        "HECTIS_SMTP_STARTTLS": "no",
        "HECTIS_WEBHOOK_SECRET": SECRET,
        "HECTIS_WEBHOOK_HOSTS": calls.host,
        "HECTIS_PRIVATE_HOSTS": "yes",
        "HECTIS_RETRY_SECONDS": "0.5",
    }


def people(house: House, engine: Engine, calls: Calls) -> None:
    """Half of the station's people are reached by mail, half by webhook."""
    staffed(
        house,
        *(line(f"hr-{n}") for n in range(0, PEOPLE, 2)),
        *(line(f"hr-{n}", email="", webhook=f"https://{calls.host}/") for n in range(1, PEOPLE, 2)),
    )
    key_id, sealed = house.vault.seal(b"contact_point.address", calls.url.encode())
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE contact_point SET key_id = :key_id, address_enc = :sealed WHERE channel = 'webhook'"
            ),
            {"key_id": key_id, "sealed": sealed},
        )


def kill_senders(
    stack: Stack, house: House, broker: "redis.Redis", mails: Mails, calls: Calls, scale: Scale, seed: int
) -> Report:
    """Run the whole drill on a stack that has just been made."""
    chance, report, cases = random.Random(seed), Report(), 0  # noqa: S311 - chance, not secrecy
    people(house, stack.engine, calls)
    # Opened in advance: while so many notices are in flight, they go before any message.
    at_once = scale.in_flight // 7
    ahead = unreferred(house, stack.engine, at_once, "K")
    for part in ("clock", *["worker"] * scale.workers):
        stack.start(part)
    with stack.look() as connection:
        recoveries = Recoveries(connection, scale.bar, unended)
        while report.steps.total() < scale.blows:
            while cases * PEOPLE - ended(connection) < scale.in_flight:
                if not ahead:
                    until(recoveries.note, "what was held is sent", within=scale.bar + 1)
                    ahead = unreferred(house, stack.engine, at_once, f"K{cases}-", within=PATIENCE)
                refer(house, ahead.pop())
                cases += 1
            time.sleep(chance.uniform(0, scale.longest_pause))  # the chance itself, not a wait
            held = _strike(stack, broker, connection, chance, report)
            if held:
                recoveries.begin(held)
            recoveries.note()
        until(recoveries.note, "what was held is sent", within=scale.bar + 1)
        report.notices = cases * PEOPLE
        until(lambda: ended(connection) == report.notices, "every notice has its end", within=scale.bar)
        report.longest = max(recoveries.seconds)
        _count(connection, mails, calls, report)
    return report


def unended(connection: Connection, ids: Collection[int]) -> int:
    """How many of these deliveries have no end."""
    statement = text(f"SELECT count(*) FROM delivery WHERE id = ANY(:ids) AND {WAITING}")  # noqa: S608
    return int(connection.scalar(statement, {"ids": list(ids)}) or 0)


def ended(connection: Connection) -> int:
    """How many deliveries have an end."""
    return int(connection.scalar(text(f"SELECT count(*) FROM delivery WHERE NOT ({WAITING})")) or 0)  # noqa: S608


def _strike(
    stack: Stack, broker: "redis.Redis", connection: Connection, chance: random.Random, report: Report
) -> list[int]:
    """Hold a worker still; kill it if it is at deliveries without an end, else let it go on."""
    victim = chance.choice(stack.of("worker"))
    victim.signal(signal.SIGSTOP)
    ids = job_at_hand(broker, victim.pid, JOB)
    statement = text(
        f"SELECT id FROM delivery WHERE id = ANY(:ids) AND {WAITING} AND lease_until > hectis_machine_now()"  # noqa: S608
    )
    held = list(connection.scalars(statement, {"ids": ids}))
    if not held:
        victim.signal(signal.SIGCONT)
        return []
    report.steps[step_of(connection, victim.pid)] += 1
    report.held.append(len(held))
    victim.kill()
    stack.start("worker")
    return held


def _count(connection: Connection, mails: Mails, calls: Calls, report: Report) -> None:
    """Nothing lost, nothing with a strange key, and how much came twice."""
    query = "SELECT message_key::text FROM delivery WHERE channel = '{}' AND sent_at IS NOT NULL"
    for channel, seen in (("email", mails.keys), ("webhook", [call.key for call in calls.calls])):
        keys = list(connection.scalars(text(query.format(channel))))
        assert len(keys) == report.notices // 2
        assert set(seen) == set(keys)
        doubles = len(seen) - len(keys)
        if channel == "email":
            report.mail_doubles = doubles
        else:
            report.call_doubles = doubles
    kills = report.steps.total()
    assert report.mail_doubles <= kills
    assert report.call_doubles <= kills * WebhookChannel.chunk
