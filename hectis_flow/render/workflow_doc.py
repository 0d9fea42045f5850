"""Draw the workflow declaration as one Markdown page: a picture, and tables that say the same.

`hectis workflow draw` writes what `workflow_markdown` returns to docs/workflow.md, and a test fails
when the committed page is stale. It opens no file, and everything is sorted or in declared order, so
that the same declaration always draws the same page.
"""

from collections.abc import Iterable, Sequence

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import NOWHERE, Phase, Stage, Transition

_INTRODUCTION = """\
# The workflow, version {version}

<!-- Drawn from hectis_flow/domain/workflow.py by `hectis workflow draw`. Change that file, not this one. -->

A case is our work on one violent incident. It always stands at exactly one **stage**, and an office
owns the next step there. It changes its stage only by a **move**, and a move is made only by a role
that is named for it: what is not listed here cannot happen. The name of a move never changes; the
history of a case, the log, the API and this page all use it.

The road has four phases: {phases}. This version holds the stages of: {drawn}.

Nothing that names a patient leaves the facility without a legal basis. While there is none the case
waits, or goes on without the name; it is counted all the same. A stage marked *end* is left by
nothing, unless its row says what reopens it.
"""


def workflow_markdown() -> str:
    """The whole of docs/workflow.md, ending in a newline."""
    parts = (_introduction(), _picture(), _stages(), _moves(), _details(), _roles(), _bases())
    return "\n".join(parts)


def _introduction() -> str:
    drawn = [phase for phase in DECLARATION.phases if _stages_of(phase)]
    return _INTRODUCTION.format(
        version=DECLARATION.version,
        phases=", ".join(phase.title for phase in DECLARATION.phases),
        drawn=", ".join(phase.title for phase in drawn),
    )


def _stages_of(phase: Phase) -> list[Stage]:
    return sorted((stage for stage in DECLARATION.stages if stage.phase == phase.name), key=lambda s: s.name)


def _picture() -> str:
    lines = ["## The picture", "", "```mermaid", "stateDiagram-v2", "    direction TB"]
    for phase in DECLARATION.phases:
        if stages := _stages_of(phase):
            lines += _group(phase, stages)
    lines += [f"    {line}" for line in _arrows(None)]
    return "\n".join([*lines, "```", ""])


def _group(phase: Phase, stages: Sequence[Stage]) -> list[str]:
    inner = [f'state "{stage.title}" as {stage.name}' for stage in stages] + _arrows(phase.name)
    return [
        f'    state "{phase.title}" as phase_{phase.name} {{',
        *(f"        {line}" for line in inner),
        "    }",
    ]


def _arrows(phase: str | None) -> list[str]:
    """The arrows inside one phase; with None, those that cross from one phase into another."""
    labels: dict[tuple[str, str], list[str]] = {}
    for move, source, target in workflow_rules.edges():
        if _home(source, target) == phase:
            labels.setdefault((source or "[*]", target), []).append(move)
    arrows = [f"{source} --> {target}: {', '.join(moves)}" for (source, target), moves in labels.items()]
    ends = [stage.name for stage in DECLARATION.stages if stage.end and stage.phase == phase]
    return sorted(arrows) + [f"{name} --> [*]" for name in sorted(ends)]


def _home(source: str, target: str) -> str | None:
    home = workflow_rules.stage(target).phase
    return home if source == NOWHERE or workflow_rules.stage(source).phase == home else None


def _stages() -> str:
    titles = {phase.name: phase.title for phase in DECLARATION.phases}
    rows = [
        (
            _code([stage.name]),
            stage.title,
            titles[stage.phase],
            _owner(stage),
            _code([stage.clock] if stage.clock else []),
            _code([stage.task.kind] if stage.task else []),
            _ending(stage),
        )
        for phase in DECLARATION.phases
        for stage in DECLARATION.stages
        if stage.phase == phase.name
    ]
    heads = ("stage", "title", "phase", "who owns the next step", "clock", "task", "end")
    words = (
        "A clock runs while a case stands at a stage; how long is in `config/policy.toml` (docs/policy.md)."
    )
    return _section("Stages", heads, rows, words)


def _owner(stage: Stage) -> str:
    return "nobody" if stage.owner == "none" else f"the {stage.owner}"


def _ending(stage: Stage) -> str:
    if stage.reopens:
        return f"end; reopened by {_code(stage.reopens)}"
    return "end" if stage.end else ""


def _moves() -> str:
    rows = [
        (
            _code([move.id]),
            move.title,
            _sources(move),
            _code([move.target]),
            _code(move.roles),
            _code(move.needs),
            _code(move.requires),
        )
        for move in _by_id()
    ]
    words = "A move that requires `station` is refused while the precinct is unresolved."
    return _section("Moves", ("move", "meaning", "from", "to", "roles", "needs", "requires"), rows, words)


def _by_id() -> list[Transition]:
    return sorted(DECLARATION.transitions, key=lambda move: move.id)


def _sources(move: Transition) -> str:
    return _code(move.sources) or "nowhere: it opens the case"


def _details() -> str:
    rows = [
        (_code([move.id]), _code([name]), "must" if name in move.needs else "may", _form(move, name))
        for move in _by_id()
        for name in (*move.needs, *move.may)
    ]
    return _section(
        "Details",
        ("move", "detail", "given", "what it may say"),
        rows,
        "Details are codes and references, never free text: they are written to a ledger nobody can erase.",
    )


def _form(move: Transition, name: str) -> str:
    codes = workflow_rules.codes(move, name)
    return _code(codes) if codes is not None else workflow_rules.detail(name).title


def _roles() -> str:
    moving = [
        role for role in DECLARATION.roles if any(role.name in m.roles for m in DECLARATION.transitions)
    ]
    resting = [role.name for role in DECLARATION.roles if role not in moving]
    rows = [
        (_code([move.id]), *("yes" if role.name in move.roles else "" for role in moving))
        for move in _by_id()
    ]
    note = f"These roles make no move in this version: {_code(resting)}." if resting else ""
    return _section("Who may make which move", ("move", *(role.name for role in moving)), rows, note)


def _bases() -> str:
    rows = [(_code([basis.name]), basis.title) for basis in DECLARATION.bases]
    return _section("Legal bases", ("disclosure_basis", "ground"), rows)


def _section(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> str:
    table = [_row(columns), _row(["---"] * len(columns)), *(_row(row) for row in rows)]
    return "\n".join([f"## {title}", "", *([note, ""] if note else []), *table, ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
