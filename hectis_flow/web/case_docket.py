"""What is noted of a case beside its moves: the CAS number looked up, an arrest, the J88, what was asked for and is done.

`hectis_flow.web.rooms` calls `install_docket`. Here as well stand putting a clock off, choosing the precinct, and what the
second person says to a proposal. Each is one form of the page of a case, and leads back to it.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Final

from flask import Flask

from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.snooze import REASONS
from hectis_flow.render import page_words
from hectis_flow.services import docket_notes, item_notes, moves, proposals, snooze
from hectis_flow.services.docket_notes import COLLECTED, COMPLETED
from hectis_flow.services.item_notes import Paper
from hectis_flow.web import page as frame
from hectis_flow.web.case import number, shown
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import LARGEST

HOW: Final = ("arrest", "summons", "warrant")
_ID: Final = f"int(min=1, max={LARGEST})"

Note = Callable[[Visit, str], str]
NoteOf = Callable[[Visit, str, int], str]


class Unclear(HectisError):
    """What was typed says no day, no moment or none of the words that are known."""

    code = "unclear"
    status = 422


def install_docket(app: Flask) -> None:
    """Put the forms on the app."""
    for path, endpoint, note in (
        ("cas", "case_cas", _cas),
        ("arrests", "case_arrest", _arrest),
        ("j88", "case_j88", _j88),
        ("precinct", "case_precinct", _precinct),
        ("put-off", "case_snooze", _put_off),
        ("go-on", "case_unsnooze", _go_on),
    ):
        frame.room(app, f"/cases/<ref>/{path}", endpoint, partial(_noted, note), "POST")
    frame.room(app, f"/cases/<ref>/items/<{_ID}:item_id>", "case_settle", partial(_noted_of, _settle), "POST")
    for what, decide in (
        ("confirm", proposals.confirm),
        ("refuse", proposals.refuse),
        ("take_back", proposals.take_back),
    ):
        rule = f"/cases/<ref>/proposals/<{_ID}:item_id>/{what}"
        frame.room(app, rule, f"proposal_{what}", partial(_decided, decide, what), "POST")


def _noted(note: Note, visit: Visit, ref: str) -> Answered:
    return _back(visit, ref, lambda: note(visit, number(ref)))


def _noted_of(note: NoteOf, visit: Visit, ref: str, item_id: int) -> Answered:
    return _back(visit, ref, lambda: note(visit, number(ref), item_id))


def _decided(decide: Callable[..., object], what: str, visit: Visit, ref: str, item_id: int) -> Answered:
    """What somebody says to a proposal; a case that one no longer sees afterwards leads back to the queue."""

    def said() -> str:
        decide(visit.house, visit.writing(), item_id)
        return what

    return _back(visit, number(ref), said)


def _back(visit: Visit, ref: str, note: Callable[[], str]) -> Answered:
    """Note something, and show the case: what was done, or why it was not."""
    try:
        did = note()
    except NotVisible:
        raise
    except HectisError as refused:
        return shown(visit, ref, refused.message, refused.status)
    return frame.on(f"/cases/{ref}", did=did)


def _cas(visit: Visit, ref: str) -> str:
    found = _one_of(visit, "verified", ("yes", "no")) == "yes"
    docket_notes.verify_cas(visit.house, visit.writing(), ref, verified=found)
    return "cas"


def _arrest(visit: Visit, ref: str) -> str:
    how = _one_of(visit, "how", HOW)
    try:
        at = datetime.fromisoformat(frame.asked("at")).replace(tzinfo=SAST)
    except ValueError:
        raise _unclear(visit, "at") from None
    docket_notes.arrest(visit.house, visit.writing(), ref, at, how)
    return "arrest"


def _j88(visit: Visit, ref: str) -> str:
    state = _one_of(visit, "state", (COMPLETED, COLLECTED))
    docket_notes.j88(visit.house, visit.writing(), ref, state)
    return f"j88_{state}"


def _precinct(visit: Visit, ref: str) -> str:
    moves.choose_precinct(visit.house, visit.writing(), ref, frame.asked("station"))
    return "precinct"


def _settle(visit: Visit, ref: str, item_id: int) -> str:
    signed = frame.asked("dpp_date")
    paper = Paper(frame.asked("dpp_ref"), _day(visit, "dpp_date")) if signed else None
    item_notes.settle(visit.house, visit.writing(), ref, item_id, frame.asked("ending"), paper)
    return "settled"


def _put_off(visit: Visit, ref: str) -> str:
    reason, until = _one_of(visit, "reason", REASONS), _day(visit, "until")
    snooze.snooze(visit.house, visit.writing(), ref, *_clock(), reason, until)
    return "put_off"


def _go_on(visit: Visit, ref: str) -> str:
    snooze.unsnooze(visit.house, visit.writing(), ref, *_clock())
    return "go_on"


def _clock() -> tuple[str | None, int | None]:
    """Which clock a form is about: that of the stage by its name, or that of an item."""
    item = frame.asked("item")
    is_number = item.isascii() and item.isdigit() and len(item) < 19
    return frame.asked("clock") or None, int(item) if is_number else None


def _one_of(visit: Visit, name: str, known: tuple[str, ...]) -> str:
    """What was chosen under this name. Raises `Unclear` for a word that is none of those known."""
    said = frame.asked(name)
    if said not in known:
        raise _unclear(visit, name)
    return said


def _day(visit: Visit, name: str) -> date:
    try:
        return date.fromisoformat(frame.asked(name))
    except ValueError:
        raise _unclear(visit, name) from None


def _unclear(visit: Visit, name: str) -> Unclear:
    return Unclear(page_words.say(visit.signed.language, f"unclear.{name}"))
