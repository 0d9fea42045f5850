"""In which order the messages of a visit were meant, whatever order they came in.

`domain.visit` calls it. The order looks at the messages alone, never at when we received them, and
is total: two different messages never tie, so every permutation sorts to the same line.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Final

from hectis_flow.domain.facts import MessageFacts, Moment
from hectis_flow.domain.moments import sharper


def in_order(messages: Iterable[MessageFacts]) -> tuple[MessageFacts, ...]:
    """The different messages, oldest first; undated ones before all others, so they overwrite none."""
    tied: dict[_Order, list[MessageFacts]] = {}
    for facts in messages:
        tied.setdefault(_order(facts), []).append(facts)
    # Equal messages tie, so only where two do are they compared, or content asked to decide.
    groups = (tied[key] for key in sorted(tied))
    return tuple(
        chain.from_iterable(sorted(set(group), key=_content) if group[1:] else group for group in groups)
    )


def spoken_at(facts: MessageFacts) -> Moment | None:
    """The moment a message speaks from: EVN-2, told more exactly by MSH-7 where it can be, else MSH-7."""
    if facts.recorded_at is None:
        return facts.sent_at
    return sharper(facts.recorded_at, facts.sent_at)


_Order = tuple[datetime, datetime, int, str]
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)


def _order(facts: MessageFacts) -> _Order:
    spoken, sent = spoken_at(facts), facts.sent_at
    return (
        spoken.at if spoken else _BEFORE_ALL,
        sent.at if sent else _BEFORE_ALL,
        len(facts.control_id),  # so that counters sort as numbers: 9 before 10
        facts.control_id,
    )


def _content(facts: MessageFacts) -> str:
    """The whole message as text; a set has no order of its own, so its names are sorted."""
    return f"{replace(facts, deleted=frozenset())}{sorted(facts.deleted)}"
