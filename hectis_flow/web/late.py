"""Escalations: what nobody answered in time, the longest first, who was told, and what is expected of the reader.

`hectis_flow.app` calls `install_late`. Beside it stands what the offices carry, for those roles that may see it: too
much work and no answer are two things. It must not decide anything: the policy table says who sees what.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask

from hectis_flow.domain import access_rules
from hectis_flow.domain.errors import NotVisible
from hectis_flow.render import due, missing, notice_words, role_words
from hectis_flow.render.notice_times import away
from hectis_flow.services import load as carried
from hectis_flow.services import reading, reference
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.web import cursor
from hectis_flow.web import page as frame
from hectis_flow.web.committee import day_of, may
from hectis_flow.web.page import Answered, Visit

PAGE: Final = 25
FULLEST: Final = 5
OWED: Final = 25
# Who was told last, as the address names it; the first is where one begins.
VIEWS: Final = ("here", "below", "above")


def install_late(app: Flask) -> None:
    """Put the list of escalations, and of what offices carry, on the app."""
    frame.room(app, "/late", "late", _late)
    frame.room(app, "/load", "load", _load)


def _late(visit: Visit) -> Answered:
    view = frame.asked("told") or VIEWS[0]
    scope = access_rules.grant(visit.signed.role, "escalations.list").scope
    views = VIEWS if scope == "own_tree" else VIEWS[:1]
    if view not in views:
        raise NotVisible(NOT_HERE)
    after = cursor.read(f"late {view}", frame.asked("after"))
    found = reading.list_records(
        visit.house,
        visit.asking,
        "escalations.list",
        {"open": True, view: True},
        int(after[0]) if after else None,
        PAGE,
        oldest=True,
    )
    told = json.loads(found.items)
    names = reference.names(visit.house, {one[name] for one in told for name in ("office", "owner_office")})
    further = cursor.sign(f"late {view}", [str(found.next_after)]) if found.next_after else None
    return frame.page(
        "late.html",
        rows=[row(visit, one, names) for one in told],
        view=view,
        views=views,
        further=further,
        began=after is None,
        top=scope != "own_tree",
        opens=may(visit, "cases.read"),
        tables=may(visit, "agenda.table"),
        decides=may(visit, "decisions.record"),
        owed=_owed(visit) if after is None else [],
        fullest=[one for one in _carried(visit, None, FULLEST)[0] if one["open"]] if after is None else [],
    )


def row(visit: Visit, one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """An escalation as its row says it."""
    language, now = visit.signed.language, visit.signed.now
    owner = names.get(one["owner_office"], one["owner_office"])
    at, raised = datetime.fromisoformat(one["due_at"]), datetime.fromisoformat(one["raised_at"])
    until = one["snoozed_until"]
    return {
        **one,
        "missing": missing.sentence(language, one["clock"], one["stage"], owner),
        "owner": owner,
        "told_office": names.get(one["office"], one["office"]),
        "told_role": role_words.title(language, one["role"]),
        "told_key": _told(visit, one),
        "due_day": due.moment(language, at, "short_day" if now - at > timedelta(days=2) else "short_moment"),
        "away": away(language, now, at),
        "late": at <= now,
        "raised": due.moment(language, raised),
        "until": day_of(language, until) if until else "",
        "capacity_said": _capacity(language, one),
    }


def _told(visit: Visit, one: Mapping[str, Any]) -> str:
    """The key of the sentence that says who was told last."""
    if (one["office"], one["role"]) == (visit.signed.office_code, visit.signed.role):
        return "late.told_you"
    return "late.told" if one["level"] else "late.reminded"


def _capacity(language: str, one: Mapping[str, Any]) -> str:
    """What whoever owes the answer carried as it climbed; "" where nothing is counted or not for this reader."""
    if not one.get("capacity"):
        return ""
    figure = notice_words.say(language, f"carries.{one['carried_by']}", carries=one["carries"])
    return notice_words.say(
        language, f"capacity.{one['capacity']}", figure=figure, benchmark=one["benchmark"]
    )


def _owed(visit: Visit) -> list[dict[str, Any]]:
    """What the committee wants of the reader's own post."""
    if access_rules.grant(visit.signed.role, "decisions.report").scope == "none":
        return []
    found = reading.list_records(
        visit.house, visit.asking, "decisions.list", {"owed": True, "here": True}, None, OWED, oldest=True
    )
    post = (visit.signed.office_code, visit.signed.role)
    language = visit.signed.language
    return [
        {**one, "day": day_of(language, one["due_on"])}
        for one in json.loads(found.items)
        if (one["office"], one["role"]) == post and one["state"] in {"open", "late"}
    ]


def _load(visit: Visit) -> Answered:
    after = cursor.read("load", frame.asked("after"))
    rows, following = _carried(visit, (int(after[0]), int(after[1])) if after else None, PAGE, asked=True)
    further = cursor.sign("load", [str(one) for one in following]) if following else None
    return frame.page("load.html", rows=rows, further=further, began=after is None)


def _carried(
    visit: Visit, after: tuple[int, int] | None, limit: int, *, asked: bool = False
) -> tuple[list[dict[str, Any]], tuple[int, int] | None]:
    """What offices carry, the fullest first; nothing for a role that may not see it, unless it `asked` for that."""
    if not asked and not may(visit, "load.list"):
        return [], None
    found, following = carried.listing(visit.house, visit.asking, after, limit)
    names = reference.names(visit.house, {one["office"] for one in found})
    return [{**one, "name": names.get(one["office"], one["office"])} for one in found], following
