"""A clock is put off until a day, with a coded reason, by who owes it or their head; and on again.

The API's views call it, one call a request. It is on record and seen on the case, its tasks and its escalations;
nobody is told. All of it is one transaction with its ledger entry. It moves no case and stops no clock.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from hectis_flow.domain import snooze as rules
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.history_proof import move_actor
from hectis_flow.domain.ledger import Json
from hectis_flow.domain.snooze import Limits, Moved, SnoozeRefused
from hectis_flow.services import moves, notes, once
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE
from hectis_flow.storage import snoozes
from hectis_flow.storage.cases import Locked
from hectis_flow.storage.snoozes import Found, Meant, Put
from hectis_flow.storage.tokens import Bearer


def snooze(
    house: House, writing: Writing, ref: str, clock: str | None, item: int | None, reason: str, until: date
) -> Answer:
    """Put a clock off: the one of the case's stage, by its name, or that of an item; how it then stands.

    Raises `NotVisible`, and `SnoozeRefused`: `not_yours`, and as `domain.snooze.put_off` says.
    """

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        case = moves.held(session, bearer, "cases.snooze", ref)
        return _put_off(house, session, bearer, case, Meant(ref, clock, item), reason, until)

    return once.run(house, writing, effect)


def snooze_task(house: House, writing: Writing, task_id: int, reason: str, until: date) -> Answer:
    """The same of the clock that an open task waits with. Raises as `snooze`; `NotVisible` where none runs for it."""

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        meant = snoozes.of_task(session, task_id)
        if meant is None:
            raise NotVisible(NOT_HERE)
        case = moves.held(session, bearer, "cases.snooze", meant.ref)
        return _put_off(house, session, bearer, case, meant, reason, until)

    return once.run(house, writing, effect)


def _put_off(
    house: House, session: Session, bearer: Bearer, case: Locked, meant: Meant, reason: str, until: date
) -> dict[str, Any]:
    found = _theirs(session, case, bearer, meant.clock, meant.item)
    edition = house.policy.in_force(found.started_at)
    now = house.policy.in_force(case.now)
    limits = Limits(now.snooze_days, now.snooze_times)
    moved = rules.put_off(found.clock, edition, limits, case.now, until)
    put = _put(found, moved, bearer, reason, until)
    snoozes.put_off(session, found, put)
    said: dict[str, Json] = {"clock": found.clock.name, "item": meant.item, "reason": reason}
    said |= {"until": until.isoformat(), "days": put.days, "number": put.number}
    notes.write(session, case.id, put.by, "snooze", said)
    return _standing(session, case, meant.clock, meant.item)


def unsnooze(house: House, writing: Writing, ref: str, clock: str | None, item: int | None) -> Answer:
    """Let a clock go on as if it had not been put off; what would have been due by now is due at once.

    Raises `NotVisible`, and `SnoozeRefused`: `not_yours`, `not_snoozed`.
    """

    def effect(session: Session, bearer: Bearer) -> Mapping[str, Any]:
        case = moves.held(session, bearer, "cases.unsnooze", ref)
        found = _theirs(session, case, bearer, clock, item)
        if found.snooze_id is None:
            raise SnoozeRefused(
                "This clock is not put off: nothing is left to take back.", code="not_snoozed"
            )
        by = move_actor(bearer.role, bearer.name)
        snoozes.take_back(session, found, by)
        notes.write(session, case.id, by, "unsnooze", {"clock": found.clock.name, "item": item})
        return _standing(session, case, clock, item)

    return once.run(house, writing, effect)


def _theirs(session: Session, case: Locked, bearer: Bearer, clock: str | None, item: int | None) -> Found:
    """The running clock that is meant, if it is the bearer's to put off."""
    found = snoozes.running(session, case.id, clock, item)
    if found is None:
        raise NotVisible(NOT_HERE)
    if not rules.may(found.clock.ladder, bearer.role, bearer.office_id):
        if item is not None:  # what is awaited of whom is not for everybody who sees the case
            raise NotVisible(NOT_HERE)
        raise SnoozeRefused(
            "Who owes the answer puts it off, or the head who is told next. Ask one of them.",
            code="not_yours",
        )
    return found


def _put(found: Found, moved: Moved, bearer: Bearer, reason: str, until: date) -> Put:
    """What is written of a snooze."""
    return Put(
        found.clock.times + 1,
        reason,
        until,
        moved.days,
        bearer.role,
        bearer.office_id,
        move_actor(bearer.role, bearer.name),
        moved.due_at,
        json.dumps(moved.ladder),
        _task_due(found, moved),
    )


def _task_due(found: Found, moved: Moved) -> datetime | None:
    """By when its task is then to be done; None where it stays, as a day does that somebody else named."""
    own = found.task_due is not None and found.task_due == found.clock.due_at
    return moved.due_at if own and moved.due_at != found.clock.due_at else None


def _standing(session: Session, case: Locked, clock: str | None, item: int | None) -> dict[str, Any]:
    """How the clock stands now."""
    found = snoozes.running(session, case.id, clock, item)
    if found is None:
        raise NotVisible(NOT_HERE)
    now = found.clock
    return {
        "ref": case.ref,
        "clock": now.name,
        "item": item,
        "due_at": now.due_at.isoformat(),
        "next_due_at": now.next_due.isoformat() if now.next_due else None,
        "snoozed_until": now.until.isoformat() if now.until else None,
        "times": now.times,
    }
