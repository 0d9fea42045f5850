"""The administrator's room: how the system stands, who answers at which office, what is parked, which policy holds.

`hectis_flow.web.rooms` calls `install_admin`. It shows no case: `services.administration` has none to give. What it
cannot do itself it names with the command that does.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, Final

from flask import Flask, current_app

from hectis_flow.domain.duty import HEADS
from hectis_flow.domain.moments import SAST
from hectis_flow.render import due, page_words, role_words
from hectis_flow.services import administration, reading, reference
from hectis_flow.services.administration import System
from hectis_flow.services.readiness import OK
from hectis_flow.services.rota import Gap
from hectis_flow.storage.inbox import Overdue
from hectis_flow.web import admin_policy, admin_ways, cursor
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit

PAGE: Final = 30
NEWEST: Final = 20
KINDS: Final = tuple(sorted(HEADS))
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")


def install_admin(app: Flask) -> None:
    """Put the pages on the app."""
    frame.room(app, "/admin", "admin", _standing)
    frame.room(app, "/admin/offices", "admin_offices", _offices)
    frame.room(app, "/admin/offices/<office>", "admin_office", _office)
    frame.room(app, "/admin/staff/<staff>", "admin_staff", _staff)
    frame.room(app, "/admin/staff/<staff>/enrol", "admin_enrol", _enrol, "POST")
    frame.room(app, "/admin/staff/<staff>/ways", "admin_ways", admin_ways.put, "POST")
    frame.room(app, "/admin/staff/<staff>/unpark", "admin_unpark", admin_ways.unpark, "POST")
    frame.room(app, "/admin/gaps", "admin_gaps", _gaps)
    frame.room(app, "/admin/messages", "admin_messages", _messages)
    frame.room(app, "/admin/policy", "admin_policy", _policy)


def _standing(visit: Visit) -> Answered:
    found = administration.system(visit.house, visit.asking)
    look = current_app.extensions["hectis_look"]()
    return frame.page(
        "admin.html",
        status_now=look.status,
        parts=[(name, "" if said == OK else said) for name, said in look.parts.items()],
        found=found,
        failing=sum(one.failing for one in found.notices),
        overdue=sum(one.messages for one in found.overdue),
        wants=_wants(visit, found, sum(said != OK for said in look.parts.values())),
        span=_span(visit),
    )


def _wants(visit: Visit, found: System, down: int) -> list[tuple[str, str]]:
    """What somebody must look at: where it stands, and a sentence with its number."""
    counted = (
        ("#parts", "parts", down),
        ("/admin/gaps", "gaps", len(found.gaps)),
        ("/admin/messages", "parked", sum(one.messages for one in found.overdue)),
        ("#auditor", "findings", sum(found.findings.values())),
        ("#notices", "failing", sum(one.failing for one in found.notices)),
    )
    language = visit.signed.language
    return [
        (path, page_words.say(language, f"admin.wants_{what}", n=count))
        for path, what, count in counted
        if count
    ]


def _offices(visit: Visit) -> Answered:
    administration.allowed(visit.house, visit.asking)
    after, named, kind = (
        cursor.read("offices", frame.asked("after")),
        frame.asked("named"),
        frame.asked("kind"),
    )
    filters = {"named": named} if named else {"kind": kind} if kind in KINDS else {}
    found = reading.list_records(
        visit.house, visit.asking, "offices.list", filters, int(after[0]) if after else None, PAGE
    )
    further = cursor.sign("offices", [str(found.next_after)]) if found.next_after else None
    return frame.page(
        "admin_offices.html",
        rows=json.loads(found.items),
        named=named,
        kind=kind,
        kinds=KINDS,
        further=further,
        began=after is None,
    )


def _office(visit: Visit, office: str) -> Answered:
    code = _plain(office)
    place = administration.place(visit.house, visit.asking, code)
    record = reading.read_record(visit.house, visit.asking, "offices.read", code)
    ours = {post.code for post in place.desk.posts}
    return frame.page("admin_office.html", office=record, place=place, ours=ours, day=_day(visit))


def _staff(visit: Visit, staff: str, link: str = "") -> Answered:
    person = administration.person(visit.house, visit.asking, _plain(staff))
    return frame.page(
        "admin_staff.html",
        person=person,
        link=link,
        **admin_ways.shown(visit, staff),
        day=_day(visit),
        moment=lambda at: due.moment(visit.signed.language, due.read(at)),
    )


def _enrol(visit: Visit, staff: str) -> Answered:
    """The answer is the page itself, for the link is shown once: there is nothing to go on to."""
    return _staff(visit, staff, administration.enrol(visit.house, visit.asking, _plain(staff)))


def _gaps(visit: Visit) -> Answered:
    found = administration.gaps(visit.house, visit.asking)
    names = reference.names(visit.house, {code for gap in found for code in (gap.office, gap.filler or "")})
    edition = visit.house.policy.in_force(visit.signed.now)
    return frame.page(
        "admin_gaps.html",
        rows=[_gap(visit, gap, names) for gap in found],
        ahead=edition.rota_gap_ahead.words,
    )


def _gap(visit: Visit, gap: Gap, names: Mapping[str, str]) -> dict[str, Any]:
    language, begun = visit.signed.language, gap.starts_at <= visit.signed.now
    moment = due.moment(language, gap.starts_at)
    asked = page_words.say(
        language,
        "admin.gap_filler",
        role=role_words.title(language, gap.filler_role or ""),
        office=names.get(gap.filler or "", gap.filler),
    )
    return {
        "code": gap.office,
        "begun": begun,
        "post": page_words.say(
            language, "admin.gap", role=role_words.title(language, gap.role), office=names[gap.office]
        ),
        "when": page_words.say(language, "admin.gap_since" if begun else "admin.gap_from", moment=moment),
        "asked": asked if gap.filler else "",
    }


def _messages(visit: Visit) -> Answered:
    found = administration.messages(visit.house, visit.asking)
    system = administration.system(visit.house, visit.asking)
    newest = reading.list_records(
        visit.house, visit.asking, "messages.list", {"state": "parked"}, None, NEWEST
    )
    names = reference.names(visit.house, {one.owner for one in system.overdue})
    states = {state: [one for one in found if one[0] == state] for state in ("parked", "refused", "ignored")}
    return frame.page(
        "admin_messages.html",
        states={state: counted for state, counted in states.items() if counted},
        overdue=[_late(visit, one, names) for one in system.overdue],
        newest=json.loads(newest.items),
        moment=lambda at: due.moment(visit.signed.language, due.read(at)),
    )


def _late(visit: Visit, one: Overdue, names: Mapping[str, str]) -> str:
    language = visit.signed.language
    office = names.get(one.owner) or page_words.say(language, "admin.nobodys")
    span = _span(visit)(one.oldest_hours * 3600)
    return page_words.say(language, "admin.overdue", office=office, n=one.messages, span=span)


def _policy(visit: Visit) -> Answered:
    edition = administration.policy(visit.house, visit.asking)
    language = visit.signed.language
    return frame.page(
        "admin_policy.html",
        edition=edition,
        since=_day(visit)(edition.valid_from.isoformat()),
        ladders=admin_policy.ladders(language, edition),
        hours=admin_policy.hours(language, edition),
        rest=admin_policy.rest(language, edition),
    )


def _plain(code: str) -> str:
    """A code as it may be asked for; "" for what is none that anybody can have."""
    return code if _CODE.fullmatch(code) else ""


def _day(visit: Visit) -> Callable[[str | date], str]:
    """Says a day, as a row or as JSON has it."""

    def say(on: str | date) -> str:
        day = date.fromisoformat(on) if isinstance(on, str) else on
        return due.moment(visit.signed.language, datetime.combine(day, time(), SAST), "short_day")

    return say


def _span(visit: Visit) -> Callable[[float], str]:
    """Says a length of time in seconds, in the largest unit that is not rounded away."""

    def say(seconds: float) -> str:
        for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
            if seconds >= 2 * size:
                return page_words.say(visit.signed.language, f"admin.{unit}", n=round(seconds / size))
        return page_words.say(visit.signed.language, "admin.seconds", n=round(seconds))

    return say
