"""The queue: what the post that somebody acts for must do, due first, a sentence a row.

`hectis_flow.app` calls `install_queue`. It must not decide anything: `services.tasks` does.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import Flask

from hectis_flow.domain.calendar import WorkingTime
from hectis_flow.render import due, notice_words
from hectis_flow.services import reference, tasks
from hectis_flow.services.house import House
from hectis_flow.web import cursor
from hectis_flow.web import page as frame
from hectis_flow.web.door import TITLES
from hectis_flow.web.page import Answered, Visit

PAGE: Final = 25
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
    after = cursor.read("queue", frame.asked("after"))
    found = tasks.queue(visit.house, visit.asking, (after[0], int(after[1])) if after else None, PAGE)
    calendar = calendar_of(visit.house, visit.signed.role, visit.signed.now)
    told = json.loads(found.items)
    names = reference.names(visit.house, {one["station"] for one in told if one.get("station")})
    rows = [row(visit, one, calendar) | {"place": names.get(one.get("station") or "")} for one in told]
    further = cursor.sign("queue", [found.next_due or "", str(found.next_id)]) if found.next_id else None
    return frame.page("queue.html", rows=rows, further=further, began=after is None, titles=TITLES)


def row(visit: Visit, task: Mapping[str, Any], calendar: WorkingTime) -> dict[str, Any]:
    """A task as its row says it."""
    language, now = visit.signed.language, visit.signed.now
    at = datetime.fromisoformat(task["due_at"])
    kind = task["kind"] if notice_words.knows(f"{task['kind']}.title") else "other"
    words = {"office": visit.signed.office or "", "silent": visit.signed.office or ""}
    return {
        **task,
        "title": notice_words.say(language, f"{kind}.title"),
        "wanted": notice_words.say(language, f"{kind}.wanted", **words),
        "due": due.moment(language, at) if task["overdue"] else due.due(language, now, at, calendar),
        "mine": task["opened_by"] == visit.signed.staff_code,
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
