"""However the messages of a visit come, one visit, one incident and one case are what is left of them."""

from collections.abc import Sequence
from itertools import count
from random import Random
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from hectis_flow.services import intake, sealing, work
from hectis_flow.services.house import House
from tests.journeys.stories_of_a_visit import (
    Telling,
    drawn,
    in_conflict,
    known_of,
    told_of_a_death,
    written,
)
from tests.tables import ALL, lapse, receive, rows

NUMBERS = count(1)
PHASES, SLOW = (Phase.explicit, Phase.generate), (HealthCheck.too_slow,)


def work_off(house: House, workers: int) -> None:
    """Work off what waits, dealt out to workers that begin together."""
    ids = work.lease_messages(house, ALL)
    if workers == 1:
        intake.process(house, ids)
        return
    begin = Barrier(workers)
    failed: list[BaseException] = []

    def worker(share: Sequence[int]) -> None:
        begin.wait()
        try:
            for one in share:
                intake.process(house, [one])
        except BaseException as fault:  # noqa: BLE001 - shown by the assertion below
            failed.append(fault)

    threads = [Thread(target=worker, args=(ids[place::workers],)) for place in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def heard_as(story: Sequence[bytes], rng: Random) -> list[tuple[list[bytes], int]]:
    """What the line made of a story, by chance: batches, each with how many workers take it on."""
    line = [*story, *rng.choices(story, k=rng.randint(0, 4))]
    rng.shuffle(line)
    batches: list[tuple[list[bytes], int]] = []
    while line:
        batch = rng.randint(1, len(line))
        batches.append((line[:batch], rng.choice((1, 1, 2))))
        line = line[batch:]
    return batches


def tell_and_compare(house: House, engine: Engine, seed: int) -> None:
    """Tell a story once as it was meant and once as the line had it; both must be known alike."""
    rng = Random(seed)  # noqa: S311  (a story, never a secret)
    telling, meant, heard = drawn(rng), f"M{next(NUMBERS):05}-", f"H{next(NUMBERS):05}-"
    for raw in written(telling, meant):
        receive(house, raw)
        work_off(house, 1)
    for batch, workers in heard_as(written(telling, heard), rng):
        receive(house, *batch)
        work_off(house, workers)

    # Whom two workers overtook too often is left to the next lease.
    while rows(engine, "SELECT 1 FROM inbound_message WHERE done_at IS NULL LIMIT 1"):
        lapse(engine)
        work_off(house, 1)
    left_to_a_person = in_conflict(engine, heard) | in_conflict(engine, meant)
    told, wanted = known_of(house, engine, heard), known_of(house, engine, meant)
    if left_to_a_person:
        # One telling heard of a death before the next message took it back, the other perhaps never did.
        assert any(told_of_a_death(telling))
        for known in (told, wanted):
            known["incidents"] = known["live cases"] = "left to a person"
    assert told == wanted, telling


def tell_stories(house: House, engine: Engine, many: int) -> None:
    """Tell so many drawn stories, each by one number that tells it again; nothing is shrunk, for workers race."""

    # Within, so that Hypothesis writes out the number of a story that failed, and not the house.
    @given(st.integers(0, 2**32 - 1))
    @settings(max_examples=many, deadline=None, phases=PHASES, suppress_health_check=SLOW)
    @example(765)  # a death before it was taken back
    def one(seed: int) -> None:
        tell_and_compare(house, engine, seed)

    one()


def test_any_order_and_number_of_deliveries_ends_like_the_clean_one(house: House, clean: Engine) -> None:
    tell_stories(house, clean, 20)


@pytest.mark.drill
def test_fifteen_hundred_stories_end_alike_however_they_were_told(house: House, clean: Engine) -> None:
    tell_stories(house, clean, 1_500)


def test_the_ledger_of_a_story_told_backwards_is_whole(house: House, clean: Engine) -> None:
    telling = Telling((("A04", ""), ("A08", "X99.4"), ("A11", ""), ("A04", ""), ("A08", "-")), 2, False)
    for raw in reversed(written(telling, "B-")):
        receive(house, raw)
        work_off(house, 1)
    sealing.seal(house)

    assert list(sealing.verify(house)) == []
    assert rows(clean, "SELECT DISTINCT state FROM inbound_message") == [("accepted",)]
