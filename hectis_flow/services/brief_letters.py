"""Letters of the watching briefs to a station's commander or a court's senior prosecutor, and their coded replies.

The API's views call it, one call a request. A letter is facts and the next step in the words of its codes; it is
awaited by a clock whose ladder climbs the side that owes the reply. As paper it is the same whenever it is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain import briefs as rules
from hectis_flow.domain.briefs import REPLY_KINDS
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.ledger import Json
from hectis_flow.domain.moments import SAST
from hectis_flow.render import brief_letter
from hectis_flow.render.brief_letter import LetterFacts
from hectis_flow.render.paper import PDF, File, Paper
from hectis_flow.services import briefs
from hectis_flow.services import items as awaited
from hectis_flow.services.brief_desk import RECORD, Desk, at_desk
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE, Asking, ReadOf, remember
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import brief_notes, items, reading
from hectis_flow.storage import briefs as stored
from hectis_flow.storage.brief_notes import Letter
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.reading import Wanted

READ, READ_PDF = "briefs.letter", "briefs.letter_pdf"
ANSWERED: Final = "answered"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is replied to a letter; a paper has its reference and its day together."""

    answer: str
    ref: str | None = None
    day: date | None = None


def send(house: House, writing: Writing, brief_id: int, side: str, recommendation: str) -> Answer:
    """Send what was seen and what is recommended to one side; its reply is awaited.

    Raises `NotVisible`, and `BriefRefused`: `brief_closed`, `no_causes`, `already_sent`, `no_station`, `no_court`.
    """

    def doing(desk: Desk) -> Mapping[str, Json]:
        briefs.check_open(desk.session, brief_id)
        if brief_notes.waits(desk.session, brief_id, side):
            rules.refuse("already_sent", "A letter to this side waits for its reply. Wait for that one.")
        _check_addressed(desk.case, side)
        says = _says(desk, recommendation)
        kind = REPLY_KINDS[side]
        item_id = awaited.expect(house, desk.session, desk.case, kind, code=str(brief_id))
        values = {"brief_id": brief_id, "side": side, "item_id": item_id, "by": desk.by}
        number = brief_notes.send(desk.session, values, says)
        return {"note": "brief_letter", "code": side, "state": recommendation, "letter": number}

    return at_desk(house, writing, "briefs.send_letter", brief_id, doing, status=201)


def reply(house: House, writing: Writing, brief_id: int, letter_id: int, said: Reply) -> Answer:
    """Reply to a letter as the post that it was sent to.

    Raises `NotVisible`, and `BriefRefused`: `not_addressed`, `already_answered`, `date_ahead`.
    """

    def doing(desk: Desk) -> Mapping[str, Json]:
        letter = _letter(desk.session, brief_id, letter_id)
        if letter.office_id != desk.bearer.office_id:
            raise NotVisible(NOT_HERE)
        if letter.role != desk.bearer.role:
            role = letter.role.replace("_", " ")
            rules.refuse(
                "not_addressed", f"The {role} of the office that it was sent to replies to this letter."
            )
        if letter.answer is not None:
            rules.refuse("already_answered", "This letter has its reply: nothing is left to do.")
        if said.day is not None and said.day > desk.case.now.astimezone(SAST).date():
            rules.refuse("date_ahead", "The day of this paper lies ahead. Check it.")
        values = {"answer": said.answer, "ref": said.ref, "day": said.day, "by": desk.by}
        brief_notes.reply(desk.session, letter_id, values)
        papers = {"ref": said.ref, "day": said.day.isoformat()} if said.ref and said.day else {}
        items.settle(desk.session, [letter.item_id], desk.by, ANSWERED, papers)
        return {"note": "brief_reply", "code": letter.side, "state": said.answer, **papers}

    return at_desk(house, writing, "briefs.reply", brief_id, doing)


def text(house: House, asking: Asking, brief_id: int, letter_id: int) -> dict[str, Any]:
    """A letter in words. Raises `NotVisible`."""
    letter = _seen(house, asking, READ, brief_id, letter_id)
    return {
        "id": letter.id,
        "side": letter.side,
        "sent_at": letter.sent_at.isoformat(),
        "respond_by": letter.respond_by.isoformat(),
        "text": brief_letter.plain(_facts(letter)),
    }


def paper(house: House, asking: Asking, brief_id: int, letter_id: int) -> Paper:
    """The same in blocks, as a page shows it. Raises `NotVisible`."""
    return brief_letter.as_paper(_facts(_seen(house, asking, READ, brief_id, letter_id)))


def pdf(house: House, asking: Asking, brief_id: int, letter_id: int) -> File:
    """The same on paper. Raises `NotVisible`."""
    return File(brief_letter.pdf(_facts(_seen(house, asking, READ_PDF, brief_id, letter_id))), PDF)


def _check_addressed(case: Locked, side: str) -> None:
    """Whether a case has an office yet to which a letter to this side goes. Raises `BriefRefused`."""
    if side == "saps" and case.station_id is None:
        rules.refuse("no_station", "The precinct of this case is not known yet. Write once it is.")
    if side == "npa" and case.court_id is None:
        rules.refuse(
            "no_court", "This case has not come to a court yet. Write to its prosecutors once it has."
        )


def _says(desk: Desk, recommendation: str) -> dict[str, Any]:
    """What a letter says: the numbers of the matter, the days that were seen, and the causes found on them."""
    with_causes = [one for one in brief_notes.standing(desk.session, desk.brief_id) if one.causes]
    if not with_causes:
        rules.refuse(
            "no_causes", "No appearance with a cause is noted yet. Note what was seen in court, then send it."
        )
    return {
        **brief_notes.matter(desk.session, desk.case.id)._asdict(),
        "days": [[one.court_date.isoformat(), one.outcome, one.docket_at_court] for one in with_causes],
        "causes": list(rules.union(one.causes for one in with_causes)),
        "recommendation": recommendation,
    }


def _letter(session: Session, brief_id: int, letter_id: int) -> Letter:
    found = brief_notes.letter(session, brief_id, letter_id)
    if found is None:
        raise NotVisible(NOT_HERE)
    return found


def _seen(house: House, asking: Asking, action: str, brief_id: int, letter_id: int) -> Letter:
    """A letter of a brief that the bearer may see; the read is logged."""
    with house.transaction() as session:
        bearer = bearer_of(session, asking.token)
        given = access_rules.grant(bearer.role, action)
        if reading.one(session, Wanted(RECORD, ("id",), given.scope, bearer.office_id), brief_id) is None:
            raise NotVisible(NOT_HERE)
        letter = _letter(session, brief_id, letter_id)
        brief = stored.one(session, brief_id)
        if brief is None or bearer.office_id not in {letter.office_id, brief.office_id}:
            raise NotVisible(NOT_HERE)
        remember(session, bearer, asking, ReadOf(RECORD, brief_id, action, given.purpose))
        return letter


def _facts(letter: Letter) -> LetterFacts:
    return LetterFacts(
        number=letter.id,
        office=letter.office,
        role=letter.role,
        sent_at=letter.sent_at,
        respond_by=letter.respond_by,
        **letter.says,
    )
