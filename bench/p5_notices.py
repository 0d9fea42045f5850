"""P5: notices by webhook (a signed POST of about 1 KB), each recorded, beside Dramatiq on the same sink.

`python -m bench.p5_notices` (`make target ID=P5`). Ours is the product whole: the clock hands over, two
worker processes open the address, write the words, sign, send and record. The peer is a Dramatiq actor in
two processes that sends a ready body over the same kind of pool and records nothing; the floor is that
call in a bare loop in two processes. All in every round, on one machine; medians are compared. The target
of 5,000 a second was set where Dramatiq reached 3,600, so the ratio to it decides. Ends with one line of JSON.
"""

import base64
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from dramatiq.brokers.redis import RedisBroker

from bench.p5_peer import post
from bench.web_servers import found, product_environ
from config.keys import read_key_file
from hectis_flow.storage.vault import CONTACT, Vault
from hectis_flow.wiring import key_table
from workers.local_services import LocalServices, temporary_services

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
NOTICES = int(os.environ.get("BENCH_NOTICES", "10000"))
WARM = 400
TARGET = 5_000
TARGET_RATIO = 5_000 / 3_600
LONGEST = 60.0
# One case that stands at `referred` with its clock, and so many people to tell, all at one address. Put in as
# the owner of the database can: the moves that lead there are not what is measured.
FILL = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO "case" (id, ref, incident_id, opened_at, stage, phase, version, stage_entered_at,
        workflow_version, owner_office_id, station_id, ledger_seq, ledger_head)
    OVERRIDING SYSTEM VALUE
    SELECT 1, 'WC-2026-000001', 1, hectis_now(), 'referred', 'saps', 5, hectis_now(), 3, id, id, 5, ''
    FROM office WHERE code = 'harare-saps';
    INSERT INTO stage_transition (id, case_id, version, transition, from_stage, to_stage, actor_role, actor, details, at)
    OVERRIDING SYSTEM VALUE
    VALUES (1, 1, 5, 'refer', 'referral_ready', 'referred', 'rule', 'clock', '{{}}', hectis_now());
    INSERT INTO clock (id, case_id, name, stage, office_id, policy_version, workflow_version, started_at, due_at,
        ladder)
    OVERRIDING SYSTEM VALUE
    SELECT 1, 1, 'saps_acknowledge', 'referred', owner_office_id, '1', 3, hectis_now(), hectis_now() + interval '1 day',
        jsonb_build_array(jsonb_build_object('level', 1, 'office_id', owner_office_id, 'role', 'station_commander',
            'due_at', hectis_now() + interval '1 day'))
    FROM "case";
    INSERT INTO clock_step (clock_id, step, case_id, level, office_id, role, due_at)
    SELECT 1, 1, 1, 1, office_id, 'station_commander', due_at FROM clock;
    INSERT INTO outbox (id, event, case_id, subject_id, done_at) OVERRIDING SYSTEM VALUE
    VALUES (1, 'case.stage_entered', 1, 1, hectis_now());
    INSERT INTO staff (id, code, key_id, person_enc) OVERRIDING SYSTEM VALUE
    SELECT n, 'p-' || n, 'k1', '' FROM generate_series(1, {count}) AS n;
    INSERT INTO contact_point (id, staff_id, channel, address_blind, key_id, address_enc) OVERRIDING SYSTEM VALUE
    SELECT n, n, 'webhook', sha256(n::text::bytea), %(key_id)s, %(address)s FROM generate_series(1, {count}) AS n;
    INSERT INTO delivery (event_id, case_id, kind, staff_id, office_id, role, channel, contact_point_id, wanted_by)
    SELECT 1, 1, 'task', s.id, c.owner_office_id, 'saps_liaison', 'webhook', s.id, k.due_at
    FROM staff s, "case" c, clock k;
    INSERT INTO action_link (delivery_id, case_id, staff_id, office_id, role, purpose, expires_at)
    SELECT id, 1, staff_id, office_id, role, 'acknowledge', hectis_machine_now() + interval '14 days' FROM delivery;
"""


@dataclass
class Sink:
    """The receiver's process."""

    process: "subprocess.Popen[str]"
    port: int

    def seen(self) -> dict[str, int]:
        """What came since the last question."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found: dict[str, int] = json.loads(self.process.stdout.readline())
        return found


def main() -> int:
    """Measure, print a table and the verdict; 0 where the target holds."""
    rates: dict[str, list[float]] = {"ours": [], "dramatiq": [], "bare": []}
    with temporary_services() as (services, addresses), sink() as receiver:
        for round_ in range(ROUNDS):
            rates["bare"].append(bare(receiver))
            rates["dramatiq"].append(dramatiq(receiver, addresses.redis_url))
            rates["ours"].append(ours(receiver, services, addresses.redis_url, f"p5_{round_}"))
            print(f"round {round_ + 1} of {ROUNDS} done", file=sys.stderr)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, median in medians.items():
        print(f"{name:<10} {median:>8,.0f} notices/s")
    ratio = medians["ours"] / medians["dramatiq"]
    report = {
        "target": "P5",
        "ours": round(medians["ours"]),
        "peer": {"dramatiq (records nothing)": round(medians["dramatiq"])},
        "floor": {"bare calls": round(medians["bare"])},
        "ratios": {
            "to dramatiq": round(ratio, 2),
            "to bare calls": round(medians["ours"] / medians["bare"], 2),
        },
        "notices": NOTICES,
        "verdict": "holds" if medians["ours"] >= TARGET or ratio >= TARGET_RATIO else "misses",
    }
    print(json.dumps(report))
    return 0 if report["verdict"] == "holds" else 1


@contextmanager
def sink() -> Iterator[Sink]:
    """The receiver, for as long as this lasts."""
    with run("bench.p5_sink", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield Sink(process, int(process.stdout.readline()))


@contextmanager
def run(module: str, *arguments: str, **how: Any) -> Iterator["subprocess.Popen[Any]"]:
    """A process of ours, ended with this."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, **how)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=40)


def rate(receiver: Sink, count: int) -> float:
    """Wait until `WARM` and then so many more calls have come; different keys a second of the latter."""
    began = asked = time.monotonic()
    calls = keys = 0
    while calls < WARM + count:
        seen = receiver.seen()
        if calls < WARM:
            began, keys = time.monotonic(), 0
        else:
            keys += seen["keys"]
        calls += seen["calls"]
        if time.monotonic() - asked > LONGEST:
            raise RuntimeError(f"{calls} of {WARM + count} calls in {LONGEST:g} s")
        time.sleep(0.01)
    return keys / (time.monotonic() - began)


def bare(receiver: Sink) -> float:
    """Two processes that call and nothing else."""
    environ = os.environ | {"P5_PORT": str(receiver.port)}
    half = str((NOTICES + WARM) // 2)
    with run("bench.p5_peer", half, "a", env=environ), run("bench.p5_peer", half, "b", env=environ):
        return rate(receiver, NOTICES)


def dramatiq(receiver: Sink, redis_url: str) -> float:
    """The peer: two processes with the eight threads that it starts by itself."""
    environ = os.environ | {"P5_PORT": str(receiver.port), "REDIS_URL": redis_url}
    program = [str(Path(sys.executable).parent / "dramatiq"), "bench.p5_peer", "--processes", "2"]
    broker = RedisBroker(url=redis_url, middleware=[])
    for number in range(NOTICES + WARM):
        broker.enqueue(post.message(f"d-{number}"))
    process = subprocess.Popen(
        program, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        return rate(receiver, NOTICES)
    finally:
        process.terminate()
        process.wait(timeout=40)


def ours(receiver: Sink, services: LocalServices, redis_url: str, database: str) -> float:
    """The product: its clock and two of its workers, on a database of its own."""
    url = services.create_database(database)
    environ = product_environ(url, redis_url) | {
        "HECTIS_LOG_LEVEL": "warning",
        "HECTIS_WEBHOOK_SECRET": f"whsec_{base64.b64encode(bytes(32)).decode()}",
        "HECTIS_WEBHOOK_HOSTS": f"127.0.0.1:{receiver.port}",
        "HECTIS_PRIVATE_HOSTS": "yes",
    }
    found(environ)
    vault = Vault(key_table(read_key_file(Path(environ["HECTIS_KEYS_FILE"]))))
    with (
        psycopg.connect(url.replace("+psycopg", "")) as connection,
        run("workers.work", env=environ),
        run("workers.work", env=environ),
    ):
        until_beating(connection, "worker", 2)
        fill(connection, vault, f"http://127.0.0.1:{receiver.port}/hook")
        with run("workers.clock", env=environ):
            pace = rate(receiver, NOTICES)
            until_recorded(connection)
    services.drop_database(database)
    return pace


def fill(connection: "psycopg.Connection[Any]", vault: Vault, address: str) -> None:
    """What is due, and a few more to warm up with."""
    key_id, sealed = vault.seal(CONTACT, address.encode())
    with connection.transaction():
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(FILL.format(count=NOTICES + WARM), {"key_id": key_id, "address": sealed})
    connection.execute("ANALYZE")
    connection.commit()


def until_beating(connection: "psycopg.Connection[Any]", part: str, count: int) -> None:
    """Wait until so many of a part run."""
    wait(connection, f"SELECT count(*) >= {count} FROM heartbeat WHERE part = '{part}'")  # noqa: S608


def until_recorded(connection: "psycopg.Connection[Any]") -> None:
    """Every one was written down as sent, by one attempt."""
    wait(connection, "SELECT NOT EXISTS (SELECT FROM delivery WHERE sent_at IS NULL)")
    wait(connection, "SELECT max(attempts) = 1 FROM delivery")


def wait(connection: "psycopg.Connection[Any]", query: str) -> None:
    """Ask until it is so."""
    begun = time.monotonic()
    while not connection.execute(query).fetchone()[0]:  # type: ignore[index]
        connection.rollback()
        if time.monotonic() - begun > LONGEST:
            raise RuntimeError(query)
        time.sleep(0.02)
    connection.rollback()


if __name__ == "__main__":
    sys.exit(main())
