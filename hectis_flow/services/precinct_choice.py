"""Choosing the station of an incident whose precinct the messages left open.

The API calls `choose` through a move or a task, with the case held by the caller; the caller then lets
the case go on (`casework.go_on`). Later messages keep the choice: `storage.incidents` sees to it, and only
a message that names the same station makes it the sender's own word.
"""

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.storage import precinct_choices, tokens
from hectis_flow.storage.cases import Locked

CHOOSERS = ("facility_liaison", "health_data_steward")
OPEN = ("unresolved", "chosen")
# Where a station may be chosen: before the referral, and when one came back.
RETURNED = ("returned_for_info", "no_case")


class ChoiceRefused(HectisError):
    """The station cannot be chosen; `code` says why."""

    code = "precinct_resolved"
    status = 409


def choose(session: Session, case: Locked, station_code: str, actor: Actor) -> Locked:
    """Give the case and its incident this station; the case as it then stands.

    Raises `NotVisible` for a case of another facility, and `ChoiceRefused`: `role_not_allowed`,
    `already_referred`, `precinct_resolved` (the messages name the station), `unknown_station`.
    """
    _check_who(case, actor)
    stage = workflow_rules.stage(case.stage)
    if stage.end or (stage.phase != "hospital" and case.stage not in RETURNED):
        raise ChoiceRefused(
            "The case lies with its station; it is no longer chosen.", code="already_referred"
        )
    if case.stage not in RETURNED and precinct_choices.precinct_basis(session, case.id) not in OPEN:
        raise ChoiceRefused("The messages themselves say which precinct it is.")
    found = tokens.office(session, station_code)
    if found is None or found.kind != "station":
        raise ChoiceRefused("There is no station with this code.", code="unknown_station")
    told_by = move_actor(actor.role, actor.name)
    precinct_choices.choose(session, case.id, found.id, station_code, told_by)
    return case._replace(station_id=found.id)


def _check_who(case: Locked, actor: Actor) -> None:
    if actor.role not in CHOOSERS:
        who = ", ".join(CHOOSERS)
        raise ChoiceRefused(f"The station is chosen by: {who}. Ask one of them.", code="role_not_allowed")
    # Where a station is chosen at all, the next step is the facility's; what has none has another owner.
    own = case.facility_id or case.owner_office_id
    if actor.role == "facility_liaison" and actor.office_id != own:
        raise NotVisible(NOT_HERE)
