"""Links that still wait are taken back: of a case, or of somebody who lost their telephone; at once and for good.

The API's view calls `revoke`, `hectis links` calls `take_back`. What was answered stays answered, and who took a link
back stands on it. Nothing says whether there is such a case or person: how many links were taken back, and no more.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain.errors import HectisError, NotAllowed
from hectis_flow.services import once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.storage import links
from hectis_flow.storage.tokens import Bearer

REVOKE: Final = "links.revoke"
TERMINAL: Final = "admin:terminal"
#: Reads and writes no case by the policy, so no case may be named by it either.
KNOWS_NO_CASE: Final = "administrator"


class LinksOfWhat(HectisError):
    """Neither a case nor somebody on the staff was named, or both."""

    code = "links_of_what"
    status = 422


def revoke(house: House, writing: Writing, *, case: str | None = None, staff: str | None = None) -> Answer:
    """Take back what waits of a case (its number) or of somebody (their staff code), as the bearer.

    Raises `NotAllowed` for roles that may not, and `LinksOfWhat`.
    """

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        may = access_rules.grant(bearer.role, REVOKE).scope != "none"
        if not may or (case is not None and bearer.role == KNOWS_NO_CASE):
            raise NotAllowed(f"The role {bearer.role} takes no such links back.")
        return {"revoked": _taken(session, f"{bearer.role}:{bearer.name}", case, staff)}

    return once.run(house, writing, effect)


def take_back(house: House, *, case: str | None = None, staff: str | None = None) -> int:
    """The same from a terminal of the house; how many."""
    with house.transaction() as session:
        return _taken(session, TERMINAL, case, staff)


def _taken(session: Session, by: str, case: str | None, staff: str | None) -> int:
    if (case is None) == (staff is None):
        raise LinksOfWhat("Name a case or somebody on the staff, and not both.")
    return links.revoke(session, by, case, staff)
