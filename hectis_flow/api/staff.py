"""The room of staff: in which order and when one person is reached, and an address that is used again."""

import re
from typing import Any

from flask import Response

from hectis_flow.api.bodies_staff import UnparkBody, WaysBody
from hectis_flow.api.pages import answer_written
from hectis_flow.api.rooms import Rooms
from hectis_flow.api.schemas_staff import Ways

_CODE = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")

rooms = Rooms("staff", "How people of the staff are reached; no address is shown.")


@rooms.writing("/<code>/ways", "ways", Ways, WaysBody)
def put_ways(body: dict[str, Any], code: str) -> Response:
    """Put somebody's ways in an order, with waits and quiet hours of their own."""
    return answer_written("staff.ways", _plain(code), body["steps"], body["quiet"])


@rooms.writing("/<code>/unpark", "unpark", Ways, UnparkBody)
def unpark(body: dict[str, Any], code: str) -> Response:
    """Use an address again that was parked because it took nothing more; its task ends."""
    return answer_written("staff.unpark", _plain(code), body["channel"])


def _plain(code: str) -> str:
    return code if _CODE.fullmatch(code) else ""
