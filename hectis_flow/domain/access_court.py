"""The policy table's lines about docket, court and the way back: detectives, the NPA, the watching brief.

Part of `access.py`, which alone imports it; frozen data and nothing else. Sources: domain.md 4.4 (a prosecutor sees
a case by its numbers and of anything medical the J88's state; the watching brief sees nothing of a hospital), 7.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.domain.access_hands import COMMANDS
from hectis_flow.domain.access_shapes import Line, Scope
from hectis_flow.domain.access_work import (
    CASEWORK,
    COMMITTEE,
    DISCLOSURES,
    MOVES,
    NPA,
    PRECINCT,
    REFERRAL,
    TOLD,
    WATCHING,
)

CASE_LIST: Final = ("cases.list",)
CASE_READ: Final = ("cases.read",)
HEALTHS: Final = (
    *("messages.list", "messages.read", "messages.send"),
    *("incidents.list", "incidents.read"),
)
# What is noted beside the moves: a verified CAS number, an arrest, a J88, an item of one's own that is done.
DOCKET: Final = ("cases.verify_cas", "cases.arrest")
J88: Final = ("cases.j88",)
SETTLE: Final = ("cases.settle",)
NOTES: Final = (*DOCKET, *J88, *SETTLE)
# A move that is taken back, and one that takes two people.
SECOND: Final = ("proposals.list", "proposals.confirm", "proposals.refuse", "proposals.take_back")
TWO: Final = ("cases.undo", "cases.propose", *SECOND)
# Who heads an office may be the second person of those who work there.
_HEADS: Final[Mapping[str, Scope]] = {
    "facility_manager": "own_facility",
    "station_commander": "own_station_referred",
}
EVERY_WRITE: Final = (*NOTES, *TWO)

_LISTED: Final = ("road", "docket", "court", "gang")
_COURT: Final = (*_LISTED, "charges", "removals", "brief", "awaited", "snoozes")
# What is asked of both sides before the next day in court.
_PREPARED: Final = (*_COURT, "countdown")
# De-identified: named fields come with the referral, each on its legal basis.
_SCENE: Final = ("origin", "what", "when", "where")
_STATION: Final = ("saps_liaison", "detective_commander")
# Whose docket it is: of the own court, or of one below the own office.
_REACH: Final[Mapping[str, Scope]] = {
    "prosecutor": "own_court",
    "senior_public_prosecutor": "own_court",
    "chief_prosecutor": "own_courts",
    "dpp_office": "own_courts",
}

_WORK: Final = "Work on cases referred to the own station"
_PROSECUTE: Final = "Decide and prosecute dockets of the own courts"
_WATCH: Final = "Watch what left the roll, and whether it comes back"
_AS_MOVED: Final = "As for moves: take one back, or make it together"
_OWN_ITEM: Final = "Settle what the own office was asked for"
_NO_HEALTH: Final = "No hospital data at all."
_NO_NOTE: Final = "Notes are those of station, facility and whoever was asked."
_OBSERVES: Final = "Observes, and moves no case."
_NOT_THEIRS: Final = "The facility's to choose and to answer for."


def _climbed(role: str) -> tuple[str, ...]:
    """Whoever commands sees of a case how its climbs read beside what its owner carries."""
    return ("climbed",) if role in COMMANDS else ()


COURT_LINES: Final = (
    # The station, its liaison and its detectives alike.
    *(Line(role, CASE_LIST, "own_station_referred", (*_LISTED, *_SCENE), _WORK) for role in _STATION),
    *(
        Line(role, CASE_READ, "own_station_referred", (*_PREPARED, *_SCENE, "j88", *_climbed(role)), _WORK)
        for role in _STATION
    ),
    *(Line(role, (*DOCKET, *J88), "own_station_referred", ("road",), "Keep the docket") for role in _STATION),
    *(Line(role, TWO, "own_station_referred", ("road",), _AS_MOVED) for role in _STATION),
    Line("saps_liaison", SETTLE, "none", (), "What a docket lacks is asked of the detective commander."),
    Line("detective_commander", SETTLE, "own_station_referred", ("road",), _OWN_ITEM),
    Line("detective_commander", HEALTHS, "none", (), "Health's own records; a referral is a case."),
    Line("detective_commander", MOVES, "own_station_referred", ("road",), "Investigate and submit dockets"),
    Line("detective_commander", (*PRECINCT, *DISCLOSURES), "none", (), _NOT_THEIRS),
    Line("detective_commander", REFERRAL, "none", (), "The liaison's, who opens the CAS with it."),
    # The NPA, from the moment that a docket is submitted to one of its courts.
    *(Line(role, HEALTHS, "none", (), _NO_HEALTH) for role in NPA),
    *(Line(role, CASE_LIST, _REACH[role], _LISTED, _PROSECUTE) for role in NPA),
    *(Line(role, CASE_READ, _REACH[role], (*_PREPARED, "j88", *_climbed(role)), _PROSECUTE) for role in NPA),
    *(Line(role, (*MOVES, *TWO), _REACH[role], ("road",), _PROSECUTE) for role in NPA),
    *(Line(role, SETTLE, _REACH[role], ("road",), _OWN_ITEM) for role in NPA),
    *(Line(role, (*PRECINCT, *REFERRAL, *DISCLOSURES), "none", (), _NO_HEALTH) for role in NPA),
    *(Line(role, (*DOCKET, *J88), "none", (), "The station's own docket.") for role in NPA),
    # The watching brief: every field but those of a hospital.
    Line("watching_brief_official", HEALTHS, "none", (), _NO_HEALTH),
    Line("watching_brief_official", CASE_LIST, "watched", _LISTED, _WATCH),
    Line("watching_brief_official", CASE_READ, "watched", _COURT, _WATCH),
    Line("watching_brief_official", SETTLE, "watched", ("road",), _OWN_ITEM),
    Line("watching_brief_official", (*CASEWORK, *DOCKET, *J88, *TWO), "none", (), _OBSERVES),
    # Health: the J88 is all that it still has to do with a docket.
    Line("facility_liaison", J88, "own_facility", ("road",), "Say that the J88 is ready"),
    Line("facility_liaison", (*DOCKET, *SETTLE), "none", (), _NO_NOTE),
    Line("facility_liaison", TWO, "own_facility", ("road",), _AS_MOVED),
    Line("health_data_steward", TWO, "province", ("road",), _AS_MOVED),
    Line("health_data_steward", NOTES, "none", (), _NO_NOTE),
    # Heads of offices, and everybody else.
    *(
        Line(role, SECOND, scope, ("road",), "Confirm what takes two people")
        for role, scope in _HEADS.items()
    ),
    *(Line(role, (*NOTES, "cases.undo", "cases.propose"), "none", (), _NO_NOTE) for role in _HEADS),
    *(
        Line(role, EVERY_WRITE, "none", (), _NO_NOTE)
        for role in (*TOLD, *COMMITTEE, *WATCHING, "information_officer", "administrator", "feed_sender")
        if role not in _HEADS
    ),
)
