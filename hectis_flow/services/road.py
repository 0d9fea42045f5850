"""The funnel: how many cases stand where on the road, for how long, how many came that far, what came back.

`hectis road` calls it. Everything is counted on one snapshot, from the rows that moves and clocks write. It
must not read anything of a person.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import Stage
from hectis_flow.services.house import House
from hectis_flow.storage import database, offices, road
from hectis_flow.storage.road import Back, Removals, Standing


@dataclass(frozen=True, slots=True)
class Stop:
    """One stage of the road: the cases that ever came there, and those that stand there now."""

    stage: Stage
    reached: int
    now: Standing


@dataclass(frozen=True, slots=True)
class Road:
    """The whole road at one moment, its stops in the order of the declaration."""

    at: datetime
    stops: tuple[Stop, ...]
    back: Back
    removed: Removals
    by_cause: tuple[Removals, ...]

    @property
    def cases(self) -> int:
        """How many there are."""
        return sum(stop.now.cases for stop in self.stops)

    @property
    def at_an_end(self) -> int:
        """How many of them have no next step."""
        return sum(stop.now.cases for stop in self.stops if stop.stage.end)


def look(house: House, facility: str | None = None, station: str | None = None) -> Road:
    """The road of one facility, of one station (their codes), or of the province. Raises `NotVisible`."""
    with house.snapshot() as session:
        these = _office(session, facility, "facility"), _office(session, station, "station")
        found = {one.stage: one for one in road.standing(session, *these)}
        reached = road.reached(session, *these)
        ends = [stage.name for stage in DECLARATION.stages if stage.end]
        removed = road.removed(session, *these)
        return Road(
            database.now(session),
            tuple(
                Stop(stage, reached.get(stage.name, 0), found.get(stage.name, _nobody(stage)))
                for stage in DECLARATION.stages
            ),
            road.came_back(session, ends, *these),
            next(one for one in removed if one.cause is None),
            tuple(one for one in removed if one.cause is not None),
        )


def _nobody(stage: Stage) -> Standing:
    return Standing(stage.name, 0, 0.0, 0.0, 0, 0)


def _office(session: Session, code: str | None, kind: str) -> int | None:
    if code is None:
        return None
    found = offices.of_kind(session, code, kind)
    if found is None:
        raise NotVisible(f"There is no {kind} with this code.")
    return found
