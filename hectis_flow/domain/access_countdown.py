"""The policy table's lines about the countdown before a day in court: who is asked, and who sees what is coming.

Part of `access.py`, which alone imports it; frozen data and nothing else. Sources: domain.md 4.4, 7. Whoever is told
that something is late (a station commander, a cluster, a chief prosecutor) hears it by number and reads no record.
"""

from typing import Final

from hectis_flow.domain.access_shapes import Line
from hectis_flow.domain.access_work import COMMITTEE, TOLD, WATCHING

COMING: Final = ("countdown.list",)
ANSWER: Final = ("cases.countdown",)
BOTH: Final = (*COMING, *ANSWER)

_PREPARE: Final = "Prepare the own days in court"
_NOT_ASKED: Final = "Days in court are prepared by detectives and prosecutors."

COUNTDOWN_LINES: Final = (
    Line("detective_commander", BOTH, "own_station_referred", ("road", "countdown"), _PREPARE),
    Line("prosecutor", BOTH, "own_court", ("road", "countdown"), _PREPARE),
    Line("senior_public_prosecutor", COMING, "own_court", ("road", "countdown"), _PREPARE),
    Line("senior_public_prosecutor", ANSWER, "none", (), "The prosecutor's to answer; hears what is not."),
    *(
        Line(role, BOTH, "none", (), _NOT_ASKED)
        for role in (
            *(
                "facility_liaison",
                "saps_liaison",
                "chief_prosecutor",
                "dpp_office",
                "watching_brief_official",
            ),
            *(*TOLD, *COMMITTEE, *WATCHING),
            *("health_data_steward", "information_officer", "administrator", "feed_sender"),
            "anti_gang_unit",
        )
    ),
)
