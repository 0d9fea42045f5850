"""THE policy table: which role may do what, with which records, and which of their fields it may see.

Read through `access_rules`, which checks it at import and answers look-ups. Frozen data and nothing
else: it must not know routes, SQL or HTTP. The fields have a file of their own beside this one, and so
have the lines about the daily work (tasks, moves, escalations), about docket and court, about hands, and about
watching briefs; which page is which action stands in `access_pages`.

Closed by default: a role, an action or a field that no line names gets nothing. A line that closes
says why. Sources: domain.md 4.4 (who may receive what) and 7 (roles).
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.domain.access_admin import ADMIN_ACTIONS, ADMIN_LINES
from hectis_flow.domain.access_balance import BALANCE_ACTIONS, BALANCE_LINES
from hectis_flow.domain.access_briefs import BRIEF_ACTIONS, BRIEF_LINES
from hectis_flow.domain.access_committee import COMMITTEE_ACTIONS, COMMITTEE_LINES
from hectis_flow.domain.access_countdown import COUNTDOWN_LINES
from hectis_flow.domain.access_court import COURT_LINES
from hectis_flow.domain.access_digests import DIGEST_ACTIONS, DIGEST_LINES
from hectis_flow.domain.access_fields import FIELDS, NAMED_GROUPS
from hectis_flow.domain.access_hands import HAND_LINES
from hectis_flow.domain.access_log import LOG_ACTIONS, LOG_LINES
from hectis_flow.domain.access_pages import OWN_PAGES, PAGES, PUBLIC
from hectis_flow.domain.access_shapes import SCOPES, Action, Line, Scope
from hectis_flow.domain.access_work import WORK_LINES

__all__ = ["FIELDS", "NAMED_GROUPS", "OWN_PAGES", "PAGES", "PUBLIC", "SCOPES", "Action", "Line", "Scope"]

ACTIONS: Final = (
    Action("messages.list", "message"),
    Action("messages.read", "message"),
    Action("messages.send", "message"),
    Action("incidents.list", "incident"),
    Action("incidents.read", "incident", logged=True),
    Action("cases.list", "case"),
    Action("cases.read", "case", logged=True),
    Action("cases.moves", "case"),
    Action("cases.move", "case"),
    Action("cases.undo", "case"),
    Action("cases.propose", "case"),
    Action("proposals.list", "case"),
    Action("proposals.confirm", "case"),
    Action("proposals.refuse", "case"),
    Action("proposals.take_back", "case"),
    Action("cases.precinct", "case"),
    Action("cases.referral", "referral", logged=True),
    Action("cases.disclosures", "disclosure", logged=True),
    Action("cases.verify_cas", "case"),
    Action("cases.arrest", "case"),
    Action("cases.j88", "case"),
    Action("cases.settle", "case"),
    Action("cases.countdown", "case"),
    Action("countdown.list", "case"),
    Action("cases.snooze", "case"),
    Action("cases.unsnooze", "case"),
    Action("tasks.list", "task"),
    Action("tasks.claim", "task"),
    Action("tasks.release", "task"),
    Action("tasks.reassign", "task"),
    Action("tasks.complete", "task"),
    Action("bulk.write", "bulk"),
    Action("escalations.list", "escalation"),
    Action("load.list", "load"),
    Action("offices.list", "office"),
    Action("offices.read", "office"),
    *COMMITTEE_ACTIONS,
    *BRIEF_ACTIONS,
    *LOG_ACTIONS,
    *ADMIN_ACTIONS,
    *BALANCE_ACTIONS,
    *DIGEST_ACTIONS,
)

# Roles that a token may hold and no person: systems, at the edge of the workflow and without a part in it.
MACHINE_ROLES: Final = ("feed_sender",)

# The kind of office a token of this role must name; the other roles name none.
OFFICE_KINDS: Final[Mapping[str, str]] = {
    "feed_sender": "facility",
    "facility_liaison": "facility",
    "facility_manager": "facility",
    "health_district_manager": "health_district",
    "health_province_manager": "province_health",
    "saps_liaison": "station",
    "station_commander": "station",
    "detective_commander": "station",
    "cluster_commander": "cluster",
    "provincial_saps": "saps_province",
    "anti_gang_unit": "anti_gang_unit",
    "prosecutor": "npa_office",
    "senior_public_prosecutor": "npa_office",
    "chief_prosecutor": "chief_prosecutor",
    "dpp_office": "dpp",
    "watching_brief_official": "pocs",
    "committee_chair": "committee",
    "committee_secretary": "committee",  # pragma: allowlist secret
}

MESSAGES: Final = ("messages.list", "messages.read")
INCIDENTS: Final = ("incidents.list", "incidents.read")
CASES: Final = ("cases.list", "cases.read")
SENDING: Final = ("messages.send",)
EVERYTHING: Final = (*MESSAGES, *SENDING, *INCIDENTS, *CASES)

_METADATA: Final = ("envelope", "transport")
_ROAD: Final = ("road", "source", "what", "when", "where")
_OF_CASE: Final = (*_ROAD, "origin")
_OWN_CASE: Final = (*_OF_CASE, "ground", "j88")
_DATA: Final = (*_ROAD, "person", "clinical", "quality")
_NO_POLICE: Final = "Hears of what is late; dockets are the detectives'."
_NO_MANAGER: Final = "Whoever is told that an office is late needs no record of a patient."
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
    Line("facility_liaison", ("cases.list",), "own_facility", _OWN_CASE, "Find an own case"),
    Line(
        "facility_liaison",
        ("cases.read",),
        "own_facility",
        (*_OWN_CASE, "put_off", "history", "proof"),
        "Consent and referral of own cases",
    ),
    Line("saps_liaison", (*MESSAGES, *INCIDENTS), "none", (), "Health's own records; a referral is a case."),
    Line("facility_manager", EVERYTHING, "none", (), _NO_MANAGER),
    Line("health_district_manager", EVERYTHING, "none", (), _NO_MANAGER),
    Line("health_province_manager", EVERYTHING, "none", (), _NO_MANAGER),
    Line("station_commander", EVERYTHING, "none", (), _NO_POLICE),
    Line("cluster_commander", EVERYTHING, "none", (), _NO_POLICE),
    Line("provincial_saps", EVERYTHING, "none", (), _NO_POLICE),
    Line("deployment_planner", EVERYTHING, "none", (), _AGGREGATES),
    Line("health_data_steward", MESSAGES, "province", (*_METADATA, "links"), "Put feeds and data right"),
    Line("health_data_steward", ("incidents.list",), "province", _ROAD, "Put codes and places right"),
    Line("health_data_steward", ("incidents.read",), "province", _DATA, "Put codes and places right"),
    Line("health_data_steward", ("cases.list",), "province", _OF_CASE, "Follow what a correction changes"),
    Line(
        "health_data_steward",
        ("cases.read",),
        "province",
        (*_OF_CASE, "history", "proof"),
        "Follow what a correction changes",
    ),
    Line("information_officer", MESSAGES, "province", _METADATA, "Requests and breaches: what came when"),
    Line("information_officer", INCIDENTS, "province", ("road",), "Requests and breaches: what we hold"),
    Line(
        "information_officer",
        CASES,
        "province",
        ("road", "origin", "proof"),
        "Requests and breaches: what we hold",
    ),
    Line("auditor", EVERYTHING, "none", (), "The log of audit only, no case data."),
    Line("administrator", MESSAGES, "province", _METADATA, "Keep the feeds running"),
    Line("administrator", (*INCIDENTS, *CASES), "none", (), "Configuration only, no case data."),
    *WORK_LINES,
    *COURT_LINES,
    *COUNTDOWN_LINES,
    *HAND_LINES,
    *COMMITTEE_LINES,
    *BRIEF_LINES,
    *LOG_LINES,
    *ADMIN_LINES,
    *BALANCE_LINES,
    *DIGEST_LINES,
)
