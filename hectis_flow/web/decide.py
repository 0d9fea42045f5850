"""Recording a decision of the meeting that is open: what, about which case, who must do it, and by when.

`hectis_flow.app` calls `install_decide`. Who stands nearest to the case is offered first, so that a decision takes few
presses. It must not decide anything: `services.decisions` does, and refuses what cannot be owed.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from flask import Flask, request

from hectis_flow.domain.access import OFFICE_KINDS
from hectis_flow.domain.committee import CHAIR, DECISIONS, SECRETARY, CommitteeRefused, owner
from hectis_flow.domain.duty import HEADS
from hectis_flow.domain.errors import HectisError, NotAllowed
from hectis_flow.domain.offices import ROOT
from hectis_flow.domain.workflow_rules import stage
from hectis_flow.render import due, missing
from hectis_flow.services import agenda, decisions, reading, reference
from hectis_flow.storage.agenda_lines import Line
from hectis_flow.web import page as frame
from hectis_flow.web.committee import day_of
from hectis_flow.web.forms import case_ref, day, one_of, wrong
from hectis_flow.web.page import Answered, Visit

AT: Final = "/committee/decide"
FOUND: Final = 12
# The usual days, as the form names them; `day` stands for one that is typed.
DAYS: Final = {"week": 7, "two": 14, "month": 30}
USUAL: Final = "two"


class Choice(NamedTuple):
    """A post that may owe it: the office's code and name, and the role there."""

    office: str
    name: str
    role: str

    @property
    def value(self) -> str:
        """As the form sends it."""
        return f"{self.office}|{self.role}"


def install_decide(app: Flask) -> None:
    """Put the form, and what it does, on the app."""
    frame.room(app, AT, "decide", _form)
    frame.room(app, AT, "decide_record", _record, "POST")


def _form(visit: Visit, said: str = "", status: int = 200) -> Answered:
    coming = agenda.coming_up(visit.house, visit.asking)
    ref, line = frame.asked("case").upper(), None
    if ref:
        line = agenda.line_of(visit.house, visit.asking, ref)
    choices = list(_choices(visit, line))
    language, today = visit.signed.language, due.on_day(visit.signed.now)
    chosen = frame.asked("post")
    return frame.page(
        "decide.html",
        status,
        said=said,
        coming=coming,
        planned_on=day_of(language, coming["held_on"]) if coming["held_on"] else "",
        ref=ref,
        line=line,
        stage_title=stage(line.stage).title if line else "",
        missing=missing.title(language, line.reason, line.stage) if line else "",
        kinds=DECISIONS,
        kind=frame.asked("kind"),
        choices=choices,
        chosen=chosen if chosen in {one.value for one in choices} else (choices[0].value if line else ""),
        part=frame.asked("part"),
        nobody=frame.asked("part") != "" and not any(True for _ in _found(visit)),
        days={name: day_of(language, (today + timedelta(n)).isoformat()) for name, n in DAYS.items()},
        when=frame.asked("when") or USUAL,
        typed_day=frame.asked("day"),
        least=(today + timedelta(1)).isoformat(),
        chair=visit.signed.role == CHAIR,
    )


def _record(visit: Visit) -> Answered:
    if request.form.get("look"):
        return _form(visit)
    try:
        office, role = _post(visit)
        made = decisions.record(
            visit.house,
            visit.writing(),
            one_of(visit, "kind", DECISIONS, "decide.lacks_what"),
            case_ref(visit),
            office,
            role,
            _day(visit),
        )
    except NotAllowed:
        raise
    except HectisError as refused:
        return _form(visit, refused.message, refused.status)
    told: dict[str, Any] = json.loads(made.body)
    done = "record" if told["state"] == "recorded" else "decide"
    return frame.on(f"/committee/meetings/{told['meeting']}", did=done)


def _post(visit: Visit) -> tuple[str, str]:
    """The office and the role that were chosen. Raises `FormWrong`."""
    office, _, role = frame.asked("post").partition("|")
    if not office or role not in OFFICE_KINDS:
        raise wrong(visit, "decide.lacks_who")
    return office, role


def _day(visit: Visit) -> date:
    """By when it is wanted. Raises `FormWrong`."""
    when = one_of(visit, "when", (*DAYS, "day"), "decide.lacks_when")
    if when == "day":
        return day(visit, "day")
    return due.on_day(visit.signed.now) + timedelta(DAYS[when])


def _choices(visit: Visit, line: Line | None) -> Iterator[Choice]:
    """Who may owe it: those that were looked for, then the posts of the late office, who stands above it, the secretary."""
    found = list(_found(visit))
    yield from found
    if line is not None:
        yield from (one for one in _around(visit, line.office) if one not in found)
    committee = visit.signed.office_code or ""
    yield Choice(committee, visit.signed.office or "", SECRETARY)


def _found(visit: Visit) -> Iterator[Choice]:
    """The heads of offices that have what was typed in their name."""
    part = frame.asked("part")[:80]
    if part:
        for code, kind, name in reference.like(visit.house, part, [*HEADS], FOUND):
            if kind != ROOT and (head := _owing(kind, None)):
                yield Choice(code, name, head)


def _around(visit: Visit, office: str) -> Iterator[Choice]:
    """Each post at an office that has a queue, its head first, and the heads of those above it."""
    here = reading.read_record(visit.house, visit.asking, "offices.read", office)
    roles = [HEADS.get(here["kind"]), *(role for role, kind in OFFICE_KINDS.items() if kind == here["kind"])]
    for role in dict.fromkeys(roles):
        if role and _owing(here["kind"], role):
            yield Choice(office, here["name"], role)
    for above in here["parents"]:
        head = _owing(above["kind"], None)
        if head and above["kind"] != ROOT:
            yield Choice(above["code"], above["name"], head)


def _owing(kind: str, role: str | None) -> str:
    """The role that would owe it at an office of this kind; "" where nobody can."""
    try:
        return owner(kind, role)
    except CommitteeRefused:
        return ""
