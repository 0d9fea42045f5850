"""What a move brings with it besides stage, clock and tasks: bases on record, disclosures, CAS numbers, dockets, courts, briefs.

`services.casework` calls it around each move, inside the caller's transaction: `prepare` before the
decision, `follow` after it is written. It must not make moves itself.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from hectis_flow.domain import charges, workflow_rules
from hectis_flow.domain.casework import SECOND, Actor, Decision
from hectis_flow.domain.charges import Charge
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.services import briefs, cas, disclosure, dockets
from hectis_flow.services.house import House
from hectis_flow.storage import items, offices
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.disclosures import Record

OPENS_CAS = "open_cas"
CAS_NUMBER = "cas_number"
COURT = "court"
REENROLS = "reenrol"
PAPER = frozenset({"dpp_ref", "dpp_date"})


def prepare(
    session: Session,
    case: Locked,
    transition: str,
    actor: Actor,
    details: Mapping[str, str],
    second: str | None,
    known: Sequence[Charge],
) -> Mapping[str, str]:
    """The details in the one form that history keeps. Raises `CasRefused` and `TransitionRefused`.

    A CAS number is read only for who may give it: whoever may not is refused by the decision, and learns
    nothing here. What the DPP gave in writing for these removals need not be given twice. `second` is who confirmed
    it; no caller can name them in the details. `known` are the charges of the case.
    """
    if SECOND in details:
        raise TransitionRefused("Nobody confirms a move in its details.", code="unknown_detail")
    given = dict(details) | ({SECOND: second} if second else {})
    if transition == REENROLS and not PAPER & given.keys():
        return {**given, **_paper(session, case, known, details.get("of"))}
    if transition != OPENS_CAS or not details.get(CAS_NUMBER) or actor.role != "saps_liaison":
        return given
    if case.stage != "acknowledged":
        return given
    return {**given, CAS_NUMBER: cas.normal(session, case, details[CAS_NUMBER])}


def _paper(session: Session, case: Locked, known: Sequence[Charge], of: str | None) -> Mapping[str, str]:
    """What the DPP put in writing for charges that are put back on the roll: for every removal that is locked, or none."""
    meant = charges.about(known, workflow_rules.transition(REENROLS), of)
    locked = {one.removal_id for one in meant if one.locked and one.removal_id is not None}
    if not locked:
        return {}
    found = items.papers(session, case.id, locked)
    return max(found.values(), key=lambda paper: paper["dpp_date"]) if found.keys() == locked else {}


def court_of(session: Session, case: Locked, decision: Decision) -> int | None:
    """The court whose prosecutors have the docket after a move. Raises `TransitionRefused` (`unknown_court`)."""
    named = decision.details.get(COURT)
    if named is None:
        return case.court_id
    found = offices.of_kind(session, named, "court")
    if found is None:
        raise TransitionRefused(
            "There is no court of this code. `GET /api/v1/offices?kind=court` lists them.",
            code="unknown_court",
        )
    return found


def follow(
    house: House, session: Session, case: Locked, decision: Decision, actor: Actor, record: Record
) -> None:
    """Write what the move means beside the case, which stands where the move left it."""
    basis = decision.details.get("disclosure_basis")
    if decision.transition == "consent_withdrawn" and basis:
        disclosure.withdraw(session, case.id, basis)
    elif basis:
        agreed = decision.details.get("consent_scope")
        scope = agreed.split(",") if agreed else None
        document = decision.details.get("document_ref")
        disclosure.record_basis(session, case.id, basis, document, actor, scope)
    if decision.transition == OPENS_CAS:
        cas.keep(session, case, decision.details[CAS_NUMBER], actor)
    if case.stage == "referred":
        disclosure.send(house, session, case, actor, record)
    dockets.follow(house, session, case, decision, actor)
    briefs.follow(house, session, case, decision)
