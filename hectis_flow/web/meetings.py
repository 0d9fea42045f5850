"""The pages of meetings: planned, opened, attended, closed; and their minutes to read, and as PDF.

`hectis_flow.app` calls `install_meetings`. It must not decide anything: `services.meetings` does.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from flask import Flask, request

from hectis_flow.domain.committee import CHAIR
from hectis_flow.domain.errors import HectisError, NotAllowed, NotVisible
from hectis_flow.domain.workflow_rules import stage
from hectis_flow.render import due, missing, page_words
from hectis_flow.services import meetings, reading, reference
from hectis_flow.services.once import Answer
from hectis_flow.web import cursor
from hectis_flow.web import page as frame
from hectis_flow.web.committee import as_file, day_of, did, in_words, since
from hectis_flow.web.forms import day, what_is_there
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import LARGEST

PAGE: Final = 25
AT: Final = "/committee/meetings"


def install_meetings(app: Flask) -> None:
    """Put the list, a meeting, what can be done with it, and its minutes on the app."""
    rule = f"{AT}/<int(min=1, max={LARGEST}):meeting_id>"
    frame.room(app, AT, "meetings_page", _list)
    frame.room(app, AT, "meeting_plan", _plan, "POST")
    frame.room(app, rule, "meeting", _meeting)
    frame.room(app, f"{rule}/open", "meeting_open", _open, "POST")
    frame.room(app, f"{rule}/attendance", "meeting_attend", _attend, "POST")
    frame.room(app, f"{rule}/close", "meeting_close", _close, "POST")
    frame.room(app, f"{rule}/minutes", "meeting_minutes", _minutes)
    frame.room(app, f"{rule}/minutes.pdf", "meeting_paper", _paper)


def _list(visit: Visit, said: str = "", status: int = 200) -> Answered:
    after = cursor.read("meetings", frame.asked("after"))
    number = int(after[0]) if after else None
    found = reading.list_records(visit.house, visit.asking, "meetings.list", {}, number, PAGE)
    further = cursor.sign("meetings", [str(found.next_after)]) if found.next_after else None
    return frame.page(
        "meetings.html",
        status,
        rows=in_words(visit, json.loads(found.items)),
        further=further,
        began=after is None,
        said=said,
        typed=request.form,
        today=due.on_day(visit.signed.now).isoformat(),
    )


def _plan(visit: Visit) -> Answered:
    try:
        made = meetings.plan(visit.house, visit.writing(), day(visit, "held_on"))
    except NotAllowed:
        raise
    except HectisError as refused:
        return _list(visit, refused.message, refused.status)
    return frame.on(f"{AT}/{json.loads(made.body)['id']}", did="plan")


def _meeting(visit: Visit, meeting_id: int, said: str = "", status: int = 200) -> Answered:
    found = reading.read_record(visit.house, visit.asking, "meetings.read", meeting_id)
    language = visit.signed.language
    begin = _begin(len(found["lines"]))
    shown = found["lines"][begin : begin + PAGE]
    names = reference.names(visit.house, {line["office"] for line in shown})
    decided = {one["case_ref"]: one["id"] for one in found["decisions"] if one["state"] != "dropped"}
    return frame.page(
        "meeting.html",
        status,
        meeting=found,
        day=day_of(language, found["held_on"]),
        opened=due.moment(language, due.read(found["opened_at"])) if found["opened_at"] else "",
        closed=due.moment(language, due.read(found["closed_at"])) if found["closed_at"] else "",
        present=[seat for seat in found["attendance"] if seat["present"]],
        lines=[_line(visit, line, names) | {"decision": decided.get(line["case_ref"])} for line in shown],
        first=begin,
        further=begin + PAGE if len(found["lines"]) > begin + PAGE else 0,
        decisions=in_words(visit, found["decisions"]),
        waiting=[one for one in found["decisions"] if one["state"] == "recorded"],
        chair=visit.signed.role == CHAIR,
        said=said,
        did=did("meeting"),
    )


def _begin(lines: int) -> int:
    """Behind how many lines of the agenda, which is fixed, the page begins."""
    asked = frame.asked("behind")
    return min(int(asked), lines) if asked.isdecimal() and len(asked) < 7 else 0


def _line(visit: Visit, line: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A line of an agenda that is fixed, as its row says it."""
    language, office = visit.signed.language, names.get(line["office"], line["office"])
    tabled = page_words.say(
        language, "committee.tabled_title", case=line["case_ref"], reason=page_words.of_code(line["reason"])
    )
    return {
        **line,
        "office_name": office,
        "stage_title": stage(line["stage"]).title,
        "title": tabled
        if line["kind"] == "tabled"
        else missing.sentence(language, line["reason"], line["stage"], office),
        "since_said": since(language, due.read(line["since"]), line["days"]),
    }


def _open(visit: Visit, meeting_id: int) -> Answered:
    return _done(visit, meeting_id, "open", meetings.open_one)


def _attend(visit: Visit, meeting_id: int) -> Answered:
    return _done(visit, meeting_id, "attend", meetings.attend, what_is_there("seats"))


def _close(visit: Visit, meeting_id: int) -> Answered:
    return _done(visit, meeting_id, "close", meetings.close)


def _done(visit: Visit, meeting_id: int, named: str, step: Callable[..., Answer], *what: object) -> Answered:
    """Take a step with a meeting; the page says what came of it."""
    try:
        step(visit.house, visit.writing(), meeting_id, *what)
    except NotVisible:
        raise
    except HectisError as refused:
        return _meeting(visit, meeting_id, refused.message, refused.status)
    return frame.on(f"{AT}/{meeting_id}", did=named)


def _minutes(visit: Visit, meeting_id: int) -> Answered:
    told, digest = meetings.kept(visit.house, visit.asking, meeting_id)
    return frame.page("minutes.html", paper=told, digest=digest, meeting_id=meeting_id)


def _paper(visit: Visit, meeting_id: int) -> Answered:
    return as_file(meetings.pdf(visit.house, visit.asking, meeting_id), f"minutes-{meeting_id}.pdf")
