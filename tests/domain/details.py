"""Valid details for any move, and a case that can make it, built from the declaration alone.

For tests that try every move: a new move or detail needs no line here unless it takes a new form.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import SECOND, Actor, CaseState
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.workflow_checks import FACTS
from hectis_flow.domain.workflow_shapes import Transition

TODAY: Final = date(2026, 11, 16)
DAY_IN_COURT: Final = "2026-11-23"
# One value of each detail that has a form. A coded one takes the first code that its move accepts.
FORMS: Final[Mapping[str, str]] = {
    "document_ref": "CONSENT/2026-14",
    "cas_number": "nyanga|95|07|2026",
    "consent_scope": "identity,scene",
    "court": "khayelitsha-court",
    "court_case_no": "RC/12/2026",
    "children": "1",
    "of": "1",
    "next_date": DAY_IN_COURT,
    "officer": "det-7",
    "months": "60",
    "dpp_ref": "DPP/9/2026",
    "dpp_date": "2026-11-10",
    "second": "staff-18",
    "message_id": "4711",
    "other_case": "WC-2026-000007",
}
# A plea of guilty to what a child is charged with: no move is refused for what is known of it.
OPEN_TO_ALL: Final[Mapping[str, Any]] = {"child": True, "plea": "guilty"}


def value_for(move: Transition, name: str, at: str | None = None) -> str:
    """A value that this move accepts for this detail, from this stage."""
    codes = workflow_rules.codes(move, name)
    if name == "verdict_on":
        return "trial" if at == "judgment" else "s112"
    if not codes:
        return FORMS[name]
    return f"1={codes[0]}" if name == "charges" else codes[0]


def details_for(move: Transition, at: str | None = None) -> dict[str, str]:
    """What this move needs, and no more; a second person where it may take one."""
    second = (SECOND,) if move.second else ()
    return {name: value_for(move, name, at) for name in (*move.needs, *second)}


def all_details_for(move: Transition, at: str | None = None) -> dict[str, str]:
    """Whatever this move can carry."""
    second = (SECOND,) if move.second else ()
    return {name: value_for(move, name, at) for name in (*move.needs, *move.may, *second)}


def a_charge(stage: str = "on_roll", accused: int = 1, count: int = 1, **changes: Any) -> Charge:
    """A charge that stands at this stage, of murder unless something else is said."""
    return Charge(None, accused, count, **{"offence": "murder", "stage": stage, **changes})


def a_case(stage: str = "awaiting_basis", *charges: Charge, **changes: Any) -> CaseState:
    """A case at this stage, of which every fact holds that a move may require."""
    return CaseState(
        **{
            "id": 1,
            "ref": "WC-2026-000123",
            "stage": stage,
            "version": 3,
            "facts": FACTS,
            "charges": charges or None,
            **changes,
        }
    )


def a_case_for(move: Transition, stage: str) -> CaseState:
    """A case at this stage, charged from the prosecutor on, in which nothing but the stage can refuse the move."""
    if workflow_rules.stage(stage).phase not in ("npa", "court"):
        return a_case(stage)
    return a_case(stage, a_charge(stage, came_from=move.back[-1] if move.back else None, **OPEN_TO_ALL))


def an_actor(role: str = "facility_liaison") -> Actor:
    """Somebody of this role."""
    return Actor(role=role, office_id=5, name="staff-17")
