"""The agenda of the next meeting: what came of the last decisions, what stands with the committee, what was tabled.

The API's views and `hectis committee agenda` call it. The agenda is made by rule: nobody puts a late case on it, and
nobody takes one off. Who tables a case may take it back until the meeting opens.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain.committee import CommitteeRefused
from hectis_flow.domain.errors import NotAllowed, NotVisible
from hectis_flow.domain.offices import ROOT
from hectis_flow.render import agenda_paper, paper
from hectis_flow.render.paper import File
from hectis_flow.services import committee, notes
from hectis_flow.services.committee import Asked
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE, Asking
from hectis_flow.services.tokens import bearer_of
from hectis_flow.storage import agenda_lines, database, follow_up, matters, meetings, offices, road, scoped
from hectis_flow.storage.agenda_lines import Aged, Line, Place
from hectis_flow.storage.follow_up import Listed
from hectis_flow.storage.road import Removals

READ, TABLE, TAKE_BACK = "agenda.read", "agenda.table", "agenda.take_back"
NOTE: Final = "tabled"


def read(house: House, asking: Asking) -> dict[str, Any]:
    """The next agenda as it stands by now. Raises `NotAllowed`."""
    with house.transaction() as session:
        return _agenda(session, _reader(session, asking))


def coming_up(house: House, asking: Asking) -> dict[str, Any]:
    """The same without its lines, and which meeting is open now (`sits`, its day `sits_on`). Raises `NotAllowed`."""
    with house.transaction() as session:
        office_id = _reader(session, asking)
        sits, sits_on = meetings.open_now(session, office_id) or (None, None)
        return _head(session, office_id) | {"sits": sits, "sits_on": sits_on and sits_on.isoformat()}


def lines(house: House, asking: Asking, after: Place | None, limit: int) -> list[Line]:
    """Its lines in pages, in the order of the agenda. Raises `NotAllowed`."""
    with house.transaction() as session:
        return agenda_lines.page(session, _reader(session, asking), after, limit)


def undecided(house: House, asking: Asking, limit: int) -> list[Line]:
    """The first of its lines about whose case nothing is decided that is still owed. Raises `NotAllowed`."""
    with house.transaction() as session:
        return agenda_lines.page(session, _reader(session, asking), None, limit, undecided=True)


def line_of(house: House, asking: Asking, ref: str) -> Line | None:
    """The line of this case, if it stands on the next agenda. Raises `NotAllowed`."""
    with house.transaction() as session:
        found = agenda_lines.page(session, _reader(session, asking), None, 1, ref=ref)
        return found[0] if found else None


def pack(house: House, asking: Asking) -> File:
    """The whole agenda by now as a PDF, for the table and the train. Raises `NotAllowed`."""
    with house.transaction() as session:
        office_id = _reader(session, asking)
        told = agenda_paper.paper_of(
            _agenda(session, office_id),
            [one._asdict() for one in agenda_lines.by_age(session, office_id)],
            follow_up.owed(session, office_id),
            database.now(session),
        )
    return File(paper.pdf(told), paper.PDF)


def by_age(house: House, asking: Asking) -> list[Aged]:
    """What has climbed to the committee, by reason and age. Raises `NotAllowed`."""
    with house.transaction() as session:
        return agenda_lines.by_age(session, _reader(session, asking))


def removals(house: House, asking: Asking) -> list[Removals]:
    """What left the roll in the province and came back: all of it first, then by cause. Raises `NotAllowed`."""
    with house.transaction() as session:
        _reader(session, asking)
        return sorted(road.removed(session, None, None), key=lambda one: one.cause is not None)


def coming(house: House) -> dict[str, Any]:
    """The same for whoever runs the system. Raises `NotVisible` where there is no committee."""
    with house.transaction() as session:
        committees = offices.ids_of_kind(session, ROOT)
        if not committees:
            raise NotVisible("There is no committee: run `hectis reference load`.")
        return _agenda(session, committees[0])


def table(house: House, writing: Writing, ref: str, reason: str) -> Answer:
    """Put a case on the next agenda. Raises `NotVisible`, `NoPerson`, and `CommitteeRefused`: `already_tabled`."""

    def effect(asked: Asked) -> Mapping[str, Any]:
        case = scoped.hold(asked.session, asked.given.scope, asked.office_id, ref)
        if case is None:
            raise NotVisible(NOT_HERE)
        post = (asked.office_id, asked.bearer.role)
        made = matters.table(asked.session, case.id, reason, post, asked.by)
        if made is None:
            raise CommitteeRefused(
                "The case waits for the next agenda already. Nothing is left to do.", code="already_tabled"
            )
        notes.write(asked.session, case.id, asked.actor, NOTE, {"state": "tabled", "code": reason})
        return {"id": made, "case_ref": case.ref, "reason": reason}

    return committee.write(house, writing, TABLE, effect, new=True)


def take_back(house: House, writing: Writing, matter_id: int) -> Answer:
    """Take a matter back that one's own office has tabled, before a meeting opens with it.

    Raises `NotVisible`, `NoPerson`, and `CommitteeRefused`: `on_an_agenda`, `already_done`.
    """

    def effect(asked: Asked) -> Mapping[str, Any]:
        matter = matters.hold(asked.session, matter_id)
        if matter is None or (matter.office_id, matter.role) != (asked.bearer.office_id, asked.bearer.role):
            raise NotVisible(NOT_HERE)
        if matter.meeting_id is not None:
            raise CommitteeRefused(
                "A meeting has opened with this matter: it stays. Say there what has become of it.",
                code="on_an_agenda",
            )
        if matter.taken_back:
            raise CommitteeRefused("This matter was taken back. Nothing is left to do.", code="already_done")
        matters.take_back(asked.session, matter_id, asked.by)
        said = {"state": "taken_back", "code": matter.reason}
        notes.write(asked.session, matter.case_id, asked.actor, NOTE, said)
        return {"id": matter_id, "case_ref": matter.ref, "reason": matter.reason}

    return committee.write(house, writing, TAKE_BACK, effect)


def decided(house: House, after: int | None, limit: int, *, every: bool) -> list[Listed]:
    """Decisions for whoever runs the system, beyond the number `after`: those not ended, or all."""
    with house.transaction() as session:
        return follow_up.listing(session, after, limit, every=every)


def _reader(session: Session, asking: Asking) -> int:
    """The committee whose agenda the bearer may read. Raises `NotAllowed`."""
    bearer = bearer_of(session, asking.token)
    if access_rules.grant(bearer.role, READ).scope == "none" or bearer.office_id is None:
        raise NotAllowed(f"The role {bearer.role} has no agenda.")
    return bearer.office_id


def _agenda(session: Session, office_id: int) -> dict[str, Any]:
    found = meetings.lines(session, office_id)
    told = [{**line._asdict(), "since": line.since.isoformat()} for line in found]
    return _head(session, office_id) | {"lines": told}


def _head(session: Session, office_id: int) -> dict[str, Any]:
    followed = meetings.follow_up(session, office_id)
    coming_ = meetings.coming(session, office_id)
    return {
        "meeting": coming_[0] if coming_ else None,
        "held_on": coming_[1].isoformat() if coming_ else None,
        "said": followed.sentence,
        "follow_up": followed.counts,
    }
