"""What the API asks of watching briefs: open one by hand, note an appearance, close it; and how one is held and shown.

The API's views call it, one call a request, through `services.once`; `brief_seats` and `brief_letters` hold and
show a brief by it. A brief is found within the scope that the policy table grants, and its case is held.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain import briefs as rules
from hectis_flow.domain.briefs import Appearance
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.ledger import Json, canonical
from hectis_flow.domain.moments import SAST
from hectis_flow.services import briefs, items, moves, once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.storage import brief_notes, brief_seats, cases, ledger, reading
from hectis_flow.storage.brief_seats import BriefSeat
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.reading import Wanted
from hectis_flow.storage.tokens import Bearer

RECORD: Final = "brief"


class Desk(NamedTuple):
    """Who does something with which brief; its case is held."""

    house: House
    session: Session
    bearer: Bearer
    case: Locked
    brief_id: int

    @property
    def by(self) -> str:
        """The bearer as the ledger writes them."""
        return move_actor(self.bearer.role, self.bearer.name)


Doing = Callable[[Desk], Mapping[str, Json]]


def open_brief(house: House, writing: Writing, ref: str) -> Answer:
    """Watch a case of a court because somebody says so; one that is watched has one reason more.

    Raises `NotVisible`, and `BriefRefused` (`matter_over`).
    """

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        case = moves.held(session, bearer, "briefs.open", ref)
        by = move_actor(bearer.role, bearer.name)
        found = briefs.open_for(house, session, case, rules.BY_HAND, by, bearer.office_id)
        return shown(session, bearer, found.id)

    return once.run(house, writing, effect, status=201)


def observe(
    house: House, writing: Writing, brief_id: int, seen: Appearance, corrects: int | None = None
) -> Answer:
    """Note an appearance as the unit saw it; what was noted before is corrected by a new note, never changed.

    Raises `NotVisible`, and `BriefRefused`: `brief_closed`, `date_ahead`, `cause_twice`, `attribution_missing`,
    `already_observed`, `nothing_to_correct`.
    """

    def doing(desk: Desk) -> Mapping[str, Json]:
        if rules.left_to_watch(desk.case.stage):
            briefs.check_open(desk.session, brief_id)  # what ended the matter has closed it as well
        number = noted(desk.house, desk.session, desk.case, brief_id, seen, desk.by, corrects)
        return {"note": "brief_observed", "code": seen.outcome, "observation": number}

    return at_desk(house, writing, "briefs.observe", brief_id, doing, status=201)


def close(house: House, writing: Writing, brief_id: int, reason: str) -> Answer:
    """Close a brief with a coded reason: any as the unit, as somebody else one that waits for them.

    Raises `NotVisible`, and `BriefRefused`: `brief_closed`, `not_asked`.
    """

    def doing(desk: Desk) -> Mapping[str, Json]:
        if desk.bearer.role == rules.UNIT_SEAT.role:
            briefs.check_open(desk.session, brief_id)
        else:
            own_seat(desk)
        briefs.close(desk.session, desk.case, reason, desk.by)
        return {}

    return at_desk(house, writing, "briefs.close", brief_id, doing)


def own_seat(desk: Desk, side: str | None = None) -> BriefSeat:
    """The seat that waits for the bearer; of two, to which both roads have led, that of `side`.

    Raises `BriefRefused`: `brief_closed`, `not_asked`, `you_declined`.
    """
    briefs.check_open(desk.session, desk.brief_id)
    asked = desk.bearer.office_id, desk.bearer.role
    seats = brief_seats.of_brief(desk.session, desk.brief_id)
    mine = [one for one in seats if one.answer is None and (one.office_id, one.role) == asked]
    if not mine:
        rules.refuse(
            "not_asked", "This brief does not wait for you now. The brief itself shows whom it waits for."
        )
    briefs.check_not_declined(seats, desk.by)
    return next((one for one in mine if one.side == side), mine[0])


def noted(
    house: House,
    session: Session,
    case: Locked,
    brief_id: int,
    seen: Appearance,
    by: str,
    corrects: int | None = None,
    *,
    imported: bool = False,
) -> int:
    """Write an appearance down, which is a look at the matter too; the number of the note.

    Raises `BriefRefused` as `observe`.
    """
    rules.check_appearance(seen, case.now.astimezone(SAST).date())
    values = {"brief_id": brief_id, "by": by, "corrects_id": corrects, "imported": imported}
    if corrects is not None:
        _check_corrected(session, brief_id, corrects, seen)
    number = brief_notes.add(session, seen, values)
    if number is None:
        rules.refuse(
            "already_observed",
            "This day in court is noted already. Correct that note: send its number as 'corrects'.",
        )
    items.settle_all(session, case, (rules.MONITOR,), by, "observed")
    briefs.watch_on(house, session, case)
    return number


def _check_corrected(session: Session, brief_id: int, number: int, seen: Appearance) -> None:
    if not brief_notes.may_correct(session, brief_id, number, seen.court_date):
        rules.refuse(
            "nothing_to_correct",
            "There is no note of this day with that number, or it is corrected already. Correct the newest one.",
        )


def at_desk(
    house: House, writing: Writing, action: str, brief_id: int, doing: Doing, status: int = 200
) -> Answer:
    """Do something with a brief once, with its ledger entry; the answer is the brief as the bearer sees it."""

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        desk = Desk(house, session, bearer, held(session, bearer, action, brief_id), brief_id)
        said = doing(desk)
        if said:
            ledger.append(session, desk.case.id, briefs.KIND, desk.by, canonical(dict(said)))
        return shown(session, bearer, brief_id)

    return once.run(house, writing, effect, status=status)


def held(session: Session, bearer: Bearer, action: str, brief_id: int) -> Locked:
    """The case of a brief that the bearer may see by this action, held. Raises `NotVisible`."""
    scope = access_rules.grant(bearer.role, action).scope
    found = reading.one(session, Wanted(RECORD, ("case_id",), scope, bearer.office_id), brief_id)
    case = cases.lock(session, found[1]["case_id"]) if found else None
    if case is None:
        raise NotVisible(NOT_HERE)
    return case


def shown(session: Session, bearer: Bearer, brief_id: int) -> dict[str, Any]:
    """A brief with the fields that the bearer may read of it; no more than its number to whom that is nothing."""
    given = access_rules.grant(bearer.role, "briefs.read")
    found = reading.one(session, Wanted(RECORD, given.fields, given.scope, bearer.office_id), brief_id)
    return found[1] if found else {"id": brief_id}
