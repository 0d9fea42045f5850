"""The room of the countdown: the days in court ahead, with what is asked for each and what is red."""

from typing import Any

from flask import Response

from hectis_flow.api.pages import answer_countdown
from hectis_flow.api.queries import Paging
from hectis_flow.api.rooms import Rooms
from hectis_flow.api.schemas_countdown import CountdownPage

rooms = Rooms("countdown", "What your office is asked before its next days in court.")


@rooms.listing(Paging, CountdownPage)
def list_countdown(query: dict[str, Any]) -> Response:
    """Your office's next days in court, soonest first, with what is red. Answers go to the case."""
    return answer_countdown("countdown.list", query)
