"""`hectis messages`: what became of the messages that hospitals sent."""

import time

import click

from hectis_flow.commands.house import house
from hectis_flow.services import inbox


@click.group()
def messages() -> None:
    """What became of the messages that hospitals sent; never what they say."""


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


@messages.command()
@click.argument("ids", nargs=-1, type=int, required=True)
def replay(ids: tuple[int, ...]) -> None:
    """Work parked or ignored messages again, by their numbers, after what held them up was mended."""
    count = inbox.replay(house(), ids)
    click.echo(f"{count} of {len(ids)} wait to be worked again.")
