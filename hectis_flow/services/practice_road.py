"""The road of a practice province, as its people see and walk it: what moved, what is asked, and answering it.

`practice.offices` calls it each hop; `services.practice_moves` makes the moves. Each function is one transaction,
refuses in it every database but one for practice, and goes through the doors that everybody goes through.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import removals
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.countdown import Answered
from hectis_flow.domain.endings import INSTRUCTION
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.services import (
    casework,
    countdown_answers,
    docket_notes,
    item_notes,
    practice,
    practice_moves,
    precinct_choice,
)
from hectis_flow.services.docket_notes import Noting
from hectis_flow.services.house import House
from hectis_flow.services.item_notes import Paper
from hectis_flow.services.practice_moves import NobodyOnDuty
from hectis_flow.storage import cases, practice_road
from hectis_flow.storage.practice_road import Asked, Moved
from hectis_flow.storage.tokens import Bearer

WAYS_OUT: Final = tuple(move.id for move in DECLARATION.transitions if move.removes)
LIAISON: Final = "facility_liaison"
DETECTIVES: Final = "detective_commander"
HELD: Final = timedelta(hours=6)  # ago an arrest was made when it is noted


class News(NamedTuple):
    """What changed on the road up to the move `newest`."""

    newest: int
    moved: list[Moved]
    asked: list[Asked]


def news(house: House, last_move: int, last_item: int) -> News:
    """What changed after this move, and what was asked after this item. Raises `NotPractice`."""
    with house.transaction() as session:
        practice.require(session)
        newest = practice_road.newest_move(session)
        moved = practice_road.moved(session, last_move, newest, removals.OWN, WAYS_OUT)
        return News(newest, moved, practice_road.asked(session, last_item))


def go(house: House, ref: str, version: int, move: str, details: Mapping[str, str]) -> bool:
    """Make a move if the case stands as it stood at that version; False where it has moved since.

    Raises `NotPractice`, `TransitionRefused`.
    """
    with house.transaction() as session:
        practice.require(session)
        case = cases.lock_by_ref(session, ref)
        if case is None or case.version != version:
            return False
        practice_moves.make_of(house, session, case, move, details)
        return True


def locate(house: House, ref: str, station: str) -> bool:
    """Let the facility's liaison choose the station of a case; it then goes on. False where it has one.

    Raises `NotPractice`, `NobodyOnDuty`, `ChoiceRefused`.
    """
    with house.transaction() as session:
        practice.require(session)
        case = cases.lock_by_ref(session, ref)
        if case is None or case.station_id is not None:
            return False
        actor = _on_duty(session, case.facility_id or case.owner_office_id, LIAISON)
        casework.go_on(house, session, precinct_choice.choose(session, case, station, actor))
        return True


def arrest(house: House, ref: str) -> None:
    """Let the detectives note an arrest of some hours ago.

    Raises `NotPractice`, `NotVisible`, `NobodyOnDuty`, `NoteRefused`.
    """
    with house.transaction() as session:
        practice.require(session)
        case = cases.lock_by_ref(session, ref)
        if case is None or case.station_id is None:
            raise NotVisible(f"There is no case {ref} with a station.")
        bearer = _bearer(session, case.station_id, DETECTIVES)
        docket_notes.note_arrest(Noting(house, session, case, bearer), case.now - HELD, "arrest")


def answer(house: House, asked: Asked, at: datetime) -> None:
    """Let whoever is on duty settle what they were asked for.

    Raises `NotPractice`, `NotVisible`, `NobodyOnDuty`, `NoteRefused`.
    """
    day = at.astimezone(SAST).date()
    paper = Paper(f"DPP-{asked.id}/{day:%Y}", day) if asked.kind == INSTRUCTION else None
    with house.transaction() as session:
        practice.require(session)
        bearer = _bearer(session, asked.office_id, asked.role)
        item_notes.settle_of_task(house, session, bearer, asked.id, paper)


def prepare(house: House, asked: Asked, said: Sequence[Answered]) -> None:
    """Let whoever is on duty answer what a day in court needs.

    Raises `NotPractice`, `NotVisible`, `NobodyOnDuty`, `AnswerRefused`.
    """
    with house.transaction() as session:
        practice.require(session)
        case = cases.lock_by_ref(session, asked.ref)
        if case is None or asked.code is None:
            raise NotVisible(f"There is no case {asked.ref} with a day in court.")
        actor = _on_duty(session, asked.office_id, asked.role)
        countdown_answers.say(house, session, case, actor, said, date.fromisoformat(asked.code))


def _bearer(session: Session, office_id: int, role: str) -> Bearer:
    """The first person on duty at a post, as a token would name them."""
    code = _on_duty(session, office_id, role).name
    return Bearer(0, code, role, office_id, None, code)


def _on_duty(session: Session, office_id: int, role: str) -> Actor:
    code = practice_moves.first_on_duty(session, office_id, role)
    if code is None:
        raise NobodyOnDuty
    return Actor(role, office_id, code)
