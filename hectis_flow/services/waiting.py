"""What a case waits for at its stage: the clock with the due time of every step, and the owner's task.

`services.casework` asks it with each move, inside the caller's transaction. Times come from the policy,
offices from the tree; people are not looked up here, for they are resolved when they are told.
"""

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.escalation import Step, schedule
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.offices import OfficeTree
from hectis_flow.domain.workflow_shapes import Stage
from hectis_flow.services import disclosure
from hectis_flow.services.house import House
from hectis_flow.services.reference import tree
from hectis_flow.storage import clocks, items, removals
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.disclosures import Record

DECISION_CLOCK = "referral_decision"
CURED = "outstanding_item"  # what a docket lacks, as `domain.workflow_awaited` names it
COURT_RISES = time(16)  # a day in court is over by then  [D]


def at_stage(
    house: House,
    session: Session,
    stage: Stage,
    owner: int,
    case: Locked,
    record: Record | None = None,
    next_day: date | None = None,
) -> Mapping[str, Any]:
    """The clock and task that begin when a case enters this stage, as the values of a move's statement.

    `next_day` is the next day in court of a case that has one: there its clock begins with that day's end.
    """
    if stage.clock is None:
        return clocks.NOTHING
    urgent = _has_urgent(house, stage.clock, case.now) and disclosure.urgent(session, case.id, record)
    start = datetime.combine(next_day, COURT_RISES, SAST) if stage.on_date and next_day else case.now
    duty = stage.task if stage.task and stage.task.unless not in facts(case) else None
    return {
        **reckoned(house, session, stage.clock, owner, case, start, urgent=urgent),
        "urgent": urgent,
        "task": duty.kind if duty else None,
        "task_role": duty.role if duty else None,
    }


def reckoned(
    house: House,
    session: Session,
    clock: str,
    owner: int,
    case: Locked,
    start: datetime,
    *,
    urgent: bool = False,
) -> dict[str, Any]:
    """A clock of the policy that begins at `start` at an office: when it is due, and its whole ladder."""
    plan = schedule(house.policy, clock, start, urgent=urgent)
    offices = tree(house, session, case.offices)
    on = case.now.astimezone(SAST).date()
    return {
        "clock": plan.clock,
        "policy_version": plan.policy_version,
        "started_at": start,
        "due_at": plan.due_at,
        "ladder": json.dumps([_rung(offices, step, owner, on) for step in plan.steps]),
    }


def facts(case: Locked) -> frozenset[str]:
    """What the row of a case itself shows to hold, of the kinds that moves and duties ask for."""
    return frozenset({"station"}) if case.station_id is not None else frozenset()


def facts_asked(
    house: House,
    session: Session,
    case: Locked,
    asked: frozenset[str],
    removed: Collection[int] | None = None,
) -> frozenset[str]:
    """What holds of a case; what its row does not show is looked up where it is asked for.

    `removed` are the removals that a move is about: each must be old enough to lapse. Without them one is enough.
    """
    found = set(facts(case))
    if "items_cured" in asked and not any(one.kind == CURED for one in items.open_ones(session, case.id)):
        found.add("items_cured")
    if "lapse_due" in asked:
        begun = removals.open_since(session, case.id)
        wait = house.policy.in_force(case.now).lapse_after
        old = [
            add(ALWAYS, at, wait) <= case.now
            for id_, at in begun.items()
            if removed is None or id_ in removed
        ]
        enough = any if removed is None else all
        if old and enough(old):
            found.add("lapse_due")
    return frozenset(found)


def discharged(house: House, session: Session, case: Locked, left_at: datetime | None) -> None:
    """The patient went home: the time to decide on a referral runs from then, unless somebody was warned."""
    stage = workflow_rules.stage(case.stage)
    if left_at is None or stage.clock != DECISION_CLOCK:
        return
    started = clocks.untouched(session, case.id, DECISION_CLOCK)
    if started is None or left_at <= started:
        return
    begun = case._replace(now=min(left_at, case.now))
    waits = at_stage(house, session, stage, case.owner_office_id, begun)
    clocks.restart(
        session, {"id": case.id, "transition": "discharge", "ledger_actor": "feed:intake", **waits}
    )


def _has_urgent(house: House, clock: str, at: datetime) -> bool:
    return house.policy.in_force(at).clocks[clock].urgent is not None


def _rung(offices: OfficeTree, step: Step, owner: int, on: date) -> dict[str, Any]:
    """A step as the ladder of its clock keeps it; how many must answer only where one is not enough."""
    asked = {} if step.answers == "any" else {"answers": step.answers}
    return {
        **asked,
        "level": step.level,
        "office_id": _office(offices, step, owner, on),
        "role": step.role,
        "transition": step.transition,
        "due_at": step.due_at.isoformat(),
    }


def _office(offices: OfficeTree, step: Step, owner: int, on: date) -> int | None:
    """The office a step tells; None where the tree has none, which parks the step and asks a person."""
    if step.level is None:
        return None
    return owner if step.office_kind is None else offices.climb(owner, step.office_kind, on)
