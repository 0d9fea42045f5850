"""What the API gives out about the committee and the gang flag: codes, references and days, nobody's name.

As in `schemas`: every field that can ever be there, of which the policy table opens some.
"""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import PageOf, day, flag, number, text, time
from hectis_flow.api.schemas_court import GangFlag


class Flagged(Schema):
    """A case and its gang flag as it now stands."""

    ref = fields.String(required=True)
    gang_flag = fields.Nested(GangFlag, allow_none=True)


class SeatThere(Schema):
    """A seat of the committee, and whether it is taken at this meeting."""

    seat = text("Code of the seat.")
    agency = text()
    chairs = flag()
    present = flag()


class AgendaLine(Schema):
    """One case on an agenda."""

    kind = text("escalated, tabled or settled_meanwhile")
    case_ref = text()
    stage = text("Where the case stood; on the next agenda, where it stands.")
    office = text("Code of the office that did not answer, or that owns the case.")
    reason = text("The clock that nobody answered, or why it was tabled.")
    since = time("When it came to the committee.")
    days = number("How many days ago that was.")


class FollowUp(Schema):
    """Where the decisions of before stand, each counted once."""

    done = number()
    not_possible = number()
    reported = number("Reported, and not yet answered by the chair.")
    late = number()
    open = number()


class Agenda(Schema):
    """The next agenda by now."""

    meeting = number("Our number of the meeting that is planned next; null where none is.")
    held_on = day()
    said = text("What came of the last decisions, in a sentence.")
    follow_up = fields.Nested(FollowUp)
    lines = fields.List(fields.Nested(AgendaLine))


class Matter(Schema):
    """A case that was put on the next agenda, or taken back from it."""

    id = fields.Integer(required=True)
    case_ref = text()
    reason = text()


class DecisionLine(Schema):
    """A decision, in a line."""

    id = fields.Integer(required=True)
    kind = text("What is to be done.")
    case_ref = text()
    office = text("Code of the office that must do it.")
    role = text("Of whom there.")
    due_on = day()
    state = text("recorded, dropped, open, late, reported, done or not_possible")


class Report(Schema):
    """What was reported of a decision, and what the chair said."""

    outcome = text("done or not_possible")
    reason = text()
    paper_ref = text()
    reported_at = time()
    answer = text("accepted or sent_back; null while it waits.")
    answer_reason = text()
    answered_at = time()


class Decision(DecisionLine):
    """A decision of the committee."""

    meeting = number("Our number of its meeting.")
    held_on = day()
    recorded_at = time()
    confirmed_at = time()
    ended_at = time()
    reports = fields.List(fields.Nested(Report))


class DecisionPage(PageOf):
    """A page of decisions, newest first."""

    items = fields.List(fields.Nested(Decision), required=True)


class ListedMeeting(Schema):
    """A meeting of the committee."""

    id = fields.Integer(required=True)
    held_on = day()
    state = text("planned, open or closed")
    opened_at = time()
    closed_at = time()
    minutes_hash = text("SHA-256 of the text of the minutes, in hex; null until it closes.")


class Meeting(ListedMeeting):
    """A meeting with what was before it and what came of it."""

    follow_up = fields.Nested(FollowUp, allow_none=True)
    attendance = fields.List(fields.Nested(SeatThere))
    lines = fields.List(fields.Nested(AgendaLine), metadata={"description": "The agenda as it opened."})
    decisions = fields.List(fields.Nested(DecisionLine))


class MeetingPage(PageOf):
    """A page of meetings, newest first."""

    items = fields.List(fields.Nested(ListedMeeting), required=True)
