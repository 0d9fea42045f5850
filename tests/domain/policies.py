"""A small sound policy beside a small workflow, for tests to spoil one part of."""

from dataclasses import replace
from datetime import date
from typing import Any

from hectis_flow.domain.calendar import ALWAYS, WorkingTime, parse_span
from hectis_flow.domain.policy import Clock, Edition, Ladder, RuleMove, Rung, Times
from hectis_flow.domain.workflow_shapes import Declaration, Duty, Phase, Role, Stage, Transition

OFFICE = WorkingTime("office", dict.fromkeys(range(5), (480, 960)), frozenset({date(2026, 12, 25)}))


def times(warning: str, due: str, calendar: str = "office") -> Times:
    return Times(calendar, parse_span(warning), parse_span(due))


def rung(level: int, role: str, at: str, office_kind: str | None = None) -> Rung:
    when, _, after = at.partition(" + ")
    return Rung(
        level,
        role,
        office_kind,
        "warning" if when == "warning" else "breach",
        parse_span(after) if after else None,
        f"level {level}",
    )


CLIMBING = Ladder(
    "climbing",
    "station",
    "office",
    (
        rung(0, "clerk", "warning"),
        rung(1, "chief", "breach"),
        rung(2, "general", "breach + 5wd", "cluster"),
        rung(3, "general", "breach + 10wd", "saps_province"),
    ),
)
REMINDING = Ladder("reminding", "station", "office", (rung(0, "clerk", "warning"),))
ANSWER = Clock("answer", "Answering", "Answer", "climbing", times("1wd", "2wd"), times("1h", "2h", "always"))
CLOSING = Clock(
    "closing",
    "Closing",
    "Say why not",
    "reminding",
    times("7wd", "10wd"),
    then=RuleMove("close", "waiting_time_over"),
)
SOUND = Edition(
    version="one",
    valid_from=date(2026, 1, 1),
    calendars={"always": ALWAYS, "office": OFFICE},
    clocks={"answer": ANSWER, "closing": CLOSING},
    ladders={"climbing": CLIMBING, "reminding": REMINDING},
    rota_gap_ahead=parse_span("7d"),
    errand_due=parse_span("4h"),
    link_lives=parse_span("14d"),
    lapse_after=parse_span("548d"),
    undo_for=parse_span("10min"),
    docket_benchmark=60,
    snooze_days=10,
    snooze_times=2,
    gang_flag_lasts=parse_span("180d"),
    chair_answers=parse_span("7d"),
)

ROAD = Declaration(
    version=1,
    phases=(Phase("saps", "SAPS"),),
    roles=(
        Role("clerk", "Clerk"),
        Role("chief", "Chief"),
        Role("general", "General"),
        Role("rule", "The system", system=True),
    ),
    bases=(),
    details=(),
    stages=(
        Stage("asked", "saps", "Asked", False, "station", clock="answer", task=Duty("answer", "clerk")),
        Stage("refused", "saps", "Refused", False, "station", clock="closing"),
        Stage("closed", "saps", "Closed", True, "none"),
    ),
    transitions=(
        Transition("ask", (), "asked", ("clerk",), "Ask"),
        Transition("refuse", ("asked",), "refused", ("clerk",), "Refuse"),
        Transition(
            "close", ("refused",), "closed", ("rule",), "Close", ("reason",), reasons=("waiting_time_over",)
        ),
        Transition("drop", ("asked",), "closed", ("clerk",), "Drop"),
    ),
)


def with_clock(clock: Clock, **changes: Any) -> Edition:
    return replace(SOUND, clocks={**SOUND.clocks, clock.name: replace(clock, **changes)})


def with_ladder(ladder: Ladder, **changes: Any) -> Edition:
    return replace(SOUND, ladders={**SOUND.ladders, ladder.name: replace(ladder, **changes)})
