"""The worker as a process: what it does when told to stop, when Redis is away and while it is busy."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from sqlalchemy import Connection, Engine, text

from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services import intake
from hectis_flow.services.house import House
from tests.drills.balance import assert_each_effected_once
from tests.drills.fixtures import StackMaker
from tests.drills.stack import FAST, Process, Stack
from tests.hospital import sent, visits
from tests.ports import kept_port
from tests.waiting import PATIENCE, until
from workers import queues
from workers.desk import LAST_CALL
from workers.handover import hand_over
from workers.queues import PROCESS_MESSAGES, enqueue, queue_of
from workers.server_binaries import ServerFinder
from workers.valkey_server import ValkeyServer

FEW = visits(3)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def stack(make_stack: StackMaker) -> Stack:
    """Leases long enough that nothing is offered again within a test."""
    return make_stack({**FAST, "HECTIS_LEASE_SECONDS": "60.0", "HECTIS_HEARTBEAT_SECONDS": "0.2"})


def a_job_of(house: House, client: "redis.Redis", run: str) -> None:
    """Three visits arrive, and one job of their six messages waits for whoever has time."""
    intake.receive(house, [Arrival("127.0.0.1", message) for message in sent(visits(3, run=run))])
    assert hand_over(replace(house, lease_seconds=60.0), client, job_size=100) == 6


@pytest.fixture
def jobs(house: House, clean: Engine, broker: "redis.Redis") -> None:
    a_job_of(house, broker, FEW[0].run)


@contextmanager
def held_up(engine: Engine) -> Iterator[Connection]:
    """Every job waits in the middle of its transaction for as long as this lasts."""
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE patient_number IN ACCESS EXCLUSIVE MODE"))
        yield connection


def waits_in_its_job(stack: Stack, worker: Process) -> bool:
    statement = text(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND wait_event_type = 'Lock'"
    )
    with stack.look() as connection:
        return bool(connection.scalar(statement, {"name": f"hectis worker {worker.pid}"}))


def beat(stack: Stack) -> dict[str, object]:
    statement = text("SELECT details FROM heartbeat WHERE part = 'worker' ORDER BY at DESC LIMIT 1")
    with stack.look() as connection:
        found = connection.scalar(statement)
    return dict(found or {})


def test_the_command_of_the_procfile_works_and_ends_well(stack: Stack, jobs: None, tmp_path: Path) -> None:
    environ = {**os.environ, **stack.environ()}
    with subprocess.Popen(
        [sys.executable, "-m", "workers.work"], cwd=ROOT, env=environ, stderr=subprocess.PIPE
    ) as worker:
        try:
            until(lambda: stack.undone() == 0, "the job is done")
            worker.terminate()
            _, errors = worker.communicate(timeout=PATIENCE)
        finally:
            worker.kill()

    assert (worker.returncode, errors) == (0, b"")
    assert beat(stack) == {}
    with stack.look() as connection:
        assert_each_effected_once(connection, FEW)


def test_a_worker_told_to_stop_finishes_the_job_at_hand(stack: Stack, jobs: None, clean: Engine) -> None:
    worker = stack.start("worker")
    with held_up(clean):
        until(lambda: waits_in_its_job(stack, worker), "it is in its job")
        worker.signal(signal.SIGTERM)

    until(lambda: not worker.alive, "it has ended")

    assert stack.undone() == 0


def test_a_worker_told_twice_leaves_its_job_to_another(
    stack: Stack, house: House, jobs: None, clean: Engine, broker: "redis.Redis"
) -> None:
    worker = stack.start("worker")
    with held_up(clean):
        until(lambda: waits_in_its_job(stack, worker), "it is in its job")

        worker.signal(signal.SIGTERM)
        told = time.monotonic()
        # RQ takes what comes within a second of the first for the same order.
        until(lambda: time.monotonic() > told + 3.0, "RQ takes the second for a second")
        worker.signal(signal.SIGTERM)

        until(lambda: not worker.alive, "it has ended, before its last call", within=LAST_CALL - 5.0)
        assert stack.undone() == 6

    assert beat(stack) == {}
    enqueue(broker, PROCESS_MESSAGES, [list(range(1, 7))], lease_seconds=60.0)
    stack.start("worker")
    until(lambda: stack.undone() == 0, "another does it")
    with stack.look() as connection:
        assert_each_effected_once(connection, FEW)


def test_a_busy_worker_shows_that_it_lives(stack: Stack, jobs: None, clean: Engine) -> None:
    worker = stack.start("worker")
    with held_up(clean):
        until(lambda: waits_in_its_job(stack, worker), "it is in its job")

        until(lambda: beat(stack).get("state") == "busy", "its heart says that it is busy")
        seen = beat(stack)["busy_seconds"]
        until(lambda: beat(stack)["busy_seconds"] != seen, "its heart beats on")

    until(lambda: beat(stack).get("done") == 1, "it is done")
    assert (beat(stack)["state"], beat(stack)["failed"]) == ("idle", 0)


@pytest.fixture
def other_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server that is not running yet."""
    home = tmp_path / "valkey"
    home.mkdir()
    with kept_port() as port:
        server = ValkeyServer(home, ServerFinder().valkey(), "password", port)
        yield server
        server.stop()


def test_a_worker_waits_for_a_redis_that_comes_late_or_goes_and_comes_back(
    make_stack: StackMaker, house: House, clean: Engine, other_valkey: ValkeyServer
) -> None:
    stack = make_stack({**FAST, "HECTIS_HEARTBEAT_SECONDS": "0.2", "REDIS_URL": other_valkey.url})
    worker = stack.start("worker")
    until(lambda: beat(stack).get("redis") == "away", "it misses Redis")

    for numbers in (1, 2):
        other_valkey.start()
        client = queues.connect(other_valkey.url)
        a_job_of(house, client, f"V{numbers}")
        client.close()
        until(lambda: stack.undone() == 0, "the job is done")
        until(lambda: beat(stack).get("redis") == "ok", "it sees Redis")
        other_valkey.stop()
        until(lambda: beat(stack).get("redis") == "away", "it misses Redis again")

    assert worker.alive
    begins = [
        line for line in worker.log.read_text(encoding="utf-8").splitlines() if "trouble.begins" in line
    ]
    assert len(begins) == 3


def test_a_worker_without_redis_ends_when_told(make_stack: StackMaker) -> None:
    with kept_port() as port:
        stack = make_stack({**FAST, "REDIS_URL": f"redis://127.0.0.1:{port}/0"})
        worker = stack.start("worker")
        until(lambda: beat(stack).get("redis") == "away", "it misses Redis")

        worker.signal(signal.SIGTERM)

        until(lambda: not worker.alive, "it has ended", within=LAST_CALL - 5.0)
    assert beat(stack) == {}


@pytest.mark.target("R3")
def test_a_worker_outlives_a_wipe_in_the_middle_of_its_job(
    stack: Stack, jobs: None, clean: Engine, broker: "redis.Redis", house: House
) -> None:
    worker = stack.start("worker")
    with held_up(clean):
        until(lambda: waits_in_its_job(stack, worker), "it is in its job")
        broker.flushall()
    until(lambda: stack.undone() == 0, "the job is done all the same")

    a_job_of(house, broker, "N")
    until(lambda: stack.undone() == 0, "so is the next")
    assert worker.alive
    assert queue_of(broker, queues.MESSAGES).count == 0
