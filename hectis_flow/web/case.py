"""The page of a case: where it stands, what is next and whose it is, what I may do, and what is on record.

`hectis_flow.web.rooms` calls `install_case`. Fields, moves and refusals are those of the API: the same services answer.
Its parts are in `case_parts`; what is noted beside the moves in `case_docket`, what else is on record in `case_record`.
"""

import json
from typing import Final

from flask import Flask, request

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.errors import HectisError, NotVisible, TransitionRefused
from hectis_flow.domain.snooze import REASONS
from hectis_flow.domain.workflow import PHASES
from hectis_flow.render import due, page_words
from hectis_flow.render.road_line import line
from hectis_flow.services import moves, proposals, reading, undo
from hectis_flow.services.acknowledgement import MOVE
from hectis_flow.services.once import Answer
from hectis_flow.web import brief_row, live
from hectis_flow.web import case_parts as parts
from hectis_flow.web import page as frame
from hectis_flow.web.case_find import REF
from hectis_flow.web.page import Answered, Visit

_PHASES: Final = {phase.name: phase.title for phase in PHASES}
_TAKES_TWO: Final = "second_person_needed"
_IN_PART: Final = "answered_in_part"


def install_case(app: Flask) -> None:
    """Put the page of a case, its moves and the way back on the app."""
    frame.room(app, "/cases/<ref>", "case", shown)
    frame.room(app, "/cases/<ref>/moves", "case_move", _move, "POST")
    frame.room(app, "/cases/<ref>/undo", "case_undo", _undo, "POST")


def number(ref: str) -> str:
    """The number of a case; what has not the form of one is none that anybody may see. Raises `NotVisible`."""
    if not REF.fullmatch(ref):
        raise NotVisible(reading.NOT_HERE)
    return ref


def shown(visit: Visit, ref: str, said: str = "", status: int = 200) -> Answered:
    """The page itself; `said` is why what was just asked for was refused."""
    record = reading.read_record(visit.house, visit.asking, "cases.read", number(ref))
    try:
        possible = moves.possible(visit.house, visit.asking, ref)["moves"]
    except NotVisible:
        possible = []
    stage, language = workflow_rules.stage(record["stage"]), visit.signed.language
    courts, did = parts.courts_of(visit, possible), frame.asked("did")
    return frame.page(
        "case.html",
        status,
        case=record,
        pages=parts.pages_of(visit, ref),
        live=live.of_case(record),
        stage=stage,
        phase=_PHASES[stage.phase],
        line=line(stage.name),
        since=due.moment(language, due.read(record["since"])),
        ahead=parts.ahead_of(visit, ref),
        awaited=[parts.awaited_of(visit, one) for one in record.get("awaited") or ()],
        brief=brief_row.of_case(visit, record),
        put_off=parts.put_off_of(visit, record),
        proposed=parts.proposed_of(visit, ref),
        places=parts.places_of(visit, record),
        stations=parts.stations_of(visit, record),
        can=parts.can_of(visit, record),
        moves=[parts.form_of(move, courts) for move in possible],
        others=parts.others_of(language, stage, {move["move"] for move in possible}),
        done=_title(did),
        noted=did if f"did.{did}" in page_words.ENGLISH else "",
        said=said,
        typed=request.form,
        reasons=REASONS,
        grounds=parts.GROUNDS,
        limits=visit.house.policy.in_force(visit.signed.now),
        day=lambda at: due.day(language, at),
        title_of=lambda name: workflow_rules.stage(name).title,
        moment=lambda at: due.moment(language, due.read(at)),
    )


def _move(visit: Visit, ref: str) -> Answered:
    named = frame.asked("move")
    details = {
        name.removeprefix("with_"): ",".join(filter(None, map(frame.plain, request.form.getlist(name))))
        for name in request.form
        if name.startswith("with_") and frame.plain(request.form[name])
    }
    try:
        made = moves.make(visit.house, visit.writing(), number(ref), named, details)
    except NotVisible:
        raise
    except HectisError as refused:
        if refused.code == _TAKES_TWO:
            return _propose(visit, ref, named, details)
        return shown(visit, ref, refused.message, refused.status)
    return frame.on(f"/cases/{ref}", did=_IN_PART if _is_in_part(named, made) else named)


def _is_in_part(named: str, made: Answer) -> bool:
    """Whether it was one answer of several that are asked for: then the case stands where it stood."""
    return named == MOVE and json.loads(made.body)["stage"] in workflow_rules.transition(named).sources


def _propose(visit: Visit, ref: str, named: str, details: dict[str, str]) -> Answered:
    """A move that takes two people waits for the second."""
    try:
        proposals.propose(visit.house, visit.writing(), ref, named, details)
    except NotVisible:
        raise
    except HectisError as refused:
        return shown(visit, ref, refused.message, refused.status)
    return frame.on(f"/cases/{ref}", did="proposed")


def _undo(visit: Visit, ref: str) -> Answered:
    try:
        undo.undo(visit.house, visit.writing(), number(ref))
    except NotVisible:
        raise
    except HectisError as refused:
        return shown(visit, ref, refused.message, refused.status)
    return frame.on(f"/cases/{ref}", did="undo")


def _title(move: str) -> str:
    """The title of a move that was just made; "" for what is none."""
    try:
        return workflow_rules.transition(move).title
    except TransitionRefused:
        return ""
