"""What providers report of notices after they took them: delivered, opened, or lost after all.

The signed hook calls `record`; `services.outcomes` calls `numbered` when a channel has learnt a provider's number. What was lost
goes the person's other way, its address is parked where there is nobody behind it, or a person is asked to call.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from hectis_flow.services import outcomes
from hectis_flow.services.house import House
from hectis_flow.storage import reports
from hectis_flow.storage.reports import Report

#: What a report may say. `gone` is an unknown subscriber: nobody is behind the address.
SAID = ("delivered", "opened", "failed", "gone")


def record(house: House, found: Sequence[Report]) -> int:
    """Write reports down and act on them, once each; gives how many are new.

    Of a message that nobody knows (yet) the report is kept, and found when its number is.
    """
    if not found:
        return 0
    with house.transaction() as session:
        fresh = reports.keep(session, found)
        messages = sorted({(one.channel, one.provider_id) for one in found})
        _act(house, session, messages)
    return fresh


def numbered(house: House, numbers: Sequence[tuple[int, str]]) -> None:
    """Note by which number a provider knows each delivery, before it is written down as sent."""
    if not numbers:
        return
    with house.transaction() as session:
        _act(house, session, reports.number(session, numbers))


def _act(house: House, session: Session, messages: Sequence[tuple[str, str]]) -> None:
    if messages:
        lost = reports.apply(session, messages)
        outcomes.lost(house, session, [(one.id, one.said) for one in lost])
