"""The room of meetings: the committee plans, opens and closes them; who is there, and the minutes as text and PDF."""

from typing import Any

from flask import Response

from hectis_flow.api.bodies_committee import AttendanceBody, MeetingBody
from hectis_flow.api.pages import answer_page, answer_record, answer_written
from hectis_flow.api.papers import answer_paper
from hectis_flow.api.queries import Paging
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas_committee import Meeting, MeetingPage

rooms = Rooms("meetings", "Meetings of the committee, each with its agenda, its decisions and its minutes.")


@rooms.listing(Paging, MeetingPage)
def list_meetings(query: dict[str, Any]) -> Response:
    """Meetings, the newest entry first."""
    return answer_page("meetings.list", query)


@rooms.single(f"/<{BIGINT}:meeting_id>", Meeting)
def read_meeting(meeting_id: int) -> dict[str, Any]:
    """One meeting: what came of before, who is there, its agenda and its decisions."""
    return answer_record("meetings.read", meeting_id)


@rooms.writing("", "plan", Meeting, MeetingBody, status=201)
def plan_meeting(body: dict[str, Any]) -> Response:
    """Plan a meeting."""
    return answer_written("meetings.plan", body["held_on"])


@rooms.writing(f"/<{BIGINT}:meeting_id>/open", "open", Meeting)
def open_meeting(meeting_id: int) -> Response:
    """Open a meeting: its agenda is made by rule, and fixed now."""
    return answer_written("meetings.open", meeting_id)


@rooms.writing(f"/<{BIGINT}:meeting_id>/attendance", "attend", Meeting, AttendanceBody)
def attend_meeting(body: dict[str, Any], meeting_id: int) -> Response:
    """Say which seats are there; said again, it takes the place of what was said before."""
    return answer_written("meetings.attend", meeting_id, body["seats"])


@rooms.writing(f"/<{BIGINT}:meeting_id>/close", "close", Meeting)
def close_meeting(meeting_id: int) -> Response:
    """Close a meeting: its minutes are written and hashed, and nothing of it changes any more."""
    return answer_written("meetings.close", meeting_id)


@rooms.paper(f"/<{BIGINT}:meeting_id>/minutes", "minutes", "The minutes as text.", "text/plain")
def read_minutes(meeting_id: int) -> Response:
    """The minutes as text: `X-Content-SHA256` is the hash that was stored when the meeting closed."""
    return answer_paper("meetings.minutes", meeting_id)


@rooms.paper(f"/<{BIGINT}:meeting_id>/minutes.pdf", "paper", "The minutes on paper.")
def read_paper(meeting_id: int) -> Response:
    """The minutes as PDF, with the hash of the text at the foot."""
    return answer_paper("meetings.paper", meeting_id)
