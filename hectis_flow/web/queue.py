"""The queue: what the post that somebody acts for must do, due first, a sentence a row.

`hectis_flow.app` calls `install_queue`. It must not decide anything: `services.tasks` does.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask

from hectis_flow.domain.calendar import WorkingTime
from hectis_flow.domain.workflow import STAGES
from hectis_flow.domain.workflow_awaited import AWAITED
from hectis_flow.render import due, notice_words, page_words
from hectis_flow.services import reference, tasks
from hectis_flow.services.bulk import MOST
from hectis_flow.services.house import House
from hectis_flow.storage.task_queue import EVERYTHING, Sought
from hectis_flow.web import bulk, cursor, live
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

PAGE: Final = 25
DECISIONS: Final = ("answer_decision", "chase_decision", "confirm_decision", "accept_report")
LARGEST: Final = 9223372036854775807
# Whose hours count for a role, by the names of the policy's calendars; health's are everybody else's.
CALENDARS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("saps_liaison", "station_commander", "detective_commander", "cluster_commander", "provincial_saps"),
        "saps",
    ),
    **dict.fromkeys(("prosecutor", "senior_public_prosecutor", "chief_prosecutor", "dpp_office"), "npa"),
    "watching_brief_official": "pocs",
}


def install_queue(app: Flask) -> None:
    """Put the list, and what can be done to a task from it, on the app."""
    frame.room(app, "/queue", "queue", _queue)
    rule = f"/queue/<int(min=1, max={LARGEST}):task_id>/"
    frame.room(app, f"{rule}claim", "queue_claim", _claim, "POST")
    frame.room(app, f"{rule}release", "queue_release", _release, "POST")
    frame.room(app, f"{rule}complete", "queue_complete", _complete, "POST")


def _queue(visit: Visit) -> Answered:
    after, sought = cursor.read("queue", frame.asked("after")), _sought()
    selects = frame.asked("select")
    limit = MOST if selects == "all" else PAGE
    place = (after[0], int(after[1])) if after else None
    found, standing = tasks.queue_and_standing(visit.house, visit.asking, place, limit, sought)
    calendar = calendar_of(visit.house, visit.signed.role, visit.signed.now)
    told = json.loads(found.items)
    own = {None, "", visit.signed.office_code}  # a station is named where it is another than one's own
    names = reference.names(visit.house, {one.get("station") for one in told} - own)
    rows = [row(visit, one, calendar) | {"place": names.get(one.get("station") or "")} for one in told]
    further = cursor.sign("queue", [found.next_due or "", str(found.next_id)]) if found.next_id else None
    return frame.page(
        "queue.html",
        rows=rows,
        further=further,
        began=after is None,
        kinds=[(kind, title_of(visit.signed.language, kind)) for kind in kinds_of(visit.signed.role)],
        sought=sought,
        live=live.of_queue(standing),
        address=address,
        here_after=frame.asked("after"),
        selects=selects,
        matching=_matching(visit, sought, standing.waiting) if further or after else len(rows),
        most=MOST,
        can=bulk.offered(visit.signed.role, {one["kind"] for one in told}),
    )


def _sought() -> Sought:
    """What the address asks the queue to be narrowed to."""
    kind = frame.asked("kind")
    return Sought((kind,) if kind else (), late=frame.asked("late") == "1")


def _matching(visit: Visit, sought: Sought, waiting: int) -> int:
    """How many tasks there are of these; what is beyond the most that are done at once is not counted."""
    if sought == EVERYTHING:
        return min(waiting, MOST)
    return len(json.loads(tasks.queue(visit.house, visit.asking, None, MOST, sought).items))


def address(sought: Sought, **more: str) -> str:
    """The address of the queue narrowed to these."""
    asked = {"kind": ",".join(sought.kinds), "late": "1" if sought.late else "", **more}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/queue?{query}" if query else "/queue"


@lru_cache(maxsize=64)
def kinds_of(role: str) -> tuple[str, ...]:
    """The kinds of task that the workflow asks of a role, in the order of the road."""
    duties = [stage.task for stage in STAGES if stage.task] + [thing.task for thing in AWAITED]
    return tuple(dict.fromkeys(duty.kind for duty in duties if duty.role == role))


def title_of(language: str, kind: str) -> str:
    """What a task of this kind is called."""
    known = notice_words.knows(f"{kind}.title") or f"{kind}.title" in page_words.ENGLISH
    return page_words.say(language, f"{kind}.title" if known else "other.title")


def row(visit: Visit, task: Mapping[str, Any], calendar: WorkingTime) -> dict[str, Any]:
    """A task as its row says it."""
    language, now = visit.signed.language, visit.signed.now
    at = datetime.fromisoformat(task["due_at"])
    kind = task["kind"] if notice_words.knows(f"{task['kind']}.wanted") else "other"
    words = {"office": visit.signed.office or "", "silent": visit.signed.office or ""}
    return {
        **task,
        "title": title_of(language, task["kind"]),
        "wanted": notice_words.say(language, f"{kind}.wanted", **words),
        "due": due.moment(language, at) if task["overdue"] else due.due(language, now, at, calendar),
        # A decision about no case has a page of its own, where it is confirmed, reported or answered.
        "page": f"/decisions/{task['subject_id']}"
        if task["kind"] in DECISIONS and not task["case_ref"]
        else "",
        "mine": task["opened_by"] == visit.signed.staff_code,
        "put_off": due.day(language, task["snoozed_until"]) if task["snoozed_until"] else "",
    }


def calendar_of(house: House, role: str, now: datetime) -> WorkingTime:
    """The calendar of the agency that a role works for."""
    return house.policy.in_force(now).calendars[side(role)]


def side(role: str | None) -> str:
    """The agency that a role works for, by the name of its calendar."""
    return CALENDARS.get(role or "", "health")


def _claim(visit: Visit, task_id: int) -> Answered:
    tasks.claim(visit.house, visit.writing(), task_id)
    return _on()


def _release(visit: Visit, task_id: int) -> Answered:
    tasks.release(visit.house, visit.writing(), task_id)
    return _on()


def _complete(visit: Visit, task_id: int) -> Answered:
    tasks.complete(visit.house, visit.writing(), task_id)
    return _on()


def _on() -> Answered:
    """Where the form wanted to go on to."""
    return frame.on(frame.own_path(frame.asked("next")))
