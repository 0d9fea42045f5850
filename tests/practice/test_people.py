"""The people of the made-up province: their fates come out as published, their moves are moves, their year adds up."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest
from sqlalchemy import Engine

from bench.practice_road import compare, unowned
from hectis_flow.commands.reference import OFFICES, read_offices
from hectis_flow.domain import workflow_rules
from hectis_flow.practice import conduct, fates
from hectis_flow.practice import road_rates as rates
from hectis_flow.practice.habits import DAY, Seen, at_work, moment
from hectis_flow.practice.offices import Neighbours, Offices
from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services import escalation, practice, road, ways
from hectis_flow.services.house import House
from tests.road import roads
from tests.tables import rows

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
MANY = 20_000
NEAR = Neighbours(read_offices(OFFICES))


def seen(ref: str, stage: str, version: int = 6) -> Seen:
    return Seen(
        ref=ref, version=version, stage=stage, begun=MONDAY, due=MONDAY + 10 * DAY, cas_at=MONDAY,
        court="khayelitsha-court", sent_back=0, postponed=0, removed=0, refused=0,
        removed_at=MONDAY, cured=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def many() -> list[fates.Fate]:
    return [fates.of_case(1, f"WC-2026-{number:06}") for number in range(MANY)]


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


def test_fates_come_out_as_their_sources_say(many: list[fates.Fate]) -> None:
    assert share([one.consents for one in many]) == pytest.approx(rates.CONSENTS, abs=0.01)
    at_court = [one for one in many if not one.closes and one.decision == "enrol"]
    # 16 enrolled and removed, 19 tried, of 100 reported [S119].
    assert len(at_court) / len(many) == pytest.approx(0.35, abs=0.03)
    assert share([one.removed for one in at_court]) == pytest.approx(16 / 35, abs=0.02)
    open_dockets = [one for one in many if not one.closes]
    assert share([one.arrested for one in open_dockets]) == pytest.approx(rates.ARRESTED, abs=0.02)
    assert not any(one.arrested for one in many if one.closes)
    causes = Counter(one.cause for one in many)
    assert [cause for cause, _ in causes.most_common(2)] == [
        "docket_not_at_court",
        "investigation_incomplete",
    ]
    assert causes["docket_not_at_court"] + causes["investigation_incomplete"] > 0.75 * MANY


def test_the_same_case_has_the_same_fate_and_another_seed_another(many: list[fates.Fate]) -> None:
    again = [fates.of_case(1, f"WC-2026-{number:06}") for number in range(50)]
    assert again == many[:50]
    assert [fates.of_case(2, f"WC-2026-{number:06}") for number in range(50)] != again


@pytest.mark.parametrize("stage", sorted(conduct.BY_STAGE))
def test_whatever_is_meant_is_a_move_from_there_with_all_that_it_needs(stage: str) -> None:
    for number in range(300):
        meant = conduct.intent(7, seen(f"WC-2026-{number:06}", stage, version=number % 9 + 2))
        if meant is None:
            continue
        move = workflow_rules.transition(meant.move)
        assert stage in move.sources
        assert set(move.needs) <= set(meant.details) <= {*move.needs, *move.may}
        for name, value in meant.details.items():
            codes = workflow_rules.codes(move, name)
            if codes and name not in {"charges", "items"}:
                assert value in codes, (meant.move, name)
        assert meant.at >= MONDAY - timedelta(hours=1)


def test_offices_answer_in_time_late_or_never_and_at_work() -> None:
    found = [moment(Random(number), MONDAY, MONDAY + 10 * DAY) for number in range(4000)]  # noqa: S311
    never = found.count(None) / len(found)
    in_time = sum(at is not None and at <= MONDAY + 10 * DAY for at in found) / len(found)
    assert never == pytest.approx(0.03, abs=0.015)
    assert in_time == pytest.approx(0.65, abs=0.06)
    saturday = datetime(2026, 3, 7, 22, tzinfo=UTC)
    assert at_work(Random(1), saturday).isoweekday() == 1  # noqa: S311


def test_a_station_has_one_court_and_a_facility_its_stations() -> None:
    assert NEAR.court("khayelitsha-saps") == "khayelitsha-court"
    assert NEAR.court("lingelethu-west-saps") == NEAR.court("lingelethu-west-saps")
    assert NEAR.station("khayelitsha-district-hospital", "WC-2026-000001").endswith("-saps")


@dataclass
class Fates:
    """A fate of one's own for each case; every other matter leaves the roll, is mended soon and comes back."""

    changed: dict[str, object]

    def __call__(self, seed: int, ref: str) -> fates.Fate:
        leaves = int(ref[-6:]) % 2 == 1
        mended = {"comes_back": True, "days_to_cure": 14, "refused_once": False, "postponements": 0}
        return replace(OF_CASE(seed, ref), endangered=leaves, heeded=False, **mended, **self.changed)


OF_CASE = fates.of_case


def test_a_year_of_their_work_adds_up_and_no_removal_is_left_alone(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody consents and every other matter leaves the roll, so that so few cases show the whole road."""
    monkeypatch.setattr(
        fates, "of_case", Fates({"consents": True, "closes": None, "decision": "enrol", "no_case": False})
    )
    staff_the_province(house)
    roads(house, clean, how_many=24)
    people = Offices(house, 1, NEAR)
    now = practice.standing(house).now
    for _ in range(170):
        now = practice.advance(house, now + timedelta(hours=49))
        while escalation.sweep(house):
            pass
        people.act(now)

    assert not people.refused, people.refused
    found = road.look(house)
    reached = {stop.stage.name: stop.reached for stop in found.stops}
    assert reached["on_roll"] > 8
    assert reached["sentenced"] > 1
    assert found.removed.removed > 3
    assert found.removed.back > 0
    with clean.connect() as connection:
        told = {
            "stages": {s.stage.name: {"reached": s.reached, "cases": s.now.cases} for s in found.stops},
            "removed": found.removed._asdict(),
            "removed_by_cause": {one.cause: one._asdict() for one in found.by_cause},
        }
        assert compare(connection, told) == []
        assert unowned(connection) == 0


def test_the_people_of_the_province_are_told_at_any_hour_and_keep_hours_that_they_are_given(
    house: House, clean: Engine
) -> None:
    staff_the_province(house)
    assert rows(clean, "SELECT DISTINCT quiet_from = quiet_to FROM staff") == [(True,)]
    ways.keep_quiet(house, "khayelitsha-saps.liaison", (time(21), time(5)), "administrator")
    staff_the_province(house)
    assert rows(clean, "SELECT count(*) FROM staff WHERE quiet_from = '21:00'") == [(1,)]
