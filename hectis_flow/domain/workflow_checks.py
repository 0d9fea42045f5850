"""What must be true of a workflow declaration: each rule a small function with its own sentence.

`workflow_rules` runs `check` on our declaration when it is imported; the tests run it on broken
ones. It must know no stage or move by name: it judges any declaration of this shape.
"""

import re
from collections.abc import Callable, Mapping

from hectis_flow.domain.errors import DeclarationError
from hectis_flow.domain.workflow_law_checks import LAW_CHECKS, refuse_doubles
from hectis_flow.domain.workflow_shapes import Declaration, Transition

_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# What can hold of a case beyond its stage: its precinct is resolved, nothing its docket lacked is open, and
# what was removed from the roll has been so for long enough to be given up.
FACTS = frozenset({"station", "items_cured", "lapse_due"})


def check(declaration: Declaration) -> None:
    """Raise `DeclarationError` with a sentence naming the culprit of the first broken rule."""
    for rule in CHECKS:
        rule(declaration)


def accepted(move: Transition) -> Mapping[str, tuple[str, ...]]:
    """The codes this move accepts for each detail that is coded."""
    return {"disclosure_basis": move.bases, "reason": move.reasons, **dict(move.coded)}


def _names_are_unique(declaration: Declaration) -> None:
    refuse_doubles("phase", (phase.name for phase in declaration.phases))
    refuse_doubles("role", (role.name for role in declaration.roles))
    refuse_doubles("legal basis", (basis.name for basis in declaration.bases))
    refuse_doubles("detail", (detail.name for detail in declaration.details))
    refuse_doubles("stage", (stage.name for stage in declaration.stages))
    refuse_doubles("move", (move.id for move in declaration.transitions))


def _names_are_words(declaration: Declaration) -> None:
    # They are written to the ledger, to URLs and to a CHECK constraint as they stand.
    for name in [s.name for s in declaration.stages] + [t.id for t in declaration.transitions]:
        if not _WORD.fullmatch(name):
            raise DeclarationError(f"'{name}' is not written in snake_case.")


def _phases_exist(declaration: Declaration) -> None:
    phases = {phase.name for phase in declaration.phases}
    for stage in declaration.stages:
        if stage.phase not in phases:
            raise DeclarationError(f"The stage '{stage.name}' stands in an unknown phase, '{stage.phase}'.")


def _stages_exist(declaration: Declaration) -> None:
    stages = {stage.name for stage in declaration.stages}
    for move in declaration.transitions:
        for name in (*move.sources, move.target, *move.back):
            if name not in stages:
                raise DeclarationError(f"The move '{move.id}' names an unknown stage, '{name}'.")
        refuse_doubles(f"source of '{move.id}'", move.sources)


def _one_initial_stage(declaration: Declaration) -> None:
    openings = [move for move in declaration.transitions if not move.sources]
    if len(openings) != 1:
        named = ", ".join(move.id for move in openings) or "none"
        raise DeclarationError(f"Exactly one move may open a case, by having no source; found: {named}.")


def _all_reachable(declaration: Declaration) -> None:
    opened = {move.target for move in declaration.transitions if not move.sources}
    reached = _closure(opened, _forward(declaration))
    for stage in declaration.stages:
        if stage.name not in reached:
            raise DeclarationError(f"No road leads to the stage '{stage.name}'.")


def _all_can_end(declaration: Declaration) -> None:
    ends = {stage.name for stage in declaration.stages if stage.end}
    backward = [(target, source) for source, target in _forward(declaration)]
    ending = _closure(ends, backward)
    for stage in declaration.stages:
        if stage.name not in ending:
            raise DeclarationError(f"The stage '{stage.name}' is a trap: no road leads from it to an end.")


def _forward(declaration: Declaration) -> list[tuple[str, str]]:
    return [
        (source, target)
        for move in declaration.transitions
        for source in move.sources
        for target in move.targets
    ]


def _closure(start: set[str], arrows: list[tuple[str, str]]) -> set[str]:
    reached = set(start)
    while more := {head for tail, head in arrows if tail in reached} - reached:
        reached |= more
    return reached


def _ends_are_left_by_name_only(declaration: Declaration) -> None:
    stages = {stage.name: stage for stage in declaration.stages}
    for move in declaration.transitions:
        for source in move.sources:
            if stages[source].end and move.id not in stages[source].reopens:
                raise DeclarationError(f"The move '{move.id}' leaves the end '{source}' unnamed by it.")


def _reopenings_are_true(declaration: Declaration) -> None:
    leaving = {(source, move.id) for move in declaration.transitions for source in move.sources}
    for stage in declaration.stages:
        if stage.reopens and not stage.end:
            raise DeclarationError(f"The stage '{stage.name}' is not an end, so nothing can reopen it.")
        for name in stage.reopens:
            if (stage.name, name) not in leaving:
                raise DeclarationError(f"The end '{stage.name}' names '{name}', which does not leave it.")


def _roles_exist(declaration: Declaration) -> None:
    roles = {role.name for role in declaration.roles}
    for move in declaration.transitions:
        if not move.roles:
            raise DeclarationError(f"The move '{move.id}' lists no role, so nobody could make it.")
        for name in move.roles:
            if name not in roles:
                raise DeclarationError(f"The move '{move.id}' is given to an unknown role, '{name}'.")
        refuse_doubles(f"role of '{move.id}'", move.roles)


def _owners_fit(declaration: Declaration) -> None:
    for stage in declaration.stages:
        if not stage.end and stage.owner == "none":
            raise DeclarationError(f"Nobody owns the stage '{stage.name}', so a case could be lost there.")
        if stage.end and stage.owner != "none":
            raise DeclarationError(f"The end '{stage.name}' has an owner, but nothing is left to do there.")


def _waiting_is_clocked(declaration: Declaration) -> None:
    opened = {move.target for move in declaration.transitions if not move.sources}
    for stage in declaration.stages:
        if stage.end and (stage.clock or stage.task or stage.tells or stage.link):
            raise DeclarationError(f"The end '{stage.name}' waits for nobody, so it takes no clock or task.")
        waits = not stage.end and stage.name not in opened and stage.owner != "removal"
        if waits and not stage.clock:
            raise DeclarationError(f"No clock runs at '{stage.name}', so a case could be forgotten there.")


def _duties_fit(declaration: Declaration) -> None:
    roles = {role.name for role in declaration.roles}
    leaving = {(source, move.id) for move in declaration.transitions for source in move.sources}
    for stage in declaration.stages:
        if stage.task and stage.task.role not in roles:
            raise DeclarationError(f"The task of '{stage.name}' is given to an unknown role.")
        if stage.link and (stage.name, stage.link) not in leaving:
            raise DeclarationError(
                f"The link of '{stage.name}' names '{stage.link}', which does not leave it."
            )
        if stage.goes_on and (stage.name, stage.goes_on) not in leaving:
            raise DeclarationError(f"'{stage.name}' goes on by '{stage.goes_on}', which does not leave it.")
        if stage.tells and not stage.task:
            raise DeclarationError(f"The stage '{stage.name}' tells its owner, but not what to do.")


def _requirements_are_known(declaration: Declaration) -> None:
    for move in declaration.transitions:
        if unknown := set(move.requires) - FACTS:
            raise DeclarationError(f"The move '{move.id}' requires what no case has: {', '.join(unknown)}.")


def _details_exist(declaration: Declaration) -> None:
    known = {detail.name for detail in declaration.details}
    for move in declaration.transitions:
        refuse_doubles(f"detail of '{move.id}'", (*move.needs, *move.may))
        for name in (*move.needs, *move.may):
            if name not in known:
                raise DeclarationError(f"The move '{move.id}' names an unknown detail, '{name}'.")


def _details_are_bounded(declaration: Declaration) -> None:
    coded = {detail.name for detail in declaration.details if not detail.pattern}
    for move in declaration.transitions:
        codes = accepted(move)
        carried = {*move.needs, *move.may}
        for name in sorted(coded & carried):
            if not codes.get(name):
                raise DeclarationError(f"The move '{move.id}' takes '{name}' but lists no code it accepts.")
        for name in sorted(codes):
            refuse_doubles(f"code of '{name}' at '{move.id}'", codes[name])
            if codes[name] and name not in carried:
                raise DeclarationError(f"The move '{move.id}' lists codes for '{name}', but never takes it.")


def _bases_exist(declaration: Declaration) -> None:
    known = {basis.name for basis in declaration.bases}
    for move in declaration.transitions:
        for name in move.bases:
            if name not in known:
                raise DeclarationError(f"The move '{move.id}' accepts an unknown legal basis, '{name}'.")


def _ends_have_a_reason(declaration: Declaration) -> None:
    ends = {stage.name for stage in declaration.stages if stage.end}
    for move in declaration.transitions:
        if move.target in ends and "reason" not in move.needs:
            raise DeclarationError(f"The move '{move.id}' ends a case without a coded reason.")


# In this order: a later check may lean on what an earlier one has made sure of.
CHECKS: tuple[Callable[[Declaration], None], ...] = (
    _names_are_unique,
    _names_are_words,
    _phases_exist,
    _stages_exist,
    _one_initial_stage,
    _all_reachable,
    _ends_are_left_by_name_only,
    _reopenings_are_true,
    _all_can_end,
    _roles_exist,
    _owners_fit,
    _waiting_is_clocked,
    _duties_fit,
    _requirements_are_known,
    _details_exist,
    _details_are_bounded,
    _bases_exist,
    _ends_have_a_reason,
    *LAW_CHECKS,
)
