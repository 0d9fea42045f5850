"""A referral or a watching brief is answered: through the link of a notice, or over the API; each leaves its row.

The page behind a link calls `look` (which changes nothing) and `record`; `services.moves` calls `written`.
The answer of a link is the move `acknowledge`, or the answer to what is awaited beside the stage, as the person it
was made for: the answer, its row and the link's one use are one transaction. It signs nobody in, and nothing else
can be said by a link.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from hectis_flow.domain import briefs as brief_rules
from hectis_flow.domain.briefs import BriefRefused
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services import briefs, casework, links
from hectis_flow.services.house import House
from hectis_flow.services.links import Code, Refused
from hectis_flow.storage import acknowledgements, cases, items, ledger
from hectis_flow.storage import links as stored
from hectis_flow.storage.acknowledgements import About
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.links import Link

MOVE = "acknowledge"
BRIEF = "acknowledge_brief"


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
    except (TransitionRefused, BriefRefused):
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
    if case is not None and found.purpose == BRIEF:
        return _brief_taken(house, session, case, found)
    if case is None or case.owner_office_id != found.office_id:
        return Refused("moved_on", found)
    if found.purpose != MOVE or not acknowledgements.use_link(session, found.id):
        return Refused("revoked", found)
    casework.apply(house, session, case, MOVE, Actor(found.role, found.office_id, found.staff_code), {})
    written(session, case, found.staff_id, found.id)
    return found


def _shown(session: Session, found: Link | Refused, *, done: bool = False) -> Shown:
    link = found.link if isinstance(found, Refused) else found
    about = _about(session, link) if link else None
    return Shown(found.code if isinstance(found, Refused) else None, link, about, done)


def _about(session: Session, link: Link) -> About:
    item_id = stored.item_of(session, link.id) if link.purpose == BRIEF else None
    if item_id is not None:
        return acknowledgements.about_item(session, item_id)
    return acknowledgements.about(session, link.case_id)


def _brief_taken(house: House, session: Session, case: Locked, link: Link) -> Link | Refused:
    """Acknowledge the brief that a link asks for, whose case is held."""
    item_id = stored.item_of(session, link.id)
    item = items.one(session, item_id) if item_id is not None else None
    if item is None or item.settled_at is not None:
        return Refused("moved_on", link)
    if not acknowledgements.use_link(session, link.id):
        return Refused("revoked", link)
    by = move_actor(link.role, link.staff_code)
    items.settle(session, [item.id], by, brief_rules.ENDINGS[item.kind])
    briefs.settled(house, session, case, item, link.staff_code, by)
    body = briefs.note("brief_seat", kind=item.kind, code="acknowledged", link=link.id)
    ledger.append(session, case.id, briefs.KIND, by, body)
    return link
