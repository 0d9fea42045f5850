"""What a move brings with it besides stage, clock and tasks: bases on record, disclosures, CAS numbers.

`services.casework` calls it around each move, inside the caller's transaction: `prepare` before the
decision, `follow` after it is written. It must not make moves itself.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from hectis_flow.domain.casework import Actor, Decision
from hectis_flow.services import cas, disclosure
from hectis_flow.services.house import House
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.disclosures import Record

OPENS_CAS = "open_cas"
CAS_NUMBER = "cas_number"


def prepare(
    session: Session, case: Locked, transition: str, actor: Actor, details: Mapping[str, str]
) -> Mapping[str, str]:
    """The details in the one form that history keeps. Raises `CasRefused`.

    Only for who may make the move: whoever may not is refused by the decision, and learns nothing here.
    """
    if transition != OPENS_CAS or not details.get(CAS_NUMBER) or actor.role != "saps_liaison":
        return details
    if case.stage != "acknowledged":
        return details
    return {**details, CAS_NUMBER: cas.normal(session, case, details[CAS_NUMBER])}


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
