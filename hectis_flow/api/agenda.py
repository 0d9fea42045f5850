"""The room of the agenda: what the committee's next meeting will hold, and putting a case on it."""

from typing import Any

from flask import Response

from hectis_flow.api.bodies_committee import MatterBody
from hectis_flow.api.pages import answer_part, answer_written
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas_committee import Agenda, Matter

rooms = Rooms(
    "agenda", "What the committee's next meeting will hold; made by rule, and by whoever tables a case."
)


@rooms.part("", "read", Agenda)
def read_agenda() -> dict[str, Any]:
    """The next agenda by now: what came of the last decisions, then what nobody answered, then what was tabled."""
    return answer_part("agenda.read")


@rooms.writing("/matters", "table", Matter, MatterBody, status=201)
def table_matter(body: dict[str, Any]) -> Response:
    """Put a case on the next agenda."""
    return answer_written("agenda.table", body["case"], body["reason"])


@rooms.writing(f"/<{BIGINT}:matter_id>/take-back", "take_back", Matter)
def take_matter_back(matter_id: int) -> Response:
    """Take back what your office has tabled, before a meeting opens with it."""
    return answer_written("agenda.take_back", matter_id)
