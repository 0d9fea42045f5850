"""When the page of a notice was first seen: a hint that it arrived, and no proof of anything.

The page behind a link calls `note`, after it was put together, unless what asks for it is plainly no person's browser.
Disguised ones open pages too, so nothing hangs on it: no clock stops, no step is held.
"""

from hectis_flow.services.house import House
from hectis_flow.storage import reports


def note(house: House, link_id: int) -> bool:
    """Note that the page of a link was opened now; False where that stood already."""
    with house.transaction() as session:
        return reports.seen(session, link_id)
