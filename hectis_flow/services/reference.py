"""Loads the reference tables: offices, how senders name them, and nothing about persons."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.services.house import House
from hectis_flow.storage import offices

# The office that owns what no facility can be found for, so that every case has an owner.
FALLBACK_OFFICE = "wc-health-data"


def load_offices(house: House, rows: Sequence[Mapping[str, Any]]) -> int:
    """Bring the offices to what the rows say; gives how many were new or changed."""
    with house.transaction() as session:
        changed = offices.upsert(session, rows)
        for kind in ("facility", "station"):
            offices.add_aliases(session, kind)
    return changed


def load_spellings(house: House, rows: Sequence[Mapping[str, str]]) -> int:
    """Let stations be named by further spellings (`alias`, `code`); gives how many are new."""
    with house.transaction() as session:
        return offices.also_named(session, "station", rows)


def facilities(house: House, session: Session) -> dict[str, int]:
    """Every word that names a facility, folded: the offices' own, and what each sender is known to write."""
    words = offices.by_alias(session, "facility")
    for sender in house.senders:
        for said, code in sender.facilities.items():
            office_id = words.get(offices.alias_key(code))
            if office_id is not None:
                words[offices.alias_key(said)] = office_id
    return words
