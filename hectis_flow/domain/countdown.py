"""What a day in court needs, check by check: of whom each is asked, when one is red, and what may be answered.

`services.countdown` opens the checks of a day before it comes, `services.countdown_answers` takes the answers. Each
check is one of the causes for which matters leave the roll through the police's or the prosecutors' own preparation
(domain.md 6), asked before the day and not recorded after it. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from hectis_flow.domain.charges import Charge
from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import STAGES

SAPS, NPA = "countdown_saps", "countdown_npa"
SIDES: Final = (SAPS, NPA)
YES, NO, BY_WHEN, NOT_NEEDED = "yes", "no", "by_when", "not_needed"
ANSWERS: Final = (YES, NO, BY_WHEN, NOT_NEEDED)
#: With these nothing is left to do.
DONE: Final = frozenset({YES, NOT_NEEDED})
#: How the list of a side ends: all is there; its day came; its day was moved; one was taken back; asked anew.
READY, CAME, OVERTAKEN, REOPENED = "ready", "court_day", "overtaken", "reopened"
FIRST_STAGE: Final = "enrolled"
#: Where evidence is closed nothing is prepared any more.
CLOSED: Final = frozenset({"judgment", "closed_342a3d", "convicted"})
PREPARED: Final = tuple(stage.name for stage in STAGES if stage.on_date and stage.name not in CLOSED)
COURT_SITS: Final = time(9)  # [D]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a day in court needs: the cause it would be off the roll for, of whom it is asked, in words.

    `first` is asked before a first appearance alone.
    """

    cause: str
    side: str
    title: str
    first: bool = False


# Subpoenas and summonses are the prosecutor's to ask for and to see returned; the rest is the station's.  [D]
CHECKS: Final = (
    Check("docket_not_at_court", SAPS, "The docket will be at court"),
    Check(
        "investigation_incomplete", SAPS, "What the investigation still owed for this day is in the docket"
    ),
    Check("accused_not_brought", SAPS, "The accused will be at court"),
    Check("forensic_report_outstanding", SAPS, "The forensic reports that this day needs are in the docket"),
    Check("police_witness_absent", SAPS, "The police witnesses know of the day and will come"),
    Check("not_within_48h", SAPS, "The first appearance is within 48 hours of the arrest", first=True),
    Check("witnesses_not_subpoenaed", NPA, "The witnesses are subpoenaed for this day"),
    Check("defective_service", NPA, "Service is in order: summonses and subpoenas came back served"),
)
CAUSES: Final = tuple(check.cause for check in CHECKS)


class AnswerRefused(HectisError):
    """A check cannot be answered as asked; `code` says why."""

    code = "answer_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody says of one check; `by_when` is the day by which it will be there."""

    cause: str
    answer: str
    by_when: date | None = None


def sits(day: date) -> datetime:
    """When the court begins on that day."""
    return datetime.combine(day, COURT_SITS, SAST)


def days(charges: Iterable[Charge]) -> tuple[date, ...]:
    """The days in court that these charges wait for and that something can be prepared for, in order."""
    return tuple(sorted({one.next_date for one in charges if one.next_date and one.stage in PREPARED}))


def next_day(charges: Sequence[Charge], today: date) -> date | None:
    """The first of them that is not past."""
    return next((day for day in days(charges) if day >= today), None)


def red_from(said: Answered, day: date, breach: datetime, now: datetime) -> datetime | None:
    """From when a check is red that is answered so now, if nothing else is said of it; None: it is not.

    Whatever is not there by the breach is red from then on. What will never be in time is red at once.
    """
    if said.answer in DONE:
        return None
    if said.answer == NO or said.by_when is None or said.by_when >= day:
        return now
    passed = datetime.combine(said.by_when + timedelta(days=1), time(), SAST)
    return max(now, min(breach, passed))


def check_answers(said: Sequence[Answered], asked: Iterable[str], today: date) -> None:
    """Whether these are answers to what was asked. Raises `AnswerRefused`: `not_asked`, `date_not_ahead`."""
    open_to_them = tuple(asked)
    for one in said:
        if one.cause not in open_to_them:
            raise AnswerRefused(
                f"'{one.cause}' is not asked of your office for this day. It is asked: {', '.join(open_to_them)}.",
                code="not_asked",
            )
        if one.by_when is not None and one.by_when < today:
            raise AnswerRefused(
                "The day by which it will be there is past. Give today or a later one, or say yes.",
                code="date_not_ahead",
            )
