"""Lists of watching briefs by what is due: what waits for the reader, who sits in court, letters and looks ahead.

The pages call it, one call a list. Who sees which brief with which fields is what the policy table says of
`briefs.list`. It must write nothing.
"""

import json
from typing import Any, Final, NamedTuple

from hectis_flow.domain import access_rules
from hectis_flow.domain.errors import NotAllowed
from hectis_flow.services.house import House
from hectis_flow.services.reading import Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import brief_lists
from hectis_flow.storage.brief_lists import Place
from hectis_flow.storage.reading import Wanted

ACTION: Final = "briefs.list"


class Due(NamedTuple):
    """Briefs with the moment by which each stands in its list, soonest first, and where the list goes on."""

    rows: list[dict[str, Any]]
    following: Place | None


def listing(house: House, asking: Asking, name: str, after: Place | None, limit: int) -> Due:
    """A page of one of the lists of `storage.brief_lists`. Raises `NotAuthenticated` and `NotAllowed`."""
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        given = access_rules.grant(bearer.role, ACTION)
        if given.scope == "none":
            raise NotAllowed(f"The role {bearer.role} has no list of this kind.")
        wanted = Wanted("brief", given.fields, given.scope, bearer.office_id)
        found = brief_lists.page(session, name, wanted, bearer.role, after, limit)
    return Due([{**one["brief"], "at": one["at"]} for one in json.loads(found.items)], found.following)
