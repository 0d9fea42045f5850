"""A watching brief as the pages of its room say it: a row of a list, and the forms of its codes.

`web.briefs`, `web.brief` and `web.brief_sheet` call it. It asks nothing and writes nothing.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from hectis_flow.domain import access_rules
from hectis_flow.domain.briefs import UNIT_SEAT
from hectis_flow.domain.moments import SAST
from hectis_flow.render import brief_words, due
from hectis_flow.render.page_words import ENGLISH, of_code, say
from hectis_flow.web import page as frame
from hectis_flow.web.page import Visit
from hectis_flow.web.queue import calendar_of


def day(visit: Visit, on: str | date | None) -> str:
    """A day, with its weekday; "" for none."""
    if on is None:
        return ""
    found = on if isinstance(on, date) else date.fromisoformat(on)
    return due.moment(visit.signed.language, datetime.combine(found, time(), SAST), "short_day")


def today(visit: Visit) -> date:
    """The day it is in South Africa."""
    return visit.signed.now.astimezone(SAST).date()


def by_when(visit: Visit, at: datetime, role: str | None = None) -> tuple[str, bool]:
    """When something is due in words, in the hours of a role's agency, and whether that has passed."""
    language, now = visit.signed.language, visit.signed.now
    if at <= now:
        return due.moment(language, at), True
    return due.due(language, now, at, calendar_of(visit.house, role or visit.signed.role, now)), False


def why(brief: Mapping[str, Any]) -> str:
    """The reasons why a matter is watched, where the reader may know them."""
    said = ", ".join(brief_words.TRIGGERS[one] for one in brief.get("triggers") or ())
    return said[:1].upper() + said[1:]


def matter(brief: Mapping[str, Any], places: Mapping[str, str]) -> str:
    """What a matter is called in court: the court and the number there; before it has one, our number."""
    called = [places.get(brief.get("court") or "", ""), brief.get("court_case_no") or ""]
    return ", ".join(filter(None, called)) or str(brief["case_ref"])


def row(visit: Visit, brief: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """A brief as a row of a list says it; with `at`, where the list goes by a moment."""
    shown = {
        **brief,
        "matter": matter(brief, places),
        "why": why(brief),
        "facts": _facts(visit, brief),
        "stands": _stands(visit, brief),
    }
    at = brief.get("at")
    if at is not None and "T" in at:
        shown["due"], shown["late"] = by_when(visit, due.read(at))
        shown["moment"] = due.moment(visit.signed.language, due.read(at))
    return shown


def _facts(visit: Visit, brief: Mapping[str, Any]) -> list[str]:
    """Its number with SAPS, and its next day in court."""
    language = visit.signed.language
    found = [say(language, "briefs.cas", number=brief["cas_number"])] if brief.get("cas_number") else []
    if brief["closed_at"]:
        return found
    if brief["next_date"]:
        found.append(say(language, "briefs.next_date", day=day(visit, brief["next_date"])))
    else:
        found.append(say(language, "briefs.no_date" if brief["court"] else "briefs.no_court"))
    return found


def _stands(visit: Visit, brief: Mapping[str, Any]) -> list[str]:
    """How it ended, or who has it and who knows of it."""
    language = visit.signed.language
    if brief["closed_at"]:
        return [say(language, "briefs.ended", reason=of_code(brief["closed_reason"]).lower())]
    has = brief.get("official")
    return [
        say(language, "briefs.with", code=has) if has else say(language, "briefs.untaken"),
        say(language, "briefs.npa_knows" if brief["acknowledged_at"] else "briefs.npa_asked"),
    ]


def of_case(visit: Visit, case: Mapping[str, Any]) -> int | None:
    """The brief of a case, for whoever may see every brief of the cases that they see."""
    brief = case.get("brief")
    whole = access_rules.grant(visit.signed.role, "briefs.read").scope in {
        "watched",
        "own_court",
        "own_courts",
    }
    return int(brief["id"]) if brief and whole else None


def may(visit: Visit, action: str) -> bool:
    """Whether the post that somebody acts for may do this at all."""
    return access_rules.grant(visit.signed.role, action).scope != "none"


def is_unit(visit: Visit) -> bool:
    """Whether it is the unit's own official."""
    return visit.signed.role == UNIT_SEAT.role


def done(visit: Visit) -> str:
    """What was just done, in words; "" for nothing, and for what nobody can do."""
    key = f"briefs.did.{frame.asked('did')}"
    return say(visit.signed.language, key) if key in ENGLISH else ""
