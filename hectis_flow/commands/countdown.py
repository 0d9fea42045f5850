"""`hectis countdown`: the days in court ahead in the terminal, and how early removals could be seen coming."""

import json
from collections.abc import Iterator
from datetime import date

import click

from hectis_flow.commands.house import house
from hectis_flow.domain.countdown import SAPS
from hectis_flow.services import countdown as days
from hectis_flow.services import countdown_lists
from hectis_flow.services.countdown import EARLY, LeadTimes
from hectis_flow.storage.court_checks import Ahead


@click.group(invoke_without_command=True)
@click.option("--station", metavar="CODE", help="Only cases of this station's precinct.")
@click.option("--court", metavar="CODE", help="Only cases of this court.")
@click.pass_context
def countdown(context: click.Context, station: str | None, court: str | None) -> None:
    """Show the days in court ahead, soonest first, with what is red for each.

    red: it will not be there in time, or the time to say so is over. coming: by a day in time. open: not answered.
    L1 and above: silence has climbed so high.
    """
    if context.invoked_subcommand is not None:
        return
    shown = False
    for one in countdown_lists.coming(house(), station, court):
        click.echo(_line(one))
        shown = True
    if not shown:
        click.echo("No day in court is near: what one needs is asked seven working days before it.")


@countdown.command()
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def figures(*, as_json: bool) -> None:
    """Count the removals of matters with a day in court, and how early a check of their causes was red before it."""
    found = days.lead_times(house())
    click.echo(json.dumps(_figures(found)) if as_json else "\n".join(_words(found)))


def _line(one: Ahead) -> str:
    matter = f"{one.court_case_no} at {one.court}" if one.court_case_no else one.court or "no court yet"
    side = "SAPS" if one.side == SAPS else "NPA"
    climbed = f"  L{one.level}" if one.level else ""
    return (
        f"{date.fromisoformat(one.code):%a %d %b %Y}  {one.ref}  {matter}  {side} ({one.office}): "
        f"{'; '.join(_standing(one))}{climbed}"
    )


def _standing(one: Ahead) -> Iterator[str]:
    """How the checks of a list stand, what is red first."""
    for state in ("red", "open", "coming"):
        causes = [check["cause"] for check in one.checks if check["state"] == state]
        if causes:
            yield f"{state}: {', '.join(causes)}"
    if all(check["state"] == "ready" for check in one.checks):
        yield "ready"


def _words(found: LeadTimes) -> Iterator[str]:
    yield f"Removed from the roll with a day in court set: {found.removals:,}."
    yield f"Of these, one of the causes had been asked about before that day: {found.asked:,}."
    yield f"Of these, a check of one of the causes was red before it: {found.signalled:,}."
    if found.median is None:
        return
    share = f"{100 * found.early / found.signalled:.0f} %"
    yield f"Of these, {EARLY} working days or more before it: {found.early:,} ({share}); half of them {found.median:g} or more."


def _figures(found: LeadTimes) -> dict[str, object]:
    return {
        "removals": found.removals,
        "asked": found.asked,
        "signalled": found.signalled,
        "early": found.early,
        "early_days": EARLY,
        "median_days": found.median,
    }
