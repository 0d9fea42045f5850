"""The policy table's lines about the committee and the gang flag: meetings, agenda, decisions, and who may see a flag.

Part of `access.py`, which alone imports it; frozen data and nothing else. Sources: design 4.12 and domain.md 4.4, 6, 7:
the committee sees a case that came to it by reference, stage, office and code, nothing of a person; a flag is set by
three roles, and health never sees one.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.domain.access_court import CASE_LIST, CASE_READ, EVERY_WRITE, HEALTHS
from hectis_flow.domain.access_shapes import Action, Line, Scope
from hectis_flow.domain.access_work import (
    CASEWORK,
    COMMITTEE,
    ESCALATIONS,
    NPA,
    OFFICES,
    TASKS,
    TOLD,
    WATCHING,
)

MEETINGS: Final = ("meetings.list", "meetings.read", "meetings.minutes", "meetings.paper")
HOLDING: Final = ("meetings.plan", "meetings.open", "meetings.attend", "meetings.close")
AGENDA: Final = ("agenda.read",)
TABLING: Final = ("agenda.table", "agenda.take_back")
DECISIONS: Final = ("decisions.list", "decisions.read")
RECORDING: Final = ("decisions.record",)
ANSWERING: Final = ("decisions.confirm", "decisions.drop", "decisions.accept", "decisions.send_back")
REPORTING: Final = ("decisions.report",)
FLAGS: Final = ("cases.flag_gang", "cases.renew_flag", "cases.lift_flag")

COMMITTEE_ACTIONS: Final = (
    *(Action(name, "meeting") for name in (*MEETINGS, *HOLDING)),
    *(Action(name, "agenda") for name in AGENDA),
    *(Action(name, "case") for name in TABLING),
    *(Action(name, "decision") for name in (*DECISIONS, *RECORDING, *ANSWERING, *REPORTING)),
    *(Action(name, "case") for name in FLAGS),
)

# Who may put a case on the agenda, and from among which.
_TABLES: Final[Mapping[str, Scope]] = {
    "committee_chair": "docketed",
    "committee_secretary": "docketed",
    "provincial_saps": "docketed",
    "watching_brief_official": "watched",
    "chief_prosecutor": "own_courts",
    "dpp_office": "own_courts",
}
# Who sets a flag, and on which cases.
_FLAGS: Final[Mapping[str, Scope]] = {
    "anti_gang_unit": "docketed",
    "detective_commander": "own_station_referred",
    "prosecutor": "own_court",
}
# Who can owe the committee something: those with a queue at an office of their own.
_OWES: Final = (
    *("facility_liaison", "saps_liaison", "detective_commander", "anti_gang_unit"),
    *(*TOLD, *NPA, "watching_brief_official"),
)
_NEITHER: Final = (*WATCHING, "health_data_steward", "information_officer", "administrator", "feed_sender")
_EVERYBODY: Final = (*COMMITTEE, *_OWES, *_NEITHER)

_CASE: Final = ("road", "gang")
_SITTING: Final = ("meeting", "sitting")
_OWN: Final = "Do and report what the committee has asked of the own office"
_CHAIR_ONLY: Final = "The chair confirms and answers."
_NOT_THEIRS: Final = "The committee's own papers."
_NO_FLAG: Final = "A gang flag is set by the Anti-Gang Unit, the detectives or the prosecutor alone."
_NO_TABLING: Final = "Is told by the ladder; others bring cases to the committee."
_HOLDS: Final = "Hold the committee's meetings"
_NO_DOCKET: Final = "Assesses, and keeps no docket."

COMMITTEE_LINES: Final = (
    # The committee.
    *(Line(role, HEALTHS, "none", (), "No hospital data at all.") for role in COMMITTEE),
    *(
        Line(role, (*CASE_LIST, *CASE_READ), "committee", _CASE, "Decide about cases that came to it")
        for role in COMMITTEE
    ),
    *(
        Line(role, TASKS, "own_office", ("task", "case"), "Answer what the committee is asked")
        for role in COMMITTEE
    ),
    *(Line(role, ("meetings.list",), "committee", ("meeting",), _HOLDS) for role in COMMITTEE),
    *(Line(role, (*MEETINGS[1:], *HOLDING), "committee", _SITTING, _HOLDS) for role in COMMITTEE),
    *(Line(role, AGENDA, "committee", ("agenda",), _HOLDS) for role in COMMITTEE),
    *(
        Line(role, (*DECISIONS, *RECORDING), "committee", ("decision",), "Decide, and follow it up")
        for role in COMMITTEE
    ),
    Line("committee_chair", ANSWERING, "committee", ("decision",), "Confirm decisions, answer reports"),
    Line("committee_chair", REPORTING, "none", (), "Whoever was asked reports."),
    Line("committee_secretary", ANSWERING, "none", (), _CHAIR_ONLY),
    Line("committee_secretary", REPORTING, "committee", ("decision",), _OWN),
    # Whoever owes it something sees that of the own office and of those below.
    *(Line(role, DECISIONS, "own_tree", ("decision",), _OWN) for role in _OWES),
    *(Line(role, REPORTING, "own_tree", ("decision",), _OWN) for role in _OWES),
    *(Line(role, (*RECORDING, *ANSWERING), "none", (), _CHAIR_ONLY) for role in _OWES),
    *(Line(role, (*MEETINGS, *HOLDING, *AGENDA), "none", (), _NOT_THEIRS) for role in _OWES),
    *(
        Line(
            role,
            (*MEETINGS, *HOLDING, *AGENDA, *DECISIONS, *RECORDING, *ANSWERING, *REPORTING),
            "none",
            (),
            _NOT_THEIRS,
        )
        for role in _NEITHER
    ),
    *(
        Line(role, TABLING, _TABLES[role], ("road",), "Bring a case to the committee")
        if role in _TABLES
        else Line(role, TABLING, "none", (), _NO_TABLING)
        for role in _EVERYBODY
    ),
    # The gang flag.
    *(
        Line(role, FLAGS, _FLAGS[role], _CASE, "Mark a case as gang-related, with a source")
        if role in _FLAGS
        else Line(role, FLAGS, "none", (), _NO_FLAG)
        for role in _EVERYBODY
    ),
    # The Anti-Gang Unit: dockets by their numbers, and nothing of a hospital.
    Line("anti_gang_unit", HEALTHS, "none", (), "No hospital data at all."),
    Line("anti_gang_unit", CASE_LIST, "docketed", ("road", "docket", "court", "gang"), "Assess dockets"),
    Line(
        "anti_gang_unit",
        CASE_READ,
        "docketed",
        ("road", "docket", "court", "charges", "gang"),
        "Assess dockets",
    ),
    Line("anti_gang_unit", TASKS, "own_office", ("task", "case"), "Do what the own office must do"),
    Line(
        "anti_gang_unit",
        ESCALATIONS,
        "own_tree",
        ("road", "told", "owner"),
        "See what is late at the own office",
    ),
    Line(
        "anti_gang_unit",
        OFFICES,
        "reference",
        ("directory", "tree", "duty"),
        "Find the office and who is on duty there",
    ),
    Line("anti_gang_unit", (*CASEWORK, *EVERY_WRITE), "none", (), _NO_DOCKET),
)
