"""The made-up province by itself: repeatable, unequal, nobody's, and as large as it says."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from hectis_flow.commands.reference import OFFICES, read_offices
from hectis_flow.domain.moments import SAST
from hectis_flow.feeds.hl7v2_facts import facts
from hectis_flow.practice import rates
from hectis_flow.practice.people import check_digit, impossible_id
from hectis_flow.practice.places import Places
from hectis_flow.practice.province import Province, Sending, of_one_day
from hectis_flow.practice.stories import LONGEST_TAIL
from hectis_flow.practice.visits import Visit, World, of_day

MONDAY = date(2026, 3, 2)
PLACES = Places(read_offices(OFFICES))


def world(seed: int = 1, scale: float = 0.05) -> World:
    return World(seed, scale, PLACES)


def at(day: date, hours: float = 0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SAST) + timedelta(hours=hours)


def wire(seed: int, start: datetime, end: datetime, since: date = MONDAY) -> list[Sending]:
    return list(Province(world(seed), since).sendings(start, end))


@pytest.fixture(scope="module")
def month() -> list[Visit]:
    """Four weeks of visits at a third of the real size."""
    made = world(scale=0.3)
    return [visit for day in range(28) for visit in of_day(made, MONDAY + timedelta(days=day))]


@pytest.fixture(scope="module")
def violent(month: list[Visit]) -> list[Visit]:
    return [visit for visit in month if visit.violent]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    two_days = (at(MONDAY), at(MONDAY, 48))
    assert wire(1, *two_days) == wire(1, *two_days)
    assert {one.raw for one in wire(1, *two_days)}.isdisjoint(one.raw for one in wire(2, *two_days))


def test_a_span_is_the_same_however_it_is_cut() -> None:
    whole = wire(1, at(MONDAY), at(MONDAY, 72))
    cuts = [at(MONDAY, hours) for hours in (0, 5, 26.5, 72)]
    pieces = [one for start, end in pairwise(cuts) for one in wire(1, start, end)]
    assert pieces == whole
    assert [one.at for one in whole] == sorted(one.at for one in whole)


def test_nothing_of_a_day_goes_out_before_it_or_after_its_tail() -> None:
    made = world(scale=0.5)
    for sending in of_one_day(made, MONDAY):
        assert at(MONDAY) <= sending.at < at(MONDAY) + LONGEST_TAIL


def test_its_size_is_the_published_one(month: list[Visit], violent: list[Visit]) -> None:
    assert pytest.approx(152.7, abs=0.1) == rates.COUNTED_A_DAY
    assert len(violent) / 28 / 0.3 == pytest.approx(rates.VIOLENT_A_DAY, rel=0.08)
    assert len(month) / 28 / 0.3 == pytest.approx(rates.HEADCOUNT_A_DAY, rel=0.03)
    assert len(violent) * rates.COUNTED_SHARE / len(month) == pytest.approx(0.094, rel=0.08)


def test_a_weekend_day_has_more_than_twice_a_weekday_and_most_of_it_is_night(violent: list[Visit]) -> None:
    days = Counter(visit.happened.weekday() for visit in violent)
    weekend, week = (days[5] + days[6]) / 2, sum(days[day] for day in range(5)) / 5
    assert weekend > 2 * week
    nights = sum(visit.happened.hour >= 18 or visit.happened.hour < 6 for visit in violent)
    assert nights > 0.6 * len(violent)


def test_the_hurt_are_mostly_young_men_and_some_come_again(violent: list[Visit]) -> None:
    men = sum(visit.person.sex == "M" for visit in violent) / len(violent)
    assert men == pytest.approx(0.72, abs=0.04)
    ages = [(visit.happened.date() - visit.person.born).days / 365.25 for visit in violent]
    assert sum(20 <= age <= 40 for age in ages) > 0.55 * len(ages)
    assert sum(visit.repeated for visit in violent) / len(violent) == pytest.approx(0.11, abs=0.03)


def test_precincts_are_unequal_and_one_brawl_brings_several(violent: list[Visit]) -> None:
    precincts = Counter(visit.scene.code for visit in violent)
    assert sum(count for _, count in precincts.most_common(12)) > 0.4 * len(violent)
    brawls = Counter((visit.happened, visit.scene.code) for visit in violent)
    assert max(brawls.values()) >= 3
    assert {visit.role for visit in violent} == {"victim", "perpetrator"}
    shots = {
        level: [v.cause.mechanism == "firearm" for v in violent if v.facility.level == level]
        for level in ("central", "clinic")
    }
    assert sum(shots["central"]) / len(shots["central"]) > 2 * sum(shots["clinic"]) / len(shots["clinic"])


def test_no_id_number_can_be_a_persons() -> None:
    assert check_digit("800101500908") == 7, "the example that everybody gives of a right one"
    rng = Random(5)  # noqa: S311
    for _ in range(2000):
        made = impossible_id(rng, date(1990, 5, 17), rng.choice("MF"))
        assert len(made) == 13
        assert made.isdecimal()
        assert int(made[-1]) != check_digit(made[:-1])


def test_every_message_is_for_training_and_says_its_practice_time() -> None:
    for sending in wire(1, at(MONDAY), at(MONDAY, 24)):
        told = facts(sending.raw)
        assert (told.source_app, told.processing_id) == ("PRACTICE", "T")
        spoken = told.recorded_at or told.sent_at
        assert spoken is not None
        assert abs(spoken.at - sending.row.spoken) <= timedelta(seconds=1)
        assert sending.at > spoken.at


def test_the_wire_has_every_story_and_every_kind_of_mishap() -> None:
    rows = [one.row for one in _large_days()]
    assert {row.event for row in rows} == {
        "A01",
        "A02",
        "A03",
        "A04",
        "A08",
        "A11",
        "A13",
        "A31",
        "A40",
        "R01",
    }
    assert any(row.resend for row in rows)
    assert any(not row.numbered for row in rows)
    assert any(not row.identified for row in rows)
    assert any(row.speaks and not row.intent for row in rows)
    assert {row.intent for row in rows} == {"", "assault", "undetermined", "legal_intervention"}
    newest: dict[str, datetime] = {}
    overtaken = 0
    for row in sorted(rows, key=lambda row: row.sent):
        overtaken += row.spoken < newest.get(row.visit, row.spoken)
        newest[row.visit] = max(row.spoken, newest.get(row.visit, row.spoken))
    assert overtaken > 20, "messages that came after newer ones"


def _large_days() -> Iterator[Sending]:
    made = world(scale=1.0)
    for day in range(2):
        yield from of_one_day(made, MONDAY + timedelta(days=5 + day))
