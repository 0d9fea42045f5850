"""What the API gives out about hands: clocks that were put off, what offices carry, many writes at once.

As in `schemas`: every field that can ever be there, of which the policy table opens some.
"""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import PageOf, day, flag, number, text, time
from hectis_flow.domain.load import CARRIED_BY, OVERLOAD, RESPONSE
from hectis_flow.services.bulk import VERDICTS

CAPACITY = (
    f"{OVERLOAD}: more is carried than the benchmark, so hand some on; {RESPONSE}: within capacity, so an answer is "
    "due. Null for the reminder, and where nothing is counted."
)


class Snoozed(Schema):
    """A clock that was put off or on again, as it then stands."""

    ref = fields.String(required=True)
    clock = fields.String(required=True)
    item = number("Of an item, its number.")
    due_at = time("By when the owner has to answer.")
    next_due_at = time("When somebody is told next; null where nobody is left to tell.")
    snoozed_until = day("The day to which it is put off; null where it is not.")
    times = number("How often it was put off so far.")


class Snooze(Schema):
    """One time that a running clock was put off."""

    clock = text("Its name in the policy.")
    item = number("Of an item, its number.")
    reason = text()
    until = day()
    days = number("By how many working days.")
    number = fields.Integer(metadata={"description": "The first time, or the second."})
    role = text("Who put it off.")
    put_at = time()
    ended_at = time("When it was taken back.")
    holds = flag("Whether it is put off now.")


class Climb(Schema):
    """Where a case has climbed, and how that reads beside what its owner carries."""

    clock = text()
    item = number()
    level = number()
    office = text("Code of the office that was told last.")
    role = text()
    raised_at = time()
    capacity = text(CAPACITY)
    carries = number(
        "Open dockets of the officer; of a station or an office of prosecutors, of each head there."
    )
    carried_by = text(", ".join(CARRIED_BY))
    benchmark = number()


class OfficerLoad(Schema):
    """What one investigating officer carries."""

    officer = text("Staff code.")
    open = number("Open dockets.")
    capacity = text(CAPACITY)


class OfficeLoad(Schema):
    """What an office carries beside the benchmark."""

    office = text("Code.")
    kind = text("station or npa_office")
    open = number("Open dockets of a station, open matters of an office of prosecutors.")
    heads = number("Officers who have any, or prosecutors with a post.")
    each = number("How many that is for each of them, rounded up.")
    benchmark = number()
    capacity = text(CAPACITY)
    officers = fields.List(fields.Nested(OfficerLoad))


class LoadPage(PageOf):
    """A page of offices, the fullest first."""

    items = fields.List(fields.Nested(OfficeLoad), required=True)


class RowVerdict(Schema):
    """What came of one row."""

    row = fields.Integer(required=True, metadata={"description": "The first is 1."})
    verdict = fields.String(required=True, metadata={"enum": list(VERDICTS)})
    stands = fields.Dict(
        keys=fields.String(), metadata={"description": "Where the case or task stands now, of what was done."}
    )
    code = fields.String(metadata={"description": "Stable; of what was refused."})
    message = fields.String(metadata={"description": "A sentence that says what to do."})


class Verdicts(Schema):
    """What came of each of many writes, and how many came to what."""

    rows = fields.List(fields.Nested(RowVerdict), required=True)
    done = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    not_visible = fields.Integer(required=True)
