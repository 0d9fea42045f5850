"""How a case follows what the hospital's messages say: opens, ends, comes back, or is flagged.

`services.visits` calls it after each fold, inside the caller's transaction; every move goes through
`casework.apply`. Where the workflow lets no feed move the case any more, the hospital's change of
mind is no move but a conflict, which a person sees on the case. It must not read messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.legal_basis import Heard
from hectis_flow.services import casework, disclosure
from hectis_flow.services.house import House
from hectis_flow.storage import cases, conflicts
from hectis_flow.storage.cases import Locked

FEED = Actor("feed", None, "intake")
RULE = Actor("rule", None, "intake")
BY_FEED = move_actor(FEED.role, FEED.name)

# Why the hospital no longer speaks of violence: by which move the case then ends.
ENDING = {
    "code_taken_back": "close_no_violence",
    "visit_cancelled": "void",
    "visits_joined": "void",
}
# By which move a ground takes on a case that was not sent yet, by the stage where it stands.
DUTY_MOVES: Mapping[str, str] = {
    "classified": "mandatory_report",
    "awaiting_basis": "mandatory_report",
    "anonymous_only": "mandatory_report",
    "closed_anonymous": "reopen_anonymous",
}
CONSENT_MOVES: Mapping[str, str] = {
    "awaiting_basis": "basis_recorded",
    "anonymous_only": "basis_recorded",
    "closed_anonymous": "reopen_anonymous",
}
# What a feed itself ended, it may bring back: by which move, and with which reason.
RETURNING: Mapping[tuple[str, str | None], tuple[str, str]] = {
    ("feed", "code_taken_back"): ("reopen_violence", "external_cause_code"),
    ("feed", "visit_cancelled"): ("restore_visit", "visit_restored"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an incident belongs."""

    incident_id: int
    facility_id: int | None
    station_id: int | None


def open_case(house: House, session: Session, place: Place, told: Heard, message_id: int) -> None:
    """A case, walked by rule to where it waits, or on to the station where the law obliges a report."""
    told_by = {"message_id": str(message_id)}
    case = casework.open_case(session, place.incident_id, place.facility_id, place.station_id, FEED, told_by)
    coded = {"reason": "external_cause_code", **told_by}
    case = casework.apply(house, session, case, "classify", FEED, coded, passing=True)
    _ask_or_report(house, session, case, told, message_id)


def _ask_or_report(house: House, session: Session, case: Locked, told: Heard, message_id: int) -> None:
    """Report what the law obliges to, else what the patient wants, else ask for a basis."""
    if not told.duties:
        heeded = told.consent in ("given", "refused")
        case = casework.apply(house, session, case, "await_basis", RULE, {}, passing=heeded)
    _heed(house, session, case, told, message_id)


def _heed(house: House, session: Session, case: Locked, told: Heard, message_id: int) -> None:
    """Move a case that was not sent yet by what the messages say of a basis, if they say anything new."""
    if told.duties:
        disclosure.record_duties(session, case.id, told.duties, RULE)
    wanted = _basis_move(case.stage, told)
    if wanted is not None:
        transition, actor, details = wanted
        casework.apply(house, session, case, transition, actor, {**details, "message_id": str(message_id)})


def _basis_move(stage: str, told: Heard) -> tuple[str, Actor, Mapping[str, str]] | None:
    """By which move a basis takes the case on from here, who makes it, and with which details."""
    if told.mandatory is not None:
        move = DUTY_MOVES.get(stage)
        actor = RULE if move == "mandatory_report" else FEED
        return (move, actor, {"disclosure_basis": told.mandatory}) if move else None
    if told.consent == "given" and stage in CONSENT_MOVES:
        return CONSENT_MOVES[stage], FEED, {"disclosure_basis": "consent_written"}
    if told.consent == "refused" and stage == "awaiting_basis":
        return "keep_anonymous", FEED, {"reason": "consent_refused"}
    if told.consent == "withdrawn" and stage == "referral_ready":
        return "consent_withdrawn", FEED, {"disclosure_basis": "consent_written"}
    return None


def end(
    house: House,
    session: Session,
    case_id: int,
    reason: str,
    message_id: int,
    other_case: str | None = None,
) -> bool:
    """End the case for this reason; where no feed may, flag the conflict. True if it stands at an end."""
    details = {"reason": reason, "message_id": str(message_id)}
    if other_case:
        details["other_case"] = other_case
    case = cases.lock(session, case_id)
    if case is None:
        return True
    case = _apply_if_allowed(house, session, case, ENDING[reason], details)
    if workflow_rules.stage(case.stage).end:
        conflicts.resolve(session, case.id, message_id, BY_FEED)
        return True
    conflicts.raise_(session, case.id, reason, message_id, BY_FEED)
    return False


def keep_up(house: House, session: Session, case_id: int, told: Heard, message_id: int) -> Locked | None:
    """The messages speak of violence (still, or again): what a feed ended comes back, what waits goes on.

    What a person ended does not come back. Gives the case as it stands then.
    """
    case = cases.lock(session, case_id)
    if case is None:
        return None
    ended = workflow_rules.stage(case.stage).end
    if not ended and disclosure.fallen(session, case.id, told.duties, RULE):
        conflicts.raise_(session, case.id, "ground_fell_away", message_id, BY_FEED)
    else:
        conflicts.resolve(session, case.id, message_id, BY_FEED)
    if not ended or case.stage in CONSENT_MOVES:
        _heed(house, session, case, told, message_id)
    elif back := RETURNING.get(cases.newest_reason(session, case_id)):
        transition, reason = back
        details = {"reason": reason, "message_id": str(message_id)}
        case = casework.apply(house, session, case, transition, FEED, details, passing=True)
        _ask_or_report(house, session, case, told, message_id)
    return cases.lock(session, case_id)


def _apply_if_allowed(
    house: House, session: Session, case: Locked, transition: str, details: dict[str, str]
) -> Locked:
    if transition not in {move.id for move in workflow_rules.allowed(case.stage)}:
        return case
    if FEED.role not in workflow_rules.transition(transition).roles:
        return case
    return casework.apply(house, session, case, transition, FEED, details)
