"""Removals and the way back: what leaves the roll is watched, chased and told of until it has its ending.

`services.charges` calls `follow` with each move of charges, the case held. A removal is always awaited of one
office, with a clock; the watching-brief unit hears when it begins and when the matter is back on the roll.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from hectis_flow.domain import removals as rules
from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor, Decision
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services import briefs, items
from hectis_flow.services.house import House
from hectis_flow.storage import removals as stored
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.removals import Removal

REQUESTED: Final = "reenrolment_requested"


def owner(house: House, session: Session, case: Locked, decision: Decision, charges: Sequence[Charge]) -> int:
    """The office that owns the next step of a case that stands off the roll: of the removal that speaks for it.

    `charges` are those of the case, where the decision is no move of theirs.
    """
    standing = decision.carried.standing if decision.carried else charges
    speaking = next((one.removal_id for one in standing if one.stage == decision.to_stage), None)
    if speaking is None:  # it leaves the roll with this very move
        blamed = decision.details.get("attributable_to", "none")
    else:
        blamed = stored.by_id(session, [speaking])[speaking].attributable_to
    thing = workflow_rules.awaited(rules.awaited(decision.to_stage, blamed))
    return items.office(house, session, case, thing.owner)


def begin(house: House, session: Session, case: Locked, decision: Decision) -> int:
    """A move takes charges off the roll: its removal, what is awaited of whom, and who hears of it."""
    details = decision.details
    move = workflow_rules.transition(decision.transition)
    values = {
        "case_id": case.id,
        "version": case.version,
        "at": case.now,
        "way_out": move.target,
        "cause": details["reason"],
        "more_causes": [one for one in details.get("more_causes", "").split(",") if one],
        "attributable_to": details["attributable_to"],
    }
    removal_id = stored.add(session, values)
    kind = rules.awaited(move.target, details["attributable_to"])
    for each in (kind, rules.HEARD[kind]):
        items.expect(house, session, case, each, removal_id=removal_id)
    briefs.removed(house, session, case, removal_id)
    return removal_id


def follow(house: House, session: Session, case: Locked, decision: Decision, actor: Actor) -> list[Charge]:
    """Bring the removals of a case to where its charges now stand; charges that are off no longer let go of theirs."""
    if decision.carried is None:
        return []
    by = move_actor(actor.role, actor.name)
    touched = [now.removal_id for _, now in decision.carried.moved if now.removal_id is not None]
    known = stored.by_id(session, touched)
    freed: list[Charge] = []
    for removal in known.values():
        its = [one for one in decision.carried.standing if one.removal_id == removal.id]
        left = [one for one in its if one.stage in rules.ENDINGS]
        freed += [replace(one, removal_id=None) for one in left]
        stay = [one for one in its if one.stage not in rules.ENDINGS]
        if stay:
            _goes_on(house, session, case, removal, decision, by, stay)
        else:
            _ends(session, case, removal, left, by)
        if any(rules.ENDINGS[one.stage] == "re_enrolled" for one in left):
            items.expect(house, session, case, "back_on_roll", removal_id=removal.id)
    if freed:
        briefs.returned(session, case)
    return freed


def _goes_on(
    house: House,
    session: Session,
    case: Locked,
    removal: Removal,
    decision: Decision,
    by: str,
    stay: Sequence[Charge],
) -> None:
    """Another office's turn; or the same one's again, once it has said how it stands."""
    stage = workflow_rules.speaker(one.stage for one in stay)
    asked = stage == REQUESTED and removal.stage != stage
    stored.stand(session, removal.id, stage, decision.details.get("awaits"), asked=asked)
    said = _said_how_it_stands(decision, removal.id)
    if stage == removal.stage and not said:
        return
    items.settle_all(session, case, rules.OWN, by, "reviewed" if said else "moved_on", removal_id=removal.id)
    kind = rules.awaited(stage, removal.attributable_to)
    items.expect(house, session, case, kind, removal_id=removal.id)
    if asked and any(one.locked for one in stay):
        items.expect(house, session, case, "dpp_instruction", removal_id=removal.id)


def _said_how_it_stands(decision: Decision, removal_id: int) -> bool:
    """Whether this move left charges of a removal where they stood: a review, or a note of progress."""
    moved = decision.carried.moved if decision.carried else ()
    return any(was.stage == now.stage for was, now in moved if now.removal_id == removal_id)


def _ends(session: Session, case: Locked, removal: Removal, left: Sequence[Charge], by: str) -> None:
    stage = workflow_rules.speaker(one.stage for one in left)
    ending = rules.ENDINGS[stage]
    stored.end(session, removal.id, stage, ending, case.now)
    items.settle_all(session, case, (*rules.OWN, *rules.BESIDE), by, ending, removal_id=removal.id)
