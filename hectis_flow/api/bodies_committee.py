"""What the committee's addresses and those of the gang flag take: codes, days and references, checked at the door."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from hectis_flow.api.bodies import case_number, code, one_of
from hectis_flow.api.queries import Paging
from hectis_flow.domain.committee import DECISIONS, NOT_POSSIBLE, OUTCOMES, PAPER, SENT_BACK, TABLING
from hectis_flow.domain.gang_flag import LIFTING, SOURCES
from hectis_flow.domain.workflow_rules import detail, staff_roles

LARGEST_ID = 2**63 - 1


def _day(about: str, *, required: bool = False) -> fields.Date:
    return fields.Date(format="iso", required=required, metadata={"description": about})


class MeetingBody(Schema):
    """On which day the committee meets."""

    held_on = _day("The day, in South Africa.", required=True)


class AttendanceBody(Schema):
    """Which seats are there."""

    seats = fields.List(
        code(r"^[a-z0-9][a-z0-9-]{0,39}\Z", "Code of a seat."),
        required=True,
        validate=validate.Length(max=60),
    )


class MatterBody(Schema):
    """A case for the next agenda."""

    case = case_number("Number of the case.")
    reason = one_of(TABLING, "Why it is tabled.")


class DecisionQuery(Paging):
    """What the list of decisions takes."""

    meeting = fields.Integer(
        validate=validate.Range(1, LARGEST_ID), metadata={"description": "Our number of the meeting."}
    )


class DecisionBody(Schema):
    """A decision, and of whom it is wanted."""

    kind = one_of(DECISIONS, "What is to be done.")
    case = case_number("Number of the case, if it is about one.", required=False)
    office = code(r"^[a-z0-9][a-z0-9-]{0,79}\Z", "Code of the office that must do it.")
    role = one_of(
        staff_roles(), "Of whom there; whoever leads the office, if it is left out.", required=False
    )
    due_on = _day("The day by which it is wanted.", required=True)


class ReportBody(Schema):
    """What became of a decision."""

    outcome = one_of(OUTCOMES, "done or not_possible")
    reason = one_of(NOT_POSSIBLE, "Why it was not possible.", required=False)
    paper_ref = fields.String(
        validate=validate.Regexp(f"^{PAPER}\\Z", error="This is not the form of such a reference."),
        metadata={
            "description": "Reference of a paper: 1 to 40 letters, digits and . / _ -, no ten digits in a row."
        },
    )

    @validates_schema
    def why_not(self, body: dict[str, Any], **_: Any) -> None:
        """A reason goes with what was not possible, and with nothing else."""
        if ("reason" in body) != (body.get("outcome") == "not_possible"):
            raise ValidationError("Give a reason for what was not possible, and for nothing else.", "reason")


class BackBody(Schema):
    """Why a report is sent back."""

    reason = one_of(SENT_BACK, "Why it is sent back.")
    due_on = _day("The day by which it is wanted now; the usual time from today, if it is left out.")


class FlagBody(Schema):
    """A gang flag: from which source, and until when."""

    source = one_of(tuple(one for sources in SOURCES.values() for one in sources), "Your own source.")
    officer = fields.String(
        validate=validate.Regexp(
            f"^{detail('officer').pattern}\\Z", error="This is not the form of a staff code."
        ),
        metadata={"description": "Staff code of the investigating officer; for a docket statement alone."},
    )
    until = _day(
        "The last day on which it stands, at most as the policy says, which it is if this is left out."
    )


class RenewBody(Schema):
    """Until when a flag stands that was reviewed."""

    until = _day("As when it is set.")


class LiftBody(Schema):
    """Why a flag is lifted."""

    reason = one_of(LIFTING, "Why.")
