"""The room of offices: which there are, who is above them, and who is on duty there by staff code."""

import re
from typing import Any

from flask import Response

from hectis_flow.api.pages import answer_page, answer_record
from hectis_flow.api.queries import OfficeQuery
from hectis_flow.api.rooms import Rooms
from hectis_flow.api.schemas_work import Office, OfficePage

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")

rooms = Rooms("offices", "Offices of every agency on the road.")


@rooms.listing(OfficeQuery, OfficePage)
def list_offices(query: dict[str, Any]) -> Response:
    """Offices of every agency, the newest entry first."""
    return answer_page("offices.list", query)


@rooms.single("/<code>", Office)
def read_office(code: str) -> dict[str, Any]:
    """One office, those above it, and who is on duty now."""
    return answer_record("offices.read", code if _CODE.fullmatch(code) else "")
