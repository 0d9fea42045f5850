"""Proposals that are open: whom they concern, and how they are shown.

The API's view calls `listing`; `services.proposals`, which makes and decides them, the rest. It must write nothing.
"""

from typing import Any

from hectis_flow.domain import access_rules, undoing, workflow_rules
from hectis_flow.domain.duty import HEADS
from hectis_flow.domain.errors import NotAllowed
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import proposals
from hectis_flow.storage.proposals import Proposal, Whose
from hectis_flow.storage.tokens import Bearer

CONFIRM = "proposals.confirm"


def listing(
    house: House, asking: Asking, after: int | None, limit: int, ref: str | None = None
) -> list[dict[str, Any]]:
    """Open proposals that the bearer may confirm, or has made, newest first; `mine` says which is which.

    With a `ref`, those of that case alone. Raises `NotAuthenticated` and `NotAllowed`.
    """
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        scope = access_rules.grant(bearer.role, CONFIRM).scope
        if scope == "none":
            raise NotAllowed(f"The role {bearer.role} confirms nothing.")
        heads = [kind for kind, role in HEADS.items() if role == bearer.role]
        whose = Whose(scope, bearer.office_id, workflow_rules.moves_of(bearer.role), heads)
        return [shown(one, bearer) for one in proposals.page(session, whose, after, limit, ref)]


def concerns(bearer: Bearer, proposal: Proposal) -> bool:
    """Whether this is the bearer's to decide: a move of theirs, or of the office that they head."""
    move = proposal.details.get(undoing.UNDOES, proposal.transition)
    if bearer.role in workflow_rules.transition(move).roles:
        return True
    return bearer.office_id == proposal.office_id and HEADS.get(proposal.office_kind or "") == bearer.role


def shown(proposal: Proposal, bearer: Bearer) -> dict[str, Any]:
    """A proposal as the API shows it."""
    return {
        "id": proposal.id,
        "case_ref": proposal.ref,
        "case_version": proposal.case_version,
        "move": proposal.transition,
        "details": proposal.details,
        "proposed_by": proposal.proposed_by,
        "role": proposal.role,
        "office": proposal.office,
        "proposed_at": proposal.proposed_at.isoformat(),
        "decision": proposal.decision,
        "decided_by": proposal.decided_by,
        "mine": proposal.proposed_by == bearer.staff_code,
    }
