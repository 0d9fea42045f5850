"""Who hears of an event, and on which channel: the one place that decides it.

`services.notification.plan` asks `occasion` what an event is about, looks up who is on duty at the posts
that `posts` names, and asks `notices` who of them is told. Pure: people and what stands already come in as
arguments. It must not know an address, a word of a notice or what time it is.

Silence is never an answer: where nobody of the post can be reached, whoever answers for the office is
told, then for the office above, and a task says that somebody should look at the rota.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.duty import HEADS, Post
from hectis_flow.domain.errors import DeclarationError, HectisError
from hectis_flow.domain.events import CASE_ESCALATED, CASE_STAGE_ENTERED, ROTA_GAP_FOUND, TASK_OPENED
from hectis_flow.domain.workflow_shapes import Stage

Kind = Literal["task", "escalation", "rota_gap", "digest"]

NOBODY_ON_DUTY: Final = "nobody_on_duty"
CALL_BY_PHONE: Final = "call_by_phone"
EVENT_PARKED: Final = "event_parked"

KINDS: Final[Mapping[str, Kind]] = {
    CASE_STAGE_ENTERED: "task",
    CASE_ESCALATED: "escalation",
    TASK_OPENED: "task",
    ROTA_GAP_FOUND: "rota_gap",
}


class Unplannable(HectisError):
    """Nobody can be told of this event as it stands; `code` says why, for the person who mends it."""

    code = "unplannable"
    status = 500


@dataclass(frozen=True, slots=True)
class Told:
    """An event as the database has it. `over` means that what it tells of is so no longer.

    `office_id` and `role` are those of the row it is about: the case's owner, the rung's, the task's, the gap's.
    `beside` says that it is about something that the case's stage does not wait for; `awaited` is the kind of that,
    where it is one that the workflow declares.
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


@dataclass(frozen=True, slots=True)
class Occasion:
    """A reason to tell somebody: whom (a post), of what kind, and which move a link may make (or none)."""

    event_id: int
    kind: Kind
    case_id: int | None
    subject_id: int
    post: Post
    level: int | None
    wanted_by: datetime | None
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """One place where a person can be reached; the lowest rank is tried first."""

    contact_point_id: int
    channel: str
    rank: int


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who answers for a post now (`code` is their staff code), and how they are reached."""

    staff_id: int
    code: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing said to one person on one channel; `purpose` is what its link may do."""

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


def occasion(told: Told) -> Occasion | None:
    """What an event is a reason for; None where nobody need hear of it. Raises `Unplannable`."""
    if not told.known:
        raise Unplannable("The row that this event is about does not exist.", code="subject_missing")
    if told.over or not (post := _post(told)):
        return None
    office_id, role = post
    if office_id is None:
        raise Unplannable("No office is named that could be told.", code="office_missing")
    return Occasion(
        told.event_id,
        KINDS[told.event],
        told.case_id,
        told.subject_id,
        (office_id, role),
        told.level,
        told.wanted_by,
        _purpose(told, role),
    )


def posts(one: Occasion, path: Sequence[tuple[int, str]]) -> tuple[Post, ...]:
    """Whom to look for, in the order in which they are asked: the post, then those who answer for it.

    `path` is the post's office and those above it, nearest first, each with its kind.
    """
    heads = [(office_id, HEADS[kind]) for office_id, kind in path if kind in HEADS]
    return tuple(dict.fromkeys([one.post, *heads]))


def notices(one: Occasion, asked: Sequence[Post], on_duty: Mapping[Post, Sequence[OnDuty]]) -> Plan:
    """Who is told: the people of the post, else of the first post after it where anybody can be reached.

    A gap in a rota is told to both, for those of the post cannot mend it. One notice a person.
    """
    reached = [(post, found) for post in asked if (found := _reachable(on_duty.get(post, ())))]
    own = [pair for pair in reached if pair[0] == one.post]
    others = [pair for pair in reached if pair[0] != one.post][:1]
    hear = [*own, *others] if one.kind == "rota_gap" else (own or others)
    told = {
        person.staff_id: _notice(one, post, person) for post, people in reversed(hear) for person in people
    }
    heard = tuple(told[staff_id] for staff_id in sorted(told))
    if own or (one.kind == "rota_gap" and hear):
        return Plan(heard)
    office_id, role = others[0][0] if others else asked[-1]
    return Plan(heard, (Errand(NOBODY_ON_DUTY, one.case_id, one.subject_id, office_id, role),))


def caller(post: Post, path: Sequence[tuple[int, str]]) -> Post:
    """Who is to call when somebody of a post could not be reached: whoever answers for the office above."""
    return next(((office_id, HEADS[kind]) for office_id, kind in path[1:] if kind in HEADS), post)


def _post(told: Told) -> tuple[int | None, str] | None:
    """The post an event is for; None where the stage tells nobody."""
    if told.event == CASE_STAGE_ENTERED:
        stage = _stage(told)
        return (told.office_id, stage.task.role) if stage.tells and stage.task else None
    if told.event not in KINDS:
        return None
    if not told.role:
        raise Unplannable("No role is named that could be told.", code="role_missing")
    return told.office_id, told.role


def _purpose(told: Told, role: str) -> str | None:
    """What the notice's link may say: the stage's move or the answer to what is awaited, where it is this role's."""
    if told.case_id is None:
        return None
    if told.beside:
        return _answer(told.awaited, role)
    link = _stage(told).link
    return link if link and role in workflow_rules.transition(link).roles else None


def _answer(kind: str | None, role: str) -> str | None:
    """What a link may say of something awaited; one that nobody declares says nothing."""
    try:
        thing = workflow_rules.awaited(kind or "")
    except DeclarationError:
        return None
    return thing.link if thing.task.role == role else None


def _stage(told: Told) -> Stage:
    try:
        return workflow_rules.stage(told.stage or "")
    except DeclarationError:
        raise Unplannable("The case stands at a stage that nobody declared.", code="stage_unknown") from None


def _reachable(people: Sequence[OnDuty]) -> list[OnDuty]:
    return [person for person in people if person.ways]


def _notice(one: Occasion, post: Post, person: OnDuty) -> Notice:
    way = min(person.ways, key=lambda each: (each.rank, each.contact_point_id))
    # Whoever is told instead may look, but the link's move is not theirs.
    purpose = one.purpose if post[1] == one.post[1] else None
    return Notice(
        one.event_id,
        one.case_id,
        one.kind,
        person.staff_id,
        *post,
        one.level,
        way.channel,
        way.contact_point_id,
        one.wanted_by,
        purpose,
    )
