"""What the API gives out about the daily work: tasks, moves, escalations, offices.

As in `schemas`: every field that can ever be there, of which the policy table opens some.
"""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import PageOf, day, flag, number, text, time
from hectis_flow.api.schemas_hands import CAPACITY
from hectis_flow.domain.load import CARRIED_BY

TASK_STATUSES = ("not_opened", "opened", "problem", "done")


class Task(Schema):
    """Something that an office must do."""

    id = fields.Integer(required=True)
    kind = text("What is to be done: acknowledge_referral, open_cas, record_basis ...")
    status = fields.String(
        metadata={
            "enum": list(TASK_STATUSES),
            "description": "not_opened; opened by `opened_by` and incomplete; problem: the hospital says "
            "otherwise than the case, look first; done",
        }
    )
    opened_by = text("Staff code of whoever holds it.")
    office = text("Code of the office that must do it.")
    role = text("For whom at that office.")
    opened_at = time("Since when it is to be done.")
    claimed_at = time("Since when it is held.")
    due_at = time("By when.")
    snoozed_until = day("The day to which its clock is put off; null where it is not.")
    overdue = flag()
    by_stage = flag("It ends with a move of its case, and only so.")
    subject_id = number("Our own number of what it is about, where that is no case.")
    case_ref = text()
    stage = text("Where the case stands.")
    station = text("Code of the station whose precinct it is.")


class TaskPage(PageOf):
    """A page of tasks, due first."""

    items = fields.List(fields.Nested(Task), required=True)


class PossibleMove(Schema):
    """A move that the bearer may make from where the case stands."""

    move = fields.String(required=True)
    title = fields.String(required=True)
    to_stage = fields.String(
        required=True, metadata={"description": "Where it leads; the first of `to_stages`."}
    )
    to_stages = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "More than one where each charge returns to the stage it came from."},
    )
    needs = fields.List(fields.String(), required=True, metadata={"description": "Details it must be given."})
    may = fields.List(fields.String(), required=True, metadata={"description": "Details it can be given."})
    codes = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"description": "The codes it accepts for a detail."},
    )
    forms = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "The form of a detail, as a regular expression."},
    )
    second = fields.Boolean(
        required=True,
        metadata={
            "description": "It takes two people: asked for alone, it is refused (`second_person_needed`)."
        },
    )
    lacks = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "Facts of the case that it needs and that are not there yet: station, items_cured "
            "(nothing that the docket lacked is open), lapse_due (long enough off the roll)."
        },
    )


class Standing(Schema):
    """Where a case stands, and what the bearer may do with it now."""

    ref = fields.String(required=True)
    stage = fields.String(required=True)
    phase = fields.String(required=True)
    version = fields.Integer(required=True)
    moves = fields.List(fields.Nested(PossibleMove), required=True)


class Proposal(Schema):
    """A move that takes two people, as one of them proposed it."""

    id = fields.Integer(required=True)
    case_ref = fields.String(required=True)
    case_version = number("Where the case stood; once it has moved on, the proposal is overtaken.")
    move = fields.String(
        required=True, metadata={"description": "The move, or `correct`: take the newest one back."}
    )
    details = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    proposed_by = text("Staff code.")
    role = text()
    office = text("Code of the office that it comes from.")
    proposed_at = time()
    decision = text("confirmed, refused, taken_back or overtaken; null while it is open.")
    decided_by = text("Staff code.")
    mine = flag("You proposed it: somebody else confirms it.")


class ProposalPage(PageOf):
    """A page of proposals, newest first."""

    items = fields.List(fields.Nested(Proposal), required=True)


class Referral(Schema):
    """What a station sees of a case that was referred to it."""

    ref = fields.String(required=True)
    sent_at = time("Null in what a facility sees: what would be sent now.")
    basis = text("The legal ground that leads; none: only de-identified fields left.")
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True),
        attribute="fields",
        data_key="fields",
        metadata={"description": "The fields that left on a ground, and what they say."},
    )
    withheld = fields.List(
        fields.String(), metadata={"description": "Names of the fields that stay; for the facility alone."}
    )


class Disclosure(Schema):
    """What was disclosed by one move."""

    version = number("Of the move it went with.")
    office = text("Code of the office that received it.")
    basis = text()
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        attribute="fields",
        data_key="fields",
        metadata={"description": "The ground that each field stood on."},
    )
    withheld = fields.List(fields.String())
    at = time()
    actor = text()


class Disclosures(Schema):
    """All that was disclosed of a case, oldest first."""

    items = fields.List(fields.Nested(Disclosure), required=True)


class Escalation(Schema):
    """How high the silence on one clock of a case has climbed."""

    id = fields.Integer(required=True)
    case_ref = text()
    stage = text("At which stage the clock ran.")
    clock = text("Its name in the policy.")
    level = number("0: the owner was reminded; it rises to 4 and never falls.")
    office = text("Code of the office that was told last.")
    role = text("Whom at that office.")
    opened_at = time("When the first step was due and nothing had happened.")
    raised_at = time("When it last rose.")
    cleared_at = time("When what was asked for was done.")
    owner_office = text("Code of the office that owns the step.")
    due_at = time("By when the owner had to answer.")
    snoozed = number("How often the clock was put off, and that was not taken back.")
    snoozed_until = day("The day to which the clock is put off; null where it is not.")
    capacity = text(CAPACITY)
    carries = number(
        "What the owner carried when it last rose: of the officer, or of each head of the office."
    )
    carried_by = text(", ".join(CARRIED_BY))
    benchmark = number("What that is held beside.")


class EscalationPage(PageOf):
    """A page of escalations, newest first."""

    items = fields.List(fields.Nested(Escalation), required=True)


class OfficeName(Schema):
    """An office, by its name."""

    code = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)


class Post(Schema):
    """Who answers for a role at an office now."""

    role = fields.String(required=True)
    staff = fields.List(
        fields.String(), required=True, metadata={"description": "Staff codes; empty: nobody is there."}
    )


class ListedOffice(Schema):
    """An office of any agency."""

    code = fields.String(required=True)
    kind = text()
    name = text()
    sub_district = text()
    town = text()
    valid_from = fields.String(metadata={"format": "date"})
    valid_to = fields.String(allow_none=True, metadata={"format": "date"})
    parents = fields.List(
        fields.Nested(OfficeName), metadata={"description": "The offices above it today, nearest first."}
    )


class Office(ListedOffice):
    """An office and who is on duty there now."""

    on_duty = fields.List(fields.Nested(Post))


class OfficePage(PageOf):
    """A page of offices."""

    items = fields.List(fields.Nested(ListedOffice), required=True)
