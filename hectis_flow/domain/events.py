"""The outbox events: past-tense facts that other rooms may want to hear, as names and ids only.

`casework` names the events a move causes, services write them to the outbox with `event(...)`, jobs
read them back. An event never carries a name, a number of a person or a clinical word: whoever
needs more reads it from the database by its id, under the access rules of that moment.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hectis_flow.domain.errors import DeclarationError


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event: `ids` are the names of its payload, each the id of a row."""

    name: str
    title: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One fact, ready for the outbox."""

    name: str
    payload: Mapping[str, int]


CASE_OPENED = "case.opened"
CASE_STAGE_ENTERED = "case.stage_entered"
CASE_ESCALATED = "case.escalated"
TASK_OPENED = "task.opened"
ROTA_GAP_FOUND = "rota.gap_found"
DELIVERY_GAVE_UP = "delivery.gave_up"
DIGEST_DUE = "digest.due"

EVENT_TYPES = (
    EventType(CASE_OPENED, "A case was opened", ("case_id", "history_id")),
    EventType(CASE_STAGE_ENTERED, "A case entered a stage", ("case_id", "history_id")),
    EventType(CASE_ESCALATED, "Nobody answered in time, and the next rung was told", ("case_id", "step_id")),
    EventType(TASK_OPENED, "Somebody of an office is to be told of a task at once", ("case_id", "task_id")),
    EventType(ROTA_GAP_FOUND, "An office has, or will have, nobody on duty", ("gap_id",)),
    EventType(DELIVERY_GAVE_UP, "A notice could not be delivered", ("delivery_id",)),
    EventType(DIGEST_DUE, "The window of somebody's digest has come", ("digest_id",)),
)

_NAME = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
_ID_NAME = re.compile(r"[a-z]+(_[a-z]+)*_id")


def check(types: Iterable[EventType]) -> None:
    """Raise `DeclarationError` naming the first event that breaks the rules of this list."""
    seen: set[str] = set()
    for kind in types:
        if not _NAME.fullmatch(kind.name):
            raise DeclarationError(f"The event '{kind.name}' is not named noun.past_tense.")
        if kind.name in seen:
            raise DeclarationError(f"The event '{kind.name}' is declared twice.")
        seen.add(kind.name)
        _check_ids(kind)


def _check_ids(kind: EventType) -> None:
    if not kind.ids:
        raise DeclarationError(f"The event '{kind.name}' names no row, so nobody could act on it.")
    if len(set(kind.ids)) != len(kind.ids):
        raise DeclarationError(f"The event '{kind.name}' names one id twice.")
    for name in kind.ids:
        if not _ID_NAME.fullmatch(name):
            raise DeclarationError(f"The event '{kind.name}' carries '{name}', which is not an id.")


check(EVENT_TYPES)

_TYPES: Mapping[str, EventType] = {kind.name: kind for kind in EVENT_TYPES}


def event(name: str, **ids: int) -> Event:
    """Build an event with exactly the ids its type declares; `DeclarationError` otherwise."""
    kind = _TYPES.get(name)
    if kind is None:
        raise DeclarationError("No event of this name is declared in domain/events.py.")
    if set(ids) != set(kind.ids):
        raise DeclarationError(f"The event '{name}' takes exactly {', '.join(kind.ids)}.")
    if any(type(value) is not int or value < 1 for value in ids.values()):
        raise DeclarationError(f"The event '{name}' takes ids of rows: whole numbers from 1.")
    return Event(name, {key: ids[key] for key in kind.ids})
