"""Many tasks of a queue at once: those that were ticked, one press, and a verdict for each; then all taken back.

`hectis_flow.web.rooms` calls `install_bulk`. Each row is the single write of its own service, with its own rights; what
one is refused touches no other. What needs one more answer (until when, to whom) is asked on a page between.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from flask import Flask, request

from hectis_flow.domain import access_rules, workflow_rules
from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.snooze import REASONS
from hectis_flow.render import page_words
from hectis_flow.services import bulk, docket_notes, moves, reading, snooze, tasks, undo
from hectis_flow.services.bulk import Row
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

ACKNOWLEDGE: Final = "acknowledge"
PUT_OFF, HAND_ON, COLLECT, UNDO = "put_off", "hand_on", "j88", "undo"
# What can be done to many, the action that each is, and what is still asked for it.
_ACTIONS: Final[Mapping[str, str]] = {
    ACKNOWLEDGE: "cases.move",
    COLLECT: "cases.j88",
    PUT_OFF: "cases.snooze",
    HAND_ON: "tasks.reassign",
}
_ASKED: Final[Mapping[str, Sequence[str]]] = {PUT_OFF: ("reason", "until"), HAND_ON: ("staff",)}
_OF_KIND: Final[Mapping[str, str]] = {ACKNOWLEDGE: "acknowledge_referral", COLLECT: "collect_j88"}
_BACK: Final = (ACKNOWLEDGE,)

Write = Callable[[House, Writing], Answer]


class Ticked(NamedTuple):
    """A task that was ticked, and the number of its case ("" where it has none)."""

    task_id: int
    ref: str


class NothingTicked(HectisError):
    """What was sent names no task, or nothing that can be done to many."""

    code = "nothing_ticked"
    status = 422


def install_bulk(app: Flask) -> None:
    """Put the one address on the app."""
    frame.room(app, "/queue/bulk", "queue_bulk", _bulk, "POST")


@lru_cache(maxsize=64)
def doable(role: str) -> tuple[str, ...]:
    """What somebody of this role can do to many tasks of their queue."""
    own = {
        ACKNOWLEDGE: role in workflow_rules.transition(ACKNOWLEDGE).roles,
        COLLECT: role == workflow_rules.awaited(docket_notes.FORM).task.role,
    }
    return tuple(
        name
        for name, action in _ACTIONS.items()
        if access_rules.grant(role, action).scope != "none" and own.get(name, True)
    )


def offered(role: str, kinds: Collection[str]) -> tuple[str, ...]:
    """Of that, what something among tasks of these kinds is for."""
    return tuple(what for what in doable(role) if what not in _OF_KIND or _OF_KIND[what] in kinds)


def _bulk(visit: Visit) -> Answered:
    what, ticked = frame.asked("do"), _ticked()
    if not ticked or what not in {*doable(visit.signed.role), UNDO}:
        raise NothingTicked(page_words.say(visit.signed.language, "bulk.nothing"))
    if not all(frame.asked(name) for name in _ASKED.get(what, ())):
        return _ask(visit, what, ticked)
    try:
        rows = _rows(what, ticked)
    except ValueError:
        return _ask(visit, what, ticked, page_words.say(visit.signed.language, "put_off.unclear"))
    answer = json.loads(bulk.run(visit.house, visit.writing(), rows).body)
    return _told(what, ticked, answer)


def _ticked() -> list[Ticked]:
    """What was ticked: tasks by number, each with its case; of cases alone the number is 0."""
    found = []
    for value in request.form.getlist("task")[: bulk.MOST]:
        number, _, ref = frame.plain(value).partition(" ")
        if number.isascii() and number.isdigit() and len(number) < 19:
            found.append(Ticked(int(number), ref))
    return found


def _ask(visit: Visit, what: str, ticked: list[Ticked], said: str = "") -> Answered:
    """The page between: until when, or to whom."""
    edition = visit.house.policy.in_force(visit.signed.now)
    return frame.page(
        "queue_ask.html",
        422 if said else 200,
        what=what,
        ticked=ticked,
        said=said,
        reasons=REASONS,
        days=edition.snooze_days,
        times=edition.snooze_times,
        colleagues=_colleagues(visit) if what == HAND_ON else [],
        typed=request.form,
    )


def _colleagues(visit: Visit) -> list[str]:
    """Who else answers for the same post now, by staff code."""
    office = visit.signed.office_code
    if office is None:
        return []
    record = reading.read_record(visit.house, visit.asking, "offices.read", office)
    found = [
        code for post in record["on_duty"] if post["role"] == visit.signed.role for code in post["staff"]
    ]
    return [code for code in found if code != visit.signed.staff_code]


def _rows(what: str, ticked: list[Ticked]) -> list[Row]:
    """Each as the single write that it is. Raises `ValueError` for a reason or a day that is none."""
    if what in {PUT_OFF, HAND_ON}:
        write = _of_task(what)
        return [_row("task", one.task_id, what, partial(write, one.task_id)) for one in ticked]
    refs = dict.fromkeys(one.ref for one in ticked)
    return [_row("case", ref, what, partial(_OF_CASE[what], ref)) for ref in refs]


def _row(kind: str, key: str | int, what: str, write: Write) -> Row:
    return Row((kind, key), f"{what} {key} {sorted(request.form.items())}".encode(), write)


def _of_task(what: str) -> Callable[[int, House, Writing], Answer]:
    if what == HAND_ON:
        return partial(_hand_on, frame.asked("staff"))
    reason, until = frame.asked("reason"), date.fromisoformat(frame.asked("until"))
    if reason not in REASONS:
        raise ValueError(what)
    return partial(_put_off, reason, until)


def _hand_on(staff: str, task_id: int, house: House, writing: Writing) -> Answer:
    return tasks.reassign(house, writing, task_id, staff)


def _put_off(reason: str, until: date, task_id: int, house: House, writing: Writing) -> Answer:
    return snooze.snooze_task(house, writing, task_id, reason, until)


def _acknowledge(ref: str, house: House, writing: Writing) -> Answer:
    return moves.make(house, writing, ref, ACKNOWLEDGE, {})


def _collect(ref: str, house: House, writing: Writing) -> Answer:
    return docket_notes.j88(house, writing, ref, docket_notes.COLLECTED)


def _take_back(ref: str, house: House, writing: Writing) -> Answer:
    return undo.undo(house, writing, ref)


_OF_CASE: Final[Mapping[str, Callable[[str, House, Writing], Answer]]] = {
    ACKNOWLEDGE: _acknowledge,
    COLLECT: _collect,
    UNDO: _take_back,
}


def _told(what: str, ticked: list[Ticked], answer: Mapping[str, Any]) -> Answered:
    """A verdict for each row, and the way back where there is one."""
    refs: list[str] = list(dict.fromkeys(one.ref for one in ticked))
    about = [one.ref for one in ticked] if what in {PUT_OFF, HAND_ON} else refs
    verdicts = [
        {**row, "ref": ref, "done": row["verdict"] == bulk.DONE}
        for row, ref in zip(answer["rows"], about, strict=True)
    ]
    verdicts.sort(key=lambda row: row["done"])
    return frame.page(
        "queue_told.html",
        what=what,
        verdicts=verdicts,
        counts=answer,
        back=[row["ref"] for row in verdicts if row["done"]] if what in _BACK else [],
    )
