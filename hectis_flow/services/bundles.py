"""One's own bundle of notices, as the page behind its link shows it: what is still open, and what can be acknowledged.

The page calls `of`; it acknowledges by the write of many that every queue has, each case by its own move. A bundle is shown to
the person it was sent to and to nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hectis_flow.domain.errors import NotVisible
from hectis_flow.render import notices
from hectis_flow.services import acknowledgement, writing
from hectis_flow.services.house import House
from hectis_flow.services.reading import NOT_HERE, Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import deliveries


@dataclass(frozen=True, slots=True)
class Line:
    """One notice of a bundle: about which case ("" for none), in words; `over` where it is so no longer.

    `asked` is true for what is acknowledged by the move of its case.
    """

    ref: str
    title: str
    wanted_by: datetime | None
    over: bool
    asked: bool


def of(house: House, asking: Asking, bundle_id: int) -> Sequence[Line]:
    """The notices of a bundle, in the order in which they were planned. Raises `NotVisible` for anybody else's."""
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        held = (
            deliveries.of_bundle(session, bundle_id, bearer.staff_id) if bearer.staff_id is not None else []
        )
    if not held:
        raise NotVisible(NOT_HERE)
    return [
        Line(
            one.case_ref or "",
            notices.title_of(writing.facts_of(house, one)),
            one.wanted_by,
            one.over,
            not one.over and one.link is not None and one.link.purpose == acknowledgement.MOVE,
        )
        for one in held
    ]
