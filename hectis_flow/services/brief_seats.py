"""Who takes a watching brief: acknowledge, decline with a coded reason, or name another office.

The API's views call it, one call a request; the page behind a link answers by `briefs.settled`. Whoever declines is
asked no more: the road goes to the next seat by itself, and past its end to the committee's secretary, so that a
brief always lies with somebody. Every seat stays on record with what it said.
"""

from collections.abc import Mapping

from hectis_flow.domain import briefs as rules
from hectis_flow.domain.briefs import LAST_SEAT, NPA, UNIT, UNIT_SEAT, Asked, Seat
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.ledger import Json
from hectis_flow.domain.moments import SAST
from hectis_flow.services import briefs
from hectis_flow.services import items as awaited
from hectis_flow.services.brief_desk import Desk, at_desk, own_seat
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reference import tree
from hectis_flow.storage import brief_seats as stored
from hectis_flow.storage import items, offices
from hectis_flow.storage.brief_seats import BriefSeat
from hectis_flow.storage.staff import on_duty


def acknowledge(house: House, writing: Writing, brief_id: int) -> Answer:
    """Take a brief for the seat that the bearer is asked for; the unit's official begins to monitor.

    Raises `NotVisible`, and `BriefRefused`: `brief_closed`, `not_asked`, `you_declined`.
    """

    def doing(desk: Desk) -> Mapping[str, Json]:
        seat = own_seat(desk)
        _take(desk, seat)
        return _said("acknowledged", seat)

    return at_desk(house, writing, "briefs.acknowledge", brief_id, doing)


def decline(house: House, writing: Writing, brief_id: int, reason: str) -> Answer:
    """Decline a brief; somebody else is asked at once. Raises as `acknowledge`, and `end_of_the_road`."""

    def doing(desk: Desk) -> Mapping[str, Json]:
        seat = own_seat(desk)
        if seat.kind == LAST_SEAT.kind:
            rules.refuse(
                "end_of_the_road",
                "Everybody who could be asked has declined. Name another office (redirect), keep the brief "
                "(acknowledge), or close it.",
            )
        _leave(desk, seat, "declined", reason)
        following, where = _after(desk, seat)
        briefs.ask(house, desk.session, desk.case, brief_id, seat.side, following, where)
        return {**_said("declined", seat), "state": reason}

    return at_desk(house, writing, "briefs.decline", brief_id, doing)


def redirect(house: House, writing: Writing, brief_id: int, office: str, reason: str) -> Answer:
    """Name the office whose matter it is. Raises as `acknowledge`, and `wrong_office`, `already_asked`."""

    def doing(desk: Desk) -> Mapping[str, Json]:
        where, kind = offices.codes(desk.session).get(office, (0, ""))
        seat = own_seat(desk, UNIT if kind == UNIT_SEAT.office_kind else NPA)
        named = rules.redirected(seat.side, kind, seat.kind)
        if (where == seat.office_id and seat.role == named.role) or (
            seat.side == NPA and Asked(where, named.role) in _asked(desk)
        ):
            rules.refuse("already_asked", "This office was asked about the brief already. Name another one.")
        _leave(desk, seat, "redirected", reason)
        briefs.ask(house, desk.session, desk.case, brief_id, seat.side, named, where)
        return {**_said("redirected", seat), "state": reason}

    return at_desk(house, writing, "briefs.redirect", brief_id, doing)


def _take(desk: Desk, seat: BriefSeat) -> None:
    """Settle what was asked of the seat; of the unit every removal that it was told of with it."""
    if seat.side == UNIT and seat.kind == UNIT_SEAT.kind:
        awaited.settle_all(desk.session, desk.case, (UNIT_SEAT.kind,), desk.by, "noted")
    elif seat.item_id is not None:
        items.settle(desk.session, [seat.item_id], desk.by, rules.ENDINGS[seat.kind])
    name = desk.bearer.name
    briefs.acknowledged(desk.house, desk.session, desk.case, desk.brief_id, seat, name, desk.by)


def _leave(desk: Desk, seat: BriefSeat, answer: str, reason: str) -> None:
    if seat.item_id is not None:
        items.settle(desk.session, [seat.item_id], desk.by, answer)
    stored.answer(desk.session, seat.id, answer, desk.by, reason)


def _after(desk: Desk, seat: BriefSeat) -> tuple[Seat, int]:
    """Who is asked next, and at which office."""
    if seat.side == UNIT and _others(desk, seat):
        return UNIT_SEAT, seat.office_id
    if seat.side == NPA:
        found = rules.next_of_npa(seat.kind, _asked(desk), lambda kind: _of_kind(desk, seat, kind))
        if found is not None:
            return found
    return LAST_SEAT, awaited.office(desk.house, desk.session, desk.case, LAST_SEAT.office_kind)


def _asked(desk: Desk) -> frozenset[Asked]:
    return frozenset(Asked(one.office_id, one.role) for one in stored.of_brief(desk.session, desk.brief_id))


def _others(desk: Desk, seat: BriefSeat) -> bool:
    """Whether somebody of the unit is there who has not declined."""
    post = seat.office_id, seat.role
    there = on_duty(desk.session, [post])[post]
    declined = {
        one.answered_by for one in stored.of_brief(desk.session, desk.brief_id) if one.answer == "declined"
    }
    return any(move_actor(seat.role, person.code) not in declined for person in there)


def _of_kind(desk: Desk, seat: BriefSeat, kind: str) -> int | None:
    """The office of exactly this kind above the seat; a level that a court's side does not have is left out."""
    known = tree(desk.house, desk.session, desk.case.offices)
    found = known.climb(seat.office_id, kind, desk.case.now.astimezone(SAST).date())
    return found if found is not None and known.kind_of(found) == kind else None


def _said(answer: str, seat: BriefSeat) -> dict[str, Json]:
    return {"note": "brief_seat", "kind": seat.kind, "code": answer}
