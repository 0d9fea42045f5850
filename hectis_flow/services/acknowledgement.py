"""A referral is answered: through the link of a notice, or by a move over the API; each answer leaves its row.

The page behind a link calls `look` (which changes nothing) and `record`; `services.moves` calls `written`.
The answer of a link is the move `acknowledge` as the person it was made for: move, row and the link's one
use are one transaction. It signs nobody in, and no other move can be made by a link.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.services import casework, links
from hectis_flow.services.house import House
from hectis_flow.services.links import Code, Refused
from hectis_flow.storage import acknowledgements, cases
from hectis_flow.storage.acknowledgements import About
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.links import Link

MOVE = "acknowledge"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a link says. `code` is None while the link waits to be used; `done`: it did so now."""

    code: Code | None
    link: Link | None = None
    about: About | None = None
    done: bool = False


def look(house: House, token: str) -> Shown:
    """What a link asks for, or why it asks for nothing any more; nothing changes."""
    with house.transaction() as session:
        return _shown(session, links.read(house, session, token))


def record(house: House, token: str) -> Shown:
    """Answer through a link, once; whatever stands in the way is shown, and then nothing changed."""
    try:
        with house.transaction() as session:
            found = _answered(house, session, token)
            return _shown(session, found, done=isinstance(found, Link))
    except TransitionRefused:
        return look(house, token)


def written(session: Session, case: Locked, staff_id: int | None, link_id: int | None = None) -> None:
    """Write down the answer that a case, as it was held before its move, has just been given."""
    acknowledgements.add(session, case.id, case.version + 1, staff_id, link_id)


def _answered(house: House, session: Session, token: str) -> Link | Refused:
    found = links.read(house, session, token)
    if isinstance(found, Refused):
        return found
    case = cases.lock(session, found.case_id)
    # Read again now that nobody else can move the case: of two answers at once one finds the link used.
    found = links.read(house, session, token)
    if isinstance(found, Refused):
        return found
    if case is None or case.owner_office_id != found.office_id:
        return Refused("moved_on", found)
    if found.purpose != MOVE or not acknowledgements.use_link(session, found.id):
        return Refused("revoked", found)
    casework.apply(house, session, case, MOVE, Actor(found.role, found.office_id, found.staff_code), {})
    written(session, case, found.staff_id, found.id)
    return found


def _shown(session: Session, found: Link | Refused, *, done: bool = False) -> Shown:
    link = found.link if isinstance(found, Refused) else found
    about = acknowledgements.about(session, link.case_id) if link else None
    return Shown(found.code if isinstance(found, Refused) else None, link, about, done)
