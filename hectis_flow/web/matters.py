"""Tabling a case for the committee's next agenda, and taking it back: for whoever may bring one there.

`hectis_flow.app` calls `install_matters`. It must not decide anything: `services.agenda` does.
"""

import json

from flask import Flask, request

from hectis_flow.domain.committee import TABLING
from hectis_flow.domain.errors import HectisError, NotAllowed
from hectis_flow.services import agenda
from hectis_flow.web import page as frame
from hectis_flow.web.committee import may
from hectis_flow.web.forms import case_ref, one_of, wrong
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import LARGEST

AT = "/committee/matters"


def install_matters(app: Flask) -> None:
    """Put the form, and what it does, on the app."""
    frame.room(app, AT, "matter", _form)
    frame.room(app, AT, "matter_table", _table, "POST")
    rule = f"{AT}/<int(min=1, max={LARGEST}):matter_id>/take-back"
    frame.room(app, rule, "matter_take_back", _take_back, "POST")


def _form(visit: Visit, said: str = "", status: int = 200) -> Answered:
    if not may(visit, "agenda.table"):
        raise NotAllowed("Your role brings no case to the committee: the ladder does.")
    number = frame.asked("tabled")
    return frame.page(
        "matter.html",
        status,
        said=said,
        reasons=TABLING,
        case=frame.asked("case"),
        typed=request.form,
        tabled=number if number.isdigit() and len(number) < 20 else "",
        undone=frame.asked("did") == "taken_back",
        chair_room=may(visit, "agenda.read"),
    )


def _table(visit: Visit) -> Answered:
    try:
        ref = case_ref(visit)
        if ref is None:
            raise wrong(visit, "decide.wrong_case")
        reason = one_of(visit, "reason", TABLING, "decide.lacks_why")
        made = agenda.table(visit.house, visit.writing(), ref, reason)
    except NotAllowed:
        raise
    except HectisError as refused:
        return _form(visit, refused.message, refused.status)
    told = json.loads(made.body)
    return frame.on(AT, tabled=str(told["id"]), case=told["case_ref"])


def _take_back(visit: Visit, matter_id: int) -> Answered:
    try:
        agenda.take_back(visit.house, visit.writing(), matter_id)
    except HectisError as refused:
        if refused.status == 404:
            raise
        return _form(visit, refused.message, refused.status)
    return frame.on(AT, did="taken_back")
