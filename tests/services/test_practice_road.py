"""The people of a practice province at the doors: a move is made of the case as it stood, or not at all."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from hectis_flow.practice.staff import staff_the_province
from hectis_flow.services import practice_road
from hectis_flow.services.house import House
from hectis_flow.services.practice_moves import NobodyOnDuty
from tests.road import Road, roads
from tests.tables import one

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
