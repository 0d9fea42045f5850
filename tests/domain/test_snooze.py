"""What putting a clock off moves, and when it is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from hectis_flow.domain.calendar import parse_span
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.policy import BeforeCourt
from hectis_flow.domain.snooze import Limits, Running, SnoozeRefused, may, put_off
from hectis_flow.domain.workflow_shapes import NAMED
from tests.domain.policies import ANSWER, CLIMBING, SOUND, with_clock, with_ladder

LIMITS = Limits(10, 2)
MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=SAST)


def at(day: int, hour: int = 10) -> str:
    return datetime(2026, 11, day, hour, tzinfo=SAST).astimezone(UTC).isoformat()


def rung(level: int, day: int, role: str, office: int = 1) -> dict[str, Any]:
    return {"level": level, "office_id": office, "role": role, "transition": None, "due_at": at(day)}


LADDER = (rung(0, 3, "clerk"), rung(1, 4, "chief"), rung(2, 11, "general", 2))
RUNNING = Running("answer", False, datetime.fromisoformat(at(4)), LADDER, 1, None, 0, None)


def refused(code: str, running: Running, until: date = date(2026, 11, 5)) -> None:
    with pytest.raises(SnoozeRefused) as refusal:
        put_off(running, SOUND, LIMITS, MONDAY, until)
    assert refusal.value.code == code


def test_all_that_is_to_come_moves_by_the_same_working_days() -> None:
    moved = put_off(RUNNING, SOUND, LIMITS, MONDAY, date(2026, 11, 5))

    assert moved.days == 3
    assert moved.due_at == datetime.fromisoformat(at(9))  # from Wednesday, over a weekend
    assert [step["due_at"] for step in moved.ladder] == [at(6), at(9), at(16)]


def test_what_was_reached_stays_where_it_was() -> None:
    climbed = replace(RUNNING, step=3, level=1, due_at=datetime(2026, 10, 30, 10, tzinfo=SAST))
    moved = put_off(climbed, SOUND, LIMITS, MONDAY, date(2026, 11, 3))

    assert moved.due_at == climbed.due_at
    assert [step["due_at"] for step in moved.ladder] == [at(3), at(4), at(12)]


def test_it_is_refused_with_a_code_and_what_to_do() -> None:
    refused("clock_not_snoozed", replace(RUNNING, urgent=True))
    refused("clock_not_snoozed", replace(RUNNING, name="closing"))
    refused("clock_not_snoozed", replace(RUNNING, name="gone"))
    refused("climbed_too_high", replace(RUNNING, level=2, step=3))
    refused("already_snoozed", replace(RUNNING, until=date(2026, 11, 5)))
    refused("snoozed_often", replace(RUNNING, times=2))
    refused("nothing_to_put_off", replace(RUNNING, step=None))
    refused("nothing_to_put_off", replace(RUNNING, ladder=(rung(0, 2, "clerk"), *LADDER[1:])))
    refused("until_too_near", RUNNING, date(2026, 11, 2))
    refused("until_too_far", RUNNING, date(2026, 11, 17))
    assert put_off(RUNNING, SOUND, LIMITS, MONDAY, date(2026, 11, 16)).days == 10


def test_it_is_theirs_who_owe_it_and_of_whoever_is_told_next() -> None:
    assert may(LADDER, "clerk", 1)
    assert may(LADDER, "chief", 1)
    assert not may(LADDER, "clerk", 2)
    assert not may(LADDER, "general", 2)
    assert not may((), "clerk", 1)


def test_what_has_a_day_of_its_own_is_not_put_off() -> None:
    for edition in (
        with_clock(ANSWER, before_court=BeforeCourt(parse_span("7wd"), ANSWER.standard)),
        with_ladder(CLIMBING, owner=NAMED),
    ):
        with pytest.raises(SnoozeRefused) as refusal:
            put_off(RUNNING, edition, LIMITS, MONDAY, date(2026, 11, 5))
        assert refusal.value.code == "clock_not_snoozed"
