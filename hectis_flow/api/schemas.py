"""What the API gives out: every field it can ever hold, for the documentation and as a last wall.

Records are let out through these schemas, which drop whatever they do not name; pages come as JSON
from PostgreSQL and are held to the same schemas by the tests. Which of the fields a token sees, the
policy table says; the others are absent.
"""

from marshmallow import Schema, fields

from hectis_flow.api.schema_fields import PageOf
from hectis_flow.api.schema_fields import flag as _flag
from hectis_flow.api.schema_fields import many as _many
from hectis_flow.api.schema_fields import number as _number
from hectis_flow.api.schema_fields import text as _text
from hectis_flow.api.schema_fields import time as _time
from hectis_flow.api.schemas_briefs import BriefOnCase
from hectis_flow.api.schemas_countdown import Side
from hectis_flow.api.schemas_court import (
    J88,
    AtCourt,
    AwaitedItem,
    Charge,
    Docket,
    GangFlag,
    Postponements,
    Removal,
)
from hectis_flow.api.schemas_hands import Climb, Snooze


class Message(Schema):
    """A message as it came, without what it says."""

    id = fields.Integer(required=True)
    received_at = _time("When it was stored, before it was answered.")
    message_type = _text("MSH-9.1")
    event = _text("MSH-9.2")
    state = _text("received, accepted, ignored or parked")
    reason = _text("Why it is ignored or parked.")
    facility = _text("Code of the facility it speaks for; absent until it was understood.")
    control_id = _text("MSH-10")
    application_ack = _text(
        "AA: worked, or not one of ours; AE: parked, for `reason`; null: still waits. "
        "What an application acknowledgement of enhanced mode would say."
    )
    channel = _text()
    peer = _text("Where it came from.")
    source_app = _text("MSH-3")
    source_facility = _text("MSH-4")
    size = _number("Octets.")
    ack_code = _text("How it was answered.")
    control_id_reused = _flag("The control id stood on other bytes before.")
    attempts = _number("How often work on it began.")
    done_at = _time("When work on it ended.")
    incident_id = _number("The incident it belongs to.")
    case_ref = _text("The case of that incident.")


class PersonName(Schema):
    """A patient's name as sent."""

    family = _text()
    given = _text()
    middle = _text()


class PatientNumber(Schema):
    """One number of a patient, with its type and who gave it."""

    value = _text()
    kind = _text()
    assigner = _text()


class Address(Schema):
    """An address as sent."""

    street = _text()
    suburb = _text()
    city = _text()
    province = _text()
    postal_code = _text()
    country = _text()


class Stay(Schema):
    """One stop of a visit."""

    unit = _text()
    facility = _text()
    since = _time()


class Patient(Schema):
    """A patient's part in an incident."""

    role = _text("victim, perpetrator, bystander or unknown")
    sex = _text()
    age_years = _number()
    arrived_at = _time()
    left_at = _time()
    sats_colour = _text()
    tews = _number()
    codes = fields.List(fields.String(), metadata={"description": "ICD-10 (WHO)"})
    disposition = _text()
    admitted = _flag()
    died = _flag()
    police_notified = _flag()
    quality = fields.List(fields.String(), metadata={"description": "What should be put right."})
    name = fields.Nested(PersonName, allow_none=True)
    numbers = fields.List(fields.Nested(PatientNumber), allow_none=True)
    born = _text()
    residence = fields.Nested(Address, allow_none=True)
    visit_number = _text()
    complaint = _text()
    brought_in_by = _text()
    place_text = _text()
    place_address = fields.Nested(Address, allow_none=True)
    stays = fields.List(
        fields.Nested(Stay), allow_none=True, metadata={"description": "Where the patient was."}
    )


class ListedIncident(Schema):
    """One act of violence as an emergency centre recorded it, without a person."""

    id = fields.Integer(required=True)
    recorded_at = _time()
    changed_at = _time()
    voided_at = _time("Since when it counts for nothing.")
    case_ref = _text()
    facility = _text()
    intent = _text()
    mechanism = _text()
    weapon_class = _text()
    place_type = _text()
    activity = _text()
    happened_at = _time()
    happened_precision = _text("How exactly that is known.")
    time_basis = _text("assault, or arrival where no time of the assault was sent")
    station = _text("Code of the station whose precinct it is.")
    precinct_basis = _text("How the precinct was found.")
    location_basis = _text("incident, residence or facility: what the place is known from")


class Incident(ListedIncident):
    """One act of violence and its patients."""

    patients = fields.List(fields.Nested(Patient))


class CaseIncident(Schema):
    """What a case says of its incident."""

    intent = _text()
    mechanism = _text()
    weapon_class = _text()
    place_type = _text()
    happened_at = _time()
    happened_precision = _text()
    time_basis = _text()
    precinct_basis = _text()
    location_basis = _text()


class Move(Schema):
    """One move of a case."""

    version = _number()
    transition = _text()
    from_stage = _text("Absent for the move that opened it.")
    to_stage = _text()
    actor_role = _text()
    actor = _text()
    details = fields.Dict(keys=fields.String(), values=fields.String())
    at = _time()
    grade = _text(
        "Of an answer, how much it proves: A signed in, B a person with the notice. Null for other moves."
    )
    proof = _text("Why, as a code.")


class ListedCase(Schema):
    """Our work on an incident, and where it stands on the road."""

    ref = fields.String(required=True, metadata={"example": "WC-2026-000123"})
    stage = _text()
    phase = _text()
    version = _number("Rises by one with each move.")
    since = _time("When it entered its stage.")
    opened_at = _time()
    owner_office = _text("Code of the office that owns the next step.")
    conflict = _text(
        "The hospital says otherwise and no message may move the case any more: code_taken_back, "
        "visit_cancelled, visits_joined, or ground_fell_away (a report rests on a duty that nothing tells of "
        "any more). Null where there is none."
    )
    incident_id = _number()
    facility = _text()
    station = _text()
    incident = fields.Nested(CaseIncident)
    docket = fields.Nested(Docket, allow_none=True)
    court = fields.Nested(AtCourt, allow_none=True)
    gang_flag = fields.Nested(GangFlag, allow_none=True)
    ledger_seq = _number("How many entries its ledger holds.")
    ledger_head = _text("Hash of the newest entry, in hex.")
    sealed = _flag("Whether that entry is sealed into the global chain.")
    grounds = fields.List(
        fields.String(), metadata={"description": "The legal grounds on record now; for its facility alone."}
    )
    j88 = fields.Nested(J88, allow_none=True)


class Case(ListedCase):
    """A case and how it came to stand where it stands."""

    charges = _many(Charge)
    postponements = fields.Nested(Postponements)
    removals = _many(Removal)
    brief = fields.Nested(BriefOnCase, allow_none=True)
    awaited = _many(AwaitedItem)
    countdown = _many(Side, "What is asked of both sides for its next day in court.")
    snoozes = _many(Snooze, "How often its running clocks were put off.")
    put_off = _many(Snooze, "The same up to an opened CAS, and of the J88: what health sees.")
    climbed = _many(Climb)
    history = _many(Move, "Of moves after an opened CAS without their details.")


class MessagePage(PageOf):
    """A page of messages."""

    items = fields.List(fields.Nested(Message), required=True)


class IncidentPage(PageOf):
    """A page of incidents."""

    items = fields.List(fields.Nested(ListedIncident), required=True)


class CasePage(PageOf):
    """A page of cases."""

    items = fields.List(fields.Nested(ListedCase), required=True)
