"""What is awaited beside the stage of a case: opened with a clock, a task and a notice, and settled.

The services of casework call it with the case held. Who owes it and how long the clock runs is said by
`domain.workflow_awaited` and the policy; here the office is found.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.duty import Post
from hectis_flow.domain.moments import SAST
from hectis_flow.services import waiting
from hectis_flow.services.house import House
from hectis_flow.services.reference import FALLBACK_OFFICE, tree
from hectis_flow.storage import items, offices
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.items import OpenItem


def expect(
    house: House,
    session: Session,
    case: Locked,
    kind: str,
    *,
    code: str | None = None,
    removal_id: int | None = None,
    wanted_by: date | None = None,
    at_office: int | None = None,
) -> int | None:
    """Await something of this kind; the item's number, None where the same is awaited already.

    `wanted_by` is a day that somebody named for the task; the clock climbs as the policy says. `at_office` is who
    owes it, where that is not the case's own office of the kind.
    """
    thing = workflow_rules.awaited(kind)
    owner = at_office or office(house, session, case, thing.owner)
    clock = waiting.reckoned(house, session, thing.clock, owner, case, case.now)
    by = datetime.combine(wanted_by, waiting.COURT_RISES, SAST) if wanted_by else clock["due_at"]
    return open_at(session, case, kind, (owner, thing.task.role), clock, by, code=code, removal_id=removal_id)


def open_at(
    session: Session,
    case: Locked,
    kind: str,
    post: Post,
    clock: Mapping[str, Any],
    task_due: datetime,
    *,
    code: str | None = None,
    removal_id: int | None = None,
) -> int | None:
    """The same of a post, with a clock that is reckoned already."""
    thing = workflow_rules.awaited(kind)
    owed = {"kind": kind, "code": code, "removal_id": removal_id, "office_id": post[0], "role": post[1]}
    task = {"task": thing.task.kind, "task_due": task_due, "tells": thing.tells}
    return items.open_one(session, {**clock, **owed, **task, "case_id": case.id, "at": case.now})


def settle_all(
    session: Session,
    case: Locked,
    kinds: Iterable[str],
    by: str,
    ending: str,
    *,
    removal_id: int | None = None,
    says: Mapping[str, str] | None = None,
) -> list[OpenItem]:
    """End every open item of these kinds, of one removal if one is given; those that were open."""
    wanted = set(kinds)
    found = [
        one
        for one in items.open_ones(session, case.id)
        if one.kind in wanted and (removal_id is None or one.removal_id == removal_id)
    ]
    items.settle(session, [one.id for one in found], by, ending, says, case.now)
    return found


def office(house: House, session: Session, case: Locked, kind: str) -> int:
    """The office of a kind that a case belongs to: its station, its facility, its prosecutors, or the one above."""
    own = {"facility": case.facility_id, "station": case.station_id}
    if kind in own:
        found = own[kind]
    else:
        start = case.court_id or case.owner_office_id
        found = tree(house, session, case.offices).climb(start, kind, case.now.astimezone(SAST).date())
    return found or offices.id_of(session, FALLBACK_OFFICE) or case.owner_office_id
