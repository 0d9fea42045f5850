"""The balance as people and programs read it: the newest certificate or that of a day, and what is still open.

The API's view and the page of the balance call `read` with a token. It must write nothing.
"""

from datetime import date
from typing import Any, Final

from hectis_flow.domain import access_rules
from hectis_flow.domain.balance import Certificate, Line
from hectis_flow.domain.errors import NotAllowed, NotVisible
from hectis_flow.services import balance
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import balance as stored
from hectis_flow.storage.balance import OpenDifference

LIST: Final = "balance.list"
NOTHING: Final = dict.fromkeys(("number", "date", "as_of", "clean", "hash")) | {"lines": ()}


def read(house: House, asking: Asking, day: date | None = None) -> dict[str, Any]:
    """The newest certificate, or the newest of a day, with the differences that are open now.

    Raises `NotAuthenticated`, `NotAllowed`, and `NotVisible` for a day without one.
    """
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        if access_rules.grant(bearer.role, LIST).scope == "none":
            raise NotAllowed(f"The role {bearer.role} does not see the balance.")
        found = balance.of_day(session, day) if day else balance.latest(session)
        if found is None and day is not None:
            raise NotVisible("No balance was drawn on this day.")
        return (_shown(found) if found else NOTHING) | {
            "open": [_open(one) for one in stored.open_ones(session)]
        }


def _shown(one: Certificate) -> dict[str, Any]:
    return {
        "number": one.number,
        "date": one.date.isoformat(),
        "as_of": one.drawn_at.isoformat(),
        "clean": one.clean,
        "hash": one.hash.hex(),
        "lines": [_line(line) for line in one.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "in": line.came_in,
        "parts": [{"name": name, "rows": rows} for name, rows in line.parts],
        "difference": line.difference,
        "faults": [fault._asdict() for fault in line.faults],
    }


def _open(one: OpenDifference) -> dict[str, Any]:
    return {
        "line": one.line,
        "fault": one.fault,
        "rows": one.rows,
        "since": one.found_number,
        "found_at": one.found_at.isoformat(),
        "owner": one.owner,
        "claimed": one.claimed,
    }
