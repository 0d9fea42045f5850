"""The road of a practice province, as its people see and walk it: what moved, what is asked, and answering it.

`practice.offices` calls it each hop; `services.practice_moves` makes the moves. Each function refuses every database
but one for practice, and goes through the doors that everybody goes through.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from hectis_flow.domain import removals
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.countdown import Answered
from hectis_flow.domain.duty import Post
from hectis_flow.domain.endings import INSTRUCTION
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.notification import OnDuty
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
from hectis_flow.storage import cases, practice_road
from hectis_flow.storage.practice_road import Asked, Moved
from hectis_flow.storage.staff import on_duty
from hectis_flow.storage.tokens import Bearer

WAYS_OUT: Final = tuple(move.id for move in DECLARATION.transitions if move.removes)
LIAISON: Final = "facility_liaison"
HELD: Final = timedelta(hours=6)  # between an arrest and the docket's way to the prosecutor


class News(NamedTuple):
    """What changed on the road up to the move `newest`."""

    newest: int
    moved: list[Moved]
    asked: list[Asked]


def news(house: House, last_move: int, last_item: int) -> News:
    """What changed after this move, and what was asked after this item. Raises `NotPractice`."""
    practice.standing(house)
    with house.transaction() as session:
        newest = practice_road.newest_move(session)
        moved = practice_road.moved(session, last_move, newest, removals.OWN, WAYS_OUT)
        return News(newest, moved, practice_road.asked(session, last_item))


def go(house: House, ref: str, version: int, move: str, details: Mapping[str, str]) -> bool:
    """Make a move if the case stands as it stood at that version; False where it has moved since.

    Raises as `practice_moves.make`.
    """
    with house.transaction() as session:
        case = cases.lock_by_ref(session, ref)
        if case is None or case.version != version:
            return False
    practice_moves.make(house, ref, move, details)
    return True


def locate(house: House, ref: str, station: str) -> bool:
    """Let the facility's liaison choose the station of a case; it then goes on. False where it has one."""
    practice.standing(house)
    with house.transaction() as session:
        case = cases.lock_by_ref(session, ref)
        if case is None or case.station_id is not None:
            return False
        office_id = case.facility_id or case.owner_office_id
        actor = Actor(LIAISON, office_id, _somebody(on_duty(session, [(office_id, LIAISON)])))
        casework.go_on(house, session, precinct_choice.choose(session, case, station, actor))
        return True


def arrest(house: House, ref: str) -> None:
    """Let the detectives note an arrest of some hours ago."""
    practice.standing(house)
    with house.transaction() as session:
        case = cases.lock_by_ref(session, ref)
        if case is None or case.station_id is None:
            raise NotVisible(f"There is no case {ref} with a station.")
        bearer = _bearer(house, case.station_id, "detective_commander")
        docket_notes.note_arrest(Noting(house, session, case, bearer), case.now - HELD, "arrest")


def answer(house: House, asked: Asked, at: datetime) -> None:
    """Let whoever is on duty settle what they were asked for. Raises `NotVisible`, `NoteRefused`."""
    bearer = _bearer(house, asked.office_id, asked.role)
    day = at.astimezone(SAST).date()
    paper = Paper(f"DPP-{asked.id}/{day:%Y}", day) if asked.kind == INSTRUCTION else None
    with house.transaction() as session:
        item_notes.settle_of_task(house, session, bearer, asked.id, paper)


def prepare(house: House, asked: Asked, said: Sequence[Answered]) -> None:
    """Let whoever is on duty answer what a day in court needs. Raises `NotVisible`, `AnswerRefused`."""
    bearer = _bearer(house, asked.office_id, asked.role)
    with house.transaction() as session:
        case = cases.lock_by_ref(session, asked.ref)
        if case is None or asked.code is None:
            raise NotVisible(f"There is no case {asked.ref} with a day in court.")
        actor = Actor(bearer.role, bearer.office_id, bearer.name)
        countdown_answers.say(house, session, case, actor, said, date.fromisoformat(asked.code))


def _bearer(house: House, office_id: int, role: str) -> Bearer:
    """The first person on duty at a post, as a token would name them."""
    with house.transaction() as session:
        code = _somebody(on_duty(session, [(office_id, role)]))
    return Bearer(0, code, role, office_id, None, code)


def _somebody(people: Mapping[Post, tuple[OnDuty, ...]]) -> str:
    for found in people.values():
        for one in found:
            return one.code
    raise NotVisible("Nobody is on duty there: `hectis practice settle` puts somebody at every post.")
