"""What is on record around a case, for who may see it: who was told and whether it reached them, and who looked.

The API's views and the pages call it, one call a request. Of which agencies' offices, the policy table says. To ask who
looked is itself a read, and logged before it is shown.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain.access_log import KINDS, NOTICES, READS
from hectis_flow.domain.errors import NotVisible
from hectis_flow.services.house import House
from hectis_flow.services.reading import NOT_HERE, Asking, ReadOf, remember
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import case_log, scoped
from hectis_flow.storage.case_log import Wanted

Lines = list[dict[str, Any]]


def notices(house: House, asking: Asking, ref: str, after: int | None, limit: int) -> Lines:
    """A page of the notices of a case, newest first, older than `after`. Raises `NotAuthenticated`, `NotVisible`."""
    return _page(house, asking, NOTICES, Wanted(0, (), after, limit), ref, case_log.notices)


def reads(house: House, asking: Asking, ref: str, after: int | None, limit: int) -> Lines:
    """The same of who read the case. Raises as `notices`."""
    return _page(house, asking, READS, Wanted(0, (), after, limit), ref, case_log.reads)


def _page(
    house: House,
    asking: Asking,
    action: str,
    wanted: Wanted,
    ref: str,
    read: Callable[[Session, Wanted], Lines],
) -> Lines:
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        given = access_rules.grant(bearer.role, action)
        case = scoped.look(session, given.scope, bearer.office_id, ref)
        if case is None:
            raise NotVisible(NOT_HERE)
        if access_rules.action(action).logged:
            remember(session, bearer, asking, ReadOf("case", case.id, action, given.purpose))
        sides = [name.rpartition("_")[0] for name in given.fields]
        kinds = [kind for side in sides for kind in KINDS[side]]
        return [_plain(one) for one in read(session, wanted._replace(case_id=case.id, kinds=kinds))]


def _plain(line: dict[str, Any]) -> dict[str, Any]:
    """A line with its moments as JSON has them."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in line.items()}
