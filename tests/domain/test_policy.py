"""An edition that leaves somebody in silence, or tells the wrong office, is named before it is in force."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from hectis_flow.domain.policy import Clock, Edition, Policy, RuleMove, Rung
from hectis_flow.domain.policy_checks import check
from hectis_flow.domain.workflow_shapes import Awaited, Duty
from tests.domain.policies import (
    ANSWER,
    CLIMBING,
    CLOSING,
    REMINDING,
    ROAD,
    SOUND,
    rung,
    times,
    with_clock,
    with_ladder,
)


def rungs(*changed: Rung) -> Edition:
    """The climbing ladder with these rungs in place of those of their level."""
    new = {one.level: one for one in changed}
    return with_ladder(CLIMBING, rungs=tuple(new.get(one.level, one) for one in CLIMBING.rungs))


def test_a_sound_edition_has_no_fault() -> None:
    assert check(SOUND, ROAD) == ()


@pytest.mark.parametrize(
    ("edition", "fault"),
    [
        (
            with_clock(ANSWER, standard=times("1wd", "2wd", "moon")),
            "clocks.answer.calendar: there is no calendar",
        ),
        (
            with_clock(ANSWER, urgent=times("1h", "2h", "moon")),
            "clocks.answer.urgent.calendar: there is no calendar 'moon'",
        ),
        (with_ladder(CLIMBING, calendar="moon"), "ladders.climbing.calendar: there is no calendar 'moon'"),
        (with_clock(ANSWER, ladder="rope"), "clocks.answer.ladder: there is no ladder 'rope'"),
        (
            replace(SOUND, clocks={"answer": ANSWER}),
            "clocks.closing: missing, but the stage 'refused' of the workflow names it",
        ),
        (
            with_clock(replace(ANSWER, name="lunch")),
            "clocks.lunch: nothing in the workflow names it",
        ),
        (
            with_ladder(CLIMBING, owner="cluster"),
            "clocks.answer.ladder: 'climbing' climbs from a cluster, but a station owns the stage 'asked'",
        ),
        (rungs(rung(0, "clerk", "breach")), "ladders.climbing: the first rung must be level 0, to the owner"),
        (rungs(rung(0, "clerk", "warning", "cluster")), "the first rung must be level 0, to the owner"),
        (rungs(rung(0, "chief", "warning")), "level 0 of 'climbing' tells the chief, but the task"),
        (with_ladder(CLIMBING, rungs=CLIMBING.rungs[1:]), "the first rung must be level 0, to the owner"),
        (
            with_ladder(CLIMBING, rungs=(CLIMBING.rungs[0], *CLIMBING.rungs[2:])),
            "levels must go 0, 1, 2 and on without a gap, to 4 at most; found 0, 2, 3",
        ),
        (
            with_ladder(
                CLIMBING,
                rungs=(
                    *CLIMBING.rungs,
                    rung(4, "general", "breach + 15wd", "committee"),
                    rung(5, "general", "breach + 20wd", "committee"),
                ),
            ),
            "to 4 at most; found 0, 1, 2, 3, 4, 5",
        ),
        (rungs(rung(1, "head", "breach")), "level 1 tells an unknown role, 'head'"),
        (rungs(rung(1, "janitor", "breach")), "level 1 tells an unknown role, 'janitor'"),
        (rungs(rung(1, "rule", "breach")), "level 1 tells an unknown role, 'rule'"),
        (rungs(rung(2, "general", "breach + 5wd", "kitchen")), "unknown kind of office, 'kitchen'"),
        (
            with_ladder(CLIMBING, owner="kitchen"),
            "ladders.climbing.owner: there is no kind of office 'kitchen'",
        ),
        (
            rungs(rung(2, "general", "breach + 5wd", "dpp")),
            "ladders.climbing: no 'dpp' stands above a station",
        ),
        (
            rungs(
                rung(2, "general", "breach + 5wd", "saps_province"),
                rung(3, "general", "breach + 10wd", "cluster"),
            ),
            "ladders.climbing: a later level tells an office below an earlier one's",
        ),
        (with_clock(ANSWER, ladder="reminding"), "clocks.answer: nothing happens when it is breached"),
        (
            with_clock(CLOSING, ladder="climbing"),
            "clocks.closing: level 1 of 'climbing' would come after the clock's end: 'close' ends it",
        ),
        (
            with_clock(CLOSING, then=RuleMove("drop", "waiting_time_over")),
            "clocks.closing.then: no move 'drop' leaves the stage 'refused'",
        ),
        (
            with_clock(CLOSING, then=RuleMove("close", "bored")),
            "clocks.closing.then: the move 'close' does not take the reason 'bored'",
        ),
        (
            with_clock(ANSWER, ladder="reminding", then=RuleMove("drop", "bored")),
            "clocks.answer.then: the move 'drop' is not for a rule to make",
        ),
        (
            with_clock(ANSWER, standard=times("2wd", "2wd")),
            "clocks.answer: the warning (2 working days) must come before the breach (2 working days).",
        ),
        (
            with_clock(ANSWER, urgent=times("3h", "120min", "always")),
            "clocks.answer.urgent: the warning (3 hours)",
        ),
        (
            rungs(rung(3, "general", "breach + 5wd", "saps_province")),
            "ladders.climbing: level 3 is due no later than level 2.",
        ),
        (
            rungs(rung(2, "general", "breach", "cluster")),
            "ladders.climbing: level 2 is due no later than level 1.",
        ),
        (
            rungs(rung(1, "chief", "warning")),
            "ladders.climbing: level 1 is due no later than level 0.",
        ),
    ],
)
def test_each_fault_is_named_by_its_key(edition: Edition, fault: str) -> None:
    assert any(fault in one for one in check(edition, ROAD)), check(edition, ROAD)


def test_all_faults_are_named_at_once() -> None:
    spoilt = rungs(rung(1, "janitor", "breach"), rung(3, "general", "breach + 5wd", "dpp"))

    assert [one.partition(":")[2] for one in check(spoilt, ROAD)] == [
        " level 1 tells an unknown role, 'janitor'.",
        " no 'dpp' stands above a station.",
        " level 3 is due no later than level 2.",
    ]


@pytest.mark.parametrize(
    ("warning", "due", "sound"),
    [
        ("4wh", "1wd", True),
        ("8wh", "1wd", False),  # the office works eight hours
        ("24h", "1wd", False),
        ("23h", "1wd", True),
        ("25h", "2wd", True),
        ("49h", "2wd", False),
        ("1wd", "24h", False),
        ("50wd", "90d", True),
    ],
)
def test_spans_of_two_measures_are_compared_by_trying_starts(warning: str, due: str, sound: bool) -> None:
    faults = check(with_clock(ANSWER, standard=times(warning, due)), ROAD)

    assert (faults == ()) is sound, faults


def test_a_start_for_which_a_warning_comes_too_late_is_told() -> None:
    (fault,) = check(with_clock(ANSWER, standard=times("1wd", "48h")), ROAD)

    assert fault.startswith(
        "clocks.answer: the warning (1 working day) must come before the breach (48 hours) when "
    )
    assert fault.endswith("counted from Thursday 2026-01-01 21:39.")


def test_the_role_of_a_stage_without_a_task_is_free() -> None:
    stages = tuple(replace(stage, task=None) for stage in ROAD.stages)

    assert check(rungs(rung(0, "chief", "warning")), replace(ROAD, stages=stages)) == ()


AWAITED = Awaited("paper", "A paper", "station", "paper", Duty("write_paper", "clerk"))
WAITING = replace(ROAD, awaited=(AWAITED,))
PAPER = replace(ANSWER, name="paper")


def test_what_is_awaited_needs_a_clock_and_has_one() -> None:
    assert check(with_clock(PAPER), WAITING) == ()
    assert check(SOUND, WAITING) == (
        "clocks.paper: missing, but the awaited 'paper' of the workflow names it.",
    )


@pytest.mark.parametrize(
    ("clock", "changes", "fault"),
    [
        (PAPER, {"owner": "facility"}, "climbs from a station, but a facility owns the awaited 'paper'."),
        (
            PAPER,
            {"task": Duty("write_paper", "chief")},
            "level 0 of 'climbing' tells the clerk, but the task of the awaited 'paper' is for the chief.",
        ),
        (
            replace(PAPER, ladder="reminding", then=RuleMove("close", "waiting_time_over")),
            {},
            "clocks.paper.then: the awaited 'paper' is no stage, so no move can end it.",
        ),
    ],
)
def test_what_is_awaited_climbs_its_own_side_and_reminds_who_has_the_task(
    clock: Clock, changes: dict[str, Any], fault: str
) -> None:
    waiting = replace(ROAD, awaited=(replace(AWAITED, **changes),))

    (found,) = check(with_clock(clock), waiting)
    assert found.endswith(fault)


def test_a_clock_of_a_stage_may_run_for_what_is_awaited_too() -> None:
    shared = replace(AWAITED, clock="answer")

    assert check(SOUND, replace(ROAD, awaited=(shared,))) == ()
    (fault,) = check(SOUND, replace(ROAD, awaited=(replace(shared, owner="facility"),)))
    assert "a facility owns the awaited 'paper'" in fault


def test_a_clock_of_two_stages_must_fit_both() -> None:
    asked = ROAD.stages[0]
    twice = replace(asked, name="asked_again", owner="facility", task=Duty("answer", "general"))
    faults = check(SOUND, replace(ROAD, stages=(*ROAD.stages, twice)))

    assert len(faults) == 2
    assert all("'asked_again'" in fault for fault in faults)


@pytest.mark.parametrize(
    ("at", "version"),
    [
        ("2020-05-05T12:00+00:00", "one"),  # before the first edition, it holds all the same
        ("2026-12-31T21:59+00:00", "one"),
        ("2026-12-31T22:00+00:00", "two"),  # midnight in South Africa
        ("2027-01-01T00:30+02:00", "two"),
    ],
)
def test_an_edition_is_in_force_from_its_south_african_day(at: str, version: str) -> None:
    policy = Policy((SOUND, replace(SOUND, version="two", valid_from=date(2027, 1, 1))))

    assert policy.in_force(datetime.fromisoformat(at)).version == version


def test_an_urgent_case_has_the_usual_times_where_a_clock_gives_no_others() -> None:
    assert ANSWER.times(urgent=True) == times("1h", "2h", "always")
    assert ANSWER.times(urgent=False) == ANSWER.standard
    assert CLOSING.times(urgent=True) == CLOSING.standard


def test_the_reminding_ladder_alone_is_no_fault() -> None:
    assert (
        check(replace(SOUND, ladders={**SOUND.ladders, "spare": replace(REMINDING, name="spare")}), ROAD)
        == ()
    )
