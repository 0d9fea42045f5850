"""Court day: the roll of a day with its outcomes, the steps of one outcome, and the way back.

`hectis_flow.app` calls `install_court`. It must not decide anything: `services.court_day` and the workflow do. Every
tap is an address or a form of its own, so it works without a script and nothing is lost with the signal.
"""

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Any, Final

from flask import Flask, request

from hectis_flow.domain import court_day, workflow_rules
from hectis_flow.domain.errors import HectisError, NotVisible, TransitionRefused
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow_shapes import Transition
from hectis_flow.render import page_words
from hectis_flow.services import court_day as service
from hectis_flow.services import reading, undo
from hectis_flow.services.court_day import Done
from hectis_flow.storage.rolls import Listed, Where
from hectis_flow.web import court_steps, court_words, cursor
from hectis_flow.web import page as frame
from hectis_flow.web.case import number
from hectis_flow.web.case_find import REF
from hectis_flow.web.court_prepare import install_prepare
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import side

PAGE: Final = 20
LEFT_OVER: Final = 5
COURTS: Final = 200
ROLL: Final = "/court"


def install_court(app: Flask) -> None:
    """Put the roll, the steps of an outcome, and what is prepared for days ahead on the app."""
    install_prepare(app)
    frame.room(app, ROLL, "court", _roll)
    frame.room(app, f"{ROLL}/<ref>", "court_matter", _matter)
    frame.room(app, f"{ROLL}/<ref>", "court_enter", _enter, "POST")
    frame.room(app, f"{ROLL}/<ref>/undo", "court_undo", _undo, "POST")


def _roll(visit: Visit, said: str = "", status: int = 200) -> Answered:
    today = visit.signed.now.astimezone(SAST).date()
    day = court_words.as_day(frame.asked("day")) or today
    after = _where(frame.asked("after"))
    wanted = LEFT_OVER + 1 if day == today and after is None else 0
    found = service.roll(visit.house, visit.asking, day, after, PAGE, left_over=wanted)
    done = service.entered_today(visit.house, visit.asking)
    rows = [_row(visit, one, today) for one in found.matters]
    listed = {one["ref"] for one in rows}
    further = found.further and cursor.sign("roll", [*map(str, found.further)])
    return frame.page(
        "court.html",
        status,
        said=said,
        day=day,
        title=court_words.day_of(visit, day),
        is_today=day == today,
        ahead=day > today,
        began=after is None,
        back=None if day == today else day.isoformat(),
        before=court_words.sitting(visit, day, -1),
        next=court_words.sitting(visit, day, 1),
        courts=[(name, list(those)) for name, those in groupby(rows, lambda one: one["court"])],
        left_over=[_row(visit, one, today) for one in found.left_over[:LEFT_OVER]],
        more_left=len(found.left_over) > LEFT_OVER,
        further=further,
        entered=[_entered(visit, one) for one in done if one.entered.ref not in listed]
        if day == today
        else [],
        just=next((_entered(visit, one) for one in done if one.entered.ref == frame.asked("did")), None),
        did=_ref(frame.asked("did")),
        undone=_ref(frame.asked("undone")),
        enters=any(one["usual"] or one["others"] for one in rows),
        decides=side(visit.signed.role) == "npa",
    )


def _ref(asked: str) -> str:
    """The number of the case that the page was led back from; "" for what is none."""
    return asked if REF.fullmatch(asked) else ""


def _where(asked: str) -> Where | None:
    found = cursor.read("roll", asked)
    return (found[0], found[1], int(found[2])) if found else None


def _row(visit: Visit, one: Listed, today: date) -> dict[str, Any]:
    """A matter as its row says it, with the outcomes that can be entered by now."""
    waiting = court_day.due(one.charges, one.day)
    can = court_day.outcomes(visit.signed.role, waiting) if one.day <= today else ()
    usual = [move for move in can if move.id in court_day.USUAL]
    return {
        "ref": one.ref,
        "number": one.number,
        "court": one.court_name,
        "day": court_words.day_of(visit, one.day),
        "on": one.day.isoformat(),
        "what": court_words.what_for(visit, one, waiting),
        "people": court_words.people(visit, waiting),
        "checks": court_words.checks(visit, one.checks),
        "usual": [_outcome(visit, move) for move in usual],
        "others": [_outcome(visit, move) for move in can if move not in usual],
    }


def _outcome(visit: Visit, move: Transition) -> dict[str, Any]:
    """An outcome as it is offered; `press`: nothing is asked any more, so it is entered with this tap."""
    asked = court_steps.step(move, court_steps.taken(move, {}))
    return {
        "move": move.id,
        "title": court_words.outcome(visit, move.id),
        "press": asked.kind == "enter",
    }


def _entered(visit: Visit, one: Done) -> dict[str, Any]:
    """What was entered of a matter, in words."""
    return {
        "ref": one.entered.ref,
        "number": one.entered.number,
        "mine": one.mine,
        "said": court_words.entered(visit, one.entered.move, one.entered.details),
    }


def _matter(visit: Visit, ref: str, said: str = "", status: int = 200) -> Answered:
    one = service.matter(visit.house, visit.asking, number(ref))
    if court_words.as_day(frame.asked("on")) not in {None, one.day}:
        return _roll(visit, said or service.MOVED_ON, 409)
    move = _move(frame.asked("move"))
    waiting = court_day.due(one.charges, one.day)
    if move is None or move not in court_day.outcomes(visit.signed.role, waiting):
        return _all_of(visit, one, said, status)
    found = court_steps.taken(move, _chosen())
    asked = court_steps.step(move, found)
    last = next((it.entered for it in service.entered_today(visit.house, visit.asking) if it.mine), None)
    before = last.details if last else {}
    return frame.page(
        "court_matter.html",
        status,
        one=_row(visit, one, one.day),
        said=said,
        move=move,
        title=court_words.outcome(visit, move.id),
        found=found,
        told=[(name, page_words.of_code(found[name])) for name in court_steps.said(move, found)],
        step=asked,
        codes=_codes(asked.codes, before.get(asked.names[0]) if asked.names else None),
        days=court_words.days(visit, before.get(court_steps.DAY), today_too=move.id == "place_on_roll"),
        courts=_courts(visit) if "court" in asked.names else [],
        charges=waiting if len(waiting) > 1 else (),
        chosen=found.get(court_steps.OF, "").split(","),
        asked_by=workflow_rules.codes(move, "asked_by") or (),
        typed=request.form,
        field=lambda name: court_words.field(visit, name),
        back=_back(),
    )


def _all_of(visit: Visit, one: Listed, said: str, status: int) -> Answered:
    """The matter with every outcome that it can have, where none was chosen yet."""
    row = _row(visit, one, one.day)
    return frame.page("court_matter.html", status, one=row, said=said, move=None, back=_back())


def _enter(visit: Visit, ref: str) -> Answered:
    named = _move(frame.asked("move"))
    try:
        if named is None:
            raise TransitionRefused(page_words.say(visit.signed.language, "court.no_outcome"))
        details = court_steps.taken(named, _chosen())
        day = court_words.as_day(frame.asked("on"))
        service.enter(visit.house, visit.writing(), number(ref), named.id, details, day)
    except NotVisible:
        raise
    except HectisError as refused:
        return _again(visit, ref, refused)
    return frame.on(ROLL, **_query(did=ref))


def _again(visit: Visit, ref: str, refused: HectisError) -> Answered:
    """The same step with what was chosen; where the matter waits for no day any more, only why it was refused."""
    try:
        return _matter(visit, ref, refused.message, refused.status)
    except NotVisible:
        return _roll(visit, refused.message, refused.status)


def _undo(visit: Visit, ref: str) -> Answered:
    try:
        undo.undo(visit.house, visit.writing(), number(ref))
    except NotVisible:
        raise
    except HectisError as refused:
        return _roll(visit, refused.message, refused.status)
    return frame.on(ROLL, **_query(undone=ref))


def _move(named: str) -> Transition | None:
    try:
        return workflow_rules.transition(named)
    except TransitionRefused:
        return None


def _chosen() -> dict[str, str]:
    """What was chosen and typed so far. Several charges are one detail."""
    found = {
        name.removeprefix("with_"): frame.plain(value)
        for name, value in request.values.items()
        if name.startswith("with_")
    }
    of = ",".join(map(frame.plain, request.values.getlist("with_of")))
    return found | ({court_steps.OF: of} if of else {})


def _codes(codes: tuple[str, ...], last: str | None) -> list[tuple[str, bool]]:
    """The codes of a step, that of the last entry first."""
    return sorted(((code, code == last) for code in codes), key=lambda pair: not pair[1])


def _courts(visit: Visit) -> list[Mapping[str, str]]:
    found = reading.list_records(visit.house, visit.asking, "offices.list", {"kind": "court"}, None, COURTS)
    return sorted(court_words.read(found.items), key=lambda one: one["name"])


def _back() -> str:
    """The day whose roll one came from, if it is not today's."""
    day = court_words.as_day(frame.asked("day"))
    return day.isoformat() if day else ""


def _query(**more: str) -> dict[str, str]:
    day = _back()
    return {"day": day, **more} if day else more
