"""What moves mean for the docket and the matter at court: the officer, what is outstanding, what is due, where it is heard.

`services.consequences` calls `follow` after each move. What people note beside the road (an arrest, a J88, a
verified CAS number) is in `services.docket_notes`. Metadata only: no page of parts B or C ever comes here.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain.casework import Actor, Decision
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services import items
from hectis_flow.services.house import House
from hectis_flow.storage import dockets
from hectis_flow.storage.cases import Locked


class Happened(NamedTuple):
    """A move that was written: the case stands where it left it. `by` is who made it, as the ledger says."""

    house: House
    session: Session
    case: Locked
    details: Mapping[str, str]
    by: str


def follow(house: House, session: Session, case: Locked, decision: Decision, actor: Actor) -> None:
    """Write what a move means for docket and matter; most moves mean nothing here."""
    consequence = CONSEQUENCES.get(decision.transition)
    if consequence is not None:
        by = move_actor(actor.role, actor.name)
        consequence(Happened(house, session, case, decision.details, by))


def _assigned(done: Happened) -> None:
    dockets.assign(done.session, done.case.id, done.details["officer"], done.case.now)
    for kind in ("docket_inspection", "docket_due"):
        items.expect(done.house, done.session, done.case, kind)


def _noted(done: Happened) -> None:
    officer = done.details.get("officer")
    if officer:
        dockets.assign(done.session, done.case.id, officer, done.case.now)
    else:
        dockets.note(done.session, done.case.id, done.case.now)


def _submitted(done: Happened) -> None:
    items.settle_all(done.session, done.case, ("docket_due", "docket_inspection"), done.by, "submitted")


def _returned(done: Happened) -> None:
    for part in done.details["items"].split(","):
        code, _, day = part.partition(":")
        wanted_by = date.fromisoformat(day) if day else None
        items.expect(done.house, done.session, done.case, "outstanding_item", code=code, wanted_by=wanted_by)


def _closed(done: Happened) -> None:
    kinds = ("docket_due", "docket_inspection", "first_appearance")
    items.settle_all(done.session, done.case, kinds, done.by, "closed")


def _reopened(done: Happened) -> None:
    items.expect(done.house, done.session, done.case, "docket_due")


def _in_court(done: Happened) -> None:
    number = done.details.get("court_case_no")
    if number and done.case.court_id is not None:
        dockets.bring_to_court(done.session, done.case.id, done.case.version, done.case.court_id, number)
    items.settle_all(done.session, done.case, ("first_appearance",), done.by, "in_court")


def _decided(done: Happened) -> None:
    """Nobody is brought to court: the first appearance is waited for no more."""
    items.settle_all(done.session, done.case, ("first_appearance",), done.by, "decided")


CONSEQUENCES: Final[Mapping[str, Callable[[Happened], None]]] = {
    "investigate": _assigned,
    "note_progress": _noted,
    "submit_docket": _submitted,
    "return_docket": _returned,
    "close_undetected": _closed,
    "close_unfounded": _closed,
    "close_complainant_withdrew": _closed,
    "reopen_docket": _reopened,
    "decline_to_prosecute": _decided,
    "divert": _decided,
    "enrol": _in_court,
    "transfer": _in_court,
    "reenrol": _in_court,
}
