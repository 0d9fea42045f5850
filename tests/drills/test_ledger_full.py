"""The ledger under a thousand hands and fifty writers, and ledger and balance over a million rows."""

import os
import random
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, NullPool, create_engine

from bench.clock_rows import house_on
from config.settings import Settings, _psycopg
from hectis_flow.services import balance, sealing
from hectis_flow.services.house import House
from tests import owner
from tests.drills.fixtures import Tell
from tests.drills.million_rows import fill
from tests.services.test_sealing import append_at_once, sealed, tampered
from tests.tables import one
from workers.local_services import LocalServices

__all__ = ["sealed"]  # a fixture of the suite's own test

TAMPERINGS = int(os.environ.get("DRILL_TAMPERINGS", "1000"))
WRITERS = int(os.environ.get("DRILL_WRITERS", "50"))
APPENDS = int(os.environ.get("DRILL_APPENDS", "2000"))
ROWS = int(os.environ.get("DRILL_ROWS", "1000000"))
VERIFIED_SECONDS = 60.0
DRAWN_SECONDS = 120.0

pytestmark = [pytest.mark.drill, pytest.mark.target("S10")]


@pytest.mark.usefixtures("sealed")
def test_a_thousand_tamperings_of_sealed_rows_are_all_found(house: House, tell: Tell) -> None:
    chance = random.Random(10)  # noqa: S311  (the same hands each time)
    hands = [chance.choice(list(owner.HANDS)) for _ in range(TAMPERINGS)]
    unseen = [
        seed for seed, hand in enumerate(hands) if not tampered(house, owner.HANDS[hand], f"{hand} {seed}")
    ]
    tell(f"{TAMPERINGS - len(unseen)} of {TAMPERINGS} found")
    assert unseen == []


@pytest.mark.usefixtures("sealed")
def test_fifty_writers_at_once_never_fork_a_chain(house: House, clean: Engine, tell: Tell) -> None:
    before = one(clean, "SELECT count(*) FROM ledger_entry")
    begun = time.monotonic()
    append_at_once(house, clean, WRITERS, APPENDS)
    tell(f"{WRITERS * APPENDS} entries by {WRITERS} writers in {time.monotonic() - begun:.0f} s")
    assert one(clean, "SELECT count(*) FROM ledger_entry") == before + WRITERS * APPENDS
    assert list(sealing.verify(house)) == []


@pytest.fixture
def million(services: LocalServices, settings: Settings) -> Iterator[House]:
    """A house on a database of its own, which is dropped whole afterwards."""
    url = _psycopg(services.create_database("million"))
    with house_on(url, settings.redis_url) as house:
        fill(create_engine(url, poolclass=NullPool), ROWS)
        yield house
    services.drop_database("million")


@pytest.mark.target("R19")
def test_a_million_rows_are_verified_and_balanced_in_time(million: House, tell: Tell) -> None:
    begun = time.monotonic()
    assert next(sealing.verify(million), None) is None
    verified = time.monotonic() - begun
    begun = time.monotonic()
    drawn = balance.draw(million)
    took = time.monotonic() - begun
    tell(f"{ROWS:,} entries verified in {verified:.1f} s, the balance of as many cases drawn in {took:.1f} s")
    assert drawn is not None
    assert drawn.differences == ()
    assert verified < VERIFIED_SECONDS
    assert took < DRAWN_SECONDS
