"""What is asked of a post that is named when it begins: by when it is due, and its whole ladder.

`services.decisions` and `services.gang_flags` call it with the case held, where it is about one. Times come from the
policy, the way up from the tree of offices; nobody is looked up here.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.duty import Post
from hectis_flow.domain.escalation import schedule
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.named_ladder import climb
from hectis_flow.domain.offices import ROOT
from hectis_flow.services import items
from hectis_flow.services.house import House
from hectis_flow.services.reference import tree
from hectis_flow.storage.cases import Locked

#: What waiting for a named post is written down with, beside its ladder.
Values = Mapping[str, Any]


def expect(
    house: House, session: Session, case: Locked, kind: str, code: str, owner: Post, wanted_by: datetime
) -> int | None:
    """Await something of this kind of a post; the item's number, None where the same is awaited already."""
    clock = reckoned(house, session, workflow_rules.awaited(kind).clock, owner, case.now, wanted_by)
    return items.open_at(session, case, kind, owner, clock, clock["due_at"], code=code)


def reckoned(
    house: House, session: Session, clock: str, owner: Post, now: datetime, wanted_by: datetime
) -> Values:
    """A clock of the policy that begins now for a post, and is breached at a moment that somebody named."""
    plan = schedule(house.policy, clock, now, wanted_by=wanted_by)
    offices, on = tree(house, session), now.astimezone(SAST).date()
    path = [(each, offices.kind_of(each)) for each in offices.path(owner[0], on)]
    rungs = climb(plan.steps, owner, path, offices.climb(owner[0], ROOT, on))
    return {
        "clock": plan.clock,
        "policy_version": plan.policy_version,
        "started_at": now,
        "due_at": plan.due_at,
        "ladder": json.dumps(
            [{**rung._asdict(), "transition": None, "due_at": rung.due_at.isoformat()} for rung in rungs]
        ),
    }
