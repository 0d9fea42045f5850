"""The page behind the link of a bundle: what several notices asked for, and one press for all that is one's own.

`hectis_flow.web.rooms` calls `install_bundle`. One signs in first. The press goes to the queue's write of many: each case is
acknowledged by its own move, and what one is refused touches no other.
"""

from typing import Final

from flask import Flask

from hectis_flow.render import due
from hectis_flow.services import bundles
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

LARGEST: Final = 9223372036854775807


def install_bundle(app: Flask) -> None:
    """Put the page on the app."""
    frame.room(app, f"/mine/<int(min=1, max={LARGEST}):bundle_id>", "mine", _mine)


def _mine(visit: Visit, bundle_id: int) -> Answered:
    lines = bundles.of(visit.house, visit.asking, bundle_id)
    return frame.page(
        "mine.html",
        lines=lines,
        asked=[one.ref for one in lines if one.asked],
        moment=lambda at: due.moment(visit.signed.language, at),
    )
