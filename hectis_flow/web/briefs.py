"""The room of watching briefs: what waits for an answer, what is watched, who sits in court, letters, looks ahead.

`hectis_flow.web.rooms` calls `install_briefs`. What stands in a list and for whom is what `briefs.list` gives out; the
unit's own lists are empty for everybody else. It must not decide anything.
"""

import json
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from flask import Flask

from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.render import page_words
from hectis_flow.services import brief_desk, brief_lists, reading, reference
from hectis_flow.services.brief_lists import Due
from hectis_flow.storage.brief_lists import Place
from hectis_flow.web import brief_row, cursor
from hectis_flow.web import page as frame
from hectis_flow.web.brief import install_brief
from hectis_flow.web.brief_sheet import install_sheet
from hectis_flow.web.page import Answered, Visit

PAGE: Final = 25
# Of a list that is shown whole: a court's roll, or what waits for one post.
MOST: Final = 100
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def install_briefs(app: Flask) -> None:
    """Put the lists of the room on the app, the page of a brief and the sheet."""
    frame.room(app, "/briefs", "briefs", _briefs)
    frame.room(app, "/briefs", "briefs_open", _open, "POST")
    frame.room(app, "/briefs/courts", "brief_courts", _courts)
    frame.room(app, "/briefs/letters", "brief_letters", _letters)
    frame.room(app, "/briefs/off-roll", "brief_looks", _looks)
    install_brief(app)
    install_sheet(app)


def _briefs(visit: Visit, said: str = "", status: int = 200) -> Answered:
    closed, court = frame.asked("state") == "closed", frame.asked("court")
    court = court if _CODE.fullmatch(court) else ""
    filters: dict[str, Any] = {"closed" if closed else "open": True} | ({"court": court} if court else {})
    after = cursor.read("briefs", frame.asked("after"))
    page = reading.list_records(
        visit.house, visit.asking, "briefs.list", filters, int(after[0]) if after else None, PAGE
    )
    watched, asked = json.loads(page.items), _due(visit, "asked", "asked")
    letters = _due(visit, "reply", "") if not brief_row.is_unit(visit) else Due([], None)
    places = _places(visit, [*watched, *asked.rows, *letters.rows])
    return frame.page(
        "briefs.html",
        status,
        asked=[brief_row.row(visit, one, places) for one in asked.rows],
        asked_further=_signed("asked", asked.following),
        letters=[brief_row.row(visit, one, places) for one in letters.rows],
        watched=[brief_row.row(visit, one, places) for one in watched],
        further=cursor.sign("briefs", [str(page.next_after)]) if page.next_after else None,
        began=after is None,
        closed=closed,
        court=court,
        court_name=reference.names(visit.house, {court}).get(court, court) if court else "",
        may=lambda action: brief_row.may(visit, action),
        unit=brief_row.is_unit(visit),
        done=brief_row.done(visit),
        said=said,
        typed=frame.typed("case"),
    )


def _open(visit: Visit) -> Answered:
    """Have a matter watched."""
    ref = frame.asked("case").upper()
    try:
        opened = brief_desk.open_brief(visit.house, visit.writing(), ref)
    except NotVisible as refused:
        return _briefs(visit, page_words.say(visit.signed.language, "briefs.watch_none"), refused.status)
    except HectisError as refused:
        return _briefs(visit, refused.message, refused.status)
    return frame.on(f"/briefs/{json.loads(opened.body)['id']}", did="open")


def _courts(visit: Visit) -> Answered:
    found = _due(visit, "court", "courts")
    places = _places(visit, found.rows)
    today = brief_row.today(visit).isoformat()
    days = []
    for day, of_day in groupby(found.rows, lambda one: one["at"][:10]):
        courts = [
            (code, places.get(code, code), [brief_row.row(visit, one, places) for one in of_court])
            for code, of_court in groupby(of_day, lambda one: str(one["court"]))
        ]
        days.append({"day": day, "title": brief_row.day(visit, day), "today": day == today, "courts": courts})
    further = _signed("courts", found.following)
    return frame.page(
        "brief_courts.html", days=days, further=further, today=today, unit=brief_row.is_unit(visit)
    )


def _letters(visit: Visit) -> Answered:
    write, waits = _due(visit, "to_write", "write"), _due(visit, "reply", "reply")
    places = _places(visit, [*write.rows, *waits.rows])
    waiting = [brief_row.row(visit, one, places) for one in waits.rows]
    return frame.page(
        "brief_letters.html",
        write=[brief_row.row(visit, one, places) for one in write.rows],
        write_further=_signed("write", write.following),
        late=[one for one in waiting if one["late"]],
        waiting=[one for one in waiting if not one["late"]],
        reply_further=_signed("reply", waits.following),
        unit=brief_row.is_unit(visit),
    )


def _looks(visit: Visit) -> Answered:
    found = _due(visit, "look", "looks")
    places = _places(visit, found.rows)
    rows = [
        brief_row.row(visit, one, places) | {"off_since": brief_row.day(visit, one["off_roll_since"][:10])}
        for one in found.rows
    ]
    further = _signed("looks", found.following)
    return frame.page(
        "brief_looks.html",
        rows=rows,
        further=further,
        unit=brief_row.is_unit(visit),
        done=brief_row.done(visit),
    )


def _due(visit: Visit, name: str, parameter: str) -> Due:
    """A list by what is due, from where its own parameter of the address says."""
    after = cursor.read(f"briefs {parameter}", frame.asked(parameter)) if parameter else None
    place = Place(after[0], int(after[1])) if after else None
    return brief_lists.listing(visit.house, visit.asking, name, place, MOST)


def _signed(parameter: str, following: Place | None) -> str | None:
    if following is None:
        return None
    return cursor.sign(f"briefs {parameter}", [following.at, str(following.brief_id)])


def _places(visit: Visit, briefs: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The names of the courts of these briefs, by code."""
    return reference.names(visit.house, {one["court"] for one in briefs if one.get("court")})
