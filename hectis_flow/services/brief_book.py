"""Watching briefs for whoever runs the system: a list, one of them, and opening one by hand at a terminal.

`hectis briefs` calls it. Codes, offices and times alone: no named field is opened, so this is no read of a named
record.
"""

from typing import Any, Final

from hectis_flow.domain import access_rules
from hectis_flow.domain import briefs as rules
from hectis_flow.domain.errors import NotVisible
from hectis_flow.services import brief_import, briefs
from hectis_flow.services.house import House
from hectis_flow.storage import brief_matters, cases, reading
from hectis_flow.storage import briefs as stored
from hectis_flow.storage.brief_matters import Listed
from hectis_flow.storage.briefs import Opened
from hectis_flow.storage.reading import Wanted

LARGEST: Final = 2**63 - 1


def listing(house: House, court: str | None, after: int | None, limit: int, *, every: bool) -> list[Listed]:
    """Briefs, newest first; the closed ones too where `every` says so."""
    values = {"court": court, "after": LARGEST if after is None else after, "limit": limit, "every": every}
    with house.transaction() as session:
        return brief_matters.listing(session, values)


def tell(house: House, brief_id: int) -> dict[str, Any]:
    """One brief as its unit reads it. Raises `NotVisible`."""
    given = access_rules.grant(brief_import.OFFICIAL, "briefs.read")
    with house.transaction() as session:
        brief = stored.one(session, brief_id)
        unit = brief.office_id if brief else None
        found = reading.one(session, Wanted("brief", given.fields, given.scope, unit), brief_id)
        if found is None:
            raise NotVisible("There is no such brief.")
        return found[1]


def open_one(house: House, ref: str, staff: str) -> Opened:
    """Have a case watched by hand. Raises `NotVisible`, and `BriefRefused`: `no_official`, `not_at_court`, `matter_over`."""
    with house.transaction() as session:
        by, office_id = brief_import.official(session, staff)
        case = cases.lock_by_ref(session, ref)
        if case is None:
            raise NotVisible("There is no such case.")
        if case.court_id is None:
            rules.refuse("not_at_court", "This case has not come to a court yet. Watch it once it has.")
        return briefs.open_for(house, session, case, rules.BY_HAND, by, office_id)
