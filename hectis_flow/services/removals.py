"""Removals and the way back: what leaves the roll is watched, chased and told of until it has its ending.

`services.charges` calls `follow` with each move of charges, the case held. A removal is always awaited of one
office, with a clock; the watching-brief unit hears when it begins and when the matter is back on the roll.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor, Decision
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services import briefs, items
from hectis_flow.services.house import House
from hectis_flow.storage import removals
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.removals import Removal

#: Whose action was needed decides who must act: the police where it was theirs or a laboratory's.
POLICE: Final = frozenset({"SAPS", "FSL", "FPS_health"})
#: How a removal ends when its charges come to one of these stages.
ENDINGS: Final[Mapping[str, str]] = {
    "enrolled": "re_enrolled",
    "reenrolled": "re_enrolled",
    "nolle_prosequi": "declined",
    "diverted": "diverted",
    "lapsed": "lapsed",
    "finalised_elsewhere": "finalised_elsewhere",
    "abated": "abated",
}
#: What is awaited of a removal, one at a time.
OWN: Final = ("removal_saps", "removal_npa", "reenrolment", "refusal")
#: What comes with a removal and ends with it.
BESIDE: Final = ("dpp_instruction", "removal_heard_saps", "removal_heard_npa")


def kind_at(stage: str, attributable_to: str) -> str:
    """What is awaited of a removal whose charges stand at this stage."""
    if stage == "reenrolment_requested":
        return "reenrolment"
    if stage == "refused":
        return "refusal"
    return "removal_saps" if attributable_to in POLICE else "removal_npa"


def owner(house: House, session: Session, case: Locked, decision: Decision, charges: Sequence[Charge]) -> int:
    """The office that owns the next step of a case that stands off the roll."""
    blamed = decision.details.get("attributable_to")
    if blamed is None:
        off = [one.removal_id for one in charges if one.removal_id is not None]
        known = removals.by_id(session, off)
        blamed = next((known[one].attributable_to for one in off if one in known), "none")
    thing = workflow_rules.awaited(kind_at(decision.to_stage, blamed))
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
    removal_id = removals.add(session, values)
    kind = kind_at(move.target, details["attributable_to"])
    other = "removal_heard_npa" if kind == "removal_saps" else "removal_heard_saps"
    for each in (kind, other):
        items.expect(house, session, case, each, removal_id=removal_id)
    briefs.removed(house, session, case, removal_id)
    return removal_id


def follow(house: House, session: Session, case: Locked, decision: Decision, actor: Actor) -> list[Charge]:
    """Bring the removals of a case to where its charges now stand; charges that are off no longer let go of theirs."""
    if decision.carried is None:
        return []
    by = move_actor(actor.role, actor.name)
    touched = [now.removal_id for _, now in decision.carried.moved if now.removal_id is not None]
    known = removals.by_id(session, touched)
    freed: list[Charge] = []
    for removal in known.values():
        its = [one for one in decision.carried.standing if one.removal_id == removal.id]
        left = [one for one in its if one.stage in ENDINGS]
        freed += [replace(one, removal_id=None) for one in left]
        stay = [one for one in its if one.stage not in ENDINGS]
        if stay:
            _goes_on(house, session, case, removal, decision, by, stay)
        else:
            _ends(session, case, removal, left, by)
        if any(ENDINGS[one.stage] == "re_enrolled" for one in left):
            items.expect(house, session, case, "back_on_roll", removal_id=removal.id)
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
    """Another office's turn, or the same one's again after a review."""
    stage = workflow_rules.speaker(one.stage for one in stay)
    asked = stage == "reenrolment_requested" and removal.stage != stage
    reviewed = decision.transition.startswith("review_")
    removals.stand(session, removal.id, stage, decision.details.get("awaits"), asked=asked)
    now, before = kind_at(stage, removal.attributable_to), kind_at(removal.stage, removal.attributable_to)
    if now == before and not reviewed:
        return
    items.settle_all(session, case, OWN, by, "reviewed" if reviewed else "moved_on", removal_id=removal.id)
    items.expect(house, session, case, now, removal_id=removal.id)
    if asked and any(one.locked for one in stay):
        items.expect(house, session, case, "dpp_instruction", removal_id=removal.id)


def _ends(session: Session, case: Locked, removal: Removal, left: Sequence[Charge], by: str) -> None:
    stage = workflow_rules.speaker(one.stage for one in left)
    ending = ENDINGS[stage]
    removals.end(session, removal.id, stage, ending, case.now)
    items.settle_all(session, case, (*OWN, *BESIDE), by, ending, removal_id=removal.id)
    if ending == "re_enrolled":
        briefs.returned(session, case)
