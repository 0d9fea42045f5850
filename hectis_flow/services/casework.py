"""The one door through which a case changes its stage.

`services.intake` opens and moves cases by what messages say; people and rules come through `move`.
The case row is held, the domain decides, and one statement writes case, history, clock, tasks, ledger
and outbox. Nothing else may touch `case.stage`; the database refuses it too.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor, CaseState, Decision, decide, opening
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.history_proof import STAGE_KIND, move_actor, move_body
from hectis_flow.domain.ledger import canonical
from hectis_flow.domain.workflow import WORKFLOW_VERSION
from hectis_flow.services import consequences, waiting
from hectis_flow.services.house import House
from hectis_flow.services.reference import FALLBACK_OFFICE
from hectis_flow.storage import cases, clocks, offices
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.disclosures import Record

# Who makes the move that a stage goes on by.
GOES_ON = Actor("rule", None, "casework")


class NoReference(HectisError):
    """The offices were never loaded, so no case could have an owner."""

    code = "no_reference"
    status = 503


def move(
    house: House, ref: str, transition: str, actor: Actor, details: Mapping[str, str] | None = None
) -> Locked:
    """Make one move of one case, whole or not at all, and the moves that a rule makes right after it.

    Raises `NotVisible` for an unknown case and `TransitionRefused` with a stable code.
    """
    with house.transaction() as session:
        case = cases.lock_by_ref(session, ref)
        if case is None:
            raise NotVisible("There is no such case.")
        return apply(house, session, case, transition, actor, details or {})


def apply(
    house: House,
    session: Session,
    case: Locked,
    transition: str,
    actor: Actor,
    details: Mapping[str, str],
    *,
    passing: bool = False,
) -> Locked:
    """Decide and write a move of a case that the caller's transaction holds.

    `passing` says that the caller moves on at once: no clock and no task begin at this stage.
    """
    given = consequences.prepare(session, case, transition, actor, details)
    decision = decide(_state(case), transition, actor, given)
    stage = workflow_rules.stage(decision.to_stage)
    goes_on = stage.goes_on if _may_go_on(stage.goes_on, case) else None
    owner = _owner(session, decision.to_stage, case.facility_id, case.station_id) or case.owner_office_id
    record = Record(session, case.id)
    waits = clocks.NOTHING
    if not passing and not goes_on:
        waits = waiting.at_stage(house, session, stage, owner, case, record)
    values = {"id": case.id, "version": case.version, "owner_office_id": owner, **waits}
    after = cases.record_move(session, values | _written(decision, actor, case.version + 1))
    consequences.follow(house, session, after, decision, actor, record)
    return apply(house, session, after, goes_on, GOES_ON, {}) if goes_on else after


def go_on(house: House, session: Session, case: Locked) -> Locked:
    """Let a rule make the move that the case's stage goes on by, now that what it requires holds."""
    goes_on = workflow_rules.stage(case.stage).goes_on
    if goes_on is None or not _may_go_on(goes_on, case):
        return case
    return apply(house, session, case, goes_on, GOES_ON, {})


def open_case(
    session: Session,
    incident_id: int,
    facility_id: int | None,
    station_id: int | None,
    actor: Actor,
    details: Mapping[str, str],
) -> Locked:
    """Open the case of an incident in the first stage, which is only passed through."""
    decision = opening(actor, details)
    owner = _owner(session, decision.to_stage, facility_id, station_id)
    if owner is None:
        raise NoReference("No office owns this stage: run `hectis reference load`.")
    values = {
        "incident_id": incident_id,
        "facility_id": facility_id,
        "station_id": station_id,
        "owner_office_id": owner,
        **clocks.NOTHING,
    }
    return cases.open_case(session, values | _written(decision, actor, 1))


def _state(case: Locked) -> CaseState:
    return CaseState(case.id, case.ref, case.stage, case.version, waiting.facts(case))


def _may_go_on(transition: str | None, case: Locked) -> bool:
    return transition is not None and waiting.facts(case) >= set(
        workflow_rules.transition(transition).requires
    )


def _written(decision: Decision, actor: Actor, version: int) -> dict[str, Any]:
    """What a decision puts into case, history, ledger and outbox."""
    told = (decision.transition, decision.from_stage, decision.to_stage)
    return {
        "transition": decision.transition,
        "from_stage": decision.from_stage,
        "stage": decision.to_stage,
        "phase": workflow_rules.stage(decision.to_stage).phase,
        "workflow_version": WORKFLOW_VERSION,
        "actor_role": actor.role,
        "actor": actor.name,
        "details": canonical(dict(decision.details)),
        "kind": STAGE_KIND,
        "ledger_actor": move_actor(actor.role, actor.name),
        "body": move_body(*told, version, decision.details),
        "events": list(decision.events),
    }


def _owner(session: Session, stage: str, facility_id: int | None, station_id: int | None) -> int | None:
    """The office that owns the next step; None keeps the owner (an end has no next step)."""
    kind = workflow_rules.stage(stage).owner
    if kind == "none":
        return None
    own = facility_id if kind == "facility" else station_id
    return own or offices.id_of(session, FALLBACK_OFFICE)
