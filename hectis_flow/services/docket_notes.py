"""What people note of a docket beside the moves: a CAS number that was looked up, an arrest, a J88, an item that is done.

The API's views call it, one call a request, and `services.tasks` where a task stands for an item. Each is one
transaction with its ledger entry of codes; no page of a docket and no name ever comes here. It moves no case.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, NoReturn

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.countdown import SIDES
from hectis_flow.domain.endings import ENDED_BY, ENDINGS, INSTRUCTION
from hectis_flow.domain.errors import HectisError, NotVisible
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.ledger import Json, canonical
from hectis_flow.domain.moments import SAST
from hectis_flow.services import briefs, moves, once
from hectis_flow.services import items as awaited
from hectis_flow.services.house import House
from hectis_flow.services.notes import KIND
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.storage import cas_numbers, cases, dockets, items, ledger
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.items import Item
from hectis_flow.storage.tokens import Bearer

A_YEAR: Final = timedelta(days=365)
FORM: Final = "j88"
COMPLETED, COLLECTED = "completed", "collected"


class NoteRefused(HectisError):
    """It cannot be noted as asked; `code` says why."""

    code = "note_refused"
    status = 409


class Noting(NamedTuple):
    """Who notes something of which case, which is held."""

    house: House
    session: Session
    case: Locked
    bearer: Bearer

    @property
    def by(self) -> str:
        """The bearer as the ledger writes them."""
        return move_actor(self.bearer.role, self.bearer.name)


class Paper(NamedTuple):
    """What the DPP put in writing: its reference, and the day on which it was signed."""

    ref: str
    signed: date


Note = Callable[[Noting], Mapping[str, Json]]


def verify_cas(house: House, writing: Writing, ref: str, *, verified: bool) -> Answer:
    """Say whether SAPS found the number in CAS. Raises `NoteRefused`: `no_cas_number`."""

    def note(noting: Noting) -> Mapping[str, Json]:
        if not dockets.verify_cas(noting.session, noting.case.id, verified=verified):
            _no_number()
        return {"note": "cas_verified", "verified": verified}

    return _noted(house, writing, "cases.verify_cas", ref, note)


def arrest(house: House, writing: Writing, ref: str, at: datetime, how: str) -> Answer:
    """Somebody was arrested, summoned or taken on a warrant; who was arrested must be in court within 48 hours.

    Raises `NoteRefused`: `no_cas_number`, `date_ahead`, `too_long_ago`.
    """
    return _noted(house, writing, "cases.arrest", ref, lambda noting: _arrest(noting, at, how))


def j88(house: House, writing: Writing, ref: str, state: str) -> Answer:
    """The J88 is completed, which its facility says, or collected, which the station says.

    Raises `NoteRefused`: `role_not_allowed`, `no_docket`, `already_done`, `not_completed`.
    """

    def note(noting: Noting) -> Mapping[str, Json]:
        completes = state == COMPLETED
        if completes != (noting.bearer.role == "facility_liaison"):
            raise NoteRefused(
                "The facility says that a J88 is completed, the station that it is collected.",
                code="role_not_allowed",
            )
        (_complete if completes else _collect)(noting)
        return {"note": FORM, "state": state}

    return _noted(house, writing, "cases.j88", ref, note)


def settle(
    house: House, writing: Writing, ref: str, item_id: int, ending: str, paper: Paper | None = None
) -> Answer:
    """Say that an item is done that was asked of the bearer's office and role.

    Raises `NotVisible`, and `NoteRefused`: `already_done`, `ends_by_move`, `other_ending`,
    `reference_needed`, `reference_not_taken`, `dpp_date_ahead`.
    """

    def note(noting: Noting) -> Mapping[str, Json]:
        item = items.one(noting.session, item_id)
        asked = noting.bearer.office_id, noting.bearer.role
        if item is None or item.case_id != noting.case.id or (item.office_id, item.role) != asked:
            raise NotVisible(NOT_HERE)
        return _settled(noting, item, ending, paper)

    return _noted(house, writing, "cases.settle", ref, note)


def note_arrest(noting: Noting, at: datetime, how: str) -> None:
    """Note an arrest of a case that the caller's transaction holds. Raises as `arrest` does."""
    _write(noting, _arrest(noting, at, how))


def settle_of_task(
    house: House, session: Session, bearer: Bearer, item_id: int, paper: Paper | None = None
) -> None:
    """Settle the item that a task of the bearer's queue stands for. Raises `NoteRefused` like `settle`."""
    item = items.one(session, item_id)
    case = cases.lock(session, item.case_id) if item else None
    if item is None or case is None:
        raise NotVisible(NOT_HERE)
    noting = Noting(house, session, case, bearer)
    if item.kind == FORM:
        _collect(noting)
        _write(noting, {"note": FORM, "state": COLLECTED})
    else:
        _write(noting, _settled(noting, item, ENDINGS.get(item.kind, ""), paper))


def _noted(house: House, writing: Writing, action: str, ref: str, note: Note) -> Answer:
    """Note something of a case once; the answer is where the case stands, and what may follow."""

    def effect(session: Session, bearer: Bearer) -> Mapping[str, object]:
        case = moves.held(session, bearer, action, ref)
        noting = Noting(house, session, case, bearer)
        _write(noting, note(noting))
        return moves.standing(house, session, case, bearer)

    return once.run(house, writing, effect)


def _write(noting: Noting, said: Mapping[str, Json]) -> None:
    ledger.append(noting.session, noting.case.id, KIND, noting.by, canonical(said))


def _arrest(noting: Noting, at: datetime, how: str) -> Mapping[str, Json]:
    case, session = noting.case, noting.session
    _check_arrest(noting, at)
    number = dockets.arrest(session, case.id, at, how, noting.by)
    if how == "arrest" and not case.charged:
        begun = case._replace(now=at)  # the hours run from the arrest, whenever it is noted
        awaited.expect(noting.house, session, begun, "first_appearance", code=str(number))
    return {"note": "arrest", "arrest": number, "how": how, "at": at.isoformat()}


def _check_arrest(noting: Noting, at: datetime) -> None:
    now = noting.case.now
    if at > now:
        raise NoteRefused("This arrest lies ahead. Check day and time.", code="date_ahead")
    if now - at > A_YEAR:
        raise NoteRefused("This arrest is more than a year ago. Check day and time.", code="too_long_ago")
    if not cas_numbers.is_given(noting.session, noting.case.id):
        _no_number()


def _complete(noting: Noting) -> None:
    if not dockets.is_open(noting.session, noting.case.id):
        raise NoteRefused(
            "There is no docket yet that the J88 could go to. Say it again once an officer investigates.",
            code="no_docket",
        )
    if not dockets.j88(noting.session, noting.case.id, collected=False):
        raise NoteRefused("The J88 was completed before: nothing is left to do.", code="already_done")
    awaited.expect(noting.house, noting.session, noting.case, FORM)


def _collect(noting: Noting) -> None:
    if not dockets.j88(noting.session, noting.case.id, collected=True):
        raise NoteRefused(
            "No completed J88 waits to be collected: the facility says first that it is ready.",
            code="not_completed",
        )
    awaited.settle_all(noting.session, noting.case, (FORM,), noting.by, COLLECTED)


def _settled(noting: Noting, item: Item, ending: str, paper: Paper | None) -> Mapping[str, Json]:
    """Settle one item, and what the ledger keeps of it."""
    if item.settled_at is not None:
        raise NoteRefused("This item is settled: nothing is left to do.", code="already_done")
    if item.kind in SIDES:
        raise NoteRefused("Answer each check of it, at the countdown of its case.", code="ends_by_answers")
    if item.kind not in ENDINGS:
        raise NoteRefused(
            f"This ends only with what it asks for: {ENDED_BY[item.kind]}.", code="ends_by_move"
        )
    if ending != ENDINGS[item.kind]:
        raise NoteRefused(
            f"This item ends as '{ENDINGS[item.kind]}'. Send that as its ending.", code="other_ending"
        )
    says = _says(noting, item, paper)
    items.settle(noting.session, [item.id], noting.by, ending, says)
    briefs.settled(noting.house, noting.session, noting.case, item, noting.bearer.name, noting.by)
    return {"note": "item", "item": item.id, "kind": item.kind, "code": item.code, "ending": ending, **says}


def _says(noting: Noting, item: Item, paper: Paper | None) -> dict[str, str]:
    """The reference that an instruction needs, and nothing else takes."""
    if item.kind != INSTRUCTION:
        if paper is not None:
            raise NoteRefused("Only the DPP's instruction has a reference.", code="reference_not_taken")
        return {}
    if paper is None or not re.fullmatch(workflow_rules.detail("dpp_ref").pattern, paper.ref):
        raise NoteRefused(
            "The DPP's instruction is settled with 'dpp_ref' and 'dpp_date', at the item of its case.",
            code="reference_needed",
        )
    if paper.signed > noting.case.now.astimezone(SAST).date():
        raise NoteRefused("The day on which it was signed lies ahead. Check it.", code="dpp_date_ahead")
    return {"dpp_ref": paper.ref, "dpp_date": paper.signed.isoformat()}


def _no_number() -> NoReturn:
    raise NoteRefused("The case has no CAS number yet. Open the CAS first.", code="no_cas_number")
