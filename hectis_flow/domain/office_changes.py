"""What a table of the tree changes in what stands: history is closed at a day, never rewritten.

`services.reference` calls `plan` for each office and writes what it says. Pure: the day comes in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.offices import EVER, Days, Link


class HistoryStands(HectisError):
    """The table contradicts what is on record of the past; the sentence says which day."""

    code = "history_stands"
    status = 409


@dataclass(frozen=True, slots=True)
class Said:
    """What one line says: this office above, from a day (None: not said) until a day (None: until further notice)."""

    parent: int
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Change:
    """`close` ends the link that began on `since` at a day; otherwise a link is added."""

    since: date
    close: date | None = None
    add: Link | None = None


def plan(standing: Sequence[Link], said: Sequence[Said], today: date) -> list[Change]:
    """What to write so that the links are as said. Raises `HistoryStands`.

    A line without a first day holds since ever where nothing was known, and from today where it changes
    what stands.
    """
    links = list(standing)
    changes: list[Change] = []
    for one in sorted(said, key=lambda line: line.start or EVER):
        for change in _line(links, one, today):
            _apply(links, change)
            changes.append(change)
    return changes


def _line(links: Sequence[Link], said: Said, today: date) -> list[Change]:
    open_one = next((link for link in links if link.days.end is None), None)
    start = said.start or _start(links, open_one, said, today)
    same = next((link for link in links if link.parent == said.parent and link.days.holds(start)), None)
    if same is not None:
        if same.days.end == said.end:
            return []
        if same.days.end is None and said.end is not None and said.end > same.days.start:
            return [Change(same.days.start, close=said.end)]
        raise HistoryStands(f"what began on {same.days.start} is recorded to have ended on {same.days.end}")
    days = Days(start, said.end)
    touched = [link for link in links if link.days.meets(days)]
    fresh = Change(start, add=Link(said.parent, days))
    if not touched:
        return [fresh]
    if open_one is not None and touched == [open_one] and open_one.days.start < start:
        return [Change(open_one.days.start, close=start), fresh]
    raise HistoryStands(f"from {touched[0].days.start} another office is recorded: name a later valid_from")


def _start(links: Sequence[Link], open_one: Link | None, said: Said, today: date) -> date:
    """The first day of a line that names none."""
    if not links or said.end is not None:
        return EVER
    return open_one.days.start if open_one is not None and open_one.parent == said.parent else today


def _apply(links: list[Link], change: Change) -> None:
    if change.add is not None:
        links.append(change.add)
        return
    for place, link in enumerate(links):
        if link.days.start == change.since:
            links[place] = Link(link.parent, Days(link.days.start, change.close))
