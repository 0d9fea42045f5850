"""Before a day in court: what counts back, when a check is red, and which day it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from config.policy import read_policy
from hectis_flow.commands.policy import POLICY
from hectis_flow.domain import countdown
from hectis_flow.domain.calendar import parse_span
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.countdown import BY_WHEN, NO, NOT_NEEDED, YES, Answered, AnswerRefused, red_from, sits
from hectis_flow.domain.escalation import asked_at, plan, plan_before, schedule
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.policy import BeforeCourt, Clock, Edition, Ladder, Policy, PolicyFault, Rung
from hectis_flow.domain.policy_checks import check
from hectis_flow.domain.workflow_shapes import Awaited, Duty
from hectis_flow.domain.workflow_words import REMOVAL_CAUSES
from tests.domain.policies import ANSWER, ROAD, SOUND, rung, times

EDITION = read_policy(POLICY).editions[-1]
SAPS = EDITION.clocks["countdown_saps"]
DAY = date(2026, 12, 10)  # a Thursday
COURT = sits(DAY)
BREACH = datetime(2026, 12, 7, 9, tzinfo=SAST)


def sast(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SAST)


def told(start: str) -> list[tuple[int | None, str]]:
    """The levels of a countdown that starts then, each with its moment."""
    steps = plan_before(EDITION, SAPS, COURT, sast(start)).steps
    return [(step.level, step.due_at.astimezone(SAST).isoformat()[:16]) for step in steps]


# --- the clock that counts back -----------------------------------------------------------------------


def test_a_day_in_court_is_asked_for_seven_working_days_before_and_climbs_three_and_one_before() -> None:
    assert asked_at(EDITION, SAPS, COURT) == sast("2026-12-01T09:00")
    assert told("2026-12-01T09:00") == [
        (0, "2026-12-04T09:00"),
        (1, "2026-12-07T09:00"),
        (2, "2026-12-09T09:00"),
    ]
    assert plan_before(EDITION, SAPS, COURT, sast("2026-12-01T09:00")).due_at == BREACH


@pytest.mark.parametrize(
    ("start", "levels"),
    [
        # The owner has half a working day, then it climbs; whoever would hear too late is left out.
        (
            "2026-12-08T10:00",
            [(0, "2026-12-08T12:00"), (1, "2026-12-08T14:00"), (2, "2026-12-09T09:00")],
        ),
        ("2026-12-09T08:00", [(0, "2026-12-09T10:00"), (1, "2026-12-09T12:00")]),
        ("2026-12-09T15:00", [(0, "2026-12-10T08:30")]),
        ("2026-12-10T08:00", [(0, "2026-12-10T09:00")]),
    ],
)
def test_a_day_that_is_set_late_leaves_its_owner_some_time(start: str, levels: list[tuple[int, str]]) -> None:
    assert told(start) == levels


def test_every_start_before_a_day_in_court_tells_its_owner_before_the_court_sits() -> None:
    for hour in range(24 * 12):
        start = datetime.fromtimestamp(sast("2026-11-28T09:00").timestamp() + hour * 3600, UTC)
        if start >= COURT:
            break
        plan_ = plan_before(EDITION, SAPS, COURT, start)
        moments = [step.due_at for step in plan_.steps]
        assert [step.level for step in plan_.steps] == list(range(len(moments)))
        assert moments == sorted(moments)
        assert start < moments[0] <= COURT
        assert all(one < COURT for one in moments[1:])
        assert plan_.due_at <= COURT


def test_a_clock_that_counts_back_has_no_plan_without_a_day_in_court_nor_another_one_with_it() -> None:
    with pytest.raises(PolicyFault, match="counts back from a day in court"):
        schedule(Policy((EDITION,)), "countdown_saps", COURT)
    with pytest.raises(PolicyFault, match="does not count 'roll_date' back"):
        plan_before(EDITION, EDITION.clocks["roll_date"], COURT, BREACH)
    assert plan(EDITION, EDITION.clocks["roll_date"], COURT).steps


# --- what the policy check says of it -------------------------------------------------------------------

BACK = Clock(
    "near",
    "Near",
    "Prepare",
    "counting",
    times("4wd", "3wd"),
    before_court=BeforeCourt(parse_span("7wd"), times("2wh", "4wh")),
)
COUNTING = Ladder(
    "counting",
    "station",
    "office",
    (
        rung(0, "clerk", "warning"),
        rung(1, "chief", "breach"),
        Rung(2, "general", "cluster", "court", parse_span("1wd"), "level 2"),
    ),
)
AHEAD = replace(ROAD, awaited=(Awaited("day", "A day", "station", "near", Duty("prepare", "clerk")),))


def counting(clock: Clock = BACK, ladder: Ladder = COUNTING) -> Edition:
    return replace(
        SOUND, clocks={**SOUND.clocks, "near": clock}, ladders={**SOUND.ladders, "counting": ladder}
    )


def late_by(span: str, at: str = "court") -> Ladder:
    when = "court" if at == "court" else "breach"
    last = Rung(2, "general", "cluster", when, parse_span(span), "level 2")
    return replace(COUNTING, rungs=(*COUNTING.rungs[:2], last))


def test_a_sound_countdown_has_no_fault() -> None:
    assert check(counting(), AHEAD) == ()


@pytest.mark.parametrize(
    ("edition", "fault"),
    [
        (
            counting(replace(BACK, before_court=BeforeCourt(parse_span("4wd"), times("2wh", "4wh")))),
            "clocks.near: asked (4 working days before the court) must come before warning (4 working days).",
        ),
        (
            counting(replace(BACK, standard=times("3wd", "4wd"))),
            "clocks.near: warning (3 working days before the court) must come before due (4 working days).",
        ),
        (
            counting(replace(BACK, standard=times("4wd", "30wh"))),
            "clocks.near.due: must count working days before the court",
        ),
        (
            counting(replace(BACK, before_court=BeforeCourt(parse_span("7wd"), times("4wh", "2wh")))),
            "clocks.near.late: the warning (4 working hours) must come before the breach (2 working hours)",
        ),
        (
            counting(replace(BACK, before_court=BeforeCourt(parse_span("7wd"), times("2wh", "4wh", "moon")))),
            "clocks.near.late.calendar: there is no calendar 'moon'",
        ),
        (counting(replace(BACK, urgent=times("4wd", "3wd"))), "so it has no 'urgent' and no 'then'"),
        (counting(ladder=late_by("3wd")), "level 2 must be told later than 3 working days before the court"),
        (counting(ladder=late_by("5wh")), "level 2 must be told later than 3 working days before the court"),
        (
            counting(ladder=replace(COUNTING, calendar="always")),
            "ladders.counting.calendar: must be that of 'near'",
        ),
        (
            replace(counting(), clocks={**counting().clocks, "answer": replace(ANSWER, ladder="counting")}),
            "clocks.answer.ladder: level 2 of 'counting' counts from a day in court, which this clock has not",
        ),
        (
            counting(
                ladder=replace(
                    COUNTING,
                    rungs=(
                        *COUNTING.rungs,
                        rung(3, "general", "breach + 5wd", "saps_province"),
                    ),
                )
            ),
            "levels counted from the court come last, and none is counted after the breach",
        ),
        (
            replace(
                counting(),
                clocks={
                    **counting().clocks,
                    "answer": replace(BACK, name="answer"),
                },
            ),
            "clocks.answer.before_court: a stage's clock runs from its start",
        ),
    ],
)
def test_each_fault_of_a_countdown_is_named_by_its_key(edition: Edition, fault: str) -> None:
    assert any(fault in one for one in check(edition, AHEAD)), check(edition, AHEAD)


# --- when a check is red ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "by_when", "now", "red"),
    [
        (YES, None, "2026-12-02T10:00", None),
        (NOT_NEEDED, None, "2026-12-08T10:00", None),
        (NO, None, "2026-12-02T10:00", "2026-12-02T10:00"),
        # In time: amber until the day is over, or three working days are left.
        (BY_WHEN, "2026-12-04", "2026-12-02T10:00", "2026-12-05T00:00"),
        (BY_WHEN, "2026-12-07", "2026-12-02T10:00", "2026-12-07T09:00"),
        (BY_WHEN, "2026-12-09", "2026-12-02T10:00", "2026-12-07T09:00"),
        # Too late: on the day itself or after it, and whatever is said after the breach but yes.
        (BY_WHEN, "2026-12-10", "2026-12-02T10:00", "2026-12-02T10:00"),
        (BY_WHEN, "2027-01-10", "2026-12-02T10:00", "2026-12-02T10:00"),
        (BY_WHEN, "2026-12-09", "2026-12-08T10:00", "2026-12-08T10:00"),
    ],
)
def test_a_check_is_red_from_when_it_cannot_be_in_time(
    answer: str, by_when: str | None, now: str, red: str | None
) -> None:
    said = Answered("docket_not_at_court", answer, date.fromisoformat(by_when) if by_when else None)
    found = red_from(said, DAY, BREACH, sast(now))

    assert found == (sast(red) if red else None)


def test_only_what_was_asked_is_answered_and_by_no_day_that_is_past() -> None:
    today, asked = date(2026, 12, 2), ("docket_not_at_court",)

    countdown.check_answers([Answered("docket_not_at_court", BY_WHEN, today)], asked, today)
    for said, code in (
        (Answered("defective_service", YES), "not_asked"),
        (Answered("docket_not_at_court", BY_WHEN, date(2026, 12, 1)), "date_not_ahead"),
    ):
        with pytest.raises(AnswerRefused) as refusal:
            countdown.check_answers([said], asked, today)
        assert refusal.value.code == code


# --- of whom what is asked, and for which day --------------------------------------------------------------


def test_every_cause_of_the_polices_and_prosecutors_preparation_is_asked_once() -> None:
    assert sorted(countdown.CAUSES) == sorted(REMOVAL_CAUSES[:8])
    assert {check.side for check in countdown.CHECKS} == set(countdown.SIDES)


def test_the_page_says_of_every_check_of_whom_it_is_asked() -> None:
    page = (POLICY.parent.parent / "docs" / "countdown.md").read_text(encoding="utf-8")
    for one in countdown.CHECKS:
        whom = "detective commander" if one.side == countdown.SAPS else "prosecutor"
        assert any(f"`{one.cause}`" in line and line.endswith(f"| {whom} |") for line in page.splitlines())


def test_the_next_day_is_the_first_that_something_can_be_prepared_for() -> None:
    charges = [
        Charge(1, 1, 1, "murder", "on_roll", next_date=date(2026, 12, 10)),
        Charge(2, 2, 1, "murder", "judgment", next_date=date(2026, 12, 3)),
        Charge(3, 3, 1, "murder", "trial", next_date=date(2026, 12, 8)),
        Charge(4, 4, 1, "murder", "struck_342a", next_date=date(2026, 12, 4)),
    ]

    assert countdown.days(charges) == (date(2026, 12, 8), date(2026, 12, 10))
    assert countdown.next_day(charges, date(2026, 12, 8)) == date(2026, 12, 8)
    assert countdown.next_day(charges, date(2026, 12, 9)) == date(2026, 12, 10)
    assert countdown.next_day(charges, date(2026, 12, 11)) is None
