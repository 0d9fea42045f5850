import json
import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

import pytest
import redis
from rq.job import Job
from rq.serializers import JSONSerializer

from hectis_flow.services.house import House
from tests.ports import kept_port
from tests.workers.conftest import RunJobs, Said
from workers import queues
from workers.queues import MESSAGES, MOST_WAITING, PROCESS_MESSAGES, enqueue, queue_of, room
from workers.short_jobs import FAILED

PLANTED = "Nomvula Testcase 0210000000"
QUOTED = re.compile("Nomvula|0210000000")


def jobs_waiting(broker: "redis.Redis") -> list[Job]:
    ids = queue_of(broker, MESSAGES).job_ids
    return [Job.fetch(job_id, connection=broker, serializer=JSONSerializer) for job_id in ids]


def everything_in(broker: "redis.Redis") -> str:
    """Every key with what it holds, as one text."""
    return "\n".join(f"{key!r}: {broker.dump(key)!r} {value_of(broker, key)!r}" for key in broker.scan_iter())


def value_of(broker: "redis.Redis", key: bytes) -> object:
    kind = broker.type(key)
    if kind == b"hash":
        return broker.hgetall(key)
    if kind == b"stream":
        return broker.xrange(key)
    return kind


def what_redis_was_told(broker: "redis.Redis") -> list[str | None]:
    """Of each failed job; Redis holds it compressed, so that a search for words would not find them."""
    failed = queue_of(broker, MESSAGES).failed_job_registry
    jobs = [
        Job.fetch(job_id, connection=broker, serializer=JSONSerializer) for job_id in failed.get_job_ids()
    ]
    return [result.exc_string for job in jobs for result in job.results()]


def kept_for_ever(broker: "redis.Redis", keys: Iterable[bytes]) -> list[bytes]:
    return [key for key in keys if broker.ttl(key) == -1]


def test_a_job_is_json_with_ids_alone_and_every_limit(broker: "redis.Redis") -> None:
    enqueue(broker, PROCESS_MESSAGES, [[3, 5, 8]], lease_seconds=90.5)

    (job,) = jobs_waiting(broker)
    assert json.loads(job.data) == ["workers.jobs.process_messages", None, [[3, 5, 8]], {}]
    assert (job.timeout, job.ttl, job.result_ttl, job.failure_ttl) == (60, 91, 0, 3600)
    assert job.description == "process_messages"


def test_a_job_whose_lease_has_lapsed_leaves_redis_by_itself(broker: "redis.Redis") -> None:
    enqueue(broker, PROCESS_MESSAGES, [[1]], lease_seconds=30.0)

    (job,) = jobs_waiting(broker)
    assert 0 < broker.ttl(job.key) <= 30


def test_the_room_of_a_queue_is_what_is_left_of_its_bound(broker: "redis.Redis") -> None:
    assert room(broker, PROCESS_MESSAGES) == MOST_WAITING

    enqueue(broker, PROCESS_MESSAGES, [[1], [2], [3]], lease_seconds=30.0)
    assert room(broker, PROCESS_MESSAGES) == MOST_WAITING - 3

    enqueue(broker, PROCESS_MESSAGES, [[1]] * (MOST_WAITING + 5), lease_seconds=30.0)
    assert room(broker, PROCESS_MESSAGES) == 0


def test_a_job_that_went_well_leaves_nothing_behind(broker: "redis.Redis", run_jobs: RunJobs) -> None:
    enqueue(broker, PROCESS_MESSAGES, [[1], [2]], lease_seconds=30.0)

    desk = run_jobs()

    assert desk.figures()["done"] == 2
    assert not [
        key for key in broker.scan_iter() if key.startswith((b"rq:job:", b"rq:results:", b"rq:execution"))
    ]


@pytest.fixture
def failing_jobs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every job fails with a person's name in the text of its fault, as a database error might."""

    def process(_house: House, _ids: list[int]) -> None:
        raise ValueError(PLANTED)

    monkeypatch.setattr("workers.jobs.intake.process", process)


@pytest.mark.usefixtures("failing_jobs")
def test_what_a_fault_quotes_reaches_neither_redis_nor_the_log(
    broker: "redis.Redis", run_jobs: RunJobs, caplog: pytest.LogCaptureFixture, said: Said
) -> None:
    enqueue(broker, PROCESS_MESSAGES, [[1]], lease_seconds=30.0)

    desk = run_jobs()

    assert desk.figures()["failed"] == 1
    assert not QUOTED.search(everything_in(broker))
    assert what_redis_was_told(broker) == [FAILED]
    assert not QUOTED.search(caplog.text)
    (line,) = said
    assert (line["event"], line["job"], type(line["exc_info"])) == (
        "job.failed",
        "process_messages",
        ValueError,
    )


@pytest.mark.usefixtures("failing_jobs")
def test_a_failed_job_is_forgotten_in_the_end(broker: "redis.Redis", run_jobs: RunJobs) -> None:
    enqueue(broker, PROCESS_MESSAGES, [[1]], lease_seconds=30.0)

    run_jobs()

    of_jobs = [
        key for key in broker.scan_iter() if key.startswith((b"rq:job:", b"rq:results:", b"rq:execution"))
    ]
    assert of_jobs
    assert kept_for_ever(broker, of_jobs) == []


def test_a_broker_that_is_away_is_an_error_and_not_a_wait() -> None:
    with kept_port() as port, pytest.raises(redis.RedisError):
        room(queues.connect(f"redis://127.0.0.1:{port}/0"), PROCESS_MESSAGES)


def test_a_job_that_hangs_is_ended_even_where_every_fault_is_caught(
    broker: "redis.Redis", run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def process(_house: House, _ids: list[int]) -> None:
        while True:
            with suppress(Exception):
                threading.Event().wait(60)

    monkeypatch.setattr("workers.jobs.intake.process", process)
    enqueue(broker, replace(PROCESS_MESSAGES, timeout=1), [[1]], lease_seconds=30.0)

    assert run_jobs().figures()["failed"] == 1
