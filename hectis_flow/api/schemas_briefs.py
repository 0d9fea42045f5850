"""What the API gives out about watching briefs, and what a case says of its own.

As in `schemas`: every field that can ever be there. Codes, numbers of the matter, offices and days; nothing of a
hospital and no name.
"""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import day, number, text, time


class BriefOnCase(Schema):
    """The brief of a case: the open one, else the newest."""

    id = fields.Integer(required=True)
    triggers = fields.List(fields.String())
    opened_at = time()
    taken_up_at = time("When the unit's official took it up.")
    acknowledged_at = time("When the prosecution acknowledged it.")
    closed_at = time()
    closed_reason = text()


class BriefSeat(Schema):
    """An office that was asked about a brief, and what it said."""

    side = text("pocs: the unit; npa: the prosecution")
    office = text("Code of the office.")
    role = text("Of whom there.")
    asked_at = time()
    due_at = time("By when it is to say; null once it has.")
    answer = text("acknowledged, declined, redirected, or over: the brief was closed first")
    reason = text("Why it was declined or redirected.")
    answered_at = time()
    answered_by = text()


class Observation(Schema):
    """One appearance as the unit saw it."""

    id = fields.Integer(required=True)
    court_date = day()
    outcome = text()
    docket_at_court = text("yes, no or not_seen")
    causes = fields.List(fields.String(), metadata={"description": "The primary one first."})
    attributable_to = text("Whose action was needed.")
    recommendation = text()
    corrects = number("The note that this one corrects.")
    corrected_by = number("The note by which this one is corrected.")
    observed_at = time()
    observed_by = text()


class BriefLetter(Schema):
    """A letter and what was replied."""

    id = fields.Integer(required=True)
    side = text("saps or npa")
    office = text()
    role = text()
    causes = fields.List(fields.String())
    recommendation = text()
    sent_at = time()
    respond_by = time("By when a reply is wanted.")
    answer = text("done, disciplinary or disputed; null while nobody replied")
    answer_ref = text("Reference of a paper.")
    answer_date = day()
    answered_at = time()


class ListedBrief(BriefOnCase):
    """A watching brief."""

    case_ref = text()
    stage = text("Where the case stands.")
    court = text("Code of the court.")
    unit = text("Code of the office that watches.")
    cas_number = text("serial/month/year")
    court_case_no = text()
    next_date = day("Next day in court of any of its charges.")
    official = text("Staff code of the official who has it.")
    off_roll_since = time("Since when charges of the case are off the roll.")
    look_due_at = time("By when the unit looks again whether it is back.")


class Brief(ListedBrief):
    """A watching brief, whoever was asked about it, what was seen, and its letters."""

    seats = fields.List(fields.Nested(BriefSeat))
    observations = fields.List(fields.Nested(Observation))
    letters = fields.List(
        fields.Nested(BriefLetter), metadata={"description": "Those of the own office; of the unit all."}
    )


class BriefPage(Schema):
    """A page of briefs, newest first."""

    items = fields.List(fields.Nested(ListedBrief), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class LetterText(Schema):
    """A letter in words."""

    id = fields.Integer(required=True)
    side = text()
    sent_at = time()
    respond_by = time()
    text = fields.String()


class Verdict(Schema):
    """What becomes of one row of an import."""

    row = fields.Integer(required=True, metadata={"description": "From 1."})
    verdict = fields.String(
        required=True, metadata={"enum": ["would_add", "added", "already_there", "refused"]}
    )
    case_ref = text("The case that was found.")
    opens = fields.Boolean(metadata={"description": "Whether a brief is opened by hand for it."})
    code = text("Why it is refused.")
    message = text("What to do about it.")


class Imported(Schema):
    """The verdicts of an import, a row each."""

    applied = fields.Boolean(required=True)
    rows = fields.List(fields.Nested(Verdict), required=True)
