"""`hectis briefs`: watching briefs in the terminal, and the unit's own form taken over from a file."""

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from hectis_flow.commands import paging
from hectis_flow.commands.house import house
from hectis_flow.commands.tables import FILE, Row, read_table
from hectis_flow.domain.brief_rows import NEEDED
from hectis_flow.domain.moments import SAST
from hectis_flow.render import brief_words
from hectis_flow.services import brief_book, brief_import

BY = click.option("--by", "staff", required=True, metavar="CODE", help="Staff code of the unit's official.")


@click.group()
def briefs() -> None:
    """Matters that the Court Watching Briefs follow, and what was seen of them."""


@briefs.command(name="list")
@click.option("--court", metavar="CODE", help="Only matters of this court.")
@click.option("--all", "every", is_flag=True, help="Closed briefs too.")
@paging.after
@paging.limit
def listing(court: str | None, after: int | None, limit: int, *, every: bool) -> None:
    """List the open briefs, newest first: case, court, why, who has it, whether the prosecution knows."""
    rows = brief_book.listing(house(), court, after, limit, every=every)
    if not rows:
        click.echo("No brief is open here.")
    for row in rows:
        why = ", ".join(brief_words.TRIGGERS[one] for one in row.triggers)
        state = f"closed: {row.closed_reason}" if row.closed_reason else row.official or "not taken up"
        known = "" if row.acknowledged_at else ", not acknowledged"
        court_ = row.court or "no court yet"
        click.echo(f"{row.id:>7}  {row.ref}  {court_}: {why}; {state}{known}, since {_moment(row.opened_at)}")
    paging.offer_next(rows, limit)


@briefs.command()
@click.argument("number", type=click.IntRange(min=1))
def show(number: int) -> None:
    """Show one brief: why, whoever was asked, what was seen in court, letters and replies."""
    told = brief_book.tell(house(), number)
    for line in (*_head(told), *_seats(told), *_seen(told), *_letters(told)):
        click.echo(line)


@briefs.command(name="open")
@click.argument("ref", metavar="NUMBER")
@BY
def open_one(ref: str, staff: str) -> None:
    """Have the case NUMBER watched, which came to a court."""
    opened = brief_book.open_one(house(), ref.strip().upper(), staff)
    click.echo(f"brief {opened.id}: " + ("opened" if opened.fresh else "was open, has one reason more"))


@briefs.command(name="import")
@click.argument("path", metavar="FILE.csv", type=FILE)
@BY
@click.option("--apply", is_flag=True, help="Write what can be written; without it nothing is.")
def take_over(path: Path, staff: str, *, apply: bool) -> None:
    """Take the export of the unit's form over: one row an appearance, with a verdict for each line.

    docs/briefs.md lists the columns. The same file can be handed in again. Ends with 1 when a row was refused.
    """
    rows = read_table(path, NEEDED, _cells)
    counted: dict[str, int] = {}
    left = iter(rows.items())
    while part := list(islice(left, brief_import.MOST_ROWS)):
        verdicts = brief_import.from_terminal(house(), [row for _, row in part], staff, apply=apply)
        for (line, _), verdict in zip(part, verdicts, strict=True):
            counted[verdict["verdict"]] = counted.get(verdict["verdict"], 0) + 1
            click.echo(f"line {line}: {_verdict(verdict)}")
    click.echo(", ".join(f"{count} {what.replace('_', ' ')}" for what, count in counted.items()) or "no rows")
    sys.exit(1 if "refused" in counted else 0)


def _cells(row: Row) -> dict[str, str | None]:
    return dict(row)


def _verdict(verdict: Mapping[str, Any]) -> str:
    if verdict["verdict"] == "refused":
        return f"refused ({verdict['code']}): {verdict['message']}"
    opens = ", with a new brief" if verdict.get("opens") else ""
    return f"{verdict['verdict'].replace('_', ' ')}: {verdict['case_ref']}{opens}"


def _head(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"brief {told['id']}  {told['case_ref']}  {told['court'] or 'no court yet'}"
    yield f"  why        {', '.join(brief_words.TRIGGERS[one] for one in told['triggers'])}"
    yield f"  opened     {_at(told['opened_at'])}"
    yield f"  has it     {told['official'] or 'nobody yet'}"
    known = told["acknowledged_at"]
    yield f"  NPA        {'acknowledged ' + _at(known) if known else 'has not acknowledged'}"
    if told["closed_at"]:
        yield f"  closed     {_at(told['closed_at'])}: {told['closed_reason']}"


def _seats(told: Mapping[str, Any]) -> Iterator[str]:
    for one in told["seats"]:
        due = f"asked, due {_at(one['due_at'])}" if one["due_at"] else "asked"
        said = one["answer"] or due
        why = f" ({one['reason']})" if one["reason"] else ""
        yield f"  asked      {one['role']} at {one['office']}: {said}{why}"


def _seen(told: Mapping[str, Any]) -> Iterator[str]:
    for one in told["observations"]:
        causes = f"; {', '.join(one['causes'])} ({one['attributable_to']})" if one["causes"] else ""
        corrected = f"; corrected by {one['corrected_by']}" if one["corrected_by"] else ""
        yield (
            f"  in court   {one['court_date']} #{one['id']}: {one['outcome']}, docket {one['docket_at_court']}"
            f"{causes}; recommends {one['recommendation']}{corrected}"
        )


def _letters(told: Mapping[str, Any]) -> Iterator[str]:
    for one in told["letters"]:
        said = one["answer"] or f"no reply yet, wanted by {_at(one['respond_by'])}"
        paper = f" ({one['answer_ref']}, {one['answer_date']})" if one["answer_ref"] else ""
        yield f"  letter     {one['id']} to {one['role']} at {one['office']}: {said}{paper}"


def _at(text: str) -> str:
    return _moment(datetime.fromisoformat(text))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SAST):%a %d %b %Y, %H:%M}"
