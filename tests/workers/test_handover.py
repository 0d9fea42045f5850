from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
import redis
from sqlalchemy import Engine, text

from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services import intake, reencryption
from hectis_flow.services.house import House
from hectis_flow.storage.locked import SUBJECTS
from tests.drills.balance import assert_each_effected_once
from tests.hospital import Visit, sent, visits
from tests.ports import kept_port
from tests.tables import lapse
from tests.waiting import until
from tests.workers.conftest import RunJobs
from tests.workers.test_queues import jobs_waiting
from workers import queues
from workers.handover import hand_over, hand_over_keys
from workers.queues import KEYS, MOST_WAITING, queue_of

FEW = visits(5)  # ten messages


def arrive(house: House, them: Sequence[Visit]) -> None:
    intake.receive(house, [Arrival("127.0.0.1", message) for message in sent(them)])


def batches(broker: "redis.Redis") -> list[list[int]]:
    return [list(job.args[0]) for job in jobs_waiting(broker)]


def attempts(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT attempts FROM inbound_message ORDER BY id")))


@pytest.fixture
def patient_house(house: House) -> House:
    """Leases that do not lapse within a test."""
    return replace(house, lease_seconds=60.0)


@pytest.fixture
def full_redis(broker: "redis.Redis") -> Iterator["redis.Redis"]:
    """A broker that still answers but takes nothing more."""
    before = broker.config_get("maxmemory")["maxmemory"]
    broker.config_set("maxmemory", 1)
    yield broker
    broker.config_set("maxmemory", before)


def test_waiting_messages_become_jobs_of_a_bounded_size_oldest_first(
    clean: Engine, patient_house: House, broker: "redis.Redis"
) -> None:
    arrive(patient_house, FEW)

    assert hand_over(patient_house, broker, job_size=4) == 10

    handed = batches(broker)
    assert [len(batch) for batch in handed] == [4, 4, 2]
    in_order = [number for batch in handed for number in batch]
    assert in_order == sorted(in_order)


def test_what_is_leased_is_not_handed_over_again(
    clean: Engine, patient_house: House, broker: "redis.Redis"
) -> None:
    arrive(patient_house, FEW)
    hand_over(patient_house, broker, job_size=100)

    assert hand_over(patient_house, broker, job_size=100) == 0
    assert len(batches(broker)) == 1


@pytest.mark.target("R3")
def test_what_redis_lost_is_handed_over_again_when_its_lease_lapses(
    clean: Engine, house: House, broker: "redis.Redis"
) -> None:
    brief = replace(house, lease_seconds=0.2)
    arrive(brief, FEW)
    hand_over(brief, broker, job_size=100)
    broker.flushall()

    assert until(lambda: hand_over(brief, broker, job_size=100), "it is handed over again") == 10


def test_a_full_queue_leaves_the_rest_unleased(
    clean: Engine, patient_house: House, broker: "redis.Redis"
) -> None:
    arrive(patient_house, visits(MOST_WAITING))

    assert hand_over(patient_house, broker, job_size=1) == MOST_WAITING
    assert hand_over(patient_house, broker, job_size=1) == 0
    assert attempts(clean) == [1] * MOST_WAITING + [0] * MOST_WAITING


def test_nothing_is_leased_while_redis_is_away(clean: Engine, patient_house: House) -> None:
    arrive(patient_house, FEW)
    with kept_port() as port, pytest.raises(redis.RedisError):
        hand_over(patient_house, queues.connect(f"redis://127.0.0.1:{port}/0"), job_size=100)
    assert set(attempts(clean)) == {0}


def test_nothing_is_leased_for_a_redis_that_is_full(
    clean: Engine, patient_house: House, full_redis: "redis.Redis"
) -> None:
    arrive(patient_house, FEW)

    with pytest.raises(redis.RedisError) as caught:
        hand_over(patient_house, full_redis, job_size=100)

    assert queues.cause_of(caught.value) == "full"
    assert set(attempts(clean)) == {0}


def test_a_redis_that_fails_after_the_lease_costs_one_lease(
    clean: Engine, house: House, broker: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    brief = replace(house, lease_seconds=0.2)
    arrive(brief, FEW)

    def fail(*_: object) -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(queues, "enqueue", fail)
        with pytest.raises(redis.RedisError):
            hand_over(brief, broker, job_size=100)

    assert until(lambda: hand_over(brief, broker, job_size=100), "it is handed over") == 10


def test_a_walk_towards_a_key_becomes_a_job_of_its_own_and_is_not_handed_over_twice(
    clean: Engine, patient_house: House, broker: "redis.Redis"
) -> None:
    reencryption.begin(patient_house)

    assert hand_over_keys(patient_house, broker) == len(SUBJECTS)
    assert hand_over_keys(patient_house, broker) == 0
    assert queue_of(broker, KEYS).count == len(SUBJECTS)


def test_a_message_handed_over_twice_has_its_effect_once(
    clean: Engine, patient_house: House, broker: "redis.Redis", run_jobs: RunJobs
) -> None:
    arrive(patient_house, FEW)
    for _ in range(3):
        assert hand_over(patient_house, broker, job_size=3) == 10
        lapse(clean)

    run_jobs()

    with clean.connect() as connection:
        assert_each_effected_once(connection, FEW)
