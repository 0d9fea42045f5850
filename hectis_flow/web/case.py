"""The page of a case: where it stands, what is next and whose it is, what I may do, and what is on record.

`hectis_flow.app` calls `install_case`. Fields, moves and refusals are those of the API: the same services answer.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from flask import Flask, request

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.calendar import WorkingTime
from hectis_flow.domain.errors import HectisError, NotAllowed, NotVisible, TransitionRefused
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import PHASES, ROLES
from hectis_flow.domain.workflow_shapes import Stage
from hectis_flow.render import due, notice_words, page_words
from hectis_flow.render.road_line import line
from hectis_flow.services import moves, reading, reference, timeline, undo
from hectis_flow.services.timeline import Ahead
from hectis_flow.storage.reading import Page
from hectis_flow.web import page as frame
from hectis_flow.web.door import TITLES
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import calendar_of, side

RECENT: Final = 20
_SYSTEM: Final = {role.name: role.system for role in ROLES}
_PHASES: Final = {phase.name: phase.title for phase in PHASES}
_REF: Final = re.compile(workflow_rules.detail("other_case").pattern)
_CAS: Final = re.compile(r"[1-9][0-9]{0,4}/(0?[1-9]|1[0-2])/[0-9]{4}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COURT_NO: Final = re.compile(workflow_rules.detail("court_case_no").pattern)
# Who hears of every agency's next step; the others of their own agency's alone, and of the rest whose it is.
_OVERSEERS: Final = ("committee_chair", "committee_secretary", "watching_brief_official")
# How a detail is typed; everything else is a short text.
_INPUTS: Final = {"next_date": "date", "dpp_date": "date", "months": "number"}


def install_case(app: Flask) -> None:
    """Put the search, the page of a case, its moves and the way back on the app."""
    frame.room(app, "/cases", "find", _find)
    frame.room(app, "/cases/<ref>", "case", _case)
    frame.room(app, "/cases/<ref>/moves", "case_move", _move, "POST")
    frame.room(app, "/cases/<ref>/undo", "case_undo", _undo, "POST")


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
    if _REF.fullmatch(folded):
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


def _number(ref: str) -> str:
    """The number of a case; what has not the form of one is none that anybody may see."""
    if not _REF.fullmatch(ref):
        raise NotVisible(reading.NOT_HERE)
    return ref


def _case(visit: Visit, ref: str, said: str = "", status: int = 200) -> Answered:
    record = reading.read_record(visit.house, visit.asking, "cases.read", _number(ref))
    try:
        possible = moves.possible(visit.house, visit.asking, ref)["moves"]
    except NotVisible:
        possible = []
    stage, language = workflow_rules.stage(record["stage"]), visit.signed.language
    return frame.page(
        "case.html",
        status,
        case=record,
        stage=stage,
        phase=_PHASES[stage.phase],
        line=line(stage.name),
        since=due.moment(language, due.read(record["since"])),
        ahead=_ahead(visit, ref),
        awaited=[_awaited(visit, one) for one in record.get("awaited") or ()],
        places=_places(visit, record),
        moves=[_form(move) for move in possible],
        others=_others(stage, {move["move"] for move in possible}),
        done=_title(frame.asked("did")),
        undone=frame.asked("did") == "undo",
        said=said,
        typed=request.form,
        day=lambda at: due.moment(
            language, datetime.combine(date.fromisoformat(at), time(), SAST), "short_day"
        ),
        title_of=lambda name: workflow_rules.stage(name).title,
        moment=lambda at: due.moment(language, due.read(at)),
    )


def _ahead(visit: Visit, ref: str) -> dict[str, Any]:
    """What is next, by when, and what happens otherwise, in words."""
    found, language = timeline.ahead(visit.house, ref), visit.signed.language
    kind = found.task if found.task and notice_words.knows(f"{found.task}.title") else None
    mine = found.task_role == visit.signed.role and found.owner == visit.signed.office
    told = side(found.task_role) == side(visit.signed.role) or visit.signed.role in _OVERSEERS
    words = {"office": found.owner, "silent": found.owner}
    late = found.due_at is not None and found.due_at <= found.now
    calendar = calendar_of(visit.house, found.task_role or visit.signed.role, found.now)
    return {
        "mine": mine,
        "told": told,
        "owner": found.owner,
        "role": TITLES.get(found.task_role or "", ""),
        "wanted": notice_words.say(language, f"{kind}.wanted", **words) if kind else "",
        "held_by": found.held_by,
        "late": late,
        "due": _due(language, found, calendar, late=late),
        "next_role": TITLES.get(found.next_role or "", found.next_role),
        "next_office": found.next_office,
        "next_at": due.moment(language, found.next_due) if found.next_due else None,
    }


def _awaited(visit: Visit, one: Mapping[str, Any]) -> dict[str, Any]:
    """Something that is outstanding: its code where it has one that says it, or what its task is called."""
    language, key = visit.signed.language, f"{one['kind']}.title"
    task = f"{workflow_rules.awaited(one['kind']).task.kind}.title"
    known = next((name for name in (task, key) if notice_words.knows(name)), None)
    title = notice_words.say(language, known) if known else page_words.of_code(one["kind"])
    # A day in court is no code of a thing.
    item = page_words.of_code(one["code"]) if one["code"] and not _DAY.fullmatch(one["code"]) else ""
    return {
        **one,
        "title": f"{title}: {item}" if item else title,
        "by": due.moment(language, due.read(one["due_at"])),
    }


def _places(visit: Visit, record: Mapping[str, Any]) -> dict[str, str]:
    """The names of every office that the page speaks of, by code."""
    said = [one["office"] for one in record.get("awaited") or ()]
    said += [(record.get("court") or {}).get("court"), (record.get("docket") or {}).get("cas_station")]
    return reference.names(visit.house, {code for code in said if code})


def _due(language: str, found: Ahead, calendar: WorkingTime, *, late: bool) -> str:
    if found.due_at is None:
        return ""
    return (
        due.moment(language, found.due_at) if late else due.due(language, found.now, found.due_at, calendar)
    )


def _others(stage: Stage, mine: set[str]) -> list[tuple[str, str]]:
    """What others may do with a case at this stage: the move, and who may make it."""
    found = []
    for move in workflow_rules.allowed(stage.name):
        roles = [TITLES[role] for role in move.roles if not _SYSTEM[role]]
        if move.id not in mine and roles:
            found.append((move.title, ", ".join(roles)))
    return found


def _form(move: Mapping[str, Any]) -> dict[str, Any]:
    """A move as its form: a field for each detail that it needs or may have."""
    fields = [
        {
            "name": name,
            "title": workflow_rules.detail(name).title,
            "needed": name in move["needs"],
            "codes": move["codes"].get(name),
            "type": _INPUTS.get(name, "text"),
        }
        for name in (*move["needs"], *move["may"])
    ]
    return {**move, "fields": fields}


def _move(visit: Visit, ref: str) -> Answered:
    named = frame.asked("move")
    details = {
        name.removeprefix("with_"): frame.plain(value)
        for name, value in request.form.items()
        if name.startswith("with_") and frame.plain(value)
    }
    try:
        moves.make(visit.house, visit.writing(), _number(ref), named, details)
    except NotVisible:
        raise
    except HectisError as refused:
        return _case(visit, ref, refused.message, refused.status)
    return frame.on(f"/cases/{ref}", did=named)


def _undo(visit: Visit, ref: str) -> Answered:
    try:
        undo.undo(visit.house, visit.writing(), _number(ref))
    except NotVisible:
        raise
    except HectisError as refused:
        return _case(visit, ref, refused.message, refused.status)
    return frame.on(f"/cases/{ref}", did="undo")


def _title(move: str) -> str:
    """The title of a move that was just made; "" for what is none."""
    try:
        return workflow_rules.transition(move).title
    except TransitionRefused:
        return ""
