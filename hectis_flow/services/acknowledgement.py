"""A referral or a watching brief is answered, by whatever way; each answer is graded and leaves its row.

The page behind a link calls `look` (which changes nothing) and `record`; replies and chats call `answer` with what
they know of who answered; `services.moves` calls `signed_in` before a move and `written` after it. The answer of a
link is the move `acknowledge`, or the answer to what is awaited beside the stage, as the person it was made for: the
answer, its row and the link's one use are one transaction. What looks automated (`domain.acknowledgement`) leaves a
row and does nothing. It signs nobody in, and nothing else can be said by a link.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from hectis_flow.domain import acknowledgement as rules
from hectis_flow.domain import briefs as brief_rules
from hectis_flow.domain import short_code
from hectis_flow.domain.acknowledgement import Evidence, Grade
from hectis_flow.domain.briefs import BriefRefused
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services import answer_page, briefs, casework, confirming, links
from hectis_flow.services.answer_page import Pressed, Visitor
from hectis_flow.services.house import House
from hectis_flow.services.links import Code, Refused
from hectis_flow.storage import acknowledgements, cases, database, items, ledger
from hectis_flow.storage import links as stored
from hectis_flow.storage.acknowledgements import About, Answer, Rung
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.links import Link
from hectis_flow.storage.tokens import Bearer

MOVE = "acknowledge"
BRIEF = "acknowledge_brief"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a link says. `code` is None while the link waits to be used; `done`: it did so now.

    `grade` is that of the answer that was just given, C where it counts for nothing. `mark` is the page's own, and
    `signs` what was pressed of the code so far. `missing` are people of a rung who must answer yet. `clock` names
    what runs now, and `confirm` says that somebody must confirm it signed in.
    """

    code: Code | None
    link: Link | None = None
    about: About | None = None
    done: bool = False
    grade: Grade | None = None
    mark: str = ""
    signs: str = ""
    missing: int = 0
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer came to: its grade, and how many of its rung must answer yet."""

    link: Link
    grade: Grade
    missing: int = 0
    confirm: bool = False


def look(house: House, token: str, visitor: Visitor | None = None) -> Shown:
    """What a link asks for, or why it asks for nothing any more; nothing changes.

    With a `visitor` the page is given its mark, without which nothing that is pressed on it counts.
    """
    with house.transaction() as session:
        return _page(house, session, links.read(house, session, token), visitor)


def record(house: House, token: str, pressed: Pressed | None = None) -> Shown:
    """Answer through a link, once; whatever stands in the way is shown, and then nothing changed.

    Of whoever pressed nothing is known without `pressed`: that is written down, and counts for nothing.
    """
    pressed = pressed or Pressed()
    try:
        with house.transaction() as session:
            found = links.read(house, session, token)
            if isinstance(found, Refused):
                return _page(house, session, found)
            if pressed.is_begun and _is_fair(house, session, found, pressed):
                return _asked_on(house, session, found, pressed)
            # Else many guesses at once would each be the first.
            stored.hold(session, found.id)
            known = answer_page.evidence(house, session, found, pressed)
            made = _answered(house, session, found, known, answer_page.trace(house, found, pressed.visitor))
            return _told(house, session, made, pressed.visitor)
    except (TransitionRefused, BriefRefused):
        return look(house, token, pressed.visitor)


def answer(house: House, link_id: int, known: Evidence) -> Shown:
    """Answer by a way that has no page: a reply, or a press in a chat, of which the caller says what is known."""
    try:
        with house.transaction() as session:
            found = links.by_number(session, link_id)
            if isinstance(found, Refused):
                return _page(house, session, found)
            return _told(house, session, _answered(house, session, found, known, None), None)
    except (TransitionRefused, BriefRefused):
        with house.transaction() as session:
            return _page(house, session, links.by_number(session, link_id))


def signed_in(house: House, session: Session, case: Locked, bearer: Bearer, actor: Actor) -> bool:
    """Whether an answer of somebody signed in makes the move, or is a part of what a rung of several asks for.

    The part is written down here; the move, once it is made, by `written`. Raises `TransitionRefused` as the move.
    """
    if not house.policy.asks_several:
        return True
    casework.check(house, session, case, MOVE, actor, {}, None)
    rung = acknowledgements.rung_of_post(session, case.id, bearer.role, bearer.office_id)
    if rung is None or _missing(rung, bearer.staff_id) == 0:
        return True
    if bearer.staff_id not in rung.answered:
        part = Answer(case.id, bearer.staff_id, step_id=rung.step_id)
        acknowledgements.add(session, part, _of(bearer))
    return False


def written(session: Session, case: Locked, bearer: Bearer) -> None:
    """Write down the answer of somebody signed in that a case, as it was held before its move, has just been given."""
    acknowledgements.add(session, Answer(case.id, bearer.staff_id, version=case.version + 1), _of(bearer))


def _of(bearer: Bearer) -> Grade:
    return rules.grade(Evidence("signed_in", own=bearer.staff_id is not None), rules.Floors(0, 0))


def _is_fair(house: House, session: Session, link: Link, pressed: Pressed) -> bool:
    """Whether nothing speaks against the first press of two; half of the time must have passed by then."""
    known = answer_page.evidence(house, session, link, pressed)
    floors = answer_page.floors(house, database.now(session))
    return rules.doubted(known, rules.Floors(floors.press / 2, floors.open)) is None


def _asked_on(house: House, session: Session, link: Link, pressed: Pressed) -> Shown:
    """The page once more, for the next sign of the code; nothing has changed."""
    shown = _page(house, session, link)
    return Shown(None, link, shown.about, mark=pressed.mark, signs=pressed.signs[: short_code.PRESSED])


def _answered(
    house: House, session: Session, link: Link, known: Evidence, trace: bytes | None
) -> Made | Refused:
    given = rules.grade(known, answer_page.floors(house, database.now(session)))
    if not given.counts:
        acknowledgements.doubt(session, Answer(link.case_id, link.staff_id, link.id, trace=trace), given)
        return Made(link, given)
    case = cases.lock(session, link.case_id)
    # Read again now that nobody else can move the case: of two answers at once one finds the link used.
    found = links.by_number(session, link.id)
    if isinstance(found, Refused):
        return found
    if case is not None and found.purpose == BRIEF:
        return _brief_taken(house, session, case, Made(found, given), trace)
    if case is None or case.owner_office_id != found.office_id:
        return Refused("moved_on", found)
    if found.purpose != MOVE or not acknowledgements.use_link(session, found.id):
        return Refused("revoked", found)
    return _moved(house, session, case, Made(found, given), trace)


def _moved(house: House, session: Session, case: Locked, made: Made, trace: bytes | None) -> Made:
    """Acknowledge the referral, or write down one person's part where a rung asks for several."""
    link, rung = made.link, acknowledgements.rung_of_link(session, made.link.id)
    told = Answer(case.id, link.staff_id, link.id, trace=trace)
    missing = _missing(rung, link.staff_id) if rung else 0
    if rung and missing:
        if link.staff_id not in rung.answered:
            acknowledgements.add(session, told._replace(step_id=rung.step_id), made.grade)
        return Made(link, made.grade, missing)
    actor = Actor(link.role, link.office_id, link.staff_code)
    after = casework.apply(house, session, case, MOVE, actor, {})
    acknowledgements.add(session, told._replace(version=case.version + 1), made.grade)
    return Made(link, made.grade, confirm=confirming.asked(house, session, case, after, made.grade))


def _missing(rung: Rung, staff_id: int | None) -> int:
    """How many of a rung must answer yet when this person has."""
    own = [staff_id] if staff_id is not None else []
    return rules.missing(rung.answers or "any", rung.told, [*rung.answered, *own])


def _brief_taken(
    house: House, session: Session, case: Locked, made: Made, trace: bytes | None
) -> Made | Refused:
    """Acknowledge the brief that a link asks for, whose case is held."""
    link = made.link
    item_id = stored.item_of(session, link.id)
    item = items.one(session, item_id) if item_id is not None else None
    if item is None or item.settled_at is not None:
        return Refused("moved_on", link)
    if not acknowledgements.use_link(session, link.id):
        return Refused("revoked", link)
    by = move_actor(link.role, link.staff_code)
    items.settle(session, [item.id], by, brief_rules.ENDINGS[item.kind])
    briefs.settled(house, session, case, item, link.staff_code, by)
    body = briefs.note("brief_seat", kind=item.kind, code="acknowledged", link=link.id)
    ledger.append(session, case.id, briefs.KIND, by, body)
    told = Answer(case.id, link.staff_id, link.id, item_id=item.id, trace=trace)
    acknowledgements.add(session, told, made.grade)
    return made


def _told(house: House, session: Session, made: Made | Refused, visitor: Visitor | None) -> Shown:
    """The page after an answer."""
    if isinstance(made, Refused):
        return _page(house, session, made)
    shown = _page(house, session, made.link, None if made.grade.counts else visitor)
    return Shown(
        None,
        made.link,
        shown.about,
        done=made.grade.counts,
        grade=made.grade,
        mark=shown.mark,
        missing=made.missing,
        confirm=made.confirm,
    )


def _page(house: House, session: Session, found: Link | Refused, visitor: Visitor | None = None) -> Shown:
    link = found.link if isinstance(found, Refused) else found
    about = _about(session, link) if link else None
    if isinstance(found, Refused):
        return Shown(found.code, link, about)
    mark = answer_page.mark(house, found, visitor, database.machine_now(session)) if visitor else ""
    return Shown(None, link, about, mark=mark)


def _about(session: Session, link: Link) -> About:
    item_id = stored.item_of(session, link.id) if link.purpose == BRIEF else None
    if item_id is not None:
        return acknowledgements.about_item(session, item_id)
    return acknowledgements.about(session, link.case_id)
