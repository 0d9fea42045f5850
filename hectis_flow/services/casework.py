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
from hectis_flow.domain.charges import Charge, about
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.history_proof import STAGE_KIND, move_actor, move_body
from hectis_flow.domain.ledger import canonical
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import WORKFLOW_VERSION
from hectis_flow.domain.workflow_shapes import Transition
from hectis_flow.services import charges, consequences, countdown, items, removals, waiting
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
    second: str | None = None,
) -> Locked:
    """Decide and write a move of a case that the caller's transaction holds.

    `passing` says that the caller moves on at once: no clock and no task begin at this stage. `second` is the
    staff code of the second person who confirmed it.
    """
    decision, known = check(house, session, case, transition, actor, details, second)
    record, stage = Record(session, case.id), workflow_rules.stage(decision.to_stage)
    goes_on = stage.goes_on if _may_go_on(stage.goes_on, case) else None
    court = consequences.court_of(session, case, decision)
    there = case._replace(court_id=court, charged=case.charged or decision.carried is not None)
    owner, waits = _owner_after(house, session, there, decision, known), clocks.NOTHING
    if not passing and not goes_on:
        day = decision.carried.next_date if decision.carried else None
        waits = waiting.at_stage(house, session, stage, owner, there, record, day)
    after = _record(session, there, owner, decision, actor, waits)
    charges.write(house, session, after, decision, actor)
    countdown.follow(house, session, after, decision, known)
    consequences.follow(house, session, after, decision, actor, record)
    return apply(house, session, after, goes_on, GOES_ON, {}) if goes_on else after


def check(
    house: House,
    session: Session,
    case: Locked,
    transition: str,
    actor: Actor,
    details: Mapping[str, str],
    second: str | None,
) -> tuple[Decision, tuple[Charge, ...]]:
    """Decide a move of a case that is held, and write nothing: what it would do, and the charges it was decided on.

    Raises `TransitionRefused` with a stable code.
    """
    known = charges.held(session, case)
    given = consequences.prepare(session, case, transition, actor, details, second, known or ())
    state = _state(house, session, case, workflow_rules.transition(transition), given.get("of"), known)
    return decide(state, transition, actor, given, case.now.astimezone(SAST).date()), known or ()


def reverse(
    house: House,
    session: Session,
    case: Locked,
    decision: Decision,
    actor: Actor,
    standing: tuple[Charge, ...],
) -> Locked:
    """Write that a move was taken back, for `services.undo`; `case` has the court and the charges of before.

    Whatever ends with the stage ends; what goes on again is the caller's, who knows since when.
    """
    owner = _owner_after(house, session, case, decision, standing)
    return _record(session, case, owner, decision, actor, clocks.NOTHING)


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


def _state(
    house: House,
    session: Session,
    case: Locked,
    move: Transition,
    of: str | None,
    known: tuple[Charge, ...] | None,
) -> CaseState:
    meant = about(known or (), move, of)
    removed = {one.removal_id for one in meant if one.removal_id is not None}
    facts = waiting.facts_asked(house, session, case, frozenset(move.requires), removed)
    return CaseState(case.id, case.ref, case.stage, case.version, facts, known)


def _may_go_on(transition: str | None, case: Locked) -> bool:
    return transition is not None and waiting.facts(case) >= set(
        workflow_rules.transition(transition).requires
    )


def _record(
    session: Session, case: Locked, owner: int, decision: Decision, actor: Actor, waits: Mapping[str, Any]
) -> Locked:
    """Write a decision about a case that has the court and the charges which it then has."""
    values = {"id": case.id, "version": case.version, "owner_office_id": owner, **waits}
    values |= {"court_id": case.court_id, "charged": case.charged}
    return cases.record_move(session, values | _written(decision, actor, case.version + 1))


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


def _owner_after(
    house: House, session: Session, case: Locked, decision: Decision, known: tuple[Charge, ...]
) -> int:
    """The office that owns the next step after a move; an end has none, and keeps the owner."""
    kind = workflow_rules.stage(decision.to_stage).owner
    if kind == "none":
        return case.owner_office_id
    if kind == "removal":
        return removals.owner(house, session, case, decision, known)
    return items.office(house, session, case, kind)


def _owner(session: Session, stage: str, facility_id: int | None, station_id: int | None) -> int | None:
    """The office that owns the first stage of a case; None where nobody can."""
    own = facility_id if workflow_rules.stage(stage).owner == "facility" else station_id
    return own or offices.id_of(session, FALLBACK_OFFICE)
