"""The room of cases: where each stands on the road, and how it came there."""

import re
from typing import Any

from flask import Response

from hectis_flow.api.pages import answer_page, answer_record
from hectis_flow.api.queries import CaseQuery
from hectis_flow.api.rooms import Rooms
from hectis_flow.api.schemas import Case, CasePage

_REF = re.compile(r"WC-[0-9]{4}-[0-9]{6,12}")

rooms = Rooms("cases", "Our work on each incident, from the hospital to the court.")


@rooms.listing(CaseQuery, CasePage)
def list_cases(query: dict[str, Any]) -> Response:
    """Cases, newest first."""
    return answer_page("cases.list", query)


@rooms.single("/<ref>", Case)
def read_case(ref: str) -> dict[str, Any]:
    """One case by its number, with its history and the head of its ledger. Each read is logged."""
    # What cannot be a number of ours is looked for all the same: no case has none.
    return answer_record("cases.read", ref if _REF.fullmatch(ref) else "")
