"""Every step of a clock has its time when the clock starts, in due order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain.escalation import Step, schedule
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.policy import Policy, PolicyFault
from tests.domain.policies import ANSWER, SOUND, times

POLICY = Policy((SOUND,))


def sast(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SAST)


def test_a_ladder_warns_its_owner_and_climbs_from_the_breach() -> None:
    plan = schedule(POLICY, "answer", sast("2026-12-23T10:00"))

    assert (plan.clock, plan.policy_version, plan.due_at) == ("answer", "one", sast("2026-12-28T10:00"))
    assert plan.steps == (
        Step(1, sast("2026-12-24T10:00"), 0, "clerk", None, None, None),
        Step(2, sast("2026-12-28T10:00"), 1, "chief", None, None, None),
        Step(3, sast("2027-01-04T10:00"), 2, "general", "cluster", None, None),
        Step(4, sast("2027-01-11T10:00"), 3, "general", "saps_province", None, None),
    )


def test_an_urgent_case_runs_through_the_night_and_climbs_in_office_hours() -> None:
    plan = schedule(POLICY, "answer", sast("2026-11-20T23:30"), urgent=True)

    assert [step.due_at for step in plan.steps] == [
        sast("2026-11-21T00:30"),
        sast("2026-11-21T01:30"),
        sast("2026-11-30T08:00"),  # a breach on a Saturday counts from Monday's opening
        sast("2026-12-07T08:00"),
    ]


def test_a_rule_ends_its_clock_when_it_is_due() -> None:
    plan = schedule(POLICY, "closing", sast("2026-11-02T09:00"), urgent=True)

    assert plan.due_at == sast("2026-11-16T09:00")
    assert plan.steps == (
        Step(1, sast("2026-11-11T09:00"), 0, "clerk", None, None, None),
        Step(2, sast("2026-11-16T09:00"), None, None, None, "close", "waiting_time_over"),
    )


def test_the_edition_in_force_at_the_start_decides() -> None:
    faster = replace(ANSWER, standard=times("1wh", "2wh"))
    later = replace(SOUND, version="two", valid_from=date(2026, 12, 1), clocks={"answer": faster})
    policy = Policy((SOUND, later))

    before = schedule(policy, "answer", sast("2026-11-30T23:59"))
    after = schedule(policy, "answer", sast("2026-12-01T00:00"))

    assert (before.policy_version, before.due_at) == ("one", sast("2026-12-03T08:00"))
    assert (after.policy_version, after.due_at) == ("two", sast("2026-12-01T10:00"))


def test_a_clock_without_a_line_is_refused_by_name() -> None:
    with pytest.raises(PolicyFault, match=r"one.*'lunch'"):
        schedule(POLICY, "lunch", sast("2026-11-20T10:00"))


@given(
    st.sampled_from(["answer", "closing"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.booleans(),
)
def test_steps_are_numbered_in_due_order_and_lie_after_the_start(
    clock: str, start: datetime, urgent: bool
) -> None:
    plan = schedule(POLICY, clock, start, urgent=urgent)
    dues = [step.due_at for step in plan.steps]
    levels = [step.level for step in plan.steps if step.level is not None]

    assert [step.step for step in plan.steps] == list(range(1, len(plan.steps) + 1))
    assert start < dues[0]
    assert all(later > before for before, later in pairwise(dues))
    assert levels == list(range(len(levels)))
    assert plan.due_at in dues
    assert all(due.utcoffset() == timedelta(0) for due in dues)
