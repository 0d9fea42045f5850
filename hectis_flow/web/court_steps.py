"""What is asked next for an outcome: its cause and other codes one tap each, then what must be typed, then the day.

`web.court` asks it with what was chosen so far. Which codes and details a move takes the workflow says; here is only
their order. Nothing is kept between two taps but the address.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.workflow_shapes import Transition

DAY: Final = "next_date"
OF: Final = "of"
#: Details that are not needed and asked for all the same; for life there is no length.
_ASKED: Final[Mapping[str, str]] = {"sentence": "months"}
_ENDLESS: Final = "life"


class Step(NamedTuple):
    """What is asked next: `codes` of one detail, a `form` with these details, the `day`, or nothing (`enter`).

    `last`: with the answer the outcome is entered. `needed`: it cannot be left out.
    """

    kind: str
    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    last: bool = True
    needed: bool = True


def taken(move: Transition, chosen: Mapping[str, str]) -> dict[str, str]:
    """What was chosen for a move, without what it does not take, and with what leaves no choice."""
    carried = (*move.needs, *move.may)
    found = {name: value for name, value in chosen.items() if name in carried and value}
    for name in carried:
        codes = workflow_rules.codes(move, name)
        if codes and found.get(name) not in codes:
            found.pop(name, None)
        if codes and len(codes) == 1 and name in move.needs:
            found[name] = codes[0]
    return found


def said(move: Transition, found: Mapping[str, str]) -> tuple[str, ...]:
    """The details that were chosen where there was a choice."""
    return tuple(
        name for name in move.needs if name in found and len(workflow_rules.codes(move, name) or ()) > 1
    )


def step(move: Transition, found: Mapping[str, str]) -> Step:
    """What is asked next, where these details are known."""
    coded = [
        name for name in move.needs if workflow_rules.codes(move, name) is not None and name not in found
    ]
    typed = tuple(name for name in move.needs if workflow_rules.codes(move, name) is None and name != DAY)
    length = _ASKED.get(move.id)
    asked = (*typed, length) if length and found.get(length) is None else typed
    if _ENDLESS in found.values():
        asked = typed
    dated = DAY in (*move.needs, *move.may)
    if coded:
        codes = workflow_rules.codes(move, coded[0]) or ()
        return Step("codes", (coded[0],), codes, last=len(coded) == 1 and not asked and not dated)
    if asked:
        return Step("form", (*asked, DAY) if dated else asked, needed=bool(typed))
    if dated:
        return Step("day", (DAY,), needed=DAY in move.needs)
    return Step("enter")
