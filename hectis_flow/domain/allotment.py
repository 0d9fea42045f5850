"""Which stored encounter goes on as which visit, when messages sort themselves anew.

`services.people` calls `allot` after `person.visits_of`. A visit keeps the row that bears its number;
where several rows turn out to be one visit, the one whose case has come farthest goes on and the others
are joined to it. It must not know tables.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hectis_flow.domain.workflow import STAGES

# Later stages of the road weigh more; an end, or no case, weighs nothing.
_WEIGHT: Final[Mapping[str | None, int]] = {
    stage.name: 0 if stage.end else place for place, stage in enumerate(STAGES, start=1)
}


@dataclass(frozen=True, slots=True)
class Held:
    """A stored encounter: its id, the name it bears, and the stage of its case."""

    id: int
    name: Hashable
    stage: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit as the messages have it: its name, and the encounters its messages stand with so far."""

    name: Hashable
    encounters: frozenset[int]


@dataclass(frozen=True, slots=True)
class Allotted:
    """The encounter that goes on as a visit (None: a new one), and those that are joined to it."""

    encounter_id: int | None
    joined: tuple[int, ...]


def allot(wanted: Sequence[Wanted], held: Sequence[Held]) -> list[Allotted]:
    """One answer for each visit, in order. An encounter goes on as one visit or is joined to one."""
    names = {one.name for one in wanted}
    free = {one.id: one for one in held}
    answers = []
    for visit in wanted:
        fit = [
            one
            for one in free.values()
            if one.name == visit.name or (one.id in visit.encounters and one.name not in names)
        ]
        for one in fit:
            del free[one.id]
        fit.sort(key=lambda one: (-_WEIGHT.get(one.stage, 0), one.name != visit.name, one.id))
        answers.append(Allotted(fit[0].id if fit else None, tuple(one.id for one in fit[1:])))
    return answers
