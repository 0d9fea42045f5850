"""The way to read the policy table: it is checked when this module is imported, and answers look-ups.

`services.reading` asks before every read, `api.edge` before every request, `services.tokens` when a
token is made. Whatever it is asked that the table does not name, the answer is no.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hectis_flow.domain.access import (
    ACTIONS,
    FIELDS,
    LINES,
    MACHINE_ROLES,
    NAMED_GROUPS,
    OWN_PAGES,
    PAGES,
    PUBLIC,
    SCOPES,
    Action,
    Line,
    Scope,
)
from hectis_flow.domain.errors import DeclarationError
from hectis_flow.domain.workflow_rules import staff_roles


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role may do by one action: where, with which fields (in the order of FIELDS), and why.

    `named` says whether some of the fields name a person.
    """

    scope: Scope
    fields: tuple[str, ...]
    purpose: str
    named: bool


_CLOSED: Final = Grant("none", (), "No line of the table names this role for this action.", named=False)
_ACTIONS: Final[Mapping[str, Action]] = {action.name: action for action in ACTIONS}


def action(name: str) -> Action:
    """The action of this name; `DeclarationError` if the table has none."""
    found = _ACTIONS.get(name)
    if found is None:
        raise DeclarationError("The policy table has no action of that name.")
    return found


def token_roles() -> tuple[str, ...]:
    """The roles that a token may hold: those of staff, and of systems."""
    return (*staff_roles(), *MACHINE_ROLES)


def is_known(name: str) -> bool:
    """Whether the table says anything of this action, open to everybody or not; a page is the action that it is."""
    return PAGES.get(name, name) in _ACTIONS or name in PUBLIC or name in OWN_PAGES


def grant(role: str, action_name: str) -> Grant:
    """What this role may do by this action. An unknown role or action gets nothing."""
    return _GRANTS.get((role, action_name), _CLOSED)


def record_fields(record: str) -> tuple[str, ...]:
    """Every field of a record, in the order in which it is served."""
    return tuple(name for group in FIELDS[record].values() for name in group)


def opened(lines: tuple[Line, ...]) -> Mapping[tuple[str, str], Grant]:
    """A table by role and action; raises `DeclarationError` naming the first line that makes no sense."""
    grants: dict[tuple[str, str], Grant] = {}
    for line in lines:
        if line.role not in token_roles():
            raise DeclarationError(f"'{line.role}' is no role that a token may hold.")
        for name in line.actions:
            if (line.role, name) in grants:
                raise DeclarationError(f"The table speaks twice of '{line.role}' and '{name}'.")
            grants[line.role, name] = _grant(line, action(name))
    return grants


def _grant(line: Line, asked: Action) -> Grant:
    groups = FIELDS[asked.record]
    named = any(group in NAMED_GROUPS for group in line.groups)
    if not set(line.groups) <= set(groups) or line.scope not in SCOPES or not line.purpose:
        raise DeclarationError(f"The line of '{line.role}' for '{asked.name}' names what does not exist.")
    if (line.scope == "none") != (not line.groups):
        raise DeclarationError(f"The line of '{line.role}' for '{asked.name}' is neither open nor closed.")
    if named and not asked.logged:
        raise DeclarationError(f"'{asked.name}' would show '{line.role}' names that no log remembers.")
    fields = tuple(name for group, names in groups.items() if group in line.groups for name in names)
    return Grant(line.scope, fields, line.purpose, named)


_GRANTS: Final = opened(LINES)
