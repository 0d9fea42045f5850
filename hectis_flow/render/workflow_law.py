"""The tables of docs/workflow.md that say what the law allows: exits, barriers, and which charge speaks.

Part of `workflow_doc`, which alone imports it.
"""

from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import Barrier
from hectis_flow.render.markdown import code, section

_EXITS = """\
The ways out, as a builder's summary of the law: no advice. *Final* says whether anything reopens it, *back* on whose
authority it comes back. Once a charge was pleaded to, it leaves the roll by no withdrawal and no striking off, from
any stage, ever; a charge that was struck off under s342A(3)(c) stays locked until the DPP's reference and date are given."""
_BARRIERS = "What no list of roles may grant. A declaration that does is refused when the service starts."
_SPEAKS = """\
From enrolment on, outcomes live on the charges: one accused, one count each. The case stands where the first of them
stands in this order: what goes on in court, then what must be brought back, then how it ended."""


def exits() -> str:
    """The exits of the law."""
    rows = [
        (code([one.code]), code(one.stages), one.law or "–", one.when, one.by, one.final, one.back)
        for one in DECLARATION.exits
    ]
    heads = ("exit", "stages", "law", "when", "by whom", "final", "back")
    return section("Exits", heads, rows, _EXITS)


def barriers() -> str:
    """Who may never write what."""
    rows = [(code(one.roles), _barred(one), one.why) for one in DECLARATION.barriers]
    return section("Barriers", ("roles", "may never bring a case to", "why"), rows, _BARRIERS)


def charges() -> str:
    """Which charge speaks for its case."""
    titles = {stage.name: stage.title for stage in DECLARATION.stages}
    rows = [(str(rank), code([name]), titles[name]) for rank, name in enumerate(DECLARATION.charge_stages, 1)]
    return section("Which charge speaks for its case", ("order", "stage", "title"), rows, _SPEAKS)


def _barred(barrier: Barrier) -> str:
    return "any stage" if "*" in barrier.stages else code(barrier.stages)
