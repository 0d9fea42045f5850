"""What is shown as open is what would be made, and what is left out would be refused."""

import pytest

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import CaseState, decide
from hectis_flow.domain.court import ENROL
from hectis_flow.domain.court_moves import open_to
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.workflow import DECLARATION, TRANSITIONS
from tests.domain.details import FORMS, TODAY, a_case, a_charge, an_actor, details_for

ROLES = [role.name for role in DECLARATION.roles]
STAGES = [stage.name for stage in DECLARATION.stages]
PAPER = {name: FORMS[name] for name in ("dpp_ref", "dpp_date")}


def made(case: CaseState, role: str) -> list[str]:
    """The moves that this role makes of a case where every detail is as it must be."""
    return sorted(
        move.id for move in TRANSITIONS if move.sources and role in move.roles and makes(case, move.id)
    )


def makes(case: CaseState, name: str) -> bool:
    move = workflow_rules.transition(name)
    more = {"charges": "9=murder"} if name == ENROL else {}
    paper = PAPER if "dpp_ref" in move.may else {}
    try:
        decide(case, name, an_actor(move.roles[0]), details_for(move, case.stage) | more | paper, TODAY)
    except TransitionRefused:
        return False
    return True


@pytest.mark.parametrize("stage", STAGES)
def test_of_a_case_in_which_nobody_is_charged(stage: str) -> None:
    for role in ROLES:
        assert [move.id for move in open_to(role, stage, None)] == made(a_case(stage), role), role


@pytest.mark.parametrize("pleaded", [False, True])
@pytest.mark.parametrize("stage", DECLARATION.charge_stages)
def test_of_a_charge_wherever_it_stands(stage: str, pleaded: bool) -> None:
    for came_from in (None, "on_roll", "trial"):
        charge = a_charge(stage, pleaded=pleaded, plea="guilty", came_from=came_from, child=True, locked=True)
        for role in ROLES:
            shown = [move.id for move in open_to(role, stage, (charge,))]
            assert shown == made(a_case(stage, charge), role), (role, came_from)


def test_a_docket_that_the_police_can_no_longer_close_is_not_shown_as_one() -> None:
    shown = {
        move.id
        for move in open_to("detective_commander", "under_investigation", (a_charge("under_investigation"),))
    }
    assert shown == {"note_progress", "submit_docket"}
