"""The pictures of docs/workflow.md: the four phases, then the stages and moves of each, and the way back to the roll.

Part of `workflow_doc`, which alone imports it. What would hide the rest is named under a picture instead of being
drawn: moves that leave very many stages, and those that stay where they are.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import NOWHERE, Stage, Transition
from hectis_flow.render.markdown import code

#: From how many stages on a move is named and not drawn.
MANY: Final = 5
_NOTE: Final = """\
The whole road first, then each phase with the moves that leave its stages; what left the roll of a court has a picture
of its own. A stage of another picture is drawn where it is reached."""

Arrows = dict[tuple[str, str], list[str]]


def pictures() -> str:
    """The section of pictures, ending in a newline."""
    parts = [f"## The picture\n\n{_NOTE}\n", _drawn(["stateDiagram-v2", "    direction LR", *_overview()])]
    parts += [_picture(title, stages) for title, stages in _groups()]
    return "\n".join(parts)


def _groups() -> Iterator[tuple[str, list[Stage]]]:
    """What each picture shows: a phase, or whatever is off the roll."""
    off = [stage for stage in DECLARATION.stages if stage.owner == "removal"]
    for phase in DECLARATION.phases:
        yield (
            phase.title,
            [stage for stage in DECLARATION.stages if stage.phase == phase.name and stage not in off],
        )
    yield "Off the roll, and the way back", off


def _overview() -> Iterator[str]:
    for phase in DECLARATION.phases:
        yield f'    state "{phase.title}" as phase_{phase.name}'
    crossing = {
        (_phase_of(source), _phase_of(target))
        for _, source, target in workflow_rules.edges()
        if source != NOWHERE and _phase_of(source) != _phase_of(target)
    }
    yield f"    [*] --> phase_{_phase_of(workflow_rules.OPENING.target)}"
    yield from sorted(f"    phase_{source} --> phase_{target}" for source, target in crossing)
    for phase in DECLARATION.phases:
        if any(stage.end and stage.phase == phase.name for stage in DECLARATION.stages):
            yield f"    phase_{phase.name} --> [*]"


def _picture(title: str, ours: list[Stage]) -> str:
    names = {stage.name for stage in ours}
    arrows = _arrows(names)
    reached = {target for _, target in arrows} - names
    lines = [
        "stateDiagram-v2",
        "    direction TB",
        *(_state(stage) for stage in (*ours, *map(workflow_rules.stage, sorted(reached)))),
        *sorted(
            f"    {source} --> {target}: {', '.join(sorted(moves))}"
            for (source, target), moves in arrows.items()
        ),
        *(f"    {stage.name} --> [*]" for stage in ours if stage.end),
    ]
    undrawn = "\n".join(_undrawn(names))
    return f"### {title}\n\n{_drawn(lines)}" + (f"\nNot drawn:\n\n{undrawn}\n" if undrawn else "")


def _state(stage: Stage) -> str:
    return f'    state "{stage.title}" as {stage.name}'


def _arrows(ours: set[str]) -> Arrows:
    """The drawn moves that leave these stages, or open a case at one."""
    arrows: Arrows = {}
    for move, source, target in workflow_rules.edges():
        if (source or target) in ours and source != target and not _is_wide(workflow_rules.transition(move)):
            arrows.setdefault((source or "[*]", target), []).append(move)
    return arrows


def _undrawn(ours: set[str]) -> Iterator[str]:
    """A line for each move of these stages that has no arrow."""
    for move in sorted(DECLARATION.transitions, key=lambda one: one.id):
        here = [name for name in move.sources if name in ours]
        if here and _is_wide(move):
            yield f"* `{move.id}` ({_lowered(move)}): from {code(here)} to {code([move.target])}"
        elif here and move.target in move.sources:
            yield f"* `{move.id}` ({_lowered(move)}): stays at {code([move.target])}"


def _lowered(move: Transition) -> str:
    return move.title[0].lower() + move.title[1:]


def _is_wide(move: Transition) -> bool:
    return len(move.sources) >= MANY


def _phase_of(stage: str) -> str:
    return workflow_rules.stage(stage).phase


def _drawn(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", *lines, "```", ""])
