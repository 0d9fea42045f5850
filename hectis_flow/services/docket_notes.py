"""What people note of a docket beside the moves: a CAS number that was looked up, an arrest, a J88.

The API's views call it, one call a request; items are settled in `services.item_notes`. Each is one transaction with
its ledger entry of codes; no page of a docket and no name ever comes here. It moves no case.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple, NoReturn

from sqlalchemy.orm import Session

from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.ledger import Json, canonical
from hectis_flow.services import items as awaited
from hectis_flow.services import moves, once
from hectis_flow.services.house import House
from hectis_flow.services.notes import KIND
from hectis_flow.services.once import Answer, Writing
from hectis_flow.storage import cas_numbers, dockets, ledger
from hectis_flow.storage.cases import Locked
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


Note = Callable[[Noting], Mapping[str, Json]]


def verify_cas(house: House, writing: Writing, ref: str, *, verified: bool) -> Answer:
    """Say whether SAPS found the number in CAS. Raises `NoteRefused`: `no_cas_number`."""

    def note(noting: Noting) -> Mapping[str, Json]:
        if not dockets.verify_cas(noting.session, noting.case.id, verified=verified):
            _no_number()
        return {"note": "cas_verified", "verified": verified}

    return noted(house, writing, "cases.verify_cas", ref, note)


def arrest(house: House, writing: Writing, ref: str, at: datetime, how: str) -> Answer:
    """Somebody was arrested, summoned or taken on a warrant; who was arrested must be in court within 48 hours.

    Raises `NoteRefused`: `no_cas_number`, `date_ahead`, `too_long_ago`.
    """
    return noted(house, writing, "cases.arrest", ref, lambda noting: _arrest(noting, at, how))


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
        (_complete if completes else collect)(noting)
        return {"note": FORM, "state": state}

    return noted(house, writing, "cases.j88", ref, note)


def note_arrest(noting: Noting, at: datetime, how: str) -> None:
    """Note an arrest of a case that the caller's transaction holds. Raises as `arrest` does."""
    write(noting, _arrest(noting, at, how))


def noted(house: House, writing: Writing, action: str, ref: str, note: Note) -> Answer:
    """Note something of a case once; the answer is where the case stands, and what may follow."""

    def effect(session: Session, bearer: Bearer) -> Mapping[str, object]:
        case = moves.held(session, bearer, action, ref)
        noting = Noting(house, session, case, bearer)
        write(noting, note(noting))
        return moves.standing(house, session, case, bearer)

    return once.run(house, writing, effect)


def write(noting: Noting, said: Mapping[str, Json]) -> None:
    """Write down in the ledger of its case what was noted."""
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


def collect(noting: Noting) -> None:
    """The completed J88 was collected. Raises `NoteRefused`: `not_completed`."""
    if not dockets.j88(noting.session, noting.case.id, collected=True):
        raise NoteRefused(
            "No completed J88 waits to be collected: the facility says first that it is ready.",
            code="not_completed",
        )
    awaited.settle_all(noting.session, noting.case, (FORM,), noting.by, COLLECTED)


def _no_number() -> NoReturn:
    raise NoteRefused("The case has no CAS number yet. Open the CAS first.", code="no_cas_number")
