"""What the line of a visit's messages, oldest first, says about times and places.

`domain.visit` folds with it, `domain.person` asks when a visit began. Every function takes a line that
`message_order.in_order` made, and looks at nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hectis_flow.domain.facts import MessageFacts, Moment
from hectis_flow.domain.message_order import spoken_at

ArrivalBasis = Literal["visit", "event", "recorded", "sent", "none"]

_CANCELS_DISCHARGE: Final = "A13"


@dataclass(frozen=True, slots=True)
class Stay:
    """One stop of a visit: the unit (PV1-3), its facility as sent, and since when."""

    unit: str
    facility: str | None
    since: Moment | None


def newest(line: Sequence[MessageFacts], name: str) -> Any:
    """What the newest message that speaks of a field says of it; None where it was deleted or never said."""
    for facts in reversed(line):
        value = getattr(facts, name)
        if value is not None:
            return value
        if name in facts.deleted:
            return None
    return None


def arrival(line: Sequence[MessageFacts]) -> tuple[Moment | None, ArrivalBasis]:
    """PV1-44; else what the earliest message says, an admission message before an observation."""
    stated: Moment | None = newest(line, "arrived_at")
    if stated is not None:
        return stated, "visit"
    dated = [facts for facts in line if spoken_at(facts) or facts.event_at]
    if not dated:
        return None, "none"
    earliest = min(dated, key=not_admission)
    if earliest.event_at is not None:
        return earliest.event_at, "event"
    if earliest.recorded_at is not None:
        return earliest.recorded_at, "recorded"
    return earliest.sent_at, "sent"


def since_reopened(line: Sequence[MessageFacts]) -> Sequence[MessageFacts]:
    """The messages after the last cancelled discharge: what was said of leaving before it no longer holds."""
    for place in range(len(line) - 1, -1, -1):
        if line[place].event == _CANCELS_DISCHARGE:
            return line[place + 1 :]
    return line


def left_at(line: Sequence[MessageFacts]) -> Moment | None:
    """PV1-45, else the time of the A03; nothing from before a cancelled discharge."""
    line = since_reopened(line)
    stated: Moment | None = newest(line, "left_at")
    if stated is not None:
        return stated
    closing = [facts for facts in line if facts.event == "A03"]
    return (closing[-1].event_at or spoken_at(closing[-1])) if closing else None


def stays(line: Sequence[MessageFacts]) -> tuple[Stay, ...]:
    """Where the patient was, one stop after the other; a message that names the same unit adds none."""
    found: list[Stay] = []
    for facts in line:
        if facts.unit and (not found or _elsewhere(found[-1], facts)):
            found.append(Stay(facts.unit, facts.unit_facility, facts.event_at or spoken_at(facts)))
    return tuple(found)


def not_admission(facts: MessageFacts) -> bool:
    """The key of `min` that prefers ADT; among equals `min` keeps the first."""
    return facts.message_type != "ADT"


def _elsewhere(last: Stay, facts: MessageFacts) -> bool:
    return facts.unit != last.unit or bool(facts.unit_facility and facts.unit_facility != last.facility)
