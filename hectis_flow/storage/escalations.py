"""Silence climbs: due steps of running clocks fire, each once, in one statement for as many as one likes.

`services.escalation` calls it. A step that fires writes its escalation, its case's ledger entry and its
event together, or not at all. What another transaction holds is left for the next turn, so the sweep
waits for nobody. It must not reckon a due time or climb the tree of offices: both are on the row.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from hectis_flow.storage.base import Base
from hectis_flow.storage.direct import Direct
from hectis_flow.storage.firing import ANY_DUE, FIRE_ONE, OLDEST, PARK, SWEEP, TAKE_RULE


class Escalation(Base):
    """How high the silence on one clock has climbed. The level never falls; the end of the clock clears it.

    `carries` and `capacity` are the owner's when it last rose above the reminder (`domain.load`).
    """

    __tablename__ = "escalation"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id"))
    level: Mapped[int] = mapped_column(SmallInteger)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str]
    opened_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    carries: Mapped[int | None] = mapped_column(Integer)
    carried_by: Mapped[str | None]
    benchmark: Mapped[int | None] = mapped_column(Integer)
    capacity: Mapped[str | None]


class Round(NamedTuple):
    """What one round did: steps that fired, steps that were parked, and rule steps that are now due."""

    fired: int
    parked: int
    rules: Sequence[int]


class RuleStep(NamedTuple):
    """A move that a rule makes by itself, now that the time of a clock is over."""

    case_id: int
    transition: str
    clock: str
    started_at: datetime


class Open(NamedTuple):
    """One open escalation, as a list shows it."""

    id: int
    ref: str
    stage: str
    clock: str
    level: int
    office: str
    role: str
    due_at: datetime
    raised_at: datetime


def any_due(direct: Direct) -> bool:
    """Whether a step is due: all that a sweep costs when none is."""
    ((due,),) = direct.rows(ANY_DUE, {})
    return bool(due)


def sweep(session: Session, limit: int, fallback: str, benchmark: int) -> Round:
    """Let up to `limit` due steps fire, oldest first, and write the next step of their clocks.

    A step that names no office or no role is parked, with a task for the provincial office; where that
    is missing, for the office with the code `fallback`. Rule steps are only named: a service moves them.
    """
    given = {"limit": limit, "fallback": fallback, "benchmark": benchmark}
    return Round(*session.execute(SWEEP, given).one())


def fire_one(session: Session, step_id: int, fallback: str, benchmark: int) -> Round:
    """The same for one step, if it is still due."""
    given = {"step": step_id, "fallback": fallback, "benchmark": benchmark}
    return Round(*session.execute(FIRE_ONE, given).one())


def oldest_due(session: Session) -> int | None:
    """The step that the next sweep would begin with."""
    found: int | None = session.scalar(OLDEST, {"limit": 1})
    return found


def take_rule(session: Session, step_id: int) -> RuleStep | None:
    """Hold the case of a due rule step and mark the step done; None where it is not ours to do now."""
    row = session.execute(TAKE_RULE, {"step": step_id}).first()
    return RuleStep(*row) if row else None


def park(session: Session, step_id: int, fallback: str) -> int:
    """Take a step that can never fire out of the way, and ask a person; the clock's next step comes all the same.

    0 where it was settled meanwhile, or where somebody is moving its case.
    """
    return int(session.execute(PARK, {"step": step_id, "fallback": fallback}).scalar_one())


def open_ones(session: Session, office: str | None, after: int | None, limit: int) -> list[Open]:
    """Open escalations, the longest open first, beyond the id `after`; of one office (its code) or of all."""
    statement = text(
        """
        SELECT e.id, c.ref, k.stage, k.name, e.level, o.code, e.role, k.due_at, e.raised_at
        FROM escalation e JOIN clock k ON k.id = e.clock_id JOIN "case" c ON c.id = e.case_id
        JOIN office o ON o.id = e.office_id
        WHERE e.cleared_at IS NULL AND e.id > coalesce(CAST(:after AS bigint), 0)
          AND (CAST(:office AS text) IS NULL OR e.office_id = (SELECT id FROM office WHERE code = :office))
        ORDER BY e.id LIMIT :limit
        """
    )
    rows = session.execute(statement, {"office": office, "after": after, "limit": limit})
    return [Open(*row) for row in rows]
