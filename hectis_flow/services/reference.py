"""Loads the reference tables: offices, how senders name them, and nothing about persons."""

from collections.abc import Mapping, Sequence
from typing import Any

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
