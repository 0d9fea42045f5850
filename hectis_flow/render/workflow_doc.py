"""Draw the workflow declaration as one Markdown page: pictures, and tables that say the same.

`hectis workflow draw` writes what `workflow_markdown` returns to docs/workflow.md, and a test fails
when the committed page is stale. It opens no file, and everything is sorted or in declared order, so
that the same declaration and policy always draw the same page.
"""

from hectis_flow.domain.policy import Edition
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import Stage
from hectis_flow.render import workflow_clocks, workflow_law, workflow_moves
from hectis_flow.render.markdown import code, section
from hectis_flow.render.workflow_picture import pictures

_INTRODUCTION = """\
# The workflow, version {version}

<!-- Drawn from hectis_flow/domain/workflow.py by `hectis workflow draw`. Change that file, not this one. -->

A case is our work on one violent incident. It always stands at exactly one **stage**, and an office
owns the next step there. It changes its stage only by a **move**, and a move is made only by a role
that is named for it: what is not listed here cannot happen. The name of a move never changes; the
history of a case, the log, the API and this page all use it.

The road has four phases: {phases}. From enrolment on
it is the charges that move, one accused and one count each, and the case stands where the charge stands
that [speaks for it](#which-charge-speaks-for-its-case).

Nothing that names a patient leaves the facility without a legal basis. While there is none the case
waits, or goes on without the name; it is counted all the same. A stage marked *end* is left by
nothing, unless its row says what reopens it.

[The picture](#the-picture) · [Stages](#stages) · [Moves](#moves) · [Who may make which move](#who-may-make-which-move)
· [Details](#details) · [Clocks](#clocks) · [What is awaited](#what-is-awaited) · [Ladders](#ladders) ·
[Exits](#exits) · [Barriers](#barriers) · [Which charge speaks](#which-charge-speaks-for-its-case) ·
[Legal bases](#legal-bases)
"""
_STAGES = """\
A clock runs while a case stands at a stage ([Clocks](#clocks)). Off the roll it is the removal's own that runs
([What is awaited](#what-is-awaited)). Where the owner is *told at once*, a notice goes out as the case arrives."""


def workflow_markdown(edition: Edition) -> str:
    """The whole of docs/workflow.md with the times of this edition, ending in a newline."""
    parts = (
        _introduction(),
        pictures(),
        _stages(),
        workflow_moves.moves(),
        workflow_moves.who(),
        workflow_moves.details(),
        workflow_clocks.clocks(edition),
        workflow_clocks.awaited(),
        workflow_clocks.ladders(edition),
        workflow_law.exits(),
        workflow_law.barriers(),
        workflow_law.charges(),
        _bases(),
    )
    return "\n".join(parts)


def _introduction() -> str:
    phases = ", ".join(phase.title for phase in DECLARATION.phases)
    return _INTRODUCTION.format(version=DECLARATION.version, phases=phases)


def _stages() -> str:
    titles = {phase.name: phase.title for phase in DECLARATION.phases}
    rows = [
        (
            code([stage.name]),
            stage.title,
            titles[stage.phase],
            _owner(stage),
            code([stage.clock] if stage.clock else []),
            code([stage.task.kind] if stage.task else []),
            "yes" if stage.tells else "",
            _ending(stage),
        )
        for phase in DECLARATION.phases
        for stage in DECLARATION.stages
        if stage.phase == phase.name
    ]
    heads = ("stage", "title", "phase", "who owns the next step", "clock", "task", "told at once", "end")
    return section("Stages", heads, rows, _STAGES)


def _owner(stage: Stage) -> str:
    known = {"none": "nobody", "removal": "whoever the removal waits for"}
    return known.get(stage.owner) or workflow_clocks.words(stage.owner)


def _ending(stage: Stage) -> str:
    if stage.reopens:
        return f"end; reopened by {code(stage.reopens)}"
    return "end" if stage.end else ""


def _bases() -> str:
    rows = [(code([basis.name]), basis.title) for basis in DECLARATION.bases]
    return section("Legal bases", ("disclosure_basis", "ground"), rows)
