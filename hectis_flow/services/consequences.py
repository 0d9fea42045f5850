"""What a move brings with it besides stage, clock and tasks: bases on record, disclosures, CAS numbers.

`services.casework` calls it around each move, inside the caller's transaction: `prepare` before the
decision, `follow` after it is written. It must not make moves itself.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from hectis_flow.domain.casework import Actor, Decision
from hectis_flow.storage.cases import Locked


def prepare(session: Session, case: Locked, transition: str, details: Mapping[str, str]) -> Mapping[str, str]:
    """The details in the one form that history keeps."""
    return details


def follow(session: Session, case: Locked, decision: Decision, actor: Actor) -> None:
    """Write what the move means beside the case."""
