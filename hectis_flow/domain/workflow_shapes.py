"""The shapes `workflow.py` is written in: a phase, a role, a basis, a detail, a stage, a move.

Imported by the declaration and by whatever reads it. Plain frozen data: no logic, no defaults that
open a door.
"""

from dataclasses import dataclass
from typing import Literal

# removal: whoever must act on the removal that the case waits for; its own clock runs (`Awaited`).
OwnerKind = Literal["facility", "station", "npa_office", "removal", "none"]

# The source of the move that opens a case. A word rather than NULL, so that a composite foreign key
# on (move, source, target) is checked for the first row of a history as well.
NOWHERE = ""

# A move that a second person must confirm, whatever it carries.
ANY = ("*",)

# The owner of an awaited thing, and the role there, that are named when it is opened. Its ladder begins with that
# post and climbs by whoever leads the offices above (`HEAD`).
NAMED = "named"
HEAD = "head"


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
    leave an end; it is empty for every other stage. `on_date` says that the clock runs from the date that
    the case is next on the roll.
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
    on_date: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """A named move. No sources means that it opens a case.

    `back` names stages that a charge may have come from: it returns to its own, and `target` is the first of
    them.

    `needs` are details that must be given, `may` those that can be. `bases` and `reasons` list the
    codes this move accepts for `disclosure_basis` and `reason`, `coded` those for other details. `requires`
    are facts of the case itself: `station` means that its precinct is resolved, `lapse_due` that its removal
    is old enough to be given up. `second` lists the codes with which a second person must confirm it; `*`
    stands for any. `removes` says that it takes charges off the roll.
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
    coded: tuple[tuple[str, tuple[str, ...]], ...] = ()
    back: tuple[str, ...] = ()
    second: tuple[str, ...] = ()
    removes: bool = False

    @property
    def targets(self) -> tuple[str, ...]:
        """Every stage it may lead to."""
        return self.back or (self.target,)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A kind of thing that is waited for beside the stage of a case, each with a clock and a task of its own.

    `owner` is the kind of office that must bring it, `NAMED` where the opening names office and role; `tells` says
    that it is told at once. `link` is what the link of a notice may say for whoever has the task, where one press
    is enough.
    """

    kind: str
    title: str
    owner: str
    clock: str
    task: Duty
    tells: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Barrier:
    """Stages that these roles may never bring a case to, and why."""

    roles: tuple[str, ...]
    stages: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Exit:
    """One way out of the court's road, as the law has it (domain.md 5.2).

    `stages` are those it leads to. `when` says at which point of a trial, `by` who decides, `final` whether
    anything may reopen it, and `back` on whose authority.
    """

    code: str
    stages: tuple[str, ...]
    law: str
    when: str
    by: str
    final: str
    back: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """The whole workflow of one version.

    `charge_stages` are the stages that a charge may stand at, in the order in which they speak for their case.
    """

    version: int
    phases: tuple[Phase, ...]
    roles: tuple[Role, ...]
    bases: tuple[Basis, ...]
    details: tuple[Detail, ...]
    stages: tuple[Stage, ...]
    transitions: tuple[Transition, ...]
    charge_stages: tuple[str, ...] = ()
    barriers: tuple[Barrier, ...] = ()
    exits: tuple[Exit, ...] = ()
    awaited: tuple[Awaited, ...] = ()
