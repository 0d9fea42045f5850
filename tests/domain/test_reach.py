"""Quiet hours, classes that pass them, and a person's further ways, as sums on times."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from hectis_flow.domain.calendar import Span
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.notification import Notice, Occasion, OnDuty, Way
from hectis_flow.domain.reach import NIGHT, Quiet, Reach, arranged, bundle_due, is_urgent, until

REACH = Reach()
NOTICE = Notice(1, 7, "task", 3, 5, "saps_liaison", None, "email", 30, None, "acknowledge", cause="x:")
WAYS = (Way(30, "email", 1), Way(31, "sms", 2), Way(32, "whatsapp", 3, 10), Way(33, "sms", 4))
SOMEBODY = OnDuty(3, "p-3", WAYS)
WHY = Occasion(1, "task", 7, 70, (5, "saps_liaison"), None, None, "acknowledge")


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-12-03T{text}").replace(tzinfo=SAST)


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("19:59:59", None),
        ("20:00", "2026-12-04T06:00"),
        ("23:30", "2026-12-04T06:00"),
        ("00:10", "2026-12-03T06:00"),
        ("05:59:59", "2026-12-03T06:00"),
        ("06:00", None),
        ("12:00", None),
    ],
)
def test_the_night_ends_at_six_in_south_africa(at: str, ends: str | None) -> None:
    found = until(NIGHT, local(at).astimezone(UTC))

    assert found == (datetime.fromisoformat(ends).replace(tzinfo=SAST) if ends else None)


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = Quiet(time(12), time(13, 30))

    assert until(noon, local("12:15")) == local("13:30")
    assert until(noon, local("13:30")) is None


@pytest.mark.parametrize(
    ("level", "urgent", "clock", "passes"),
    [
        (None, False, None, False),
        (1, False, "saps_acknowledge", False),
        (2, False, "saps_acknowledge", True),
        (None, True, "saps_acknowledge", True),
        (0, False, "referral_sending", True),
    ],
)
def test_what_passes_is_what_the_policy_names(
    level: int | None, *, urgent: bool, clock: str | None, passes: bool
) -> None:
    why = replace(WHY, level=level, urgent=urgent, clock=clock)

    assert is_urgent(why, REACH, {"referral_sending"}) is passes
    assert not is_urgent(why, replace(REACH, passes=frozenset()), {"referral_sending"})


def test_each_further_way_counts_from_the_one_before_and_a_channel_is_taken_once() -> None:
    at = local("08:00")
    found = arranged((NOTICE,), {3: SOMEBODY}, REACH, at, urgent=False)

    assert [(way.step, way.channel, way.due_at - at) for way in found.further] == [
        (2, "sms", timedelta(hours=2)),
        (3, "whatsapp", timedelta(hours=2, minutes=10)),
    ]


def test_a_step_that_would_fall_into_the_night_waits_for_the_morning_unless_it_is_urgent() -> None:
    at = local("19:30")
    calm = arranged((NOTICE,), {3: SOMEBODY}, REACH, at, urgent=False)
    hurried = arranged((NOTICE,), {3: SOMEBODY}, REACH, at, urgent=True)

    assert [way.due_at for way in calm.further] == [
        local("06:00") + timedelta(days=1),
        local("06:10") + timedelta(days=1),
    ]
    assert [way.due_at - at for way in hurried.further] == [timedelta(minutes=30), timedelta(minutes=40)]


def test_steps_after_a_notice_that_is_held_count_from_the_morning() -> None:
    found = arranged((NOTICE,), {3: SOMEBODY}, REACH, local("22:00"), urgent=False)

    assert found.notices[0].held_until == local("06:00") + timedelta(days=1)
    assert found.further[0].due_at == local("08:00") + timedelta(days=1)


def test_a_system_has_no_night_and_what_asks_for_no_answer_no_further_way() -> None:
    hook = replace(NOTICE, channel="webhook", purpose=None)
    found = arranged((hook,), {3: SOMEBODY}, REACH, local("23:00"), urgent=False)

    assert found.notices[0].held_until is None
    assert found.further == ()


def test_a_bundle_that_would_be_due_in_the_night_waits_for_the_morning() -> None:
    assert bundle_due(SOMEBODY, REACH, local("12:00")) == local("12:15")
    assert bundle_due(SOMEBODY, REACH, local("19:50")) == local("06:00") + timedelta(days=1)
    assert bundle_due(replace(SOMEBODY, quiet=(time(1), time(1))), REACH, local("19:50")) == local("20:05")
    assert bundle_due(SOMEBODY, replace(REACH, bundle_within=Span(5, "min")), local("12:00")) == local(
        "12:05"
    )
