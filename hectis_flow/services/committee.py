"""What every step of the committee's work begins with: who asks, whether they may, and that they are a person.

`services.meetings`, `services.agenda` and `services.decisions` call it; the seats of the committee are loaded here.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules, workflow_rules
from hectis_flow.domain.access_rules import Grant
from hectis_flow.domain.calendar import ALWAYS, add
from hectis_flow.domain.errors import NotAllowed, NotVisible
from hectis_flow.domain.escalation import schedule
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.moments import SAST
from hectis_flow.services import once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.proposals import NoPerson
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.storage import database, reading
from hectis_flow.storage import seats as stored
from hectis_flow.storage.reading import Wanted
from hectis_flow.storage.seats import Seat
from hectis_flow.storage.tokens import Bearer


class Asked(NamedTuple):
    """Who asks for what, in which transaction. `by` is their staff code."""

    house: House
    session: Session
    bearer: Bearer
    given: Grant
    by: str

    @property
    def actor(self) -> str:
        """The bearer as the ledger writes them."""
        return move_actor(self.bearer.role, self.by)

    @property
    def office_id(self) -> int:
        """The office of the bearer, who has one by their role."""
        if self.bearer.office_id is None:
            raise NotVisible(NOT_HERE)
        return self.bearer.office_id


Effect = Callable[[Asked], Mapping[str, Any]]


def load_seats(house: House, seats: Sequence[Seat]) -> int:
    """Bring the seats to what the table of reference says; again it changes nothing. How many were new or changed."""
    with house.transaction() as session:
        return stored.load(session, seats, database.today(session))


def write(house: House, writing: Writing, action: str, effect: Effect, *, new: bool = False) -> Answer:
    """Do something once, as a person whose role may; `new` says that it makes a record instead of changing one.

    Raises `NotAllowed` or `NotVisible`, `NoPerson`, and what the effect raises.
    """

    def done(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        return effect(_asked(house, session, bearer, action, new=new))

    return once.run(house, writing, done, 201 if new else 200)


def shown(one: Asked, record: str, key: int) -> Mapping[str, Any]:
    """A record as it stands now, with the fields that the bearer may see. Raises `NotVisible`."""
    found = reading.one(
        one.session, Wanted(record, one.given.fields, one.given.scope, one.bearer.office_id), key
    )
    if found is None:
        raise NotVisible(NOT_HERE)
    return found[1]


def chair_by(house: House, session: Session) -> datetime:
    """By when the chair confirms and answers what comes up now."""
    now = database.now(session)
    return add(ALWAYS, now, house.policy.in_force(now).chair_answers)


def usual_day(house: House, session: Session, kind: str) -> date:
    """The day by which something awaited of this kind is owed where none is named."""
    now = database.now(session)
    return schedule(house.policy, workflow_rules.awaited(kind).clock, now).due_at.astimezone(SAST).date()


def _asked(house: House, session: Session, bearer: Bearer, action: str, *, new: bool = False) -> Asked:
    """Who asks, as a person. Raises `NotAllowed`, of one record `NotVisible`, and `NoPerson`."""
    given = access_rules.grant(bearer.role, action)
    if given.scope == "none" and not new:
        raise NotVisible(NOT_HERE)
    if given.scope == "none":
        raise NotAllowed(f"The role {bearer.role} does nothing of this kind.")
    if bearer.staff_id is None or bearer.staff_code is None:
        raise NoPerson("The committee hears persons: make a token with `hectis token create --staff CODE`.")
    return Asked(house, session, bearer, given, bearer.staff_code)
