"""The days in court ahead, soonest first, with what is asked for each and what is red.

The API's view and `hectis countdown` call it. It must write nothing.
"""

from collections.abc import Iterator
from typing import Any, Final

from hectis_flow.domain import access_rules
from hectis_flow.domain.countdown import SAPS
from hectis_flow.domain.errors import NotAllowed, NotVisible
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import court_checks, offices
from hectis_flow.storage.court_checks import Ahead, Whose

ACTION: Final = "countdown.list"
PAGE: Final = 200


def listing(house: House, asking: Asking, after: tuple[str, int] | None, limit: int) -> list[dict[str, Any]]:
    """What the bearer's office is asked for its next days in court. Raises `NotAuthenticated`, `NotAllowed`."""
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        scope = access_rules.grant(bearer.role, ACTION).scope
        if scope == "none":
            raise NotAllowed(f"The role {bearer.role} prepares no day in court.")
        found = court_checks.page(session, Whose(scope, bearer.office_id), after, limit)
    return [shown(one) for one in found]


def coming(house: House, station: str | None = None, court: str | None = None) -> Iterator[Ahead]:
    """All days in court ahead, of one station or one court (their codes) if they are given. Raises `NotVisible`."""
    whose, after = Whose(station=station, court=court), None
    with house.snapshot() as session:
        for code in filter(None, (station, court)):
            if offices.id_of(session, code) is None:
                raise NotVisible("There is no office with this code.")
        while True:
            page = court_checks.page(session, whose, after, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].code, page[-1].id


def shown(one: Ahead) -> dict[str, Any]:
    """A list as the API shows it."""
    return {
        "id": one.id,
        "case_ref": one.ref,
        "roll_date": one.code,
        "side": "saps" if one.side == SAPS else "npa",
        "office": one.office,
        "role": one.role,
        "court": one.court,
        "court_case_no": one.court_case_no,
        "ready": one.ready,
        "red_unless_done_by": one.breach.isoformat(),
        "level": one.level,
        "checks": one.checks,
    }
