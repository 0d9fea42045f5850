"""`hectis case`: one case as it stands, what it waits for, and all that happened to it."""

from collections.abc import Iterator
from datetime import datetime

import click

from hectis_flow.commands.house import house
from hectis_flow.domain import workflow_rules
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import PHASES
from hectis_flow.services import timeline
from hectis_flow.storage.timeline import Happened, Stands


@click.group()
def case() -> None:
    """One case: where it stands, and how it came there."""


@case.command()
@click.argument("ref", metavar="NUMBER")
def show(ref: str) -> None:
    """Show where the case NUMBER stands, what it waits for, who may do what, and its story, oldest first.

    Codes, offices and times; nothing that the hospital knows of the patient.
    """
    told = timeline.tell(house(), ref.strip().upper())
    for line in (*_standing(told.stands), "", *map(_line, told.story)):
        click.echo(line)


def _standing(now: Stands) -> Iterator[str]:
    stage = workflow_rules.stage(now.stage)
    phase = next(phase.title for phase in PHASES if phase.name == stage.phase)
    yield f"{now.ref}  {stage.title} ({phase})"
    yield f"  opened     {_moment(now.opened_at)}, here since {_moment(now.since)}"
    yield f"  lies with  {now.owner}" + (
        f"; hospital {now.facility}" if now.facility else "; hospital unknown"
    )
    yield f"  precinct   {now.station or 'unresolved'}" + (f"; {now.cas}" if now.cas else "")
    if now.conflict:
        yield f"  conflict   the hospital changed its mind after the referral: {now.conflict}"
    yield from _waiting(now)
    for move in workflow_rules.allowed(now.stage):
        needs = f" (needs {', '.join(move.needs)})" if move.needs else ""
        yield f"  may come   {move.id}, by {' or '.join(move.roles)}{needs}"


def _waiting(now: Stands) -> Iterator[str]:
    if now.clock is None or now.due_at is None:
        yield "  clock      none runs here"
        return
    late = ", overdue" if now.due_at < now.now else ""
    yield f"  clock      {now.clock}, due {_moment(now.due_at)}{late}"
    if now.next_due is not None:
        what = f"{now.next_role} at {now.next_office} is told" if now.next_role else "a rule moves it"
        yield f"  next       {what} {_moment(now.next_due)}"
    if now.task is not None:
        yield f"  task       {now.task} for {now.task_role}, " + (
            f"opened by {now.held_by}" if now.held_by else "not opened"
        )


def _line(one: Happened) -> str:
    at = f"{one.at.astimezone(SAST):%Y-%m-%d %H:%M:%S}"
    if one.kind == "move":
        return f"{at}  {workflow_rules.stage(one.what).title:<28}  {one.who}: {one.why}"
    if one.kind == "disclosure":
        return f"{at}    {one.what} sent to {one.who}, on {one.why}"
    if one.kind == "notice":
        return f"{at}    notice to {one.who}, {one.why}: {one.what}"
    return f"{at}    {one.what}: {one.who}, for {one.why}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SAST):%a %d %b %Y, %H:%M}"
