"""Answers that are no JSON of a record: minutes as text and PDF, and the next agenda.

The rooms of the committee call it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from hectis_flow.api.pages import asking, house
from hectis_flow.services import agenda, meetings
from hectis_flow.services.house import House
from hectis_flow.services.meetings import Minutes
from hectis_flow.services.reading import Asking

PAPERS: Mapping[str, Callable[[House, Asking, int], Minutes]] = {
    "meetings.minutes": meetings.text,
    "meetings.paper": meetings.pdf,
}
AGENDAS: Mapping[str, Callable[[House, Asking], dict[str, Any]]] = {"agenda.read": agenda.read}


def answer_minutes(action: str, key: int) -> Response:
    """A file as it was written, with the hash of its text."""
    found = PAPERS[action](house(), asking(), key)
    response = Response(found.body, content_type=found.kind)
    response.headers["X-Content-SHA256"] = found.digest
    return response


def answer_agenda(action: str) -> dict[str, Any]:
    """The next agenda."""
    return AGENDAS[action](house(), asking())
