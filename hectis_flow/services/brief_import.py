"""The unit's own form taken over: each row with a verdict, and written only when somebody says so.

The API's view calls `take`, the command `from_terminal`; both are one transaction. A matter that nobody watches yet
gets its brief by hand. What stands already is left, so the same file can be handed in again; what would say
otherwise of the same day is refused, for it is a correction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules, brief_rows
from hectis_flow.domain import briefs as rules
from hectis_flow.domain.brief_rows import COLUMNS, Row
from hectis_flow.domain.briefs import Appearance, BriefRefused
from hectis_flow.domain.errors import HectisError, NotAllowed
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.services import brief_desk, briefs, once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.places import station_named
from hectis_flow.storage import brief_matters, cases, database, ledger, tokens
from hectis_flow.storage.brief_matters import Found
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.tokens import Bearer

__all__ = ["COLUMNS", "MOST_ROWS", "from_terminal", "take"]

MOST_ROWS: Final = 200
OFFICIAL: Final = "watching_brief_official"
ACTION: Final = "briefs.import"

Cells = Mapping[str, str | None]


@dataclass(slots=True)
class Batch:
    """What is known while rows are taken over. `held` are the cases, where they are written to."""

    house: House
    session: Session
    by: str
    office_id: int | None
    held: dict[int, Locked] = field(default_factory=dict)
    seen: dict[tuple[int, date], Appearance] = field(default_factory=dict)
    watched: dict[int, int] = field(default_factory=dict)
    applies: bool = False


def take(house: House, writing: Writing, rows: Sequence[Cells], *, apply: bool) -> Answer:
    """Judge rows, and write those that can be where `apply` says so. Raises `NotAllowed`."""

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        if access_rules.grant(bearer.role, ACTION).scope == "none":
            raise NotAllowed(f"The role {bearer.role} takes no rows over.")
        by = move_actor(bearer.role, bearer.name)
        batch = Batch(house, session, by, bearer.office_id, applies=apply)
        return {"applied": apply, "rows": _judged(batch, rows)}

    return once.run(house, writing, effect)


def from_terminal(house: House, rows: Sequence[Cells], staff: str, *, apply: bool) -> list[dict[str, Any]]:
    """The same for a file at a terminal, by an official of the unit. Raises `BriefRefused` (`no_official`)."""
    with house.transaction() as session:
        batch = Batch(house, session, *official(session, staff), applies=apply)
        return _judged(batch, rows)


def official(session: Session, staff: str) -> tuple[str, int | None]:
    """An official of the unit as the ledger writes them, and their office. Raises `BriefRefused` (`no_official`)."""
    for post in tokens.posts_of(session, staff):
        if post.role == OFFICIAL:
            return move_actor(OFFICIAL, staff), post.office_id
    raise BriefRefused(
        "Nobody with this staff code is a watching brief official today; `hectis staff list` shows who is.",
        code="no_official",
    )


def _judged(batch: Batch, rows: Sequence[Cells]) -> list[dict[str, Any]]:
    today = database.today(batch.session)
    read: dict[int, Row] = {}
    verdicts: dict[int, dict[str, Any]] = {}
    for place, cells in enumerate(rows, start=1):
        try:
            read[place] = brief_rows.read(cells, today)
        except HectisError as fault:
            verdicts[place] = _refused(place, fault)
    found = _located(batch, read)
    for place, row in read.items():
        try:
            verdicts[place] = _taken(batch, place, row, found.get(place, []))
        except HectisError as fault:
            verdicts[place] = _refused(place, fault)
    return [verdicts[place] for place in sorted(verdicts)]


def _located(batch: Batch, read: Mapping[int, Row]) -> dict[int, list[Found]]:
    """The cases of each row; held in the order of their numbers where they are written to."""
    asked = [_asked(batch.session, place, row) for place, row in read.items()]
    by_place: dict[int, list[Found]] = {}
    for one in brief_matters.find(batch.session, asked):
        by_place.setdefault(one.place, []).append(one)
    stages = {one.case_id: one.stage for found in by_place.values() for one in found}
    ids, over = sorted(stages), [case_id for case_id, at in stages.items() if not rules.left_to_watch(at)]
    if batch.applies:
        held = (cases.lock(batch.session, one) for one in ids)
        batch.held = {case.id: case for case in held if case is not None}
    batch.seen = brief_matters.seen(batch.session, ids)
    batch.watched = brief_matters.watched(batch.session, ids, over)
    return by_place


def _asked(session: Session, place: int, row: Row) -> dict[str, Any]:
    asked: dict[str, Any] = {"place": place, "case_ref": row.case_ref, "court": row.court}
    asked["number"] = row.court_case_no
    if row.cas is not None:
        asked |= {"serial": row.cas.serial, "month": row.cas.month, "year": row.cas.year}
        # A station that nobody knows has no number either.
        asked["station_id"] = (station_named(session, row.cas.station) or 0) if row.cas.station else None
    return asked


def _taken(batch: Batch, place: int, row: Row, found: Sequence[Found]) -> dict[str, Any]:
    if len(found) != 1:
        if found:
            rules.refuse("several_matters", "Several cases have this number. Name the one by case_ref.")
        rules.refuse("no_such_matter", "No case that has come to a court has this number. Check it.")
    _, case_id, ref, stage = found[0]
    stands = batch.seen.get((case_id, row.seen.court_date))
    if stands == row.seen:
        return {"row": place, "verdict": "already_there", "case_ref": ref}
    if stands is not None:
        rules.refuse(
            "observed_otherwise",
            "This day in court is noted otherwise already. Correct that note at its brief.",
        )
    opens = case_id not in batch.watched
    if opens:
        rules.check_matter(stage)
    if batch.applies:
        _write(batch, batch.held[case_id], row.seen)
    batch.watched.setdefault(case_id, 0)
    batch.seen[case_id, row.seen.court_date] = row.seen
    verdict = "added" if batch.applies else "would_add"
    return {"row": place, "verdict": verdict, "case_ref": ref, "opens": opens}


def _write(batch: Batch, case: Locked, seen: Appearance) -> None:
    """Note the appearance with its ledger entry; the matter's brief first, if it has none."""
    session, house = batch.session, batch.house
    if case.id not in batch.watched:
        opened = briefs.open_for(house, session, case, rules.BY_HAND, batch.by, batch.office_id)
        batch.watched[case.id] = opened.id
    number = brief_desk.noted(house, session, case, batch.watched[case.id], seen, batch.by, imported=True)
    body = briefs.note("brief_observed", code=seen.outcome, observation=number, state="imported")
    ledger.append(session, case.id, briefs.KIND, batch.by, body)


def _refused(place: int, fault: HectisError) -> dict[str, Any]:
    return {"row": place, "verdict": "refused", "code": fault.code, "message": fault.message}
