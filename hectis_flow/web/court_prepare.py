"""What is prepared for days in court ahead, and the decisions that wait: two lists beside the roll.

`web.court` installs it. It must not decide anything: `services.countdown_answers` takes the answers, and a decision
is made on the page of its case.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Flask

from hectis_flow.domain.countdown import ANSWERS, BY_WHEN, CAUSES, DONE, YES, Answered, AnswerRefused
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.moments import SAST
from hectis_flow.render import due
from hectis_flow.services import countdown_answers, countdown_lists, reference, tasks
from hectis_flow.storage.task_queue import Sought
from hectis_flow.web import court_words, cursor
from hectis_flow.web import page as frame
from hectis_flow.web.case import number
from hectis_flow.web.page import Answered as Shown
from hectis_flow.web.page import Visit
from hectis_flow.web.queue import calendar_of, row

PAGE: Final = 12
ROWS: Final = 25
LISTS: Final = "/court/checklist"
DECISIONS: Final = "/court/decisions"
_ALL: Final = "all"
# What waits for a prosecutor's decision, and of what left the roll whatever waits for its way back.
_DOCKETS: Final = ("decide_docket", "review_nolle", "review_diversion")
_BACK: Final = ("decide_reenrolment", "review_removal", "instruct_342a")


def install_prepare(app: Flask) -> None:
    """Put the checklists, their answers, and the decisions on the app."""
    frame.room(app, LISTS, "court_lists", _lists)
    frame.room(app, "/court/<ref>/checks", "court_answer", _answer, "POST")
    frame.room(app, DECISIONS, "court_decisions", _decisions)


def _lists(visit: Visit, said: str = "", status: int = 200) -> Shown:
    after = cursor.read("lists", frame.asked("after"))
    where = (after[0], int(after[1])) if after else None
    found = countdown_lists.listing(visit.house, visit.asking, where, PAGE + 1)
    page, more = found[:PAGE], found[PAGE:]
    last = page[-1] if more else None
    return frame.page(
        "court_lists.html",
        status,
        said=said,
        rows=[_list(visit, one) for one in page],
        further=cursor.sign("lists", [last["roll_date"], str(last["id"])]) if last else None,
        began=after is None,
        answered=frame.asked("did"),
        today=visit.signed.now.astimezone(SAST).date().isoformat(),
    )


def _list(visit: Visit, one: Mapping[str, Any]) -> dict[str, Any]:
    """A day in court ahead, with what is asked for it."""
    calendar = calendar_of(visit.house, visit.signed.role, visit.signed.now)
    red = due.read(one["red_unless_done_by"])
    language = visit.signed.language
    late = red <= visit.signed.now
    return {
        **one,
        "day": court_words.value(visit, one["roll_date"]),
        "mine": one["role"] == visit.signed.role,
        "red": [check for check in one["checks"] if check["state"] == "red"],
        "left": [check for check in one["checks"] if check["answer"] not in DONE],
        "late": late,
        "red_from": due.moment(language, red) if late else due.due(language, visit.signed.now, red, calendar),
        "coming": {
            check["cause"]: court_words.value(visit, check["by_when"])
            for check in one["checks"]
            if check["by_when"]
        },
    }


def _answer(visit: Visit, ref: str) -> Shown:
    try:
        day = court_words.as_day(frame.asked("roll_date"))
        countdown_answers.answer(visit.house, visit.writing(), number(ref), _said(), day)
    except NotVisible:
        raise
    except HectisError as refused:
        return _lists(visit, refused.message, refused.status)
    after = frame.asked("after")
    return frame.on(LISTS, did=ref, **({"after": after} if after else {}))


def _said() -> list[Answered]:
    """What was answered: of one check, or of all that the form showed. Raises `AnswerRefused`."""
    cause, _, answer = frame.asked("says").partition("=")
    if cause == _ALL:
        return [Answered(one, YES) for one in CAUSES if one in frame.asked("left").split(",")]
    by_when = court_words.as_day(frame.asked("by_when")) if answer == BY_WHEN else None
    if answer not in ANSWERS or (answer == BY_WHEN and by_when is None):
        raise AnswerRefused(
            "Say yes, no, not needed, or the day by which it will be there.", code="not_asked"
        )
    return [Answered(cause if cause in CAUSES else "", answer, by_when)]


def _decisions(visit: Visit) -> Shown:
    after = cursor.read("decisions", frame.asked("after"))
    where = (after[0], int(after[1])) if after else None
    found = tasks.queue(visit.house, visit.asking, where, ROWS, Sought((*_DOCKETS, *_BACK)))
    calendar = calendar_of(visit.house, visit.signed.role, visit.signed.now)
    told = json.loads(found.items)
    names = reference.names(visit.house, {one["station"] for one in told if one.get("station")})
    rows = [row(visit, one, calendar) | {"place": names.get(one.get("station") or "")} for one in told]
    further = cursor.sign("decisions", [found.next_due or "", str(found.next_id)]) if found.next_id else None
    return frame.page(
        "court_decisions.html",
        sections=[
            ("court.dockets", [one for one in rows if one["kind"] in _DOCKETS]),
            ("court.back", [one for one in rows if one["kind"] in _BACK]),
        ],
        further=further,
        began=after is None,
    )
