"""What the API gives out about docket, court and the way back, as parts of a case.

As in `schemas`: every field that can ever be there. Accused are numbers; no part of these names a person.
"""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import day, flag, number, text, time


class Docket(Schema):
    """The docket of a case, by its numbers: never a page of it."""

    cas_number = text("serial/month/year")
    cas_station = text("Code of the station whose number it is.")
    verified_by_saps = flag("Whether the number was found in CAS; null until somebody looked.")
    officer = text("Staff code of the investigating officer.")
    assigned_at = time()
    noted_at = time("When something of the investigation was last noted.")
    arrests = number("How many arrests, summonses and warrants are on record.")


class J88(Schema):
    """How the form J88 stands; never what it says."""

    completed_at = time()
    collected_at = time()
    collect_by = time("By when the station must collect it.")


class AtCourt(Schema):
    """Where the matter is heard."""

    court = text("Code of the court.")
    court_case_no = text("Number of the matter there; null before enrolment.")
    next_date = day("Next day in court of any of its charges.")


class Charge(Schema):
    """One accused, one count."""

    accused = number()
    count = number()
    offence = text()
    stage = text("Where this charge stands; the case stands where the most telling one does.")
    plea = text("guilty or not_guilty")
    pleaded_at = time()
    next_date = day()


class Postponement(Schema):
    """One postponement."""

    cause = text()
    asked_by = text("state, defence or court")
    at = time("When it was recorded.")
    next_date = day()
    days = number("From that day to the next day in court.")


class Postponements(Schema):
    """How often a matter was postponed, and what that cost."""

    count = number()
    days_lost = number()
    causes = fields.List(fields.Nested(Postponement), metadata={"description": "Each of them, oldest first."})


class Removal(Schema):
    """One act that took charges off the roll, and what came of it."""

    way_out = text("withdrawn_6a, struck_informal or struck_342a")
    cause = text()
    more_causes = fields.List(fields.String())
    attributable_to = text("Whose action was needed.")
    removed_at = time()
    stage = text("Where its charges stand.")
    awaits = text("The item of the docket that it waits for.")
    requests = number("How often re-enrolment was asked for.")
    ended_at = time()
    ending = text("re_enrolled, declined, diverted, lapsed, finalised_elsewhere, abated or undone")


class AwaitedItem(Schema):
    """Something that is awaited beside the stage of a case."""

    id = fields.Integer(required=True)
    kind = text()
    code = text("Which one: the item that a docket lacks.")
    office = text("Code of the office that must bring it.")
    role = text("Of whom there.")
    opened_at = time()
    due_at = time()
    wanted_by = time("By when whoever asked for it wants it, where that is another day than its clock's.")
    snoozed_until = day("The day to which it is put off; null where it is not.")


class GangFlag(Schema):
    """A working mark of police and prosecution; no charge, and never seen by health."""

    source = text("agu_assessment, docket_statement, prosecutor_assessment or court_finding")
    set_at = time()
    role = text("Of whom it was set.")
    office = text("Code of the office that set it, and reviews it.")
    expires_at = time("When it ends, unless somebody else of that office renews it.")
    reviewed_at = time("When it was last renewed.")
