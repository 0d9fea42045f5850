"""What must be true of the law around a workflow: charges, second persons, barriers, exits, what is awaited.

Part of `workflow_checks`, which runs these after its own. It must know no stage or move by name.
"""

from collections.abc import Callable, Iterable

from hectis_flow.domain.errors import DeclarationError
from hectis_flow.domain.workflow_shapes import NAMED, Declaration


def refuse_doubles(what: str, names: Iterable[str]) -> None:
    """Raise `DeclarationError` naming the first name that comes twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DeclarationError(f"The {what} '{name}' is declared twice.")
        seen.add(name)


def _seconds_are_known(declaration: Declaration) -> None:
    for move in declaration.transitions:
        if unknown := set(move.second) - {"*", *move.bases, *move.reasons}:
            raise DeclarationError(f"The move '{move.id}' wants a second person for: {', '.join(unknown)}.")


def _charges_keep_to_theirs(declaration: Declaration) -> None:
    lined = set(declaration.charge_stages)
    refuse_doubles("stage of charges", declaration.charge_stages)
    for name in sorted(lined - {stage.name for stage in declaration.stages}):
        raise DeclarationError(f"A charge cannot stand at '{name}', which no stage is called.")
    for move in declaration.transitions:
        if move.removes and not set(move.targets) <= lined:
            raise DeclarationError(
                f"The move '{move.id}' takes charges off the roll to where none can stand."
            )
        if move.back and not {*move.sources, *move.back} <= lined:
            raise DeclarationError(f"The move '{move.id}' leads charges back to where none can stand.")
        if {"attributable_to", "reason"} - set(move.needs) and move.removes:
            raise DeclarationError(f"The move '{move.id}' takes charges off the roll without a coded cause.")


def _barriers_hold(declaration: Declaration) -> None:
    known = {stage.name for stage in declaration.stages} | {"*"}
    roles = {role.name for role in declaration.roles}
    for barrier in declaration.barriers:
        if unknown := {*barrier.stages} - known | {*barrier.roles} - roles:
            raise DeclarationError(f"A barrier names what does not exist: {', '.join(sorted(unknown))}.")
        for move in declaration.transitions:
            barred = "*" in barrier.stages or set(move.targets) & set(barrier.stages)
            if barred and (crossing := set(move.roles) & set(barrier.roles)):
                named = ", ".join(sorted(crossing))
                raise DeclarationError(
                    f"The move '{move.id}' lets {named} write what is not theirs to write."
                )


def _awaited_are_owed(declaration: Declaration) -> None:
    roles = {role.name for role in declaration.roles if not role.system}
    refuse_doubles("thing awaited", (one.kind for one in declaration.awaited))
    refuse_doubles("task", (one.task.kind for one in declaration.awaited))
    for one in declaration.awaited:
        if one.task.role not in roles | {NAMED} or (one.owner == NAMED) != (one.task.role == NAMED):
            raise DeclarationError(f"The task of '{one.kind}' is given to an unknown role.")


def _exits_are_stages(declaration: Declaration) -> None:
    known = {stage.name for stage in declaration.stages}
    refuse_doubles("exit", (one.code for one in declaration.exits))
    for one in declaration.exits:
        for name in one.stages:
            if name not in known:
                raise DeclarationError(f"The exit '{one.code}' leads to an unknown stage, '{name}'.")


LAW_CHECKS: tuple[Callable[[Declaration], None], ...] = (
    _seconds_are_known,
    _charges_keep_to_theirs,
    _barriers_hold,
    _awaited_are_owed,
    _exits_are_stages,
)
