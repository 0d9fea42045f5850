"""What a side answers before a day in court: yes, no, by when, or not needed, check by check.

The API's view calls it, one call a request: the answers, the ledger's entry and what follows from them are one
transaction. Once everything is there the list is settled and its clock stops; when that turns out otherwise before
the day, it is asked anew. It moves no case, and no link of a notice leads here.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain.casework import Actor
from hectis_flow.domain.countdown import DONE, READY, Answered, AnswerRefused, check_answers, red_from
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.ledger import Json, canonical
from hectis_flow.domain.moments import SAST
from hectis_flow.services import countdown, moves, once
from hectis_flow.services.house import House
from hectis_flow.services.notes import KIND
from hectis_flow.services.once import Answer, Writing
from hectis_flow.storage import court_checks, items, ledger
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.court_checks import Listed
from hectis_flow.storage.tokens import Bearer


def answer(
    house: House, writing: Writing, ref: str, said: Sequence[Answered], roll_date: date | None = None
) -> Answer:
    """Answer checks for the next day in court, as the office and role that is asked; the lists as they then stand.

    `roll_date` is the day that the bearer has in mind. Raises `NotVisible`, and `AnswerRefused`: `nothing_asked`,
    `date_moved`, `not_asked`, `date_not_ahead`.
    """

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        case = moves.held(session, bearer, "cases.countdown", ref)
        say(house, session, case, moves.actor_of(bearer), said, roll_date)
        return {"ref": case.ref, "countdown": court_checks.of_case(session, case.id)}

    return once.run(house, writing, effect)


def say(
    house: House,
    session: Session,
    case: Locked,
    actor: Actor,
    said: Sequence[Answered],
    roll_date: date | None = None,
) -> None:
    """Answer checks of a case that the caller's transaction holds. Raises `AnswerRefused` as `answer` does."""
    listed = _listed(session, case, actor, roll_date)
    check_answers(said, listed.causes, case.now.astimezone(SAST).date())
    if listed.ready and any(one.answer not in DONE for one in said):
        listed = _asked_again(house, session, case, actor, listed)
    _write(session, case, listed, said, move_actor(actor.role, actor.name))


def _listed(session: Session, case: Locked, actor: Actor, roll_date: date | None) -> Listed:
    """What the actor's office and role is asked of this case."""
    listed = court_checks.newest(session, case.id, actor.office_id, actor.role)
    if listed is None:
        raise AnswerRefused(
            "Your office is asked nothing of this case now: its next day in court is not near, or is another "
            "office's to prepare. The case shows what is asked, and of whom.",
            code="nothing_asked",
        )
    if roll_date is not None and roll_date != listed.day:
        raise AnswerRefused(
            f"The next day in court is {listed.code} by now. Look at the case again, and answer for that day.",
            code="date_moved",
        )
    return listed


def _asked_again(house: House, session: Session, case: Locked, actor: Actor, listed: Listed) -> Listed:
    """Something is not there after all: the list is open again, with the time that is left and what was said.

    On the day itself nothing is begun any more; then the answer alone is kept.
    """
    if listed.day <= case.now.astimezone(SAST).date():
        return listed
    court_checks.ask_again(session, listed.item_id)
    countdown.begin(house, session, case, listed.day)
    return court_checks.newest(session, case.id, actor.office_id, actor.role) or listed


def _write(session: Session, case: Locked, listed: Listed, said: Sequence[Answered], by: str) -> None:
    rows = [_row(one, listed, case.now) for one in said]
    left = court_checks.answer(session, listed.item_id, rows, by, case.now)
    answers = {one.cause: one.by_when.isoformat() if one.by_when else one.answer for one in said}
    body: dict[str, Json] = {
        "note": "countdown",
        "code": listed.code,
        "state": "answered",
        "answers": answers,
    }
    ledger.append(session, case.id, KIND, by, canonical(body))
    if not left and not listed.ready:
        items.settle(session, [listed.item_id], by, READY)


def _row(said: Answered, listed: Listed, now: datetime) -> dict[str, str | None]:
    red = red_from(said, listed.day, listed.breach, now)
    return {
        "cause": said.cause,
        "answer": said.answer,
        "by_when": said.by_when.isoformat() if said.by_when else None,
        "red_from": red.isoformat() if red else None,
    }
