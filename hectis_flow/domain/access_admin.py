"""The policy table's lines about looking after the system: how it stands, who works where, and enrolling.

Part of `access.py`, which alone imports it; frozen data and nothing else. Source: domain.md 7. The administrator has
the configuration and no case; nobody else looks after the system through the pages.
"""

from typing import Final

from hectis_flow.domain.access_shapes import Action, Line
from hectis_flow.domain.access_work import BEYOND, COMMITTEE, TOLD, WATCHING

SYSTEM: Final = ("system.read",)
STAFF: Final = ("staff.read",)
ENROL: Final = ("staff.enrol",)
REVOKE: Final = ("links.revoke",)
WAYS: Final = ("staff.ways", "staff.unpark")

ADMIN_ACTIONS: Final = (
    Action("system.read", "system"),
    Action("staff.read", "staff"),
    Action("staff.enrol", "staff"),
    Action("links.revoke", "links"),
    Action("staff.ways", "staff"),
    Action("staff.unpark", "staff"),
)

_OTHERS: Final = (
    *("facility_liaison", "saps_liaison", "anti_gang_unit", "health_data_steward", "information_officer"),
    *(*TOLD, *BEYOND, *COMMITTEE, *WATCHING, "feed_sender"),
)

ADMIN_LINES: Final = (
    Line("administrator", SYSTEM, "province", ("system",), "See what does not run, and mend it"),
    Line("administrator", STAFF, "province", ("register",), "See who answers where, and who will not"),
    Line("administrator", ENROL, "province", ("link",), "Let somebody set a password and a second factor"),
    Line(
        "administrator",
        REVOKE,
        "province",
        ("count",),
        "Take back links of somebody whose telephone was lost",
    ),
    Line("information_officer", REVOKE, "province", ("count",), "End what a breach may have laid open"),
    *(
        Line(role, REVOKE, "none", (), "A link ends with its case, its person and its time.")
        for role in _OTHERS
        if role != "information_officer"
    ),
    Line("administrator", WAYS, "province", ("register",), "Say how and when somebody is reached"),
    *(
        Line(
            role,
            (*SYSTEM, *STAFF, *ENROL, *WAYS),
            "none",
            (),
            "The administrator's, who looks after the system.",
        )
        for role in _OTHERS
    ),
)
