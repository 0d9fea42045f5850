"""What a case waits for at its stage: the clock with the due time of every step, and the owner's task.

`services.casework` asks it with each move, inside the caller's transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain.workflow_shapes import Stage
from hectis_flow.services.house import House
from hectis_flow.storage import clocks
from hectis_flow.storage.cases import Locked


def at_stage(house: House, session: Session, stage: Stage, owner: int, case: Locked) -> Mapping[str, Any]:
    """The clock and task that begin when a case enters this stage, as the values of a move's statement."""
    return clocks.NOTHING


def facts(case: Locked) -> frozenset[str]:
    """What holds of the case itself, of the kinds that moves and duties ask for."""
    return frozenset({"station"}) if case.station_id is not None else frozenset()


def discharged(house: House, session: Session, case: Locked, left_at: datetime | None) -> None:
    """The patient went home: the time to decide on a referral runs from then."""
