"""The bell: whoever has stored messages may ring, and the leading clock hands them over before its next tick."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
import redis
from sqlalchemy import Engine, text

from hectis_flow.services import work
from hectis_flow.services.house import House
from tests.hospital import visits
from tests.waiting import PATIENCE, until
from tests.workers.test_handover import arrive, batches
from workers import bell
from workers.bell import Bell
from workers.context import Context
from workers.leading import Clock
from workers.watchdog import Watchdog

NEVER = 0.05  # seconds in which nobody rings
LISTENING = (
    "SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN hectis_due' AND datname = current_database()"
)


@pytest.fixture
def rung(house: House) -> Iterator[threading.Semaphore]:
    """How often somebody was heard."""
    heard = threading.Semaphore(0)
    listens = Bell(house, heard.release).start()
    yield heard
    listens.stop()
    listens._thread.join(PATIENCE)


def listeners(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(text(LISTENING)))


def test_a_ring_is_heard_and_silence_is_not(house: House, clean: Engine) -> None:
    ear = work.ear(house)

    assert not ear.hears(NEVER)
    work.ring(house)
    assert ear.hears(PATIENCE)
    assert not ear.hears(NEVER)
    ear.close()


def test_what_rang_while_nobody_listened_to_it_is_heard_afterwards(house: House, clean: Engine) -> None:
    ear = work.ear(house)
    ear.hears(NEVER)
    for _ in range(3):
        work.ring(house)

    assert ear.hears(PATIENCE)
    ear.close()


def test_an_ear_whose_connection_is_lost_listens_again(
    house: House, clean: Engine, rung: threading.Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "RETRY_SECONDS", 0.01)
    (first,) = until(lambda: listeners(clean), "it listens")
    with clean.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
    until(lambda: listeners(clean) not in ([], [first]), "it listens anew")

    work.ring(house)

    assert rung.acquire(timeout=PATIENCE)


def test_an_ear_whose_connection_is_lost_says_so(house: House, clean: Engine) -> None:
    ear = work.ear(house)
    ear.hears(NEVER)
    with clean.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": listeners(clean)[0]})

    with pytest.raises(psycopg.OperationalError):
        ear.hears(PATIENCE)

    assert not ear.hears(NEVER), "it listens on a fresh connection"
    ear.close()


@pytest.mark.usefixtures("clean")
def test_a_leading_clock_that_hears_it_hands_over_at_once_and_another_does_not(
    context: Context, broker: "redis.Redis", house: House
) -> None:
    leads, waits = (Clock(replace(context, instance=name), Watchdog(60.0)) for name in ("a", "b"))
    leads.tick()
    waits.tick()
    arrive(house, visits(2))

    waits.hurry()
    assert batches(broker) == []
    leads.hurry()

    assert [len(batch) for batch in batches(broker)] == [4]
    assert leads.figures()["handed_over"] == 4
