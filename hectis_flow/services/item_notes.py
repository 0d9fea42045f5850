"""Items that whoever was asked says are done: which ending each has, and what it needs besides.

The API's view calls `settle`, and `services.tasks` where a task stands for an item. As in `services.docket_notes`, each
is one transaction with its ledger entry of codes. Most items end with a move, and are refused here by what ends them.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.countdown import SIDES
from hectis_flow.domain.endings import ENDED_BY, ENDINGS, INSTRUCTION
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.ledger import Json
from hectis_flow.domain.moments import SAST
from hectis_flow.services import briefs, confirming, docket_notes
from hectis_flow.services.docket_notes import COLLECTED, FORM, NoteRefused, Noting
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.storage import cases, items
from hectis_flow.storage.items import Item
from hectis_flow.storage.tokens import Bearer


class Paper(NamedTuple):
    """What the DPP put in writing: its reference, and the day on which it was signed."""

    ref: str
    signed: date


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

    return docket_notes.noted(house, writing, "cases.settle", ref, note)


def settle_of_task(
    house: House, session: Session, bearer: Bearer, item_id: int, paper: Paper | None = None
) -> None:
    """Settle the item that a task of the bearer's queue stands for. Raises `NoteRefused` like `settle`."""
    found = items.one(session, item_id)
    case = cases.lock(session, found.case_id) if found else None
    item = items.one(session, item_id)  # as it stands now that nobody else can settle it
    if item is None or case is None:
        raise NotVisible(NOT_HERE)
    noting = Noting(house, session, case, bearer)
    if item.kind == FORM:
        docket_notes.collect(noting)
        docket_notes.write(noting, {"note": FORM, "state": COLLECTED})
    else:
        docket_notes.write(noting, _settled(noting, item, ENDINGS.get(item.kind, ""), paper))


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
    if item.kind == confirming.KIND:
        confirming.said(noting.session, noting.case.id, noting.bearer, item.id)
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
