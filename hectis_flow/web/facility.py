"""The hospital's room: consents that wait, reports that the law obliges, precincts to choose, J88s, second persons.

`hectis_flow.web.rooms` calls `install_facility`. Each list is one of the services' own, of which the room shows the
beginning, due first; each line leads to its case, where what is wanted is done.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Flask

from hectis_flow.domain import access_rules
from hectis_flow.domain.calendar import WorkingTime
from hectis_flow.domain.errors import NotAllowed
from hectis_flow.domain.workflow_words import MANDATORY_BASES
from hectis_flow.render import due, page_words
from hectis_flow.services import proposed, reading, reference, tasks
from hectis_flow.storage.task_queue import Sought
from hectis_flow.web import page as frame
from hectis_flow.web.case_parts import GROUNDS, may, proposal_title
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import calendar_of, row

SHOWN: Final = 10
# As many cases that are ready to be referred as are looked through for their grounds.
LOOKED_AT: Final = 200
BASIS, PRECINCT, INFO, NO_CASE = "record_basis", "choose_precinct", "answer_info", "review_no_case"


def install_facility(app: Flask) -> None:
    """Put the room on the app."""
    frame.room(app, "/facility", "facility", _facility)


def _facility(visit: Visit) -> Answered:
    if not may(visit, "cases.precinct"):
        raise NotAllowed(page_words.say(visit.signed.language, "facility.closed"))
    calendar = calendar_of(visit.house, visit.signed.role, visit.signed.now)
    ready = {one["ref"]: one for one in _cases(visit, LOOKED_AT, stage="referral_ready")}
    precincts = _tasks(visit, PRECINCT, calendar) or [
        {"case_ref": ref} for ref, one in ready.items() if not one["station"]
    ]
    reports = [_report(one, ready) for one in precincts if _obliged(one, ready)]
    sections = (
        ("report", reports, None),
        ("basis", _consents(visit, calendar), BASIS),
        ("precinct", [one for one in precincts if not _obliged(one, ready)], PRECINCT),
        ("info", _tasks(visit, INFO, calendar), INFO),
        ("no_case", _tasks(visit, NO_CASE, calendar), NO_CASE),
        ("proposed", _proposed(visit), None),
        *_forms(visit),
    )
    return frame.page(
        "facility.html",
        sections=[one for one in sections if one[1]],
        shown=SHOWN,
    )


def _tasks(visit: Visit, kind: str, calendar: WorkingTime) -> list[dict[str, Any]]:
    """The open tasks of a kind, due first."""
    found = tasks.queue(visit.house, visit.asking, None, SHOWN, Sought((kind,)))
    return [row(visit, one, calendar) for one in json.loads(found.items)]


def _consents(visit: Visit, calendar: WorkingTime) -> list[dict[str, Any]]:
    """The same of patients who are to be asked, each with since when their visit is known."""
    known = {one["ref"]: one["opened_at"] for one in _cases(visit, LOOKED_AT, stage="awaiting_basis")}
    return [
        {**one, "since": due.moment(visit.signed.language, due.read(known[one["case_ref"]]))}
        if one["case_ref"] in known
        else one
        for one in _tasks(visit, BASIS, calendar)
    ]


def _cases(visit: Visit, limit: int, **filters: str) -> list[dict[str, Any]]:
    found = reading.list_records(visit.house, visit.asking, "cases.list", filters, None, limit)
    cases: list[dict[str, Any]] = json.loads(found.items)
    return cases


def _obliged(one: Mapping[str, Any], ready: Mapping[str, Mapping[str, Any]]) -> bool:
    return bool(_duties(ready.get(one["case_ref"], {})))


def _duties(case: Mapping[str, Any]) -> list[str]:
    """The laws on record for a case that oblige a report."""
    return [ground for ground in case.get("grounds") or () if ground in MANDATORY_BASES]


def _report(one: dict[str, Any], ready: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {**one, "ground": ", ".join(GROUNDS[law] for law in _duties(ready[one["case_ref"]]))}


def _proposed(visit: Visit) -> list[dict[str, Any]]:
    found = proposed.listing(visit.house, visit.asking, None, SHOWN)
    return [{**one, "title": proposal_title(one)} for one in found]


def _forms(visit: Visit) -> Sequence[tuple[str, list[dict[str, Any]], str | None]]:
    """The J88s that somebody completes, and those that wait for their station."""
    if "j88" not in access_rules.grant(visit.signed.role, "cases.list").fields:
        return ()
    found = {state: _cases(visit, SHOWN, j88=state) for state in ("wanted", "ready")}
    stations = {one["station"] for some in found.values() for one in some if one["station"]}
    names = reference.names(visit.house, stations)
    return [
        (f"j88_{state}", [_form(visit, one, names) for one in some], None) for state, some in found.items()
    ]


def _form(visit: Visit, case: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    by = (case["j88"] or {}).get("collect_by")
    return {
        "case_ref": case["ref"],
        "place": names.get(case["station"], ""),
        "by": due.moment(visit.signed.language, due.read(by)) if by else "",
    }
