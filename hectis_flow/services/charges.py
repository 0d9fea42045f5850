"""The charges of a case: read before a move is decided, and written with what it makes of them.

`services.casework` calls it within the move, the case held. What a move does to charges is decided in
`domain.court`; what follows for those that left the roll in `services.removals`.
"""

from dataclasses import replace

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor, Decision
from hectis_flow.domain.charges import Charge
from hectis_flow.services import removals
from hectis_flow.services.house import House
from hectis_flow.storage import charges
from hectis_flow.storage.cases import Locked


def held(session: Session, case: Locked) -> tuple[Charge, ...] | None:
    """The charges of a case; None where nobody is charged yet."""
    return charges.of_case(session, case.id) if case.charged else None


def write(house: House, session: Session, case: Locked, decision: Decision, actor: Actor) -> None:
    """Write what a move made of the charges; the case stands where the move left it."""
    if decision.carried is None:
        return
    fresh = [was for was, _ in decision.carried.moved if was.id is None]
    laid = charges.lay(session, case.id, fresh) if fresh else {}
    moved = [replace(now, id=now.id or laid[now.accused, now.count]) for _, now in decision.carried.moved]
    if workflow_rules.transition(decision.transition).removes:
        removal_id = removals.begin(house, session, case, decision)
        moved = [replace(one, removal_id=removal_id) for one in moved]
    else:
        freed = {one.id: one for one in removals.follow(house, session, case, decision, actor)}
        moved = [freed.get(one.id, one) for one in moved]
    charges.carry(session, case.id, case.version, decision.transition, moved, case.now)
