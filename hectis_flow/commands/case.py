"""`hectis case`: one case as it stands, what it waits for, and all that happened to it."""

from collections.abc import Iterator
from datetime import datetime

import click

from hectis_flow.commands.house import house
from hectis_flow.domain import court_moves, workflow_rules
from hectis_flow.domain.moments import SAST
from hectis_flow.domain.workflow import PHASES
from hectis_flow.services import timeline
from hectis_flow.services.timeline import Told
from hectis_flow.storage.timeline import ChargeNow, Docket, Happened, Removed, Stands


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
    for line in (*_standing(told.stands), *_tried(told), *_may_come(told), "", *map(_line, told.story)):
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


def _tried(told: Told) -> Iterator[str]:
    """Docket and court, for a case that came so far."""
    if told.docket:
        yield f"  docket     {_docket(told.docket)}"
    if told.at_court:
        matter = f", matter {told.at_court.number}" if told.at_court.number else ""
        yield f"  court      {told.at_court.court}{matter}"
    for charge in told.charges:
        yield f"  charge     {_charge(charge)}"
    for removal in told.removals:
        yield f"  removed    {_removal(removal)}"
    for one in told.awaited:
        what = workflow_rules.awaited(one.kind).title + (f" ({one.code})" if one.code else "")
        late = ", overdue" if one.due_at < told.stands.now else ""
        yield f"  awaited    {what}: {one.role} at {one.office}, due {_moment(one.due_at)}{late}"


def _docket(docket: Docket) -> str:
    checked = {None: "not yet verified", True: "verified by SAPS", False: "not found in CAS"}
    parts = [f"{docket.officer} since {_day(docket.assigned_at)}", checked[docket.verified]]
    if docket.arrests:
        parts.append("1 arrest" if docket.arrests == 1 else f"{docket.arrests} arrests")
    if docket.j88_completed_at:
        collected = docket.j88_collected_at
        parts.append(f"J88 collected {_day(collected)}" if collected else "J88 waits to be collected")
    return ", ".join(parts)


def _charge(charge: ChargeNow) -> str:
    plea = ""
    if charge.plea and charge.pleaded_at:
        plea = f", pleaded {charge.plea} {_day(charge.pleaded_at)}"
    stage = workflow_rules.stage(charge.stage)
    day = f", in court {charge.next_date:%a %d %b %Y}" if charge.next_date and stage.on_date else ""
    return f"{charge.accused}.{charge.number} {charge.offence}: {stage.title}{plea}{day}"


def _removal(removal: Removed) -> str:
    title = workflow_rules.stage(removal.way_out).title
    told = f"{title}, {_day(removal.removed_at)}: {removal.cause} ({removal.attributable_to})"
    if removal.ending and removal.ended_at:
        return f"{told}; {removal.ending} {_day(removal.ended_at)}"
    asked = f", asked {removal.requests} times" if removal.requests > 1 else ""
    awaits = f", awaits {removal.awaits}" if removal.awaits else ""
    now = "open" if removal.stage == removal.way_out else workflow_rules.stage(removal.stage).title
    return f"{told}; {now}{awaits}{asked}"


def _may_come(told: Told) -> Iterator[str]:
    """The moves from here, of the case itself or of any of its charges."""
    stages = {charge.stage for charge in told.charges}
    found = [court_moves.charged(stage) for stage in stages] or [court_moves.uncharged(told.stands.stage)]
    moves = {move.id: move for some in found for move in some}
    for _, move in sorted(moves.items()):
        needs = f" (needs {', '.join(move.needs)})" if move.needs else ""
        yield f"  may come   {move.id}, by {' or '.join(move.roles)}{needs}"


def _waiting(now: Stands) -> Iterator[str]:
    if now.clock is None or now.due_at is None:
        yield "  clock      none runs here"
        return
    late = ", overdue" if now.due_at < now.now else ""
    put_off = f", put off until {now.snoozed_until:%a %d %b %Y}" if now.snoozed_until else ""
    yield f"  clock      {now.clock}, due {_moment(now.due_at)}{late}{put_off}"
    if now.next_due is not None:
        what = f"{now.next_role} at {now.next_office} is told" if now.next_role else "a rule moves it"
        yield f"  next       {what} {_moment(now.next_due)}"
    if now.task is not None:
        yield f"  task       {now.task} for {now.task_role}, " + (
            f"opened by {now.held_by}" if now.held_by else "not opened"
        )


# What is put in is never read as a pattern itself.
SAID = {
    "note": "{what} noted by {who}: {why}",
    "disclosure": "{what} sent to {who}, on {why}",
    "answer": "answer of {who}, {what}: {why}",
    "notice": "notice to {who}, {why}: {what}",
}


def _line(one: Happened) -> str:
    at = f"{one.at.astimezone(SAST):%Y-%m-%d %H:%M:%S}"
    if one.kind == "move":
        return f"{at}  {workflow_rules.stage(one.what).title:<28}  {one.who}: {one.why}"
    if one.kind == "charges":
        came, went = (workflow_rules.stage(name).title for name in (one.why, one.what))
        charges = "charges" if "," in one.who else "charge"
        return f"{at}    {charges} {one.who}: " + (came if came == went else f"{came} → {went}")
    said = SAID.get(one.kind, "{what}: {who}, for {why}")
    return f"{at}    " + said.format(what=one.what, who=one.who, why=one.why)


def _day(at: datetime) -> str:
    return f"{at.astimezone(SAST):%a %d %b %Y}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SAST):%a %d %b %Y, %H:%M}"
