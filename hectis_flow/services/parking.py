"""An address that takes nothing more is parked: nothing goes there, and deputy and supervisor are told.

`services.outcomes` calls `park` in the transaction in which a channel's answer is written down; the administrator unparks
(`services.ways`). What was only busy is never parked. Nothing here opens an address.
"""

from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain import notification
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.events import TASK_OPENED
from hectis_flow.domain.notification import Notice, OnDuty
from hectis_flow.services import reference
from hectis_flow.services.errands import link_life, path
from hectis_flow.services.house import House
from hectis_flow.storage import contacts, database, notices, outbox, staff
from hectis_flow.storage.contacts import Parked

log = structlog.get_logger(__name__)

TASK = notification.ADDRESS_PARKED


def park(house: House, session: Session, gone: Sequence[tuple[int, str]]) -> None:
    """Park the addresses of these deliveries (id and a word of ours for the reason), and let it be known."""
    if not gone:
        return
    parked = contacts.park(session, *map(list, zip(*gone, strict=True)))
    if not parked:
        return
    log.warning("contact.parked", points=[one.contact_point_id for one in parked])
    at, tree = database.now(session), reference.tree(house, session)
    today = database.today(session)
    rows = [
        (
            one.contact_point_id,
            *notification.supervisor((one.office_id, one.role), path(tree, one.office_id, today)),
        )
        for one in parked
    ]
    due = add(ALWAYS, at, house.policy.in_force(at).errand_due)
    tasks = contacts.open_tasks(session, TASK, rows, due)
    # The supervisor hears of it as of any task; the deputy holds another post, and is told beside them.
    outbox.say(session, TASK_OPENED, [(None, task_id) for task_id in tasks.values()])
    _tell_deputies(house, session, parked, tasks)


def _tell_deputies(
    house: House, session: Session, parked: Sequence[Parked], tasks: Mapping[int, int]
) -> None:
    at = database.now(session)
    events = contacts.events_of(session, TASK_OPENED, list(tasks.values()))
    deputies = contacts.deputies(session, [one.staff_id for one in parked])
    people = staff.reached(session, set(deputies.values()), at)
    told = [
        _notice(events[tasks[one.contact_point_id]], one, people[deputies[one.staff_id]])
        for one in parked
        if one.contact_point_id in tasks and one.staff_id in deputies
    ]
    notices.write(session, [each for each in told if each is not None], link_life(house, at))


def _notice(event_id: int, one: Parked, deputy: OnDuty) -> Notice | None:
    if not deputy.ways:
        return None
    way = min(deputy.ways, key=lambda each: (each.rank, each.contact_point_id))
    return Notice(
        event_id,
        None,
        "task",
        deputy.staff_id,
        one.office_id,
        one.role,
        None,
        way.channel,
        way.contact_point_id,
        None,
        None,
        cause=f"task:{TASK}",
    )
