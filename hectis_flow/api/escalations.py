"""The room of escalations: where nobody answered in time, and how high that has climbed."""

from typing import Any

from flask import Response

from hectis_flow.api.pages import answer_page
from hectis_flow.api.queries import EscalationQuery
from hectis_flow.api.rooms import Rooms
from hectis_flow.api.schemas_work import EscalationPage

rooms = Rooms("escalations", "Where nobody answered in time, and who was told.")


@rooms.listing(EscalationQuery, EscalationPage)
def list_escalations(query: dict[str, Any]) -> Response:
    """Escalations at your office and at those below it, newest first."""
    return answer_page("escalations.list", query)
