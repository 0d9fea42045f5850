"""The one door through which a case changes its stage.

`services.intake` opens and moves cases by what messages say; people and rules come through `move`.
The case row is held, the domain decides, and one statement writes case, history, ledger and outbox.
Nothing else may touch `case.stage`; the database refuses it too.
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
from hectis_flow.services.house import House
from hectis_flow.services.reference import FALLBACK_OFFICE
from hectis_flow.storage import cases, offices
from hectis_flow.storage.cases import Locked


class NoReference(HectisError):
    """The offices were never loaded, so no case could have an owner."""

    code = "no_reference"
    status = 503


def move(
    house: House, ref: str, transition: str, actor: Actor, details: Mapping[str, str] | None = None
) -> Locked:
    """Make one move of one case, whole or not at all.

    Raises `NotVisible` for an unknown case and `TransitionRefused` with a stable code.
    """
    with house.transaction() as session:
        case = cases.lock_by_ref(session, ref)
        if case is None:
            raise NotVisible("There is no such case.")
        return apply(session, case, transition, actor, details or {})


def apply(
    session: Session, case: Locked, transition: str, actor: Actor, details: Mapping[str, str]
) -> Locked:
    """Decide and write a move of a case that the caller's transaction holds."""
    state = CaseState(case.id, case.ref, case.stage, case.version)
    decision = decide(state, transition, actor, details)
    owner = _owner(session, decision.to_stage, case.facility_id, case.station_id)
    values = {"id": case.id, "version": case.version, "owner_office_id": owner or case.owner_office_id}
    return cases.record_move(session, values | _written(decision, actor, case.version + 1))


def open_case(
    session: Session,
    incident_id: int,
    facility_id: int | None,
    station_id: int | None,
    actor: Actor,
    details: Mapping[str, str],
) -> Locked:
    """Open the case of an incident in the first stage."""
    decision = opening(actor, details)
    owner = _owner(session, decision.to_stage, facility_id, station_id)
    if owner is None:
        raise NoReference("No office owns this stage: run `hectis reference load`.")
    values = {
        "incident_id": incident_id,
        "facility_id": facility_id,
        "station_id": station_id,
        "owner_office_id": owner,
    }
    return cases.open_case(session, values | _written(decision, actor, 1))


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
