"""The balance of the morning: whether all that came in is accounted for, and who has what is not.

`hectis_flow.app` calls `install_balance` through the rooms. It must not count anything: it shows what was drawn.
"""

from datetime import date, datetime

from flask import Flask

from hectis_flow.domain.errors import NotVisible
from hectis_flow.render import due
from hectis_flow.services import balance_reading, reference
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit


def install_balance(app: Flask) -> None:
    """Put the page on the app."""
    frame.room(app, "/balance", "balance", _balance)


def _balance(visit: Visit) -> Answered:
    wanted = frame.asked("date")
    try:
        day = date.fromisoformat(wanted) if wanted else None
        found = balance_reading.read(visit.house, visit.asking, day)
    except (ValueError, NotVisible):
        found = balance_reading.read(visit.house, visit.asking) | balance_reading.NOTHING
    drawn = found["as_of"]
    return frame.page(
        "balance.html",
        found=found,
        wanted=wanted,
        names=reference.names(visit.house, {one["owner"] for one in found["open"] if one["owner"]}),
        moment=due.moment(visit.signed.language, datetime.fromisoformat(drawn)) if drawn else "",
    )
