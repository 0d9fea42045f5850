"""The countdown before a day in court: what the day needs is asked of each side before it, and let go when it is over.

The clock calls `prepare` every hour for all cases at once; `services.casework` calls `follow` with each move of
charges, so that a day which is near already is asked for at once. Both come to the same statement. It must not
answer anything: that is `services.countdown_answers`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import countdown
from hectis_flow.domain.calendar import Span, before
from hectis_flow.domain.casework import Decision
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.countdown import sits
from hectis_flow.domain.moments import SAST
from hectis_flow.services import countdown_plans as plans
from hectis_flow.services.house import House
from hectis_flow.services.reference import tree
from hectis_flow.storage import countdown as lists
from hectis_flow.storage import court_checks, database
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.court_checks import Lead

COURT: Final = "court"  # the detail of a move that names where the matter is heard from now on
AT_ONCE: Final = 1_000  # cases held together: some 20,000 rows in one statement, well within its time limit
EARLY: Final = 3  # working days before a day in court that leave time to mend something
LONGEST: Final = 30


class Prepared(NamedTuple):
    """What one turn did: cases that it looked at, lists that were opened, and lists that were let go."""

    held: int
    opened: int
    over: int


@dataclass(frozen=True, slots=True)
class LeadTimes:
    """Removals of matters that had a day in court, and the signs before it.

    `asked`: a check of one of the causes had been asked for that day. `days`: of those with a sign, the whole working
    days from the first time that such a check was red to the day.
    """

    removals: int
    asked: int
    days: tuple[int, ...]

    @property
    def signalled(self) -> int:
        """How many had a sign."""
        return len(self.days)

    @property
    def early(self) -> int:
        """How many had it early enough to act on."""
        return sum(days >= EARLY for days in self.days)

    @property
    def median(self) -> float | None:
        """How early, for half of those with a sign."""
        return median(self.days) if self.days else None


def prepare(house: House, limit: int = AT_ONCE) -> Prepared:
    """Bring the lists of all cases to what their next days in court ask for. Doing it again does nothing."""
    done, after = Prepared(0, 0, 0), 0
    while True:
        with house.transaction() as session:
            last, turn = _prepare_some(house, session, after, limit)
        done = Prepared(*(sum(pair) for pair in zip(done, turn, strict=True)))
        if turn.held < limit:
            return done
        after = last


def _prepare_some(house: House, session: Session, after: int, limit: int) -> tuple[int, Prepared]:
    """The same for the next cases beyond the id `after`; the last of their ids."""
    now = database.now(session)
    edition, times, on = house.policy.in_force(now), plans.times(now), now.astimezone(SAST).date()
    until = plans.until(edition, now)
    held = lists.hold(session, until, times, after, limit)
    if not held:
        return after, Prepared(0, 0, 0)
    over = lists.let_go(session, held, times, None, elsewhere=False)
    ahead = (max(until.values()) - on).days
    begins = plans.plans(edition, (on + plans.DAY * one for one in range(1, ahead + 1)), now)
    known = tree(house, session)
    opening = plans.opening(known, begins, list(plans.owners(session, known, on)), on)
    opened = lists.open_lists(session, held, opening, times, None)
    return held[-1], Prepared(len(held), opened, over)


def follow(house: House, session: Session, case: Locked, decision: Decision, known: Sequence[Charge]) -> None:
    """Let the lists of a case follow a move of its charges: the day that is no longer theirs, and a near new one."""
    if decision.carried is None:
        return
    were, elsewhere = countdown.days(known), COURT in decision.details
    if were == countdown.days(decision.carried.standing) and not elsewhere:
        return
    edition, times = house.policy.in_force(case.now), plans.times(case.now)
    if any(day <= times.today or plans.is_asked(edition, day, case.now) for day in were):
        lists.let_go(session, [case.id], times, case.now, elsewhere=elsewhere)
    day = countdown.next_day(decision.carried.standing, times.today)
    if day is not None and plans.is_asked(edition, day, case.now):
        begin(house, session, case, day)


def begin(house: House, session: Session, case: Locked, day: date) -> int:
    """Open the lists that a case which is held lacks for its next day in court; how many."""
    begins = plans.plans(house.policy.in_force(case.now), [day], case.now)
    asked, on = plans.owners_of(house, session, case), case.now.astimezone(SAST).date()
    opening = plans.opening(tree(house, session, case.offices), begins, asked, on)
    return lists.open_lists(session, [case.id], opening, plans.times(case.now), case.now)


def lead_times(house: House) -> LeadTimes:
    """How early it could be seen that a matter would leave the roll, of all that left it with a day set."""
    with house.snapshot() as session:
        found = court_checks.leads(session)
    asked = [one for one in found if one.side is not None]
    days = (_days_ahead(house, one) for one in asked)
    return LeadTimes(len(found), len(asked), tuple(one for one in days if one is not None))


def _days_ahead(house: House, lead: Lead) -> int | None:
    """The working days from the first sign of a removal to its day in court; None where there was no sign."""
    first, court = lead.first_red, sits(lead.day)
    if lead.side is None or first is None or first >= court:
        return None
    edition = house.policy.in_force(first)
    calendar = edition.calendars[plans.clock(edition, lead.side).standard.calendar]
    ahead = range(1, LONGEST + 1)
    return next((days - 1 for days in ahead if before(calendar, court, Span(days, "wd")) < first), LONGEST)
