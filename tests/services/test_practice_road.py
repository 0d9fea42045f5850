"""The people of a practice province at the doors, and a case made older: as it stands at that moment, or not at all."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services import practice, practice_road
from hectis_flow.services.house import House
from hectis_flow.services.practice_moves import NobodyOnDuty
from tests.road import Road, roads
from tests.tables import one, rows

NOTED = {"reason": "statements_taken"}


@pytest.fixture
def road(house: House, clean: Engine) -> Road:
    return roads(house, clean)[0].investigated()


def version(road: Road) -> int:
    return int(one(road.engine, 'SELECT version FROM "case" WHERE ref = :ref', ref=road.ref))


def test_a_case_that_has_moved_since_is_left_alone(road: Road) -> None:
    staff_the_province(road.house)
    stood = version(road)

    assert practice_road.go(road.house, road.ref, stood, "note_progress", NOTED)
    assert not practice_road.go(road.house, road.ref, stood, "note_progress", NOTED)
    assert not practice_road.go(road.house, "WC-2026-999999", stood, "note_progress", NOTED)

    assert version(road) == stood + 1


def test_nothing_comes_between_the_look_at_a_case_and_its_move(road: Road) -> None:
    staff_the_province(road.house)
    stood, asked = version(road), 0

    def sessions() -> Session:
        """Whoever asks for another transaction finds that somebody has moved the case meanwhile."""
        nonlocal asked
        asked += 1
        if asked == 2:
            road.go("note_progress", **NOTED)
        return road.house.sessions()

    assert practice_road.go(replace(road.house, sessions=sessions), road.ref, stood, "note_progress", NOTED)
    assert version(road) == stood + 1


def test_where_nobody_is_on_duty_it_says_so(road: Road) -> None:
    with pytest.raises(NobodyOnDuty, match="hectis practice settle") as refused:
        practice_road.arrest(road.house, road.ref)

    assert (refused.value.code, refused.value.status) == ("nobody_on_duty", 409)


def test_who_makes_a_case_older_hears_of_the_clock_that_is_due_next(road: Road) -> None:
    due = """
        SELECT k.name, s.due_at FROM clock k JOIN clock_step s ON s.clock_id = k.id
        WHERE k.stopped_at IS NULL AND s.done_at IS NULL AND s.cancelled_at IS NULL ORDER BY s.due_at
    """
    before = rows(road.engine, due)
    assert len(before) > 1

    name, at = practice.age(road.house, road.ref, timedelta(hours=3))

    assert (name, at) == (before[0][0], before[0][1] - timedelta(hours=3))
    assert rows(road.engine, due) == [(each, then - timedelta(hours=3)) for each, then in before]


def test_a_case_for_which_no_clock_runs_is_told_apart(road: Road) -> None:
    with road.engine.begin() as connection:
        connection.execute(
            text("UPDATE clock SET stopped_at = hectis_now(), stopped_by = 'test' WHERE stopped_at IS NULL")
        )

    assert practice.age(road.house, road.ref, timedelta(hours=3)) == (None, None)
