"""The policy table's lines about the daily work: tasks, moves, referrals, escalations, offices.

Part of `access.py`, which alone imports it; frozen data and nothing else. Sources: domain.md 4.4, 7.
"""

from typing import Final

from hectis_flow.domain.access_shapes import Line

TASKS: Final = ("tasks.list", "tasks.claim", "tasks.release", "tasks.reassign", "tasks.complete")
MOVES: Final = ("cases.moves", "cases.move")
PRECINCT: Final = ("cases.precinct",)
REFERRAL: Final = ("cases.referral",)
DISCLOSURES: Final = ("cases.disclosures",)
CASEWORK: Final = (*MOVES, *PRECINCT, *REFERRAL, *DISCLOSURES)
ESCALATIONS: Final = ("escalations.list",)
OFFICES: Final = ("offices.list", "offices.read")

# Who is told when an office below is late: the health side and the SAPS side, each its own.
TOLD: Final = (
    *("facility_manager", "health_district_manager", "health_province_manager"),
    *("station_commander", "cluster_commander", "provincial_saps"),
)
COMMITTEE: Final = ("committee_chair", "committee_secretary")
NPA: Final = ("prosecutor", "senior_public_prosecutor", "chief_prosecutor", "dpp_office")
BEYOND: Final = ("detective_commander", *NPA, "watching_brief_official")
WATCHING: Final = ("deployment_planner", "auditor")

_TASK: Final = ("task", "case")
_ESCALATION: Final = ("road", "told", "owner", "load")
_DIRECTORY: Final = ("directory", "tree")
_NO_PART: Final = "Has no part in the road."
_NO_MOVE: Final = "Hears of cases and moves none."
_NO_CASE: Final = "No case data."
_OWN_QUEUE: Final = "Do what the own office must do"
_BELOW: Final = "See what is late at the own office and below it"
_WHO: Final = "Find the office and who is on duty there"

WORK_LINES: Final = (
    Line("facility_liaison", TASKS, "own_office", _TASK, _OWN_QUEUE),
    Line("facility_liaison", (*MOVES, *PRECINCT), "own_facility", ("road",), "Take own cases on"),
    Line("facility_liaison", REFERRAL, "own_facility", ("referral",), "See what a station is given"),
    Line("facility_liaison", DISCLOSURES, "own_facility", ("disclosure",), "See what was given to whom"),
    Line("facility_liaison", ESCALATIONS, "own_tree", _ESCALATION, _BELOW),
    Line("saps_liaison", TASKS, "own_office", _TASK, _OWN_QUEUE),
    Line("saps_liaison", MOVES, "own_station_referred", ("road",), "Answer referrals to the own station"),
    Line("saps_liaison", REFERRAL, "own_station_referred", ("referral",), "Open a CAS for a referral"),
    Line(
        "saps_liaison", (*PRECINCT, *DISCLOSURES), "none", (), "The facility's to choose and to answer for."
    ),
    Line("saps_liaison", ESCALATIONS, "own_tree", _ESCALATION, _BELOW),
    *(Line(role, TASKS, "own_office", _TASK, _OWN_QUEUE) for role in (*TOLD, *BEYOND)),
    *(Line(role, CASEWORK, "none", (), _NO_MOVE) for role in TOLD),
    *(Line(role, ESCALATIONS, "own_tree", _ESCALATION, _BELOW) for role in (*TOLD, *BEYOND)),
    Line("health_data_steward", TASKS, "own_office", _TASK, _OWN_QUEUE),
    Line("health_data_steward", (*MOVES, *PRECINCT), "province", ("road",), "Put codes and places right"),
    Line("health_data_steward", (*REFERRAL, *DISCLOSURES), "none", (), "The facility's own."),
    Line("health_data_steward", ESCALATIONS, "none", (), "Data quality has no ladder."),
    # A failed delivery or a parked row is theirs to mend; whose case it was is not theirs to know.
    Line("administrator", TASKS, "own_office", ("task",), "Mend what the system could not do"),
    Line("administrator", (*CASEWORK, *ESCALATIONS), "none", (), _NO_CASE),
    Line("information_officer", DISCLOSURES, "province", ("disclosure",), "Requests and breaches"),
    Line("information_officer", (*MOVES, *PRECINCT, *REFERRAL), "none", (), _NO_MOVE),
    Line("information_officer", (*TASKS, *ESCALATIONS), "none", (), _NO_PART),
    *(
        Line(role, ESCALATIONS, "raised_to_own", _ESCALATION, "What climbed to the committee")
        for role in COMMITTEE
    ),
    *(Line(role, CASEWORK, "none", (), _NO_MOVE) for role in COMMITTEE),
    *(Line(role, (*TASKS, *CASEWORK, *ESCALATIONS), "none", (), _NO_PART) for role in WATCHING),
    *(
        Line(role, OFFICES, "reference", (*_DIRECTORY, "duty"), _WHO)
        for role in (
            "facility_liaison",
            "saps_liaison",
            *TOLD,
            *BEYOND,
            "health_data_steward",
            "administrator",
        )
    ),
    *(
        Line(role, OFFICES, "reference", _DIRECTORY, "Find the office")
        for role in ("information_officer", *COMMITTEE, *WATCHING)
    ),
    Line(
        "feed_sender",
        (*TASKS, *CASEWORK, *ESCALATIONS, *OFFICES),
        "none",
        (),
        "A feed hands in and reads nothing.",
    ),
)
