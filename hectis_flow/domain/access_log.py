"""The policy table's lines about what is on record around a case: its notices and how they went, and who read it.

Part of `access.py`, which alone imports it; frozen data and nothing else. Neither holds a name, an address or a word of
a letter: offices, roles, channels and times. Each is opened by whose they are, for an office tells of a case where it
lies: whoever prosecutes or watches learns of no hospital (domain.md 4.4), and health of no watching brief.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.domain.access_shapes import Action, Line, Scope
from hectis_flow.domain.access_work import COMMITTEE, TOLD

NOTICES: Final = "cases.notices"
READS: Final = "cases.reads"
LOG_ACTIONS: Final = (Action(NOTICES, "notice"), Action(READS, "read", logged=True))

# The kinds of office whose notices and reads each field opens; who reads for no office reads for the province.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "health": ("facility", "health_district", "province_health"),
    "saps": ("station", "cluster", "saps_province", "anti_gang_unit"),
    "npa": ("npa_office", "chief_prosecutor", "dpp"),
    "oversight": ("pocs", "committee"),
    "province": ("",),
}

_ALL: Final = tuple(KINDS)
_ROAD: Final = ("saps", "npa", "province")
_SEES: Final[Mapping[str, tuple[Scope, tuple[str, ...]]]] = {
    "facility_liaison": ("own_facility", ("health", "saps", "province")),
    "saps_liaison": ("own_station_referred", _ROAD),
    "detective_commander": ("own_station_referred", _ROAD),
    "prosecutor": ("own_court", _ROAD),
    "senior_public_prosecutor": ("own_court", _ROAD),
    "chief_prosecutor": ("own_courts", _ROAD),
    "dpp_office": ("own_courts", _ROAD),
}
_CLOSED: Final = (
    *TOLD,
    *("anti_gang_unit", "deployment_planner", "administrator", "health_data_steward", "feed_sender"),
    *COMMITTEE,
)
_TELLS: Final = "See who was told of an own case, and whether it reached them"
_LOOKS: Final = "See who looked at an own case"
_REQUESTS: Final = "Requests and breaches: who was told, and who looked"
_NO_RECORD: Final = "Reads no record, so no record of it."

LOG_LINES: Final = (
    *(Line(role, (NOTICES,), scope, sees, _TELLS) for role, (scope, sees) in _SEES.items()),
    *(Line(role, (READS,), scope, sees, _LOOKS) for role, (scope, sees) in _SEES.items()),
    Line("watching_brief_official", (NOTICES,), "watched", (*_ROAD, "oversight"), _TELLS),
    Line("watching_brief_official", (READS,), "none", (), "Whose case it is sees who looked at it."),
    Line("information_officer", (NOTICES, READS), "province", _ALL, _REQUESTS),
    Line("auditor", (READS,), "province", _ALL, "The log of audit: who looked at what"),
    Line("auditor", (NOTICES,), "none", (), "The log of audit only, no case data."),
    *(Line(role, (NOTICES, READS), "none", (), _NO_RECORD) for role in _CLOSED),
)
