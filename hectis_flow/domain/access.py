"""THE policy table: which role may do what, with which records, and which of their fields it may see.

Read through `access_rules`, which checks it at import and answers look-ups. Frozen data and nothing
else: it must not know routes, SQL or HTTP.

Closed by default: a role, an action or a field that no line names gets nothing. A line that closes
says why. Sources: domain.md 4.4 (who may receive what) and 7 (roles). This release ends before a
referral is sent, so nothing has left the facilities yet. A message's raw bytes are no field at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

# none: nothing. own_facility: the token's facility treated it. own_station_referred: the token's station
# was given it, and the case has left the hospital phase. province: everywhere.
Scope = Literal["none", "own_facility", "own_station_referred", "province"]
SCOPES: Final = ("none", "own_facility", "own_station_referred", "province")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Every field that can ever be served, by record and group. A dot means "inside".
FIELDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "message": {
        "envelope": _words(
            "id received_at message_type event state reason facility control_id application_ack"
        ),
        "transport": _words(
            "channel peer source_app source_facility size ack_code control_id_reused attempts done_at"
        ),
        "links": _words("incident_id case_ref"),
    },
    "incident": {
        "road": _words("id recorded_at changed_at voided_at case_ref"),
        "source": _words("facility"),
        "what": _words("intent mechanism weapon_class place_type activity"),
        "when": _words("happened_at happened_precision time_basis"),
        "where": _words("station precinct_basis location_basis"),
        "person": _words("patients.role patients.sex patients.age_years"),
        "clinical": _words(
            """
            patients.arrived_at patients.left_at patients.sats_colour patients.tews patients.codes
            patients.disposition patients.admitted patients.died patients.police_notified
            """
        ),
        "quality": _words("patients.quality"),
        "identity": _words(
            "patients.name patients.numbers patients.born patients.residence patients.visit_number"
        ),
        "narrative": _words(
            "patients.complaint patients.brought_in_by patients.place_text patients.place_address patients.stays"
        ),
    },
    "case": {
        "road": _words("ref stage phase version since opened_at owner_office conflict"),
        "source": _words("incident_id facility"),
        "what": _words("incident.intent incident.mechanism incident.weapon_class incident.place_type"),
        "when": _words("incident.happened_at incident.happened_precision incident.time_basis"),
        "where": _words("station incident.precinct_basis incident.location_basis"),
        "history": _words("history"),
        "proof": _words("ledger_seq ledger_head sealed"),
    },
}

# Groups that name a person: kept as ciphertext, and never part of a list.
NAMED_GROUPS: Final = ("identity", "narrative")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be asked for. A `logged` one writes a line in the log of reads each time."""

    name: str
    record: str
    logged: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `purpose` is what the log of reads says; of a closed line, why it is closed."""

    role: str
    actions: tuple[str, ...]
    scope: Scope
    groups: tuple[str, ...]
    purpose: str


ACTIONS: Final = (
    Action("messages.list", "message"),
    Action("messages.read", "message"),
    Action("messages.send", "message"),
    Action("incidents.list", "incident"),
    Action("incidents.read", "incident", logged=True),
    Action("cases.list", "case"),
    Action("cases.read", "case", logged=True),
)

# Roles that a token may hold and no person: systems, at the edge of the workflow and without a part in it.
MACHINE_ROLES: Final = ("feed_sender",)

# Open to anybody, each for its reason.
PUBLIC: Final[Mapping[str, str]] = {
    "health": "Says only that the process lives.",
    "ready": "Says which part of the system is down; no record is read.",
    "metrics": "Numbers by state, stage and part; nothing of a person or a place.",
    "openapi": "The description of the interface, the same for everybody.",
    "front": "What this is and whether it runs; no record is read.",
    "static": "Files of the pages, the same for everybody.",
}

# The kind of office a token of this role must name; the other roles name none.
OFFICE_KINDS: Final[Mapping[str, str]] = {
    "feed_sender": "facility",
    "facility_liaison": "facility",
    "saps_liaison": "station",
    "detective_commander": "station",
}

MESSAGES: Final = ("messages.list", "messages.read")
INCIDENTS: Final = ("incidents.list", "incidents.read")
CASES: Final = ("cases.list", "cases.read")
SENDING: Final = ("messages.send",)
EVERYTHING: Final = (*MESSAGES, *SENDING, *INCIDENTS, *CASES)

_METADATA: Final = ("envelope", "transport")
_ROAD: Final = ("road", "source", "what", "when", "where")
_DATA: Final = (*_ROAD, "person", "clinical", "quality")
_NO_DOCKET: Final = "Nothing before a docket has reached the NPA."
_NO_POLICE: Final = "Nothing at case level before a docket is opened."
_NO_HEALTH: Final = "No hospital data at all."
_NO_FEED: Final = "Messages come from hospitals' systems, never from a person."
_AGGREGATES: Final = "Nothing at case level: aggregates only."

LINES: Final = (
    Line("feed_sender", SENDING, "own_facility", ("envelope",), "Hand in the own facility's messages"),
    Line("feed_sender", (*MESSAGES, *INCIDENTS, *CASES), "none", (), "A feed hands in and reads nothing."),
    Line("facility_liaison", SENDING, "none", (), _NO_FEED),
    Line("saps_liaison", SENDING, "none", (), _NO_FEED),
    Line("health_data_steward", SENDING, "none", (), _NO_FEED),
    Line("information_officer", SENDING, "none", (), _NO_FEED),
    Line("administrator", SENDING, "none", (), _NO_FEED),
    Line("facility_liaison", MESSAGES, "own_facility", ("envelope", "links"), "Follow own messages"),
    Line("facility_liaison", ("incidents.list",), "own_facility", _ROAD, "Find an own patient's incident"),
    Line(
        "facility_liaison",
        ("incidents.read",),
        "own_facility",
        (*_DATA, *NAMED_GROUPS),
        "Consent, referral and correct data of own patients",
    ),
    Line("facility_liaison", ("cases.list",), "own_facility", _ROAD, "Find an own case"),
    Line(
        "facility_liaison",
        ("cases.read",),
        "own_facility",
        (*_ROAD, "history", "proof"),
        "Consent and referral of own cases",
    ),
    Line("saps_liaison", (*MESSAGES, *INCIDENTS), "none", (), "Health's own records; a referral is a case."),
    # De-identified: a named field leaves health only with its legal basis, which a later release records.
    Line(
        "saps_liaison",
        CASES,
        "own_station_referred",
        ("road", "what", "when", "where"),
        "Work on cases referred to the own station",
    ),
    Line("detective_commander", EVERYTHING, "none", (), _NO_POLICE),
    Line("cluster_commander", EVERYTHING, "none", (), _NO_POLICE),
    Line("provincial_saps", EVERYTHING, "none", (), _NO_POLICE),
    Line("prosecutor", EVERYTHING, "none", (), _NO_DOCKET),
    Line("senior_public_prosecutor", EVERYTHING, "none", (), _NO_DOCKET),
    Line("chief_prosecutor", EVERYTHING, "none", (), _NO_DOCKET),
    Line("dpp_office", EVERYTHING, "none", (), _NO_DOCKET),
    Line("watching_brief_official", EVERYTHING, "none", (), _NO_HEALTH),
    Line("committee_chair", EVERYTHING, "none", (), _AGGREGATES),
    Line("committee_secretary", EVERYTHING, "none", (), _AGGREGATES),
    Line("deployment_planner", EVERYTHING, "none", (), _AGGREGATES),
    Line("health_data_steward", MESSAGES, "province", (*_METADATA, "links"), "Put feeds and data right"),
    Line("health_data_steward", ("incidents.list",), "province", _ROAD, "Put codes and places right"),
    Line("health_data_steward", ("incidents.read",), "province", _DATA, "Put codes and places right"),
    Line("health_data_steward", ("cases.list",), "province", _ROAD, "Follow what a correction changes"),
    Line(
        "health_data_steward",
        ("cases.read",),
        "province",
        (*_ROAD, "history", "proof"),
        "Follow what a correction changes",
    ),
    Line("information_officer", MESSAGES, "province", _METADATA, "Requests and breaches: what came when"),
    Line("information_officer", INCIDENTS, "province", ("road",), "Requests and breaches: what we hold"),
    Line("information_officer", CASES, "province", ("road", "proof"), "Requests and breaches: what we hold"),
    Line("auditor", EVERYTHING, "none", (), "The log of audit only, no case data."),
    Line("administrator", MESSAGES, "province", _METADATA, "Keep the feeds running"),
    Line("administrator", (*INCIDENTS, *CASES), "none", (), "Configuration only, no case data."),
)
