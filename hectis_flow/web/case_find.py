"""Finding a case by any of its numbers; the newest that somebody may see stand below.

`hectis_flow.web.rooms` calls `install_find`. What may be found is what the list of the API would show.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Flask

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.errors import NotAllowed
from hectis_flow.render import due, page_words
from hectis_flow.render.road_line import line
from hectis_flow.services import reading
from hectis_flow.storage.reading import Page
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

RECENT: Final = 20
REF: Final = re.compile(workflow_rules.detail("other_case").pattern)
_CAS: Final = re.compile(r"[1-9][0-9]{0,4}/(0?[1-9]|1[0-2])/[0-9]{4}")
_COURT_NO: Final = re.compile(workflow_rules.detail("court_case_no").pattern)


def install_find(app: Flask) -> None:
    """Put the search on the app."""
    frame.room(app, "/cases", "find", _find)


def _find(visit: Visit) -> Answered:
    asked = frame.asked("number")
    try:
        found = _found(visit, asked) if asked else None
        newest = reading.list_records(visit.house, visit.asking, "cases.list", {}, None, RECENT)
    except NotAllowed as refused:
        return frame.trouble(refused.status, page_words.say(visit.signed.language, "find.closed"))
    hits = [] if found is None else json.loads(found.items)
    if len(hits) == 1:
        return frame.on(f"/cases/{hits[0]['ref']}")
    nothing = asked != "" and not hits
    rows = [_row(visit, one) for one in hits or json.loads(newest.items)]
    return frame.page(
        "find.html", 404 if nothing else 200, asked=asked, nothing=nothing, hits=hits, rows=rows
    )


def _found(visit: Visit, asked: str) -> Page | None:
    """The cases that have this number: ours, the CAS number, or that of the matter at court."""
    folded, filters = asked.upper(), {}
    if REF.fullmatch(folded):
        filters = {"ref": folded}
    elif _CAS.fullmatch(asked):
        filters = {"cas": asked}
    elif _COURT_NO.fullmatch(asked):
        filters = {"court_case_no": asked}
    else:
        return None
    return reading.list_records(visit.house, visit.asking, "cases.list", filters, None, RECENT)


def _row(visit: Visit, case: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **case,
        "title": workflow_rules.stage(case["stage"]).title,
        "line": line(case["stage"]),
        "since": due.moment(visit.signed.language, due.read(case["since"])),
    }
