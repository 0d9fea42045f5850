"""Watching briefs: opened by a rule or by hand with whoever is asked, followed month by month, closed by a rule.

`services.removals` and `services.consequences` call it within a move, and whoever else has a reason to watch a
matter calls `open_for`; the case is held. What people say of a brief is in `brief_seats`, `brief_desk` and
`brief_letters`. Data of the court alone decides; no hospital's does.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from hectis_flow.domain import briefs as rules
from hectis_flow.domain import workflow_rules
from hectis_flow.domain.briefs import NPA, UNIT
from hectis_flow.domain.casework import Decision
from hectis_flow.domain.court import ENROL
from hectis_flow.domain.ledger import Json, canonical
from hectis_flow.services import items, waiting
from hectis_flow.services.house import House
from hectis_flow.services.reference import tree
from hectis_flow.storage import brief_reversals, brief_seats
from hectis_flow.storage import briefs as stored
from hectis_flow.storage.brief_seats import BriefSeat
from hectis_flow.storage.briefs import Opened
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.items import Item

RULE: Final = "rule:briefs"
KIND: Final = "note"  # of ledger entry, as of everything that is noted beside the moves
POSTPONES: Final = "postpone"


def open_for(
    house: House, session: Session, case: Locked, trigger: str, by: str, office_id: int | None = None
) -> Opened:
    """Watch a case that is held, for this reason; one that is watched already has one reason more.

    `by` is who says so, as the ledger writes them; `office_id` is their office, where a person does. Raises
    `BriefRefused` (`matter_over`).
    """
    rules.check_matter(case.stage)
    return _open(house, session, case, (trigger,), by, office_id=office_id)


def removed(house: House, session: Session, case: Locked, removal_id: int) -> None:
    """Charges left the roll: the matter is watched, and the unit is told of each removal."""
    _open(house, session, case, (rules.REMOVAL,), RULE, removal_id=removal_id)


def returned(session: Session, case: Locked) -> None:
    """Charges have left their removal: a brief about no more than that is over once nothing is off the roll.

    An ending of the whole case closes it as that, in `follow`.
    """
    if not rules.left_to_watch(case.stage):
        return
    _close(session, case, rules.BACK_ON_ROLL, RULE, unless=rules.LASTING)


def follow(house: House, session: Session, case: Locked, decision: Decision) -> None:
    """What a move means for the watching of its case, which stands where the move left it; mostly nothing."""
    if decision.transition == POSTPONES:
        same, every = stored.postponed(session, case.id, decision.details["reason"])
        if rules.repeats(same, every):
            _open(house, session, case, (rules.REPEATED,), RULE)
    elif decision.transition == ENROL:
        triggers = _laid(house, session, case, decision)
        if triggers:
            _open(house, session, case, triggers, RULE)
    elif case.court_id is not None and not rules.left_to_watch(decision.to_stage):
        ending = rules.LAPSED if decision.to_stage == rules.LAPSED else rules.FINALISED
        _close(session, case, ending, RULE)


def close(session: Session, case: Locked, reason: str, by: str) -> None:
    """Close the open brief of a case, as somebody says."""
    _close(session, case, reason, by)


def take_back(
    session: Session, case: Locked, version: int, at: datetime, by: str
) -> tuple[set[int], set[int]]:
    """Let briefs stand as before a move that is taken back: the items to keep in any case, and those to end."""
    if case.court_id is None:
        return set(), set()  # no move before a court opens or closes a brief
    keep = brief_reversals.take_back(session, case.id, version, at, case.now, by)
    return set(keep), set(brief_reversals.left_over(session, case.id, rules.ENDS_WITH_BRIEF))


def settled(house: House, session: Session, case: Locked, item: Item, name: str, by: str) -> None:
    """An item was settled by whoever was asked: what follows for the brief that it is about, if it is of one.

    `name` is theirs as a token has it. Raises `BriefRefused` (`you_declined`).
    """
    if item.kind == rules.MONITOR:
        watch_on(house, session, case)
        return
    asked = brief_seats.of_item(session, item.id) if item.kind in rules.SEAT_KINDS else None
    if asked is not None:
        acknowledged(house, session, case, *asked, name, by)


def acknowledged(
    house: House, session: Session, case: Locked, brief_id: int, seat: BriefSeat, name: str, by: str
) -> None:
    """Whoever sits there has taken it: the unit's official begins to monitor, the prosecution knows.

    Raises `BriefRefused` (`you_declined`).
    """
    check_not_declined(brief_seats.of_brief(session, brief_id), by)
    brief_seats.answer(session, seat.id, "acknowledged", by)
    if seat.side == NPA:
        stored.acknowledge(session, brief_id, by)
        return
    stored.take_up(session, brief_id, name)
    watch_on(house, session, case)


def watch_on(house: House, session: Session, case: Locked) -> None:
    """Look again in a month, while the brief is open and somebody has it; a court that came since is asked now."""
    brief = stored.open_of(session, case.id)
    if brief is not None and brief.taken_up_at is not None:
        ask_npa(house, session, case, brief.id)
        items.expect(house, session, case, rules.MONITOR, at_office=brief.office_id)


def ask(
    house: House, session: Session, case: Locked, brief_id: int, side: str, seat: rules.Seat, office_id: int
) -> None:
    """Ask one office about a brief: with a task, a clock and a notice."""
    code = side if seat == rules.LAST_SEAT else None  # both roads may have led there
    item_id = items.expect(house, session, case, seat.kind, code=code, at_office=office_id)
    values = {"brief_id": brief_id, "side": side, "kind": seat.kind, "office_id": office_id}
    brief_seats.ask(session, {**values, "role": seat.role, "item_id": item_id, "at": case.now})


def ask_npa(house: House, session: Session, case: Locked, brief_id: int) -> None:
    """Ask the prosecutor of a matter that has come to a court only since its brief was opened."""
    if case.court_id is None or any(one.side == NPA for one in brief_seats.of_brief(session, brief_id)):
        return
    first = rules.NPA_ROAD[0]
    ask(house, session, case, brief_id, NPA, first, items.office(house, session, case, first.office_kind))


def check_open(session: Session, brief_id: int) -> None:
    """Raise `BriefRefused` (`brief_closed`) for a brief that is over."""
    brief = stored.one(session, brief_id)
    if brief is None or brief.closed_at is not None:
        rules.refuse("brief_closed", "This brief is closed. Open another one if there is more to watch.")


def check_not_declined(seats: Iterable[BriefSeat], by: str) -> None:
    """Raise `BriefRefused` (`you_declined`) where this person has declined one of a brief's seats."""
    if any(one.answer == "declined" and one.answered_by == by for one in seats):
        rules.refuse("you_declined", "You declined this brief. Somebody else takes it, or names who does.")


def note(what: str, **said: Json) -> str:
    """The body of a ledger entry about a brief."""
    return canonical({"note": what, **said})


def _open(
    house: House,
    session: Session,
    case: Locked,
    triggers: Sequence[str],
    by: str,
    *,
    removal_id: int | None = None,
    office_id: int | None = None,
) -> Opened:
    unit = _wanted(house, session, case, UNIT, rules.UNIT_SEAT, removal_id)
    asked = [unit]
    if case.court_id is not None:
        asked.append(_wanted(house, session, case, NPA, rules.NPA_ROAD[0]))
    values = {
        "case_id": case.id,
        "court_id": case.court_id,
        "office_id": unit["office_id"],
        "triggers": list(triggers),
        "at": case.now,
        "version": case.version,
        "opened_office_id": office_id,
    }
    said = {"kind": KIND, "actor": by, "body": note("brief_opened", code=",".join(triggers))}
    return stored.open_one(session, values | said, asked)


def _wanted(
    house: House, session: Session, case: Locked, side: str, seat: rules.Seat, removal_id: int | None = None
) -> dict[str, Any]:
    """What is awaited of the first seat of a side, as the statement that opens a brief takes it."""
    thing = workflow_rules.awaited(seat.kind)
    owner = items.office(house, session, case, seat.office_kind)
    values = waiting.reckoned(house, session, thing.clock, owner, case, case.now)
    return {
        **values,
        "started_at": values["started_at"].isoformat(),
        "due_at": values["due_at"].isoformat(),
        "ladder": json.loads(values["ladder"]),
        "side": side,
        "kind": seat.kind,
        "removal_id": removal_id,
        "office_id": owner,
        "role": thing.task.role,
        "task": thing.task.kind,
        "tells": thing.tells,
        "always": removal_id is not None,
    }


def _laid(house: House, session: Session, case: Locked, decision: Decision) -> tuple[str, ...]:
    """The reasons to watch a case that charges newly laid are."""
    carried = decision.carried.moved if decision.carried else ()
    offences = [now.offence for was, now in carried if was.id is None]
    hotspots = house.policy.in_force(case.now).hotspot_stations
    station = tree(house, session, case.offices).nodes.get(case.station_id) if case.station_id else None
    return rules.of_charges(offences, station.code if station else None, hotspots)


def _close(session: Session, case: Locked, ending: str, by: str, unless: Sequence[str] | None = None) -> None:
    said: Mapping[str, Any] = {"kind": KIND, "actor": by, "body": note("brief_closed", ending=ending)}
    values = {"case_id": case.id, "at": case.now, "by": by, "ending": ending}
    stored.close(session, {**values, **said}, rules.ENDS_WITH_BRIEF, unless)
