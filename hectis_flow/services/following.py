"""How a case follows what the hospital's messages say: opens, ends, comes back, or is flagged.

`services.visits` calls it after each fold, inside the caller's transaction; every move goes through
`casework.apply`. Where the workflow lets no feed move the case any more, the hospital's change of
mind is no move but a conflict, which a person sees on the case. It must not read messages.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services import casework
from hectis_flow.storage import cases, conflicts
from hectis_flow.storage.cases import Locked

FEED = Actor("feed", None, "intake")
RULE = Actor("rule", None, "intake")

# Why the hospital no longer speaks of violence: by which move the case then ends.
ENDING = {
    "code_taken_back": "close_no_violence",
    "visit_cancelled": "void",
    "visits_joined": "void",
}
# What a feed itself ended, it may bring back: by which move, and with which reason.
RETURNING: Mapping[tuple[str, str | None], tuple[str, str]] = {
    ("feed", "code_taken_back"): ("reopen_violence", "external_cause_code"),
    ("feed", "visit_cancelled"): ("restore_visit", "visit_restored"),
}


def open_case(
    session: Session, incident_id: int, facility_id: int | None, station_id: int | None, message_id: int
) -> None:
    """A case, walked by rule to where it waits for a legal basis."""
    told_by = {"message_id": str(message_id)}
    case = casework.open_case(session, incident_id, facility_id, station_id, FEED, told_by)
    case = casework.apply(session, case, "classify", FEED, {"reason": "external_cause_code", **told_by})
    casework.apply(session, case, "await_basis", RULE, {})


def end(session: Session, case_id: int, reason: str, message_id: int, other_case: str | None = None) -> bool:
    """End the case for this reason; where no feed may, flag the conflict. True if it stands at an end."""
    details = {"reason": reason, "message_id": str(message_id)}
    if other_case:
        details["other_case"] = other_case
    case = cases.lock(session, case_id)
    if case is None:
        return True
    case = _apply_if_allowed(session, case, ENDING[reason], details)
    if workflow_rules.stage(case.stage).end:
        conflicts.resolve(session, case.id, message_id, move_actor(FEED.role, FEED.name))
        return True
    conflicts.raise_(session, case.id, reason, message_id, move_actor(FEED.role, FEED.name))
    return False


def bring_back(session: Session, case_id: int, message_id: int) -> None:
    """The messages speak of violence (again): what a feed ended comes back, what a person ended does not."""
    case = cases.lock(session, case_id)
    if case is None:
        return
    conflicts.resolve(session, case.id, message_id, move_actor(FEED.role, FEED.name))
    if not workflow_rules.stage(case.stage).end:
        return
    back = RETURNING.get(cases.newest_reason(session, case_id))
    if back is None:
        return
    transition, reason = back
    case = casework.apply(session, case, transition, FEED, {"reason": reason, "message_id": str(message_id)})
    casework.apply(session, case, "await_basis", RULE, {})


def _apply_if_allowed(session: Session, case: Locked, transition: str, details: dict[str, str]) -> Locked:
    if transition not in {move.id for move in workflow_rules.allowed(case.stage)}:
        return case
    if FEED.role not in workflow_rules.transition(transition).roles:
        return case
    return casework.apply(session, case, transition, FEED, details)
