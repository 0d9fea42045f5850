"""What an office must do: the bearer's queue, and who opens, lets go, hands on or ends a task of it.

The API's views call it, one call a request. A queue holds the open tasks of the bearer's role at the
bearer's office, due first; a task of another queue is not there at all. A task that the workflow opened
ends with its case's stage, one of an item with the item; only the others are ended here. It must not move a case.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, NoReturn

import structlog
from sqlalchemy.orm import Session

from hectis_flow.domain import access_rules
from hectis_flow.domain.errors import HectisError, NotAllowed, NotAuthenticated, NotVisible
from hectis_flow.domain.notification import OnDuty
from hectis_flow.services import item_notes, once, tokens
from hectis_flow.services.house import House
from hectis_flow.services.once import Answer, Writing
from hectis_flow.services.reading import NOT_HERE, Asking
from hectis_flow.services.reference import FALLBACK_OFFICE
from hectis_flow.storage import task_queue, tasks
from hectis_flow.storage.staff import on_duty
from hectis_flow.storage.task_queue import EVERYTHING, QueuePage, Sought, Standing, Wanted
from hectis_flow.storage.tasks import Queue, TaskState
from hectis_flow.storage.tokens import Bearer

log = structlog.get_logger(__name__)

Change = Callable[[Session, TaskState, int], None]


class Usual(NamedTuple):
    """The fields that most roles with a queue see of it, and which roles those are."""

    fields: tuple[str, ...]
    roles: tuple[str, ...]


def _usual() -> Usual:
    """From the policy table, which does not change while the process lives."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for role in access_rules.token_roles():
        given = access_rules.grant(role, "tasks.list")
        if given.scope == "own_office":
            alike.setdefault(given.fields, []).append(role)
    fields, roles = max(alike.items(), key=lambda item: len(item[1]))
    return Usual(fields, tuple(roles))


USUAL: Final = _usual()
#: The most tasks that are counted.
COUNTED: Final = 200
WITH_TASKS: Final = tuple(
    role
    for role in access_rules.token_roles()
    if access_rules.grant(role, "tasks.list").scope == "own_office"
)


class TaskRefused(HectisError):
    """A task cannot be changed as asked; `code` says why."""

    code = "task_refused"
    status = 409


class NoPerson(HectisError):
    """The token stands for a system or an office, and a task is held by a person."""

    code = "no_person"
    status = 403


class NotOnDuty(HectisError):
    """Nobody with this code is on duty for this task."""

    code = "not_on_duty"
    status = 422


def queue(
    house: House, asking: Asking, after: tuple[str, int] | None, limit: int, sought: Sought = EVERYTHING
) -> QueuePage:
    """A page of the bearer's queue. Raises `NotAuthenticated` and `NotAllowed`.

    One statement where the token is of a role with the usual grant, which nearly all of them have.
    """
    wanted = Wanted(tokens.digest(asking.token), FALLBACK_OFFICE, after, limit, sought)
    return task_queue.page(house.reads, wanted, USUAL.fields, USUAL.roles) or _other_queue(
        house, asking, wanted
    )


def queue_and_standing(
    house: House, asking: Asking, after: tuple[str, int] | None, limit: int, sought: Sought = EVERYTHING
) -> tuple[QueuePage, Standing]:
    """A page of the bearer's queue, and how the whole of it stands. Raises `NotAuthenticated` and `NotAllowed`."""
    wanted = Wanted(tokens.digest(asking.token), FALLBACK_OFFICE, after, limit, sought)
    found = task_queue.page_and_standing(house.reads, wanted, USUAL.fields, USUAL.roles, COUNTED)
    return found or (_other_queue(house, asking, wanted), standing(house, asking))


def _other_queue(house: House, asking: Asking, wanted: Wanted) -> QueuePage:
    """The queue of a token that has another grant; or why there is none."""
    with house.transaction() as session:
        bearer = tokens.bearer_of(session, asking.token)
    given = access_rules.grant(bearer.role, "tasks.list")
    if given.scope != "own_office":
        raise NotAllowed(f"The role {bearer.role} has no tasks.")
    found = task_queue.page(house.reads, wanted, given.fields, (bearer.role,))
    if found is None:
        raise NotAuthenticated("This token has just ended: send a living one.")
    return found


def standing(house: House, asking: Asking, since: int = 0) -> Standing:
    """How the bearer's queue stands, in numbers alone, and how many tasks are newer than that of the number `since`.

    Raises `NotAllowed` for a role or a token without a queue.
    """
    wanted = Wanted(tokens.digest(asking.token), FALLBACK_OFFICE, None, COUNTED)
    found = task_queue.standing(house.reads, wanted, WITH_TASKS, since)
    if found is None:
        raise NotAllowed("This role has no tasks.")
    return found


def claim(house: House, writing: Writing, task_id: int) -> Answer:
    """Open a task, so that nobody works on it twice. Claiming again is the same answer.

    Raises `TaskRefused`: `already_claimed`, `already_done`.
    """

    def change(session: Session, task: TaskState, staff_id: int) -> None:
        if task.claimed_by != staff_id and not tasks.claim(session, task.id, staff_id):
            _refuse(session, task)

    return _changed(house, writing, "tasks.claim", task_id, change)


def release(house: House, writing: Writing, task_id: int) -> Answer:
    """Let a task go, so that somebody else can open it; one that nobody holds is the same answer.

    Raises `TaskRefused`: `already_claimed`, `already_done`.
    """

    def change(session: Session, task: TaskState, staff_id: int) -> None:
        if task.claimed_by is not None and not tasks.release(session, task.id, staff_id):
            _refuse(session, task)

    return _changed(house, writing, "tasks.release", task_id, change)


def reassign(house: House, writing: Writing, task_id: int, staff_code: str) -> Answer:
    """Hand a task to somebody on duty for the same role at the same office, whoever holds it.

    Raises `NotOnDuty`, and `TaskRefused`: `already_claimed` when another hand was quicker, `already_done`.
    """

    def change(session: Session, task: TaskState, staff_id: int) -> None:
        found = _on_duty(session, task, staff_code)
        if not tasks.hand_on(session, task.id, task.claimed_by, found.staff_id):
            _refuse(session, task)
        log.info("task.reassigned", task_id=task.id, by_staff=staff_id, to_staff=found.staff_id)

    return _changed(house, writing, "tasks.reassign", task_id, change)


def take_over(house: House) -> int:
    """Give the tasks that somebody held who has left back to the queue, where whoever stands in finds them."""
    with house.transaction() as session:
        return tasks.left_behind(session)


def complete(house: House, writing: Writing, task_id: int) -> Answer:
    """Say that a task is done that no move of a case ends.

    What it stands for is settled with it. Raises `TaskRefused`: `ends_by_move`, `already_claimed`,
    `already_done`; and what `item_notes.settle` raises.
    """

    def effect(session: Session, bearer: Bearer) -> str:
        given, task, staff_id = _asked(session, bearer, "tasks.complete", task_id)
        if task.by_stage:
            raise TaskRefused(
                "This task ends with a move of its case: make that move, and it is done.", code="ends_by_move"
            )
        if task.item_id is not None and not task.done and task.claimed_by in {None, staff_id}:
            item_notes.settle_of_task(house, session, bearer, task.item_id)
        elif not tasks.complete(session, task.id, staff_id, bearer.name):
            _refuse(session, task)
        return tasks.one(session, _queue(bearer), given, task.id)

    return once.run(house, writing, effect)


def _changed(house: House, writing: Writing, action: str, task_id: int, change: Change) -> Answer:
    """Change who holds a task; the answer is the task as it then stands."""

    def effect(session: Session, bearer: Bearer) -> str:
        given, task, staff_id = _asked(session, bearer, action, task_id)
        if task.done:
            _refuse(session, task)
        change(session, task, staff_id)
        return tasks.one(session, _queue(bearer), given, task.id)

    return once.run(house, writing, effect)


def _asked(
    session: Session, bearer: Bearer, action: str, task_id: int
) -> tuple[tuple[str, ...], TaskState, int]:
    """The fields to answer with, the task, and the person who asks."""
    given = access_rules.grant(bearer.role, action)
    task = tasks.find(session, _queue(bearer), task_id) if given.scope == "own_office" else None
    if task is None:
        raise NotVisible(NOT_HERE)
    if bearer.staff_id is None:
        raise NoPerson("A task is held by a person: make a token with `hectis token create --staff CODE`.")
    return given.fields, task, bearer.staff_id


def _on_duty(session: Session, task: TaskState, staff_code: str) -> OnDuty:
    post = (task.office_id, task.role)
    for person in on_duty(session, [post]).get(post, ()):
        if person.code == staff_code:
            return person
    raise NotOnDuty(
        "Nobody with this staff code is on duty for this task; the page of the office lists who is."
    )


def _refuse(session: Session, task: TaskState) -> NoReturn:
    """Say what stands in the way, as it is by now."""
    now = tasks.find(session, Queue(task.office_id, task.role, FALLBACK_OFFICE), task.id)
    if now is None or now.done:
        raise TaskRefused("This task is done: nothing is left to do.", code="already_done")
    raise TaskRefused(
        f"This task is opened by {now.holder or 'somebody else'}. Ask them, or hand it on.",
        code="already_claimed",
    )


def _queue(bearer: Bearer) -> Queue:
    return Queue(bearer.office_id, bearer.role, FALLBACK_OFFICE)
