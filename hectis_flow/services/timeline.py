"""One case as it stands and all that happened to it, for whoever runs the system.

`hectis case show` calls it, and the page of a case for what is next. It reads codes, times and offices alone: no named field is opened, so this is no
read of a named record.
"""

from dataclasses import dataclass
from datetime import date, datetime

from hectis_flow.domain.errors import NotVisible
from hectis_flow.services.house import House
from hectis_flow.storage import timeline
from hectis_flow.storage.timeline import AtCourt, Awaits, ChargeNow, Docket, Happened, Removed, Stands


@dataclass(frozen=True, slots=True)
class Told:
    """Where a case stands, its docket and its matter at court, what is awaited, and its story, oldest first."""

    stands: Stands
    story: tuple[Happened, ...]
    docket: Docket | None
    at_court: AtCourt | None
    charges: tuple[ChargeNow, ...]
    removals: tuple[Removed, ...]
    awaited: tuple[Awaits, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a case waits for: whose it is, which task is open and who holds it, when it is due, who hears of it next.

    `clock` is the one that runs for its stage, by its name, and `snoozed_until` the day to which it is put off.
    """

    owner: str
    task: str | None
    task_role: str | None
    held_by: str | None
    due_at: datetime | None
    next_role: str | None
    next_office: str | None
    next_due: datetime | None
    now: datetime
    clock: str | None
    snoozed_until: date | None


def ahead(house: House, ref: str) -> Ahead:
    """What the case of this number waits for, in codes, times and offices. Raises `NotVisible`.

    For whoever was shown the case: it says nothing that a notice about it would not.
    """
    with house.transaction() as session:
        found = timeline.stands(session, ref)
    if found is None:
        raise NotVisible("There is no such case.")
    return Ahead(
        found.owner,
        found.task,
        found.task_role,
        found.held_by,
        found.due_at,
        found.next_role,
        found.next_office,
        found.next_due,
        found.now,
        found.clock,
        found.snoozed_until,
    )


def tell(house: House, ref: str) -> Told:
    """The case of this number. Raises `NotVisible`."""
    with house.snapshot() as session:
        stands = timeline.stands(session, ref)
        if stands is None:
            raise NotVisible("There is no such case.")
        return Told(
            stands,
            tuple(timeline.happened(session, stands.id)),
            timeline.docket(session, stands.id),
            timeline.at_court(session, stands.id),
            timeline.charges(session, stands.id),
            timeline.removals(session, stands.id),
            timeline.awaited(session, stands.id),
        )
