"""How one person is reached, as the administrator keeps it: the order of their ways, waits, quiet hours, parked addresses.

The pages and the API call `arrange` and `use_again`, `hectis staff` the rest. It shows no address; each change is written down
with who made it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.notification import ADDRESS_PARKED
from hectis_flow.services import once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.storage import contacts, staff_register
from hectis_flow.storage.contacts import WayRow
from hectis_flow.storage.tokens import Bearer

log = structlog.get_logger(__name__)

LONGEST_WAIT = 30 * 24 * 60  # minutes

Hours = tuple[time, time]


class WaysRefused(HectisError):
    """The ways cannot be put so; the sentence says why."""

    code = "ways_refused"
    status = 422


@dataclass(frozen=True, slots=True)
class Step:
    """One way in somebody's order: its channel, and how many minutes the one before it is given (None: as usual)."""

    channel: str
    wait_minutes: int | None = None


def of(house: House, code: str) -> list[WayRow]:
    """Somebody's ways, in their order. Raises `NotVisible`."""
    with house.transaction() as session:
        return contacts.ways(session, _id(session, code))


def hours_of(house: House, code: str) -> Hours | None:
    """Somebody's own quiet hours; None where the policy's hold. Raises `NotVisible`."""
    with house.transaction() as session:
        return contacts.quiet(session, _id(session, code))


def arrange(house: House, writing: Writing, code: str, steps: Sequence[Step], hours: Hours | None) -> Answer:
    """Put somebody's ways in an order (none named: as they are), with quiet hours of their own (None: the policy's).

    Raises `NotVisible` and `WaysRefused`.
    """

    def effect(session: Session, bearer: Bearer) -> dict[str, Any]:
        staff_id = _allowed(session, bearer, "staff.ways", code)
        if steps:
            _order(session, staff_id, steps, bearer.name)
        contacts.keep_quiet(session, staff_id, *(hours or (None, None)))
        return _told(session, code, staff_id)

    return once.run(house, writing, effect)


def use_again(house: House, writing: Writing, code: str, channel: str) -> Answer:
    """Use somebody's parked addresses of a channel again. Raises `NotVisible`."""

    def effect(session: Session, bearer: Bearer) -> dict[str, Any]:
        staff_id = _allowed(session, bearer, "staff.unpark", code)
        contacts.unpark(session, staff_id, channel, ADDRESS_PARKED, bearer.name)
        return _told(session, code, staff_id)

    return once.run(house, writing, effect)


def put_in_order(house: House, code: str, steps: Sequence[Step], by: str) -> int:
    """Put all of somebody's ways in this order; how many changed. Raises `NotVisible`, `WaysRefused`."""
    with house.transaction() as session:
        changed = _order(session, _id(session, code), steps, by)
    log.info("ways.ordered", staff=code, by=by, changed=changed)
    return changed


def unpark(house: House, code: str, channel: str, by: str) -> bool:
    """Use a parked address again; False when none of the channel was parked. Raises `NotVisible`."""
    with house.transaction() as session:
        freed = contacts.unpark(session, _id(session, code), channel, ADDRESS_PARKED, by)
    log.info("contact.unparked", staff=code, channel=channel, by=by, addresses=freed)
    return freed > 0


def disturb_always(house: House, codes: Sequence[str]) -> int:
    """Let these people be told at any hour, where they have no hours of their own; how many that changed."""
    with house.transaction() as session:
        return contacts.disturb_always(session, codes)


def keep_quiet(house: House, code: str, hours: Hours | None, by: str) -> bool:
    """Give somebody quiet hours of their own (equal ends: none), or None for the policy's; False where so before."""
    with house.transaction() as session:
        changed = contacts.keep_quiet(session, _id(session, code), *(hours or (None, None)))
    log.info("ways.quiet_hours", staff=code, by=by, changed=changed)
    return changed


def _order(session: Session, staff_id: int, steps: Sequence[Step], by: str) -> int:
    if any(step.wait_minutes is not None and not 1 <= step.wait_minutes <= LONGEST_WAIT for step in steps):
        raise WaysRefused(f"A wait is 1 to {LONGEST_WAIT} minutes.")
    has = {one.channel for one in contacts.ways(session, staff_id)}
    if sorted(has) != sorted(step.channel for step in steps):
        raise WaysRefused(f"Name each of their channels once: {', '.join(sorted(has)) or 'there is none'}.")
    channels, waits = [one.channel for one in steps], [one.wait_minutes for one in steps]
    return contacts.order(session, staff_id, channels, waits, by)


def _told(session: Session, code: str, staff_id: int) -> dict[str, Any]:
    quiet = contacts.quiet(session, staff_id)
    return {
        "staff": code,
        "quiet": None if quiet is None else "{:%H:%M}-{:%H:%M}".format(*quiet),
        "ways": [
            {**one._asdict(), "parked_at": one.parked_at.isoformat() if one.parked_at else None}
            for one in contacts.ways(session, staff_id)
        ],
    }


def _allowed(session: Session, bearer: Bearer, action: str, code: str) -> int:
    if access_rules.grant(bearer.role, action).scope == "none":
        raise NotVisible(NOT_HERE)
    return _id(session, code)


def _id(session: Session, code: str) -> int:
    found = staff_register.id_of(session, code)
    if found is None:
        raise NotVisible("Nobody on the staff has this code.")
    return found
