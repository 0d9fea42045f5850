"""The room of proposals: moves that wait for a second person, and what that person says."""

from typing import Any

from flask import Response

from hectis_flow.api.pages import answer_proposals, answer_written
from hectis_flow.api.queries import Paging
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas_work import Proposal, ProposalPage, Standing

rooms = Rooms("proposals", "Moves that take two people: one has proposed them, another confirms.")


@rooms.listing(Paging, ProposalPage)
def list_proposals(query: dict[str, Any]) -> Response:
    """Open proposals that you may confirm or have made, newest first."""
    return answer_proposals("proposals.list", query)


@rooms.writing(f"/<{BIGINT}:proposal_id>/confirm", "confirm", Standing)
def confirm(proposal_id: int) -> Response:
    """Confirm somebody else's proposal: the move is made, and history keeps both of you."""
    return answer_written("proposals.confirm", proposal_id)


@rooms.writing(f"/<{BIGINT}:proposal_id>/refuse", "refuse", Proposal)
def refuse(proposal_id: int) -> Response:
    """Refuse somebody else's proposal; nothing of the case changes."""
    return answer_written("proposals.refuse", proposal_id)


@rooms.writing(f"/<{BIGINT}:proposal_id>/take-back", "take_back", Proposal)
def take_back(proposal_id: int) -> Response:
    """Take your own proposal back."""
    return answer_written("proposals.take_back", proposal_id)
