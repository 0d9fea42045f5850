"""How somebody is reached, on their page of the administrator's room: the order, the waits, quiet hours, what is parked.

`hectis_flow.web.admin` puts its addresses on the app. No address of anybody is shown.
"""

import re
from datetime import time
from typing import Any, Final

from flask import request

from hectis_flow.services import administration, ways
from hectis_flow.services.ways import Step, WaysRefused
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
_CHANNEL: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
MOST: Final = 20


def shown(visit: Visit, staff: str) -> dict[str, Any]:
    """What the page says of it, for whoever may see the page."""
    found = ways.of(visit.house, staff)
    usual = visit.house.policy.in_force(visit.signed.now).reach
    return {"ways": found, "usual": usual, "hours": ways.hours_of(visit.house, staff)}


def put(visit: Visit, staff: str) -> Answered:
    """Keep the order, the waits and the hours that were sent."""
    code = _plain(staff)
    administration.allowed(visit.house, visit.asking)
    channels = [frame.plain(one) for one in request.form.getlist("channel")[:MOST]]
    steps = sorted((_rank(channel), place, _step(channel)) for place, channel in enumerate(channels))
    hours = _hours(frame.asked("quiet_from"), frame.asked("quiet_to"))
    ways.arrange(visit.house, visit.writing(), code, [step for *_, step in steps], hours)
    return frame.on(f"/admin/staff/{code}")


def unpark(visit: Visit, staff: str) -> Answered:
    """Use a parked address again."""
    code, channel = _plain(staff), frame.asked("channel")
    if not _CHANNEL.fullmatch(channel):
        raise WaysRefused("No channel is named.")
    ways.use_again(visit.house, visit.writing(), code, channel)
    return frame.on(f"/admin/staff/{code}")


def _rank(channel: str) -> int:
    return _number(f"rank_{channel}") or 1


def _step(channel: str) -> Step:
    return Step(channel, _number(f"wait_{channel}"))


def _number(name: str) -> int | None:
    """A whole number that was typed; None for nothing. Raises `WaysRefused` for anything else."""
    typed = frame.plain(request.form.get(name, "")).strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
        raise WaysRefused("An order and a wait are whole numbers.")
    return int(typed)


def _hours(start: str, end: str) -> tuple[time, time] | None:
    if not start and not end:
        return None
    if not (_TIME.fullmatch(start) and _TIME.fullmatch(end)):
        raise WaysRefused("Give both ends of the quiet hours, such as 21:00 and 05:30, or neither.")
    return time.fromisoformat(start), time.fromisoformat(end)


def _plain(code: str) -> str:
    return code if _CODE.fullmatch(code) else ""
