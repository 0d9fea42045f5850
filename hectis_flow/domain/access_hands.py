"""The policy table's lines about hands: clocks that are put off, what offices carry, many writes at once.

Part of `access.py`, which alone imports it; frozen data and nothing else. Of many writes each row asks for its own
action with its own line: the address itself shows nothing that they would not.
"""

from collections.abc import Mapping
from typing import Final

from hectis_flow.domain.access_shapes import Line, Scope
from hectis_flow.domain.access_work import BEYOND, COMMITTEE, TOLD, WATCHING

SNOOZE: Final = ("cases.snooze", "cases.unsnooze")
LOAD: Final = ("load.list",)
BULK: Final = ("bulk.write",)

# Whoever owes an answer, or is told next: the same cases that they see or confirm moves of.
_OWES: Final[Mapping[str, Scope]] = {
    "facility_liaison": "own_facility",
    "facility_manager": "own_facility",
    "saps_liaison": "own_station_referred",
    "detective_commander": "own_station_referred",
    "station_commander": "own_station_referred",
    "prosecutor": "own_court",
    "senior_public_prosecutor": "own_court",
    "chief_prosecutor": "own_courts",
    "dpp_office": "own_courts",
    "watching_brief_official": "watched",
}
# Who can hand work on.
COMMANDS: Final = (
    *("detective_commander", "station_commander", "cluster_commander", "provincial_saps"),
    *("senior_public_prosecutor", "chief_prosecutor", "dpp_office"),
)
_WORKS: Final = (
    *("facility_liaison", "saps_liaison", "health_data_steward", "administrator", "anti_gang_unit"),
    *(*TOLD, *BEYOND, *COMMITTEE),
)
_NOBODY: Final = ("information_officer", "feed_sender", *WATCHING)
_EVERYBODY: Final = (*_WORKS, *_NOBODY)

HAND_LINES: Final = (
    *(
        Line(role, SNOOZE, scope, ("road",), "Put off what the own office owes")
        for role, scope in _OWES.items()
    ),
    *(
        Line(role, SNOOZE, "none", (), "Who owes an answer puts it off, or their head.")
        for role in _EVERYBODY
        if role not in _OWES
    ),
    *(
        Line(role, LOAD, "own_tree", ("load",), "See who has too much to do, and hand it on")
        for role in COMMANDS
    ),
    *(
        Line(role, LOAD, "none", (), "Who carries how much is for their commanders.")
        for role in _EVERYBODY
        if role not in COMMANDS
    ),
    *(
        Line(role, BULK, "reference", ("verdicts",), "Do many at once, each by its own line")
        for role in _WORKS
    ),
    *(Line(role, BULK, "none", (), "Writes nothing, one or many.") for role in _NOBODY),
)
