"""`hectis messages`: what became of the messages that hospitals sent, and work parked ones again."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from hectis_flow.commands import paging
from hectis_flow.commands.house import house
from hectis_flow.domain.moments import SAST
from hectis_flow.services import inbox
from hectis_flow.storage.inbox import ALARM_HOURS

STATES = ("received", "accepted", "ignored", "parked")
ENVELOPE: Mapping[str, str] = {
    "received_at": "received",
    "channel": "by",
    "peer": "from",
    "source_app": "MSH-3",
    "source_facility": "MSH-4",
    "message_type": "MSH-9.1",
    "event": "MSH-9.2",
    "control_id": "MSH-10",
    "size": "octets",
    "ack_code": "answered",
    "attempts": "worked on",
    "parked_at": "parked",
    "owner": "owner",
}


@click.group()
def messages() -> None:
    """What became of the messages that came in. Never what they say."""


@messages.command()
@click.option("--wait", is_flag=True, help="Wait until nothing is left to work through (60 seconds at most).")
def summary(*, wait: bool) -> None:
    """Count the messages by state and reason, with what each reason means.

    accepted: read into a visit. ignored: an event we do not use. parked: kept for a person to look at.
    refused: never stored; the sender was told why.
    """
    rows = inbox.summary(house())
    deadline = time.monotonic() + 60
    while wait and any(state == "received" for state, *_ in rows) and time.monotonic() < deadline:
        time.sleep(0.3)
        rows = inbox.summary(house())
    if not rows:
        click.echo("No message has come in yet. Send one: hectis send FILE")
        return
    width = max(len(reason) for _, reason, _, _ in rows)
    for state, reason, count, means in rows:
        plain = means if state != "accepted" and reason else ""
        click.echo(f"{state:<9} {count:>7}  {reason:<{width}}  {plain}".rstrip())
    for late in inbox.overdue(house()):
        click.echo(
            f"ALARM: {late.owner or 'nobody'} has left {late.messages} parked for more than {ALARM_HOURS} hours, "
            f"the oldest for {late.oldest_hours:.0f}."
        )


@messages.command(name="list")
@click.option("--state", type=click.Choice(STATES), help="Where the message stands.")
@click.option("--reason", help="Why it is parked or ignored, as `hectis messages summary` writes it.")
@click.option("--source", help="What the sender writes in MSH-3 or MSH-4.")
@click.option("--since", type=click.DateTime(), help="Received at or after (South African time).")
@paging.after
@paging.limit
def listing(since: datetime | None, limit: int, **wanted: str | int | None) -> None:
    """List messages, newest first. Each with number, time, state, reason, owner, sender and event."""
    filters: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if since is not None:
        filters["since"] = since.replace(tzinfo=SAST)
    rows = inbox.listing(house(), filters, limit)
    for row in rows:
        who = f"{row.source_app or '-'}/{row.source_facility or '-'}"
        mark = "!" if row.alarmed else " "
        click.echo(
            f"{row.id:>9}{mark} {_time(row.received_at)}  {row.state:<8}  {row.reason or '-':<22} "
            f"{row.owner or '-':<28} {who}  {row.message_type}^{row.event}"
        )
    paging.offer_next(rows, limit)


@messages.command()
@click.argument("number", type=int)
def show(number: int) -> None:
    """Show one message's envelope, what holds it up, and which fields are filled; never a value."""
    shown = inbox.show(house(), number)
    envelope = shown.envelope
    alarm = ", ALARM" if envelope["alarmed"] else ""
    click.echo(f"message {number}: {envelope['state']} {envelope['reason']}{alarm}".rstrip())
    if shown.means:
        click.echo(f"  {shown.means}")
    for name, label in ENVELOPE.items():
        value = envelope[name]
        if value not in (None, ""):
            click.echo(f"  {label:<10} {_time(value) if isinstance(value, datetime) else value}")
    if envelope["control_id_reused"]:
        click.echo("  This control id stood on other bytes before.")
    _fields(shown.fields)


@messages.command()
@click.argument("numbers", nargs=-1, type=int)
@click.option("--reason", help="Everything parked or ignored for this reason.")
@click.option("--all", "everything", is_flag=True, help="Everything that is parked.")
def replay(numbers: tuple[int, ...], reason: str | None, *, everything: bool) -> None:
    """Work parked or ignored messages again, after what held them up was mended."""
    if bool(numbers) + (reason is not None) + everything != 1:
        raise click.UsageError("Name the messages by number, or by --reason, or --all of them.")
    ids: Sequence[int] = numbers or inbox.waiting(house(), reason)
    count = 0
    with click.progressbar(length=len(ids), label="replay") as bar:
        for looked_at, freed in inbox.replaying(house(), ids):
            count += freed
            bar.update(looked_at)
    click.echo(f"{count} of {len(ids)} wait to be worked again.")


@messages.command()
@click.argument("numbers", nargs=-1, type=int)
@click.option("--source", help="Everything accepted from this sender (its MSH-3 or MSH-4).")
def reread(numbers: tuple[int, ...], source: str | None) -> None:
    """Read accepted messages anew, after a mapping in config/feeds.toml was mended.

    Each with all other messages of its patient, at once and in this process. Where they say what they
    said before, nothing changes.
    """
    if bool(numbers) == (source is not None):
        raise click.UsageError("Name the messages by number, or their --source.")
    ids: Sequence[int] = numbers or inbox.accepted_of(house(), source or "")
    with click.progressbar(length=len(ids), label="reread") as bar:
        for count in inbox.rereading(house(), ids):
            bar.update(count)
    click.echo(f"{len(ids)} were read anew.")


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(SAST):%Y-%m-%d %H:%M:%S}"


def _fields(fields: Mapping[str, Sequence[int]] | None) -> None:
    if fields is None:
        click.echo("  Its bytes cannot be opened or read, so its fields are not known.")
        return
    click.echo("  filled fields:")
    for name, numbers in fields.items():
        click.echo(f"    {name:<12} {' '.join(map(str, numbers))}".rstrip())
