"""How one person is reached, as the administrator keeps it: the order of their ways, waits, quiet hours, parked addresses.

The pages, the API and `hectis staff` call it. It shows no address; each change is written down with who made it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.notification import ADDRESS_PARKED
from hectis_flow.services.house import House
from hectis_flow.storage import contacts, staff_register
from hectis_flow.storage.contacts import WayRow

log = structlog.get_logger(__name__)

LONGEST_WAIT = 30 * 24 * 60  # minutes


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


def put_in_order(house: House, code: str, steps: Sequence[Step], by: str) -> int:
    """Put all of somebody's ways in this order; how many changed. Raises `NotVisible`, `WaysRefused`."""
    if any(not 1 <= (step.wait_minutes or 1) <= LONGEST_WAIT for step in steps):
        raise WaysRefused(f"A wait is 1 to {LONGEST_WAIT} minutes.")
    with house.transaction() as session:
        staff_id = _id(session, code)
        has = {one.channel for one in contacts.ways(session, staff_id)}
        if sorted(has) != sorted(step.channel for step in steps):
            raise WaysRefused(
                f"Name each of their channels once: {', '.join(sorted(has)) or 'there is none'}."
            )
        changed = contacts.order(
            session, staff_id, [one.channel for one in steps], [one.wait_minutes for one in steps], by
        )
    log.info("ways.ordered", staff=code, by=by, changed=changed)
    return changed


def unpark(house: House, code: str, channel: str, by: str) -> bool:
    """Use a parked address again; False when none of the channel was parked. Raises `NotVisible`."""
    with house.transaction() as session:
        freed = contacts.unpark(session, _id(session, code), channel, ADDRESS_PARKED, by)
    log.info("contact.unparked", staff=code, channel=channel, by=by, addresses=freed)
    return freed > 0


def keep_quiet(house: House, code: str, hours: tuple[time, time] | None, by: str) -> bool:
    """Give somebody quiet hours of their own (equal ends: none), or None for those of the policy; False where so before."""
    start, end = hours or (None, None)
    with house.transaction() as session:
        changed = contacts.keep_quiet(session, _id(session, code), start, end)
    log.info("ways.quiet_hours", staff=code, by=by, changed=changed)
    return changed


def _id(session: Session, code: str) -> int:
    found = staff_register.id_of(session, code)
    if found is None:
        raise NotVisible("Nobody on the staff has this code.")
    return found
