"""The tables of docs/workflow.md about moves: what each does, who may make it, and what it carries.

Part of `workflow_doc`, which alone imports it. Moves stand with the phase they leave.
"""

from collections.abc import Iterator

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import Detail, Phase, Transition
from hectis_flow.render.markdown import code, section, table

_MOVES = """\
*Requires* is what must hold of the case: `station`, its precinct is resolved; `items_cured`, nothing that its docket
lacked is open; `lapse_due`, its removal is old enough to be given up (`lapse_after` of the policy). *Second* says when
whoever makes it needs a second person to confirm it: for these codes, or always; the detail `second` then names them.
A move *back* leads each charge to the one of these stages that it came from. A move that leaves several phases stands
with the first."""
_DETAILS = """\
Details are codes and references, never free text: they are written to a ledger nobody can erase. Where
codes are given, each move lists those it accepts, below."""
_CODES = "Moves that accept the same codes share a row."


def moves() -> str:
    """Every move, by the phase it leaves."""
    heads = ("move", "meaning", "from", "to", "needs", "may carry", "requires", "second")
    parts = [f"## Moves\n\n{_MOVES}\n"]
    for phase in DECLARATION.phases:
        rows = [_move(one) for one in _of(phase)]
        parts.append("\n".join([f"### Moves: {phase.title}", "", *table(heads, rows), ""]))
    return "\n".join(parts)


def who() -> str:
    """The roles with their titles; then by phase the roles across, the moves down."""
    roles = table(("role", "who"), [(code([role.name]), role.title) for role in DECLARATION.roles])
    parts = ["\n".join(["## Who may make which move", "", *roles, ""])]
    for phase in DECLARATION.phases:
        ours = _of(phase)
        moving = [r.name for r in DECLARATION.roles if any(r.name in one.roles for one in ours)]
        rows = [(code([one.id]), *("yes" if name in one.roles else "" for name in moving)) for one in ours]
        head = f"### Who moves: {phase.title}"
        parts.append("\n".join([head, "", *table(("move", *(f"`{name}`" for name in moving)), rows), ""]))
    return "\n".join([*parts, _resting()])


def details() -> str:
    """Every detail with its form, then the codes that moves accept."""
    accepted = _accepted()
    coded = {name for name, _ in accepted}
    known = [(code([one.name]), one.title, _given(one, coded)) for one in DECLARATION.details]
    rows = [(code([name]), code(ids), code(codes)) for (name, codes), ids in accepted.items()]
    return "\n".join(
        [
            section("Details", ("detail", "what it is", "given as"), known, _DETAILS),
            section("Codes", ("detail", "moves", "codes"), rows, _CODES, depth=3),
        ]
    )


def _given(detail: Detail, coded: set[str]) -> str:
    if not detail.pattern:
        return "a code"
    return "codes in this form" if detail.name in coded else "this form"


def _of(phase: Phase) -> list[Transition]:
    return [one for one in _by_id() if _home(one) == phase.name]


def _home(move: Transition) -> str:
    """The phase a move leaves first; that of its target, for the one that opens a case."""
    return workflow_rules.stage((*move.sources, move.target)[0]).phase


def _by_id() -> list[Transition]:
    return sorted(DECLARATION.transitions, key=lambda move: move.id)


def _move(move: Transition) -> tuple[str, ...]:
    return (
        code([move.id]),
        move.title,
        code(move.sources) or "nowhere: it opens the case",
        f"back to {code(move.back)}" if move.back else code([move.target]),
        code(move.needs),
        code(move.may),
        code(move.requires),
        "always" if "*" in move.second else code(move.second),
    )


def _resting() -> str:
    made = {role for move in DECLARATION.transitions for role in move.roles}
    resting = [role.name for role in DECLARATION.roles if role.name not in made]
    return f"These roles make no move: {code(resting)}.\n" if resting else ""


def _accepted() -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """Which moves accept which codes for a detail, sorted by detail and then by move."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, codes, move in sorted(_coded(), key=lambda one: (one[0], one[2])):
        found.setdefault((name, codes), []).append(move)
    return found


def _coded() -> Iterator[tuple[str, tuple[str, ...], str]]:
    for move in DECLARATION.transitions:
        for name in (*move.needs, *move.may):
            if codes := workflow_rules.codes(move, name):
                yield name, codes, move.id
