"""Which rooms there are: their pages on the app, and which of them somebody is led to.

`hectis_flow.app` calls `install_rooms`; the frame of every page asks for `nav_of`. A room is shown to whom the policy
table lets in, so a role that is given an action finds its room by itself.
"""

from typing import Final, NamedTuple

from flask import Flask

from hectis_flow.domain import access_rules
from hectis_flow.domain.access import PAGES
from hectis_flow.web import page as frame
from hectis_flow.web.case import install_case
from hectis_flow.web.door import install_door
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import install_queue


class Room(NamedTuple):
    """A room as the bar of every page names it: its endpoint, its address, the key of its word."""

    endpoint: str
    path: str
    word: str


# In the order of the bar; what is for few stands first, for to them it is what they came for.
ROOMS: Final = (
    Room("queue", "/queue", "nav.queue"),
    Room("find", "/cases", "nav.find"),
    Room("account", "/account", "nav.account"),
)


def install_rooms(app: Flask) -> None:
    """Put the pages of every room on the app."""
    frame.room(app, frame.HOME, "home", _home)
    install_door(app)
    install_queue(app)
    install_case(app)
    app.jinja_env.globals["nav_of"] = nav_of


def nav_of(role: str) -> tuple[Room, ...]:
    """The rooms that this role may enter."""
    return tuple(room for room in ROOMS if _may(role, room.endpoint))


def _home(visit: Visit) -> Answered:
    return frame.on(nav_of(visit.signed.role)[0].path)


def _may(role: str, endpoint: str) -> bool:
    return endpoint not in PAGES or access_rules.grant(role, PAGES[endpoint]).scope != "none"
