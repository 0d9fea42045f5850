"""The ladder of what names its own owner: from a post up through whoever leads the offices above it, to the committee.

`services.named` asks it when a decision of the committee or the review of a gang flag begins. Pure: the steps of the
policy and the way up the tree of offices come in as arguments. It must not reckon a time.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from hectis_flow.domain.duty import HEADS, Post
from hectis_flow.domain.escalation import Step
from hectis_flow.domain.offices import ROOT
from hectis_flow.domain.workflow_shapes import HEAD, NAMED


class Rung(NamedTuple):
    """Whom one level tells, and when. Without an office the step is parked, and a person asked."""

    level: int
    office_id: int | None
    role: str
    due_at: datetime


def climb(
    steps: Sequence[Step], owner: Post, path: Sequence[tuple[int, str]], committee: int | None
) -> list[Rung]:
    """Each step with its post. `path` is the owner's office and those above it, nearest first, with their kinds.

    A side with fewer offices than the ladder has levels leaves the upper ones out: the committee hears at its time.
    """
    heads = _heads(owner, path)
    found: list[Rung] = []
    for step in steps:
        if step.level is None or step.role is None:
            continue
        if step.role == NAMED:
            found.append(Rung(step.level, *owner, step.due_at))
        elif step.role != HEAD:
            found.append(Rung(step.level, committee, step.role, step.due_at))
        elif (head := next(heads, None)) is not None:
            found.append(Rung(step.level, *head, step.due_at))
    return found


def _heads(owner: Post, path: Sequence[tuple[int, str]]) -> Iterator[Post]:
    """Whoever leads the own office, where that is somebody else, and those above it up to the committee."""
    for office_id, kind in path:
        if kind != ROOT and kind in HEADS and (office_id, HEADS[kind]) != owner:
            yield office_id, HEADS[kind]
