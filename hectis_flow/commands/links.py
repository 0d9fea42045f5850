"""`hectis links`: take back the links of notices that wait, of a case or of somebody on the staff."""

import re

import click

from hectis_flow.commands.house import house
from hectis_flow.services import link_keeping

REF = re.compile(r"[A-Z]{2}-\d{4}-\d{6,}")


@click.group()
def links() -> None:
    """Take back links of notices."""


@links.command()
@click.argument("what", metavar="CASE|STAFF")
def revoke(what: str) -> None:
    """Take back every link that waits of a case (WC-2026-000001) or of somebody (their staff code).

    At once and for good. What was answered stays answered; newer notices have links of their own.
    """
    named = {"case": what} if REF.fullmatch(what) else {"staff": what}
    count = link_keeping.take_back(house(), **named)
    click.echo(f"{count} {'link' if count == 1 else 'links'} taken back.")
