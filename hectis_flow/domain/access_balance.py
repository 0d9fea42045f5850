"""The policy table's lines about the balance: who may see whether all that came in is accounted for.

Part of `access.py`, which alone imports it; frozen data and nothing else. It holds counts of the whole province and
numbers of rows, and nothing of any case: whoever answers for a side or watches over the system may see it.
"""

from typing import Final

from hectis_flow.domain.access_shapes import Action, Line
from hectis_flow.domain.access_work import COMMITTEE

BALANCE: Final = ("balance.list",)
BALANCE_ACTIONS: Final = (Action("balance.list", "balance"),)

SEES: Final = (
    *COMMITTEE,
    *("auditor", "information_officer", "health_data_steward", "administrator"),
    *("health_province_manager", "provincial_saps", "dpp_office"),
)
_OTHERS: Final = (
    *("facility_liaison", "facility_manager", "health_district_manager", "feed_sender"),
    *("saps_liaison", "station_commander", "detective_commander", "cluster_commander", "anti_gang_unit"),
    *("prosecutor", "senior_public_prosecutor", "chief_prosecutor", "watching_brief_official"),
    "deployment_planner",
)

BALANCE_LINES: Final = (
    *(Line(role, BALANCE, "reference", ("balance",), "See that nothing was lost") for role in SEES),
    *(
        Line(role, BALANCE, "none", (), "The whole province's; one's own is in one's own lists.")
        for role in _OTHERS
    ),
)
