"""The room of tasks: the bearer's queue, and opening, letting go, handing on and ending one of it."""

from typing import Any

from flask import Response

from hectis_flow.api.bodies import ReassignBody
from hectis_flow.api.pages import answer_queue, answer_written
from hectis_flow.api.queries import Paging
from hectis_flow.api.rooms import BIGINT, Rooms
from hectis_flow.api.schemas_work import Task, TaskPage

rooms = Rooms("tasks", "What your office must do, and by when.")


@rooms.listing(Paging, TaskPage)
def list_tasks(query: dict[str, Any]) -> Response:
    """The open tasks of your role at your office, due first."""
    return answer_queue("tasks.list", query)


@rooms.writing(f"/<{BIGINT}:task_id>/claim", "claim", Task)
def claim_task(task_id: int) -> Response:
    """Open a task. One that somebody else holds is refused (`already_claimed`)."""
    return answer_written("tasks.claim", task_id)


@rooms.writing(f"/<{BIGINT}:task_id>/release", "release", Task)
def release_task(task_id: int) -> Response:
    """Let a task go that you hold."""
    return answer_written("tasks.release", task_id)


@rooms.writing(f"/<{BIGINT}:task_id>/reassign", "reassign", Task, ReassignBody)
def reassign_task(body: dict[str, Any], task_id: int) -> Response:
    """Hand a task to somebody on duty for the same role at your office."""
    return answer_written("tasks.reassign", task_id, body["staff"])


@rooms.writing(f"/<{BIGINT}:task_id>/complete", "complete", Task)
def complete_task(task_id: int) -> Response:
    """Say that a task is done; one that a move of its case ends is refused (`ends_by_move`)."""
    return answer_written("tasks.complete", task_id)
