"""One watching brief: why, whose, what was seen, letters and replies, and what the reader may do with it.

`web.briefs` calls `install_brief`. Fields and refusals are those of the API: the same services answer. What is asked
for here is codes, days and references of papers, for words of one's own would let names in.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from flask import Flask, Response

from hectis_flow.domain import briefs as rules
from hectis_flow.domain.briefs import Appearance
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.workflow_rules import detail
from hectis_flow.domain.workflow_words import ATTRIBUTABLE, REMOVAL_CAUSES
from hectis_flow.services import brief_desk, brief_letters, brief_seats, item_notes, reading
from hectis_flow.services.brief_letters import Reply
from hectis_flow.web import brief_page
from hectis_flow.web import page as frame
from hectis_flow.web.page import Answered, Visit
from hectis_flow.web.queue import LARGEST

_REFERENCE: Final = re.compile(detail("document_ref").pattern)


class NotTyped(HectisError):
    """What a form of a brief was sent with cannot be taken; `code` says why."""

    code = "not_chosen"
    status = 422


def install_brief(app: Flask) -> None:
    """Put the page of a brief on the app, and whatever can be done from it."""
    one = f"/briefs/<int(min=1, max={LARGEST}):brief_id>"
    letter = f"{one}/letters/<int(min=1, max={LARGEST}):letter_id>"
    frame.room(app, one, "brief", brief_page.show)
    frame.room(app, f"{one}/acknowledge", "brief_acknowledge", _acknowledge, "POST")
    frame.room(app, f"{one}/decline", "brief_decline", _decline, "POST")
    frame.room(app, f"{one}/redirect", "brief_redirect", _redirect, "POST")
    frame.room(app, f"{one}/observations", "brief_observe", _observe, "POST")
    frame.room(app, f"{one}/looked", "brief_looked", _looked, "POST")
    frame.room(app, f"{one}/letters", "brief_write", _write, "POST")
    frame.room(app, f"{one}/close", "brief_close", _close, "POST")
    frame.room(app, letter, "brief_letter", brief_page.letter)
    frame.room(app, f"{letter}/pdf", "brief_letter_pdf", _pdf)
    frame.room(app, f"{letter}/reply", "brief_reply", _reply, "POST")


def _acknowledge(visit: Visit, brief_id: int) -> Answered:
    return _tried(
        visit,
        brief_id,
        "acknowledge",
        lambda: brief_seats.acknowledge(visit.house, visit.writing(), brief_id),
    )


def _decline(visit: Visit, brief_id: int) -> Answered:
    return _tried(
        visit,
        brief_id,
        "decline",
        lambda: brief_seats.decline(
            visit.house, visit.writing(), brief_id, _chosen("reason", rules.DECLINE_REASONS)
        ),
    )


def _redirect(visit: Visit, brief_id: int) -> Answered:
    def act() -> object:
        reason = _chosen("reason", rules.DECLINE_REASONS)
        return brief_seats.redirect(visit.house, visit.writing(), brief_id, frame.asked("office"), reason)

    return _tried(visit, brief_id, "redirect", act)


def _observe(visit: Visit, brief_id: int) -> Answered:
    return _tried(
        visit,
        brief_id,
        "observe",
        lambda: brief_desk.observe(visit.house, visit.writing(), brief_id, _seen(), _corrected()),
    )


def _looked(visit: Visit, brief_id: int) -> Answered:
    """The matter was looked at, and is off the roll still."""

    def act() -> object:
        ref = reading.read_record(visit.house, visit.asking, "briefs.read", brief_id)["case_ref"]
        case = reading.read_record(visit.house, visit.asking, "cases.read", ref)
        looks = [one["id"] for one in case.get("awaited") or () if one["kind"] == rules.MONITOR]
        if not looks:
            raise NotVisible(reading.NOT_HERE)
        return item_notes.settle(visit.house, visit.writing(), ref, looks[0], rules.ENDINGS[rules.MONITOR])

    return _tried(visit, brief_id, "look", act)


def _write(visit: Visit, brief_id: int) -> Answered:
    def act() -> object:
        side, asks = _chosen("to", rules.REPLY_KINDS), _chosen("recommendation", rules.RECOMMENDATIONS)
        return brief_letters.send(visit.house, visit.writing(), brief_id, side, asks)

    return _tried(visit, brief_id, "write", act)


def _close(visit: Visit, brief_id: int) -> Answered:
    return _tried(
        visit,
        brief_id,
        "close",
        lambda: brief_desk.close(
            visit.house, visit.writing(), brief_id, _chosen("reason", rules.CLOSE_REASONS)
        ),
    )


def _reply(visit: Visit, brief_id: int, letter_id: int) -> Answered:
    return _tried(
        visit,
        brief_id,
        "reply",
        lambda: brief_letters.reply(visit.house, visit.writing(), brief_id, letter_id, _replied()),
    )


def _pdf(visit: Visit, brief_id: int, letter_id: int) -> Answered:
    """The letter on paper."""
    found = brief_letters.pdf(visit.house, visit.asking, brief_id, letter_id)
    response = Response(found.body, content_type=found.kind)
    response.headers["Content-Security-Policy"] = frame.POLICY
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def _tried(visit: Visit, brief_id: int, did: str, act: Callable[[], object]) -> Answered:
    """Do it and go on, or show the brief again with what was refused; what nobody may see stays hidden."""
    try:
        act()
    except NotVisible:
        raise
    except HectisError as refused:
        return brief_page.show(visit, brief_id, refused.message, refused.status)
    following = frame.own_path(frame.asked("next")) if frame.asked("next") else f"/briefs/{brief_id}"
    return frame.on(following, did=did)


def _chosen(name: str, codes: Any) -> str:
    """What was chosen of a list. Raises `NotTyped`."""
    found = frame.asked(name)
    if found not in codes:
        raise NotTyped("Choose one of the list first; nothing was done yet.")
    return found


def _day(name: str) -> date:
    try:
        return date.fromisoformat(frame.asked(name))
    except ValueError:
        raise NotTyped("Give the day as 2026-11-22; nothing was done yet.", code="no_day") from None


def _seen() -> Appearance:
    """The appearance that the form tells of."""
    causes = tuple(_chosen(name, REMOVAL_CAUSES) for name in ("cause", "further") if frame.asked(name))
    return Appearance(
        _day("court_date"),
        _chosen("outcome", rules.OUTCOMES),
        _chosen("docket_at_court", rules.AT_COURT),
        _chosen("recommendation", rules.RECOMMENDATIONS),
        causes,
        _chosen("attributable_to", ATTRIBUTABLE) if frame.asked("attributable_to") else None,
    )


def _corrected() -> int | None:
    """The note that this one corrects, if any; what is no number of one is none that stands."""
    typed = frame.asked("corrects")
    if not typed:
        return None
    return int(typed) if re.fullmatch(r"[1-9][0-9]{0,17}", typed) else LARGEST


def _replied() -> Reply:
    answer, ref = _chosen("answer", rules.REPLIES), frame.asked("ref")
    if not ref and not frame.asked("date"):
        return Reply(answer)
    if not _REFERENCE.fullmatch(ref):
        raise NotTyped(
            "A paper has its day and its reference together: up to 40 letters, digits and . / _ -, no ten digits in a row.",
            code="no_reference",
        )
    return Reply(answer, ref, _day("date"))
