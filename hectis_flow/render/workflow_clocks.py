"""The tables of docs/workflow.md that say who waits for what: clocks, what is awaited beside a stage, ladders.

Part of `workflow_doc`, which alone imports it. The times come in as an edition of the policy; without one the
page would say where clocks run and not how long.
"""

from collections.abc import Iterator

from hectis_flow.domain.policy import Clock, Edition, Ladder, Rung
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import HEAD, NAMED
from hectis_flow.render.markdown import code, section

_TITLES = {role.name: role.title for role in DECLARATION.roles} | {
    NAMED: "the post that is named",
    HEAD: "who leads the next office up",
}
_CLOCKS = """\
A clock starts when a case enters a stage or when something begins to be awaited, and stops when it leaves or comes.
`roll_date` runs from the next day in court instead; one with `court -` counts back from it. The times are those of
edition {version} of `config/policy.toml` ([policy.md](policy.md)), which says for each figure whether it is a choice of
this project; a running clock keeps the times it was started with. `wd` and `wh` count working time of the calendar,
`d`, `h` and `min` run straight through."""
_AWAITED = """\
These are waited for beside the stage of a case, so that nothing is forgotten while it goes on. Each has an office that
must bring it, a task there and a clock. A removal is the first four of them, one at a time, from the day it left the
roll until it is back or has ended."""
_LADDERS = """\
Who is told when nobody answers: level 0 at the warning, level 1 at the breach, the others so long after it. A breach
climbs the side of the office that owes the answer, never across."""


def awaited() -> str:
    """What is awaited beside a stage."""
    rows = [
        (
            code([one.kind]),
            one.title,
            words(one.owner),
            code([one.task.kind]),
            _TITLES[one.task.role],
            code([one.clock]),
            "yes" if one.tells else "",
        )
        for one in DECLARATION.awaited
    ]
    heads = ("awaited", "what it is", "of whom", "task", "whose task", "clock", "told at once")
    return section("What is awaited", heads, rows, _AWAITED)


def clocks(edition: Edition) -> str:
    """Every clock: where it runs, whose it is, and how long."""
    rows = [_clock(clock) for clock in edition.clocks.values()]
    heads = ("clock", "for what", "runs at", "calendar", "warns", "breached", "then")
    note = _CLOCKS.format(version=edition.version.partition("-")[0])
    return section("Clocks", heads, rows, note)


def ladders(edition: Edition) -> str:
    """Every ladder, level by level."""
    heads = ("ladder", "of", *(f"level {number}" for number in range(5)))
    return section("Ladders", heads, [_ladder(one) for one in edition.ladders.values()], _LADDERS)


def words(kind: str) -> str:
    """A kind of office as a reader would say it."""
    known = {
        "npa_office": "the prosecutors' office",
        "dpp": "the DPP's office",
        "pocs": "the watching briefs",
        NAMED: "the office that is named",
    }
    return known.get(kind, f"the {kind.replace('_', ' ')}")


def _clock(clock: Clock) -> tuple[str, ...]:
    then = code([clock.then.transition]) if clock.then else f"ladder {code([clock.ladder])}"
    times = [clock.standard, *([clock.urgent] if clock.urgent else [])]
    before = "court - " if clock.before_court else ""
    return (
        code([clock.name]),
        clock.title,
        ", ".join(_places(clock.name)),
        _each(one.calendar for one in times),
        before + _each(str(one.warning) for one in times),
        before + _each(str(one.due) for one in times),
        then,
    )


def _each(values: Iterator[str]) -> str:
    """The usual value, and that of an urgent case."""
    usual, *urgent = values
    return f"{usual}; urgent: {urgent[0]}" if urgent else usual


def _places(clock: str) -> Iterator[str]:
    yield from (code([stage.name]) for stage in DECLARATION.stages if stage.clock == clock)
    yield from (f"awaited: {code([one.kind])}" for one in DECLARATION.awaited if one.clock == clock)


def _ladder(ladder: Ladder) -> tuple[str, ...]:
    told = [_rung(rung) for rung in ladder.rungs]
    return (code([ladder.name]), words(ladder.owner), *told, *[""] * (5 - len(told)))


def _rung(rung: Rung) -> str:
    sign = "court - " if rung.when == "court" else "+"
    after = f" ({sign}{rung.after})" if rung.after else ""
    return f"{_TITLES[rung.role]}{after}"
