"""One case as it stands and all that happened to it, for whoever runs the system.

`hectis case show` calls it. It reads codes, times and offices alone: no named field is opened, so this is no
read of a named record.
"""

from dataclasses import dataclass

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
