"""The shapes `workflow.py` is written in: a phase, a role, a basis, a detail, a stage, a move.

Imported by the declaration and by whatever reads it. Plain frozen data: no logic, no defaults that
open a door.
"""

from dataclasses import dataclass
from typing import Literal

OwnerKind = Literal["facility", "station", "none"]

# The source of the move that opens a case. A word rather than NULL, so that a composite foreign key
# on (move, source, target) is checked for the first row of a history as well.
NOWHERE = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the four parts of the road."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Role:
    """Who may act. A `system` role is the service itself and can never be given to staff."""

    name: str
    title: str
    system: bool = False


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal ground for letting named fields leave health (`disclosure_basis`)."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A fact a move may carry. `pattern` is the whole form its value takes.

    An empty pattern means that each move lists the codes it accepts. No pattern admits free text:
    details are written to a ledger nobody can erase, so a name must have no way in.
    """

    name: str
    title: str
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """What somebody of the owning office must do while a case stands at a stage.

    `unless` is a fact of the case that leaves nothing to do (`station`: its precinct is resolved).
    """

    kind: str
    role: str
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a case stands. `owner` is the kind of office that owns the next step.

    `clock` names the clock that runs while it stands there, `task` what the owner must do. `tells` says
    that the owner is told at once; `link` is the one move that the notice's link may make; `goes_on` is
    the move that a rule makes at once where its requirements hold. `reopens` names the moves that may
    leave an end; it is empty for every other stage.
    """

    name: str
    phase: str
    title: str
    end: bool
    owner: OwnerKind
    reopens: tuple[str, ...] = ()
    clock: str | None = None
    task: Duty | None = None
    tells: bool = False
    link: str | None = None
    goes_on: str | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """A named move. No sources means that it opens a case.

    `needs` are details that must be given, `may` those that can be. `bases` and `reasons` list the
    codes this move accepts for `disclosure_basis` and `reason`. `requires` are facts of the case itself:
    `station` means that its precinct is resolved.
    """

    id: str
    sources: tuple[str, ...]
    target: str
    roles: tuple[str, ...]
    title: str
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declaration:
    """The whole workflow of one version. `unfinished` are stages where its road ends, but not the case's."""

    version: int
    phases: tuple[Phase, ...]
    roles: tuple[Role, ...]
    bases: tuple[Basis, ...]
    details: tuple[Detail, ...]
    stages: tuple[Stage, ...]
    transitions: tuple[Transition, ...]
    unfinished: tuple[str, ...] = ()
