"""What a notice leaves for a person to do: a task at an office, and who above it is asked.

`services.notification`, `outcomes` and `parking` call it, inside their own transactions.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.notification import Errand, Unplannable
from hectis_flow.domain.offices import OfficeTree
from hectis_flow.services.house import House
from hectis_flow.storage import database, notices


def path(tree: OfficeTree, office_id: int, today: date) -> list[tuple[int, str]]:
    """An office and those above it, each with its kind."""
    try:
        return [(each, tree.kind_of(each)) for each in tree.path(office_id, today)]
    except KeyError:
        raise Unplannable("The office is in no tree.", code="office_missing") from None


def ask(house: House, session: Session, errands: Sequence[Errand]) -> None:
    """Open tasks, due as soon as the policy says."""
    if errands:
        at = database.now(session)
        notices.ask(session, errands, add(ALWAYS, at, house.policy.in_force(at).errand_due))


def link_life(house: House, at: datetime) -> timedelta:
    """For how long a link works that is made now, as the policy says."""
    return add(ALWAYS, at, house.policy.in_force(at).link_lives) - at
