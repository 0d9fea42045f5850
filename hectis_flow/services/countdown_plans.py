"""What begins for a day in court: clocks and tasks for both sides, who is asked, and who stands above them.

`services.countdown` asks it and hands what it says to the one statement that opens lists. Times come from the
policy, offices from the tree. It must write nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.countdown import NPA, SAPS, SIDES, sits
from hectis_flow.domain.escalation import asked_at, plan_before
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.offices import OfficeTree
from hectis_flow.domain.policy import Clock, Edition
from hectis_flow.services import items
from hectis_flow.services.house import House
from hectis_flow.services.reference import FALLBACK_OFFICE
from hectis_flow.storage import offices
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.countdown import NOWHERE, Times

DAY: Final = timedelta(days=1)


class Owner(NamedTuple):
    """Who is asked for one side of the cases under an office, a station or a court; `NOWHERE`: of those without one."""

    kind: str
    under: int
    office_id: int


def times(now: datetime) -> Times:
    """Today, and the last day on which the court has begun."""
    today = now.astimezone(SAST).date()
    return Times(today, today if now >= sits(today) else today - DAY)


def clock(edition: Edition, side: str) -> Clock:
    """The clock of a side."""
    return edition.clocks[workflow_rules.awaited(side).clock]


def is_asked(edition: Edition, day: date, now: datetime) -> bool:
    """Whether a day in court is near enough for one of the sides to be asked."""
    return any(asked_at(edition, clock(edition, side), sits(day)) <= now for side in SIDES)


def until(edition: Edition, now: datetime) -> dict[str, date]:
    """The last day in court that each side is asked for by now."""
    return {side: _until(edition, side, now) for side in SIDES}


def _until(edition: Edition, side: str, now: datetime) -> date:
    day = now.astimezone(SAST).date()
    while asked_at(edition, clock(edition, side), sits(day + DAY)) <= now:
        day += DAY
    return day


def plans(edition: Edition, days: Iterable[date], now: datetime) -> list[dict[str, Any]]:
    """What begins for each of these days that is asked for by now: a clock and a task for each side."""
    return [
        _plan(edition, side, day, now)
        for day in days
        for side in SIDES
        if asked_at(edition, clock(edition, side), sits(day)) <= now < sits(day)
    ]


def _plan(edition: Edition, side: str, day: date, now: datetime) -> dict[str, Any]:
    thing = workflow_rules.awaited(side)
    plan = plan_before(edition, clock(edition, side), sits(day), now)
    rungs = [
        {
            "step": step.step,
            "level": step.level,
            "role": step.role,
            "office": step.office_kind,
            "due_at": step.due_at.isoformat(),
        }
        for step in plan.steps
    ]
    return {
        "kind": side,
        "day": day.isoformat(),
        "clock": plan.clock,
        "role": thing.task.role,
        "task": thing.task.kind,
        "policy_version": plan.policy_version,
        "due_at": plan.due_at.isoformat(),
        "rungs": rungs,
    }


def owners_of(house: House, session: Session, case: Locked) -> list[Owner]:
    """Who is asked of one case."""
    under = {SAPS: case.station_id or NOWHERE, NPA: case.court_id or NOWHERE}
    return [
        Owner(side, under[side], items.office(house, session, case, workflow_rules.awaited(side).owner))
        for side in SIDES
    ]


def owners(session: Session, known: OfficeTree, on: date) -> Iterator[Owner]:
    """Who is asked under every station and every court there is, and where a case has none."""
    for office_id, node in known.nodes.items():
        if node.kind == "station":
            yield Owner(SAPS, office_id, office_id)
        elif node.kind == "court":
            found = known.climb(office_id, workflow_rules.awaited(NPA).owner, on)
            if found is not None:
                yield Owner(NPA, office_id, found)
    fallback = offices.id_of(session, FALLBACK_OFFICE)
    if fallback is not None:
        yield from (Owner(side, NOWHERE, fallback) for side in SIDES)


def opening(
    known: OfficeTree, begins: Sequence[Mapping[str, Any]], asked: Sequence[Owner], on: date
) -> dict[str, str]:
    """What the statement that opens lists is told: what begins, who is asked, and the offices above these."""
    kinds = {(plan["kind"], rung["office"]) for plan in begins for rung in plan["rungs"] if rung["office"]}
    rows = [
        {
            **one._asdict(),
            "above": {kind: known.climb(one.office_id, kind, on) for side, kind in kinds if side == one.kind},
        }
        for one in asked
    ]
    return {"plans": json.dumps(list(begins)), "owners": json.dumps(rows)}
