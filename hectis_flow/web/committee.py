"""The committee's room: what is to be decided first, what nobody answered, what came back, the agenda, what was decided.

`hectis_flow.app` calls `install_committee`. It must not decide anything: it shows what the services of the agenda, of
meetings and of decisions give to the chair and the secretary, and leads to what can be done.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from flask import Flask, Response

from hectis_flow.domain import access_rules, workflow_rules
from hectis_flow.domain.committee import CHAIR
from hectis_flow.domain.moments import SAST
from hectis_flow.render import due, missing, page_words
from hectis_flow.render.paper import File
from hectis_flow.services import agenda, reading, reference
from hectis_flow.storage.agenda_lines import Line, Place
from hectis_flow.web import cursor
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

FIRST: Final = 5
SHOWN: Final = 10
MEETINGS: Final = 3
PAGE: Final = 25
DAY: Final = 24 * 3600


def install_committee(app: Flask) -> None:
    """Put the front of the room and the agenda on the app."""
    frame.room(app, "/committee", "committee", _front)
    frame.room(app, "/committee/agenda", "agenda_page", _agenda)
    frame.room(app, "/committee/agenda.pdf", "agenda_pack", _pack)


def _front(visit: Visit) -> Answered:
    coming = agenda.coming_up(visit.house, visit.asking)
    removals = agenda.removals(visit.house, visit.asking)
    meetings = listed(visit, "meetings.list", {}, MEETINGS)
    owed = listed(visit, "decisions.list", {"owed": True}, SHOWN, oldest=True)
    language = visit.signed.language
    return frame.page(
        "committee.html",
        coming=coming,
        held_on=day_of(language, coming["held_on"]) if coming["held_on"] else "",
        sits_on=day_of(language, coming["sits_on"]) if coming["sits"] else "",
        first=_first(visit),
        ages=[
            one._asdict() | {"title": missing.title(language, one.reason)}
            for one in agenda.by_age(visit.house, visit.asking)
        ],
        removed=removals[0] if removals and removals[0].removed else None,
        causes=removals[1:],
        days_back=_days(language, round((removals[0].median_seconds or 0) / DAY)) if removals else "",
        owed=owed,
        meetings=meetings,
        chair=visit.signed.role == CHAIR,
        did=did("committee"),
    )


def _first(visit: Visit) -> list[dict[str, Any]]:
    """What must be decided before anything else: what waits for the chair, then the oldest that nobody decided on."""
    found: list[dict[str, Any]] = []
    if visit.signed.role == CHAIR:
        waiting = listed(visit, "decisions.list", {"for_chair": True}, FIRST, oldest=True)
        found = [{**one, "sort": "accept" if one["state"] == "reported" else "confirm"} for one in waiting]
    rest = agenda.undecided(visit.house, visit.asking, FIRST - len(found)) if len(found) < FIRST else []
    return found + [{**line_row(visit, one), "sort": one.kind} for one in rest]


def _agenda(visit: Visit) -> Answered:
    told = cursor.read("agenda", frame.asked("after"))
    after = Place(int(told[0]), told[1], int(told[2])) if told else None
    found = agenda.lines(visit.house, visit.asking, after, PAGE)
    coming = agenda.coming_up(visit.house, visit.asking)
    further = None
    if len(found) == PAGE:
        further = cursor.sign(
            "agenda", [str(found[-1].part), found[-1].since.isoformat(), str(found[-1].key)]
        )
    return frame.page(
        "agenda.html",
        coming=coming,
        held_on=day_of(visit.signed.language, coming["held_on"]) if coming["held_on"] else "",
        lines=[line_row(visit, one) for one in found],
        further=further,
        began=after is None,
    )


def _pack(visit: Visit) -> Answered:
    return as_file(agenda.pack(visit.house, visit.asking), "agenda.pdf")


def line_row(visit: Visit, line: Line) -> dict[str, Any]:
    """A line of the agenda as its row says it."""
    language = visit.signed.language
    return {
        **line._asdict(),
        "stage_title": workflow_rules.stage(line.stage).title,
        "title": missing.sentence(language, line.reason, line.stage, line.office_name)
        if line.kind != "tabled"
        else page_words.say(
            language, "committee.tabled_title", case=line.case_ref, reason=page_words.of_code(line.reason)
        ),
        "since_said": since(language, line.since, line.days),
    }


def listed(
    visit: Visit, action: str, filters: Mapping[str, Any], limit: int, *, oldest: bool = False
) -> list[dict[str, Any]]:
    """Meetings or decisions, with the names of their offices and their days in words."""
    found = reading.list_records(visit.house, visit.asking, action, filters, None, limit, oldest=oldest)
    return in_words(visit, json.loads(found.items))


def in_words(visit: Visit, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Meetings or decisions with the names of their offices and their days in words."""
    names = reference.names(visit.house, {one["office"] for one in told if one.get("office")})
    language = visit.signed.language
    return [
        {
            **one,
            "office_name": names.get(one.get("office", ""), one.get("office")),
            **{f"{name}_day": day_of(language, one[name]) for name in ("held_on", "due_on") if one.get(name)},
        }
        for one in told
    ]


def did(room: str) -> str:
    """The key of what was just done, as the address names it; "" for what nobody says here."""
    key = f"{room}.did_{frame.asked('did')}"
    return key if key in page_words.ENGLISH else ""


def as_file(found: File, name: str) -> Response:
    """A paper as a file of the browser, with the hash of its text where that was kept."""
    response = Response(found.body, content_type=found.kind)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if found.digest is not None:
        response.headers["X-Content-SHA256"] = found.digest
    return response


def may(visit: Visit, action: str) -> bool:
    """Whether the policy table opens this action to whoever is signed in."""
    return access_rules.grant(visit.signed.role, action).scope != "none"


def since(language: str, at: datetime, days: int) -> str:
    """Since when something stands with the committee, and how many days that is."""
    key = {0: "committee.today", 1: "committee.since_day"}.get(days, "committee.since_days")
    return page_words.say(language, key, day=due.moment(language, at, "short_day"), n=days)


def day_of(language: str, day: str) -> str:
    """A day as a page says it."""
    return due.moment(language, datetime.combine(date.fromisoformat(day), time(), SAST), "short_day")


def _days(language: str, days: int) -> str:
    return page_words.say(language, "committee.day" if days == 1 else "committee.days", n=days)
