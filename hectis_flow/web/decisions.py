"""The pages of decisions: what is wanted of whom by when, what was reported, and what the chair says of it.

`hectis_flow.app` calls `install_decisions`. The committee sees all of its decisions, others those of their own office
and of the offices below. It must not decide anything: `services.decisions` does.
"""

import json
from collections.abc import Callable
from typing import Final

from flask import Flask, request

from hectis_flow.domain.committee import NOT_POSSIBLE, OUTCOMES, SENT_BACK
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.render import due
from hectis_flow.services import decisions, reading
from hectis_flow.services.house import House
from hectis_flow.services.once import Writing
from hectis_flow.web import cursor
from hectis_flow.web import page as frame
from hectis_flow.web.committee import did, in_words, may
from hectis_flow.web.forms import maybe_day, one_of, paper_ref, wrong
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import LARGEST

PAGE: Final = 25
AT: Final = "/decisions"


def install_decisions(app: Flask) -> None:
    """Put the list, a decision, and what can be said of it, on the app."""
    rule = f"{AT}/<int(min=1, max={LARGEST}):decision_id>"
    frame.room(app, AT, "decisions_page", _list)
    frame.room(app, rule, "decision", _decision)
    frame.room(app, f"{rule}/confirm", "decision_confirm", _confirm, "POST")
    frame.room(app, f"{rule}/drop", "decision_drop", _drop, "POST")
    frame.room(app, f"{rule}/report", "decision_report", _report, "POST")
    frame.room(app, f"{rule}/accept", "decision_accept", _accept, "POST")
    frame.room(app, f"{rule}/send-back", "decision_send_back", _send_back, "POST")


def _list(visit: Visit) -> Answered:
    after = cursor.read("decisions", frame.asked("after"))
    number = int(after[0]) if after else None
    found = reading.list_records(visit.house, visit.asking, "decisions.list", {}, number, PAGE)
    further = cursor.sign("decisions", [str(found.next_after)]) if found.next_after else None
    rows = in_words(visit, json.loads(found.items))
    return frame.page("decisions.html", rows=rows, further=further, began=after is None)


def _decision(visit: Visit, decision_id: int, said: str = "", status: int = 200) -> Answered:
    found = reading.read_record(visit.house, visit.asking, "decisions.read", decision_id)
    mine = (found["office"], found["role"]) == (visit.signed.office_code, visit.signed.role)
    answers = may(visit, "decisions.accept")
    return frame.page(
        "decision.html",
        status,
        one=in_words(visit, [found])[0],
        moment=lambda at: due.moment(visit.signed.language, due.read(at)),
        said=said,
        did=did("decision") or did("committee"),
        typed=request.form,
        reports=mine and found["state"] in {"open", "late"} and may(visit, "decisions.report"),
        confirms=answers and found["state"] == "recorded",
        accepts=answers and found["state"] == "reported",
        opens=found["case_ref"] and may(visit, "cases.read"),
        least=due.on_day(visit.signed.now).isoformat(),
        outcomes=OUTCOMES,
        why_not=NOT_POSSIBLE,
        why_back=SENT_BACK,
    )


def _confirm(visit: Visit, decision_id: int) -> Answered:
    return _done(visit, decision_id, "confirm", decisions.confirm)


def _drop(visit: Visit, decision_id: int) -> Answered:
    return _done(visit, decision_id, "drop", decisions.drop)


def _accept(visit: Visit, decision_id: int) -> Answered:
    return _done(visit, decision_id, "accept", decisions.accept)


def _report(visit: Visit, decision_id: int) -> Answered:
    def step(house: House, writing: Writing, decision_id: int) -> object:
        outcome = one_of(visit, "outcome", OUTCOMES, "decide.lacks_outcome")
        reason = frame.asked("reason") or None
        if (reason in NOT_POSSIBLE) != (outcome == "not_possible"):
            raise wrong(visit, "decide.lacks_reason")
        return decisions.report(house, writing, decision_id, outcome, reason, paper_ref(visit))

    return _done(visit, decision_id, "report", step)


def _send_back(visit: Visit, decision_id: int) -> Answered:
    def step(house: House, writing: Writing, decision_id: int) -> object:
        reason = one_of(visit, "reason", SENT_BACK, "decide.lacks_why")
        return decisions.send_back(house, writing, decision_id, reason, maybe_day(visit, "due_on"))

    return _done(visit, decision_id, "send_back", step)


def _done(
    visit: Visit, decision_id: int, named: str, step: Callable[[House, Writing, int], object]
) -> Answered:
    """Say something of a decision, and go back to where the form stood: the page says what came of it."""
    try:
        step(visit.house, visit.writing(), decision_id)
    except NotVisible:
        raise
    except HectisError as refused:
        return _decision(visit, decision_id, refused.message, refused.status)
    wanted = frame.asked("next")
    return frame.on(frame.own_path(wanted) if wanted else f"{AT}/{decision_id}", did=named)
