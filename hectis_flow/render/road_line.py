"""The road as one small line: four phases, a dot where a case stands, a dip below where it is off the roll.

Read by the pages. Gives numbers in a drawing of 320 by 56; the template draws them, the words stand beside it.
"""

from typing import Final, NamedTuple

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.workflow import PHASES, STAGES
from hectis_flow.domain.workflow_shapes import Stage

WIDTH, LINE, BELOW, PAD, GAP = 320, 18, 42, 8, 6
_LENGTH: Final = (WIDTH - 2 * PAD - 3 * GAP) / 4


class Part(NamedTuple):
    """One phase of the line: its name, from where to where, and whether the case has come through it."""

    phase: str
    start: float
    stop: float
    passed: bool


class Line(NamedTuple):
    """The whole drawing. `off` says that the dot lies below the line; `end` that nothing comes after it."""

    parts: tuple[Part, ...]
    phase: str
    x: float
    y: float
    off: bool
    end: bool


def line(stage_name: str) -> Line:
    """Where a case at this stage stands on the road."""
    stage = workflow_rules.stage(stage_name)
    at = next(place for place, phase in enumerate(PHASES) if phase.name == stage.phase)
    parts = tuple(
        Part(phase.name, PAD + place * (_LENGTH + GAP), PAD + place * (_LENGTH + GAP) + _LENGTH, place < at)
        for place, phase in enumerate(PHASES)
    )
    off = stage.owner == "removal"
    return Line(parts, stage.phase, _along(stage, parts[at]), BELOW if off else LINE, off, stage.end)


def _along(stage: Stage, part: Part) -> float:
    """How far along its phase a stage lies, in the order of the declaration; ends lie where the phase ends."""
    if stage.end:
        return part.stop
    stops = [one.name for one in STAGES if one.phase == stage.phase and not one.end]
    return part.start + (part.stop - part.start) * (stops.index(stage.name) + 1) / (len(stops) + 1)
