"""The room of watching briefs: which matters are watched, who was asked, what was seen in court, letters and replies."""

from typing import Any

from flask import Response

from hectis_flow.api.bodies_briefs import (
    CloseBody,
    DeclineBody,
    ImportBody,
    LetterBody,
    ObservationBody,
    OpenBody,
    RedirectBody,
    ReplyBody,
)
from hectis_flow.api.pages import answer_page, answer_part, answer_record, answer_written
from hectis_flow.api.papers import answer_paper
from hectis_flow.api.queries import BriefQuery
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas_briefs import Brief, BriefPage, Imported, LetterText

ONE = f"/<{BIGINT}:brief_id>"
LETTER = f"{ONE}/letters/<{BIGINT}:letter_id>"

rooms = Rooms("briefs", "Court watching briefs: matters that are watched in court, and what comes of it.")


@rooms.listing(BriefQuery, BriefPage)
def list_briefs(query: dict[str, Any]) -> Response:
    """Briefs, newest first."""
    return answer_page("briefs.list", query)


@rooms.single(ONE, Brief)
def read_brief(brief_id: int) -> dict[str, Any]:
    """One brief with whoever was asked about it, what was seen and its letters. Each read is logged."""
    return answer_record("briefs.read", brief_id)


@rooms.writing("", "open", Brief, OpenBody, status=201)
def open_brief(body: dict[str, Any]) -> Response:
    """Have a matter watched that came to a court; one that is watched already has one reason more."""
    return answer_written("briefs.open", body["case"])


@rooms.writing("/import", "import", Imported, ImportBody)
def import_rows(body: dict[str, Any]) -> Response:
    """Take rows of the unit's form over, with a verdict a row; nothing is written without `apply`."""
    return answer_written("briefs.import", body["rows"], apply=body["apply"])


@rooms.writing(f"{ONE}/acknowledge", "acknowledge", Brief)
def acknowledge(brief_id: int) -> Response:
    """Take a brief that waits for your role at your office."""
    return answer_written("briefs.acknowledge", brief_id)


@rooms.writing(f"{ONE}/decline", "decline", Brief, DeclineBody)
def decline(body: dict[str, Any], brief_id: int) -> Response:
    """Decline it with one coded reason; the next seat is asked at once."""
    return answer_written("briefs.decline", brief_id, body["reason"])


@rooms.writing(f"{ONE}/redirect", "redirect", Brief, RedirectBody)
def redirect(body: dict[str, Any], brief_id: int) -> Response:
    """Name the office whose matter it is."""
    return answer_written("briefs.redirect", brief_id, body["office"], body["reason"])


@rooms.writing(f"{ONE}/observations", "observe", Brief, ObservationBody, status=201)
def observe(body: dict[str, Any], brief_id: int) -> Response:
    """Note an appearance; what was noted wrong is corrected by a new note."""
    return answer_written("briefs.observe", brief_id, body["seen"], body["corrects"])


@rooms.writing(f"{ONE}/letters", "send_letter", Brief, LetterBody, status=201)
def send_letter(body: dict[str, Any], brief_id: int) -> Response:
    """Send causes and recommendation to the station's commander or the senior public prosecutor."""
    return answer_written("briefs.send_letter", brief_id, body["to"], body["recommendation"])


@rooms.part(LETTER, "letter", LetterText)
def read_letter(brief_id: int, letter_id: int) -> dict[str, Any]:
    """A letter in words. Each read is logged."""
    return answer_part("briefs.letter", brief_id, letter_id)


@rooms.paper(f"{LETTER}/pdf", "letter_pdf", "The letter on paper.")
def letter_pdf(brief_id: int, letter_id: int) -> Response:
    """The same as a PDF."""
    return answer_paper("briefs.letter_pdf", brief_id, letter_id)


@rooms.writing(f"{LETTER}/reply", "reply", Brief, ReplyBody)
def reply_to_letter(body: dict[str, Any], brief_id: int, letter_id: int) -> Response:
    """Reply to a letter that your office was sent, in one code."""
    return answer_written("briefs.reply", brief_id, letter_id, body["reply"])


@rooms.writing(f"{ONE}/close", "close", Brief, CloseBody)
def close_brief(body: dict[str, Any], brief_id: int) -> Response:
    """Close a brief with a coded reason."""
    return answer_written("briefs.close", brief_id, body["reason"])
