"""Who hears of an event: decided from plain facts, in milliseconds."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hectis_flow.domain.notification import (
    NOBODY_ON_DUTY,
    Occasion,
    OnDuty,
    Told,
    Unplannable,
    Way,
    caller,
    notices,
    occasion,
    posts,
)

DUE = datetime(2026, 12, 3, 12, tzinfo=UTC)
REFERRED = Told(
    event_id=1,
    event="case.stage_entered",
    case_id=7,
    subject_id=70,
    known=True,
    over=False,
    stage="referred",
    office_id=5,
    role=None,
    level=None,
    wanted_by=DUE,
    beside=False,
)
CLIMBED = replace(REFERRED, event="case.escalated", office_id=5, role="station_commander", level=1)
OPENED = replace(
    REFERRED,
    event="task.opened",
    stage="withdrawn_6a",
    office_id=9,
    role="watching_brief_official",
    beside=True,
)
GAP = replace(REFERRED, event="rota.gap_found", case_id=None, stage=None, role="saps_liaison")
PATH = [(5, "station"), (50, "cluster"), (500, "saps_province"), (5000, "committee")]
LIAISON, COMMANDER, CLUSTER = (5, "saps_liaison"), (5, "station_commander"), (50, "cluster_commander")


def person(staff_id: int, *channels: str) -> OnDuty:
    ways = tuple(
        Way(staff_id * 10 + rank, channel, rank) for rank, channel in enumerate(channels or ("email",))
    )
    return OnDuty(staff_id, f"p-{staff_id}", ways)


def about(told: Told) -> Occasion:
    found = occasion(told)
    assert found is not None
    return found


def test_a_stage_that_tells_is_for_the_role_of_its_duty_and_carries_its_link() -> None:
    found = about(REFERRED)

    assert (found.kind, found.post, found.purpose, found.wanted_by) == ("task", LIAISON, "acknowledge", DUE)


def test_a_rung_is_for_its_own_post_and_the_link_only_for_who_may_make_the_move() -> None:
    assert (about(CLIMBED).kind, about(CLIMBED).post, about(CLIMBED).purpose) == (
        "escalation",
        COMMANDER,
        None,
    )
    assert about(replace(CLIMBED, role="saps_liaison", level=0)).purpose == "acknowledge"


def test_a_task_that_was_opened_is_for_its_own_office_and_role() -> None:
    found = about(OPENED)

    assert (found.kind, found.post, found.wanted_by) == ("task", (9, "watching_brief_official"), DUE)


def test_only_what_the_stage_waits_for_carries_the_link_of_its_move() -> None:
    of_the_stage = replace(OPENED, stage="referred", role="saps_liaison", beside=False)
    assert about(of_the_stage).purpose == "acknowledge"
    assert about(replace(of_the_stage, beside=True)).purpose is None
    assert about(replace(CLIMBED, role="saps_liaison", level=0, beside=True)).purpose is None


@pytest.mark.parametrize(
    "told",
    [
        replace(REFERRED, over=True),
        replace(REFERRED, stage="awaiting_basis"),
        replace(CLIMBED, over=True),
        replace(OPENED, over=True),
    ],
)
def test_what_is_over_or_tells_nobody_is_no_occasion(told: Told) -> None:
    assert occasion(told) is None


@pytest.mark.target("R12")
@pytest.mark.parametrize(
    ("told", "code"),
    [
        (replace(REFERRED, known=False), "subject_missing"),
        (replace(REFERRED, office_id=None), "office_missing"),
        (replace(REFERRED, stage="nowhere"), "stage_unknown"),
        (replace(CLIMBED, role=None), "role_missing"),
        (replace(OPENED, known=False), "subject_missing"),
    ],
)
def test_what_cannot_be_told_says_why(told: Told, code: str) -> None:
    with pytest.raises(Unplannable) as refusal:
        occasion(told)
    assert refusal.value.code == code


def test_the_post_is_asked_first_then_who_answers_for_it_up_the_tree() -> None:
    asked = posts(about(REFERRED), PATH)

    assert asked[:3] == (LIAISON, COMMANDER, CLUSTER)
    assert posts(about(CLIMBED), PATH)[:2] == (COMMANDER, CLUSTER)


def test_each_person_of_the_post_is_told_once_on_the_way_that_ranks_first() -> None:
    asked = posts(about(REFERRED), PATH)
    plan = notices(
        about(REFERRED), asked, {LIAISON: [person(2), person(1, "webhook", "email")], COMMANDER: [person(3)]}
    )

    assert [(one.staff_id, one.channel, one.contact_point_id) for one in plan.notices] == [
        (1, "webhook", 10),
        (2, "email", 20),
    ]
    assert plan.errands == ()


def test_silence_is_never_an_answer() -> None:
    asked = posts(about(REFERRED), PATH)
    unreachable = OnDuty(1, "p-1", ())

    up = notices(about(REFERRED), asked, {LIAISON: [unreachable], CLUSTER: [person(4)]})
    nobody = notices(about(REFERRED), asked, {})

    assert [(one.staff_id, one.office_id, one.purpose) for one in up.notices] == [(4, 50, None)]
    assert [(one.kind, one.office_id) for one in up.errands] == [(NOBODY_ON_DUTY, 50)]
    assert nobody.notices == ()
    assert [(one.kind, one.office_id) for one in nobody.errands] == [(NOBODY_ON_DUTY, 5000)]


def test_a_gap_is_told_to_the_post_and_above_it_and_nobody_twice() -> None:
    asked = posts(about(GAP), PATH)
    plan = notices(about(GAP), asked, {LIAISON: [person(1), person(2)], COMMANDER: [person(2), person(3)]})

    assert [(one.staff_id, one.role) for one in plan.notices] == [
        (1, "saps_liaison"),
        (2, "saps_liaison"),
        (3, "station_commander"),
    ]
    assert plan.errands == ()


def test_whoever_answers_for_the_office_above_is_asked_to_call() -> None:
    assert caller(LIAISON, PATH) == CLUSTER
    assert caller((5000, "committee_secretary"), PATH[3:]) == (5000, "committee_secretary")
