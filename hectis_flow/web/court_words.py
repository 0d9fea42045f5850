"""What the pages of the court day say of a matter: what it is for, how it stands, what was entered, which days come next.

Read by `web.court` and `web.court_prepare`. Each is put together from the table of words; nothing is decided here.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from hectis_flow.domain import court_day, workflow_rules
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.moments import SAST
from hectis_flow.render import due, page_words
from hectis_flow.storage.rolls import Listed
from hectis_flow.web.page import Visit
from hectis_flow.web.queue import calendar_of

_DAY: Final = re.compile(workflow_rules.detail("next_date").pattern)
WEEKS: Final = (1, 2, 4, 8)
#: In this order a row says how it stands with what its day needs.
STATES: Final = ("red", "silent", "open", "coming", "ready")


class Choice(NamedTuple):
    """A day that can be chosen with one tap: its date, as it is said, and why it is offered."""

    date: str
    day: str
    why: str


def read(items: str) -> list[dict[str, Any]]:
    """A list as the services give it."""
    found: list[dict[str, Any]] = json.loads(items)
    return found


def as_day(text: str) -> date | None:
    """A day of this century as an address has it; None for what is none."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def day_of(visit: Visit, day: date) -> str:
    """A day in the words of a page."""
    return due.moment(visit.signed.language, datetime.combine(day, time(), SAST), "short_day")


def value(visit: Visit, text: str) -> str:
    """A code or a day in words."""
    day = as_day(text)
    return day_of(visit, day) if day else page_words.of_code(text)


def outcome(visit: Visit, move: str) -> str:
    """An outcome as short as a button needs it."""
    return _known(visit, f"court.move.{move}") or workflow_rules.transition(move).title


def field(visit: Visit, name: str) -> str:
    """What a detail is called where it is typed."""
    return _known(visit, f"court.field.{name}") or workflow_rules.detail(name).title


def what_for(visit: Visit, one: Listed, waiting: Sequence[Charge]) -> str:
    """What a matter is on the roll for."""
    stage = court_day.stands_for(waiting)
    said = _known(visit, f"court.for.{stage}") or workflow_rules.stage(stage).title
    postponed = any(charge.stage == court_day.POSTPONED for charge in waiting)
    if postponed and one.postponed_for:
        cause = page_words.of_code(one.postponed_for)
        return _say(visit, "court.postponed_for", what=said, cause=cause)
    return said


def people(visit: Visit, waiting: Sequence[Charge]) -> str:
    """How many accused and charges; nobody's name."""
    accused = len({charge.accused for charge in waiting})
    return ", ".join(
        _say(visit, f"court.{name}_{'one' if count == 1 else 'many'}", n=count)
        for name, count in (("accused", accused), ("charges", len(waiting)))
    )


def checks(visit: Visit, said: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """How it stands with what the day needs: each state that something is in, with what is in it."""
    if not said:
        return [("none", _say(visit, "court.checks.none"))]
    by_state = {
        state: [_say(visit, f"court.needs.{one['cause']}") for one in said if one["state"] == state]
        for state in STATES
    }
    for state, key in (("ready", "court.checks.all"), ("silent", "court.checks.nobody")):
        if len(by_state[state]) == len(said):
            return [(state, _say(visit, key))]
    return [
        (state, _say(visit, f"court.checks.{state}", what=", ".join(these)))
        for state, these in by_state.items()
        if these and state != "ready"
    ]


def entered(visit: Visit, move: str, details: Mapping[str, str]) -> str:
    """What was entered of a matter, with its cause and its next day."""
    codes = [
        page_words.of_code(details[name])
        for name in ("reason", "plea", "verdict_on", "sentence")
        if name in details
    ]
    said = ": ".join([outcome(visit, move), *codes[:1]])
    day = as_day(details.get("next_date", ""))
    return _say(visit, "court.next", what=said, day=day_of(visit, day)) if day else said


def days(visit: Visit, last: str | None, *, today_too: bool) -> list[Choice]:
    """The days that are offered: that of the last entry first, then so many weeks on, each a day on which courts sit."""
    today = visit.signed.now.astimezone(SAST).date()
    before = as_day(last or "")
    found = {before: _say(visit, "court.as_last")} if before and before > today else {}
    if today_too:
        found[today] = _say(visit, "court.today_follows")
    for weeks in WEEKS:
        day = _sits(visit, today + timedelta(weeks=weeks), 1)
        said = _say(visit, "court.in_week") if weeks == 1 else _say(visit, "court.in_weeks", n=weeks)
        found.setdefault(day, said)
    return [Choice(day.isoformat(), day_of(visit, day), why) for day, why in found.items()]


def sitting(visit: Visit, day: date, step: int) -> tuple[str, str]:
    """The court day before or after a day: its date, and in words."""
    found = _sits(visit, day + timedelta(days=step), step)
    return found.isoformat(), day_of(visit, found)


def _sits(visit: Visit, day: date, step: int) -> date:
    """This day, or the nearest before or after it on which courts sit."""
    calendar = calendar_of(visit.house, visit.signed.role, visit.signed.now)
    while not calendar.is_open(day.toordinal()):
        day += timedelta(days=step)
    return day


def _known(visit: Visit, key: str) -> str | None:
    return _say(visit, key) if key in page_words.ENGLISH else None


def _say(visit: Visit, key: str, **values: object) -> str:
    return page_words.say(visit.signed.language, key, **values)
