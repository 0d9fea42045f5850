"""The shapes that the policy table is written in: a scope, an action, a line.

Imported by the table and by whatever reads it. Plain frozen data: no logic, no defaults that open a door.
"""

from dataclasses import dataclass
from typing import Final, Literal

# none: nothing. own_facility: the token's facility treated it. own_station_referred: the case was referred
# to the token's station and is that station's still. own_office: it is the office's own work, for this
# role. own_tree: it is owned by the office or by one below it, or has climbed to it. raised_to_own: it has
# climbed to the office. own_court: its docket has reached the prosecutors of a court that is the office's;
# own_courts: that or one of an office below it. watched: a brief of it is the office's. asked: the office opened
# the brief, was asked about it, or was written to. at_court: it has come to a court. committee: it came to the
# committee, or is its own business. docketed: its CAS was opened. reference: the same for everybody.
# province: everywhere.
Scope = Literal[
    "none",
    "own_facility",
    "own_station_referred",
    "own_office",
    "own_tree",
    "raised_to_own",
    "own_court",
    "own_courts",
    "watched",
    "committee",
    "docketed",
    "asked",
    "at_court",
    "reference",
    "province",
]
SCOPES: Final = (
    "none",
    "own_facility",
    "own_station_referred",
    "own_office",
    "own_tree",
    "raised_to_own",
    "own_court",
    "own_courts",
    "watched",
    "committee",
    "docketed",
    "asked",
    "at_court",
    "reference",
    "province",
)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be asked for. A `logged` one writes a line in the log of reads each time."""

    name: str
    record: str
    logged: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `purpose` is what the log of reads says; of a closed line, why it is closed."""

    role: str
    actions: tuple[str, ...]
    scope: Scope
    groups: tuple[str, ...]
    purpose: str
