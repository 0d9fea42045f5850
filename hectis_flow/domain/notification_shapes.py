"""The shapes in which it is decided who hears of an event: what happened, who can be reached, what is said to whom.

`domain.notification` decides with them and hands them on under its own name. Plain frozen data.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from hectis_flow.domain.duty import Post

Kind = Literal["task", "escalation", "rota_gap", "digest"]


@dataclass(frozen=True, slots=True)
class Told:
    """An event as the database has it. `over` means that what it tells of is so no longer.

    `office_id` and `role` are those of the row it is about: the case's owner, the rung's, the task's, the gap's.
    `beside` says that it is about something that the case's stage does not wait for; `awaited` is the kind of that,
    where it is one that the workflow declares. `urgent`: a red triage, a child or a sexual offence. `clock` is the name of
    the clock that runs for it, `item_id` what that clock waits for beside the stage, `task` the kind of the task it tells of.
    """

    event_id: int
    event: str
    case_id: int | None
    subject_id: int
    known: bool
    over: bool
    stage: str | None
    office_id: int | None
    role: str | None
    level: int | None
    wanted_by: datetime | None
    beside: bool
    awaited: str | None = None
    urgent: bool = False
    clock: str | None = None
    item_id: int | None = None
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """A reason to tell somebody: whom (a post), of what kind, and which move a link may make (or none).

    Of one `cause` a person is told once at a time: what is newer stands for what was not sent yet. `urgent` and
    `clock` are the event's.
    """

    event_id: int
    kind: Kind
    case_id: int | None
    subject_id: int
    post: Post
    level: int | None
    wanted_by: datetime | None
    purpose: str | None
    cause: str = ""
    urgent: bool = False
    clock: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One place where a person can be reached; the lowest rank is tried first.

    `wait_minutes` is how long the one before it is given, where the person has said so.
    """

    contact_point_id: int
    channel: str
    rank: int
    wait_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who answers for a post now (`code` is their staff code), and how they are reached.

    `quiet` are hours of the day, from and until, in which they are not disturbed; None: as the policy has it.
    """

    staff_id: int
    code: str
    ways: tuple[Way, ...]
    quiet: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing said to one person on one channel; `purpose` is what its link may do. It waits until `held_until`."""

    event_id: int
    case_id: int | None
    kind: Kind
    staff_id: int
    office_id: int
    role: str
    level: int | None
    channel: str
    contact_point_id: int
    wanted_by: datetime | None
    purpose: str | None
    urgent: bool = False
    cause: str = ""
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """A task for a person at an office."""

    kind: str
    case_id: int | None
    subject_id: int
    office_id: int
    role: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What one event leads to."""

    notices: tuple[Notice, ...] = ()
    errands: tuple[Errand, ...] = ()
