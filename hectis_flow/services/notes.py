"""What is noted of a case beside its moves stands on its ledger: one entry in codes, in the same transaction.

Whoever notes something calls `write` with the case held. It must not be given a name, or a word in free text.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from hectis_flow.domain.ledger import Json, canonical
from hectis_flow.storage import ledger

KIND: Final = "note"  # the kind of ledger entry


def write(session: Session, case_id: int, by: str, what: str, said: Mapping[str, Json]) -> None:
    """Note something of a case; `by` is whoever notes it, as the ledger writes them."""
    ledger.append(session, case_id, KIND, by, canonical({"note": what, **said}))
