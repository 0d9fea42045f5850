"""What offices carry beside the benchmark: the fullest first, and at a station each of its officers.

The API's view calls `listing` with a token, `hectis load` calls `look` for whoever runs the system. The counts are
those that the sweep weighs a climb with. It must write nothing.
"""

from typing import Any

from hectis_flow.domain import access_rules
from hectis_flow.domain.errors import NotAllowed, NotVisible
from hectis_flow.domain.load import capacity
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import database, loads, offices
from hectis_flow.storage.loads import Carried

LIST = "load.list"
After = tuple[int, int]


def listing(
    house: House, asking: Asking, after: After | None, limit: int
) -> tuple[list[dict[str, Any]], After | None]:
    """What the bearer's office and those below it carry, and behind which the next page begins.

    Raises `NotAuthenticated` and `NotAllowed`.
    """
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        if access_rules.grant(bearer.role, LIST).scope != "own_tree":
            raise NotAllowed(f"The role {bearer.role} sees nobody's load.")
        benchmark = house.policy.in_force(database.now(session)).docket_benchmark
        found = loads.below(session, bearer.office_id, after, limit)
    following = (found[-1].each, found[-1].id) if len(found) == limit else None
    return [_shown(one, benchmark) for one in found], following


def look(house: House, station: str | None = None) -> list[dict[str, Any]]:
    """The same of one station (its code), or of every office. Raises `NotVisible`."""
    with house.transaction() as session:
        if station is not None and offices.of_kind(session, station, "station") is None:
            raise NotVisible("There is no station with this code.")
        benchmark = house.policy.in_force(database.now(session)).docket_benchmark
        return [_shown(one, benchmark) for one in loads.everywhere(session, station)]


def _shown(one: Carried, benchmark: int) -> dict[str, Any]:
    return {
        "office": one.office,
        "kind": one.kind,
        "open": one.open,
        "heads": one.heads,
        "each": one.each,
        "benchmark": benchmark,
        "capacity": capacity(one.each, benchmark),
        "officers": [each | {"capacity": capacity(each["open"], benchmark)} for each in one.officers],
    }
