"""Which rooms there are: their pages on the app, and which of them somebody is led to.

`hectis_flow.app` calls `install_rooms`; the frame of every page asks for `nav_of`. A room is shown to whom the policy
table lets in, so a role that is given an action finds its room by itself.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from flask import Flask

from hectis_flow.domain import access_rules
from hectis_flow.domain.access import PAGES
from hectis_flow.domain.access_work import TOLD
from hectis_flow.web import page as frame
from hectis_flow.web.account_language import install_account_language
from hectis_flow.web.admin import install_admin
from hectis_flow.web.balance import install_balance
from hectis_flow.web.briefs import install_briefs
from hectis_flow.web.bulk import install_bulk
from hectis_flow.web.bundle import install_bundle
from hectis_flow.web.case import install_case
from hectis_flow.web.case_docket import install_docket
from hectis_flow.web.case_find import install_find
from hectis_flow.web.case_record import install_record
from hectis_flow.web.committee import install_committee
from hectis_flow.web.court import install_court
from hectis_flow.web.decide import install_decide
from hectis_flow.web.decisions import install_decisions
from hectis_flow.web.digests import install_digests
from hectis_flow.web.door import install_door
from hectis_flow.web.facility import install_facility
from hectis_flow.web.late import install_late
from hectis_flow.web.live import install_live
from hectis_flow.web.matters import install_matters
from hectis_flow.web.meetings import install_meetings
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.password import install_password
from hectis_flow.web.queue import install_queue


class Room(NamedTuple):
    """A room as the bar of every page names it: its endpoint, its address, the key of its word."""

    endpoint: str
    path: str
    word: str


_INSTALLED: Final[tuple[Callable[[Flask], None], ...]] = (
    install_door,
    install_password,
    install_account_language,
    install_live,
    install_queue,
    install_bulk,
    install_bundle,
    install_facility,
    install_find,
    install_case,
    install_docket,
    install_record,
    install_court,
    install_briefs,
    install_committee,
    install_meetings,
    install_decide,
    install_decisions,
    install_matters,
    install_digests,
    install_late,
    install_balance,
    install_admin,
)
# In the order of the bar; what is for few stands first, for to them it is what they came for.
ROOMS: Final = (
    Room("committee", "/committee", "nav.committee"),
    Room("facility", "/facility", "nav.facility"),
    Room("admin", "/admin", "nav.admin"),
    Room("queue", "/queue", "nav.queue"),
    Room("court", "/court", "nav.court"),
    Room("briefs", "/briefs", "nav.briefs"),
    Room("late", "/late", "nav.late"),
    Room("digests_page", "/digests", "nav.digests"),
    Room("find", "/cases", "nav.find"),
    Room("balance", "/balance", "nav.balance"),
    Room("account", "/account", "nav.account"),
)
# Who answers for others comes for what was told to them; the queue is where they report it.
HOMES: Final[Mapping[str, str]] = dict.fromkeys((*TOLD, "chief_prosecutor", "dpp_office"), "/late")


def install_rooms(app: Flask) -> None:
    """Put the pages of every room on the app."""
    frame.room(app, frame.HOME, "home", _home)
    for install in _INSTALLED:
        install(app)
    app.jinja_env.globals["nav_of"] = nav_of


def nav_of(role: str) -> tuple[Room, ...]:
    """The rooms that this role may enter."""
    return tuple(room for room in ROOMS if _may(role, room.endpoint))


def _home(visit: Visit) -> Answered:
    role = visit.signed.role
    return frame.on(HOMES.get(role) or nav_of(role)[0].path)


def _may(role: str, endpoint: str) -> bool:
    return endpoint not in PAGES or access_rules.grant(role, PAGES[endpoint]).scope != "none"
