"""`hectis token`: let somebody or some system read through the API, see who may, and end it."""

import click

from hectis_flow.commands.house import house
from hectis_flow.domain.access_rules import token_roles
from hectis_flow.services import tokens

ROW = "{:>5}  {:<24}  {:<26}  {:<32}  {:<10}  {}"


@click.group()
def token() -> None:
    """Make, list and end tokens for the API."""


@token.command()
@click.option("--role", type=click.Choice(token_roles()), help="What the bearer may do.")
@click.option("--office", help="Code of the bearer's office, for a role that works for one.")
@click.option("--staff", help="Staff code of the person it stands for; without one, tasks cannot be opened.")
@click.option("--label", help="A system's name, never a person's.  [default: the role]")
@click.option("--days", default=90, show_default=True, help="How long it lives.")
def create(role: str | None, office: str | None, staff: str | None, label: str | None, days: int) -> None:
    """Make a token. It is shown this once and kept nowhere, so pass it on with care.

    With --staff it is for a post of that person, and ends with the post; --role and --office choose among
    several. Without --staff it is for a system, and --role must say what it may do.
    """
    if staff is not None:
        made = tokens.create_for_staff(house(), staff, days, role, office)
    elif role is not None:
        made = tokens.create(house(), role, office, label or role, days)
    else:
        raise click.UsageError("Name a --role, or a person with --staff.")
    told = f"{staff or role}{f' of {office}' if office else ''}"
    click.echo(f"token {made.token_id} for {told}, {days} days:", err=True)
    click.echo(made.secret)


@token.command(name="list")
def listing() -> None:
    """Show every token without its secret, newest first."""
    click.echo(ROW.format("id", "label", "role", "office", "ends", "state"))
    for row in tokens.listing(house()):
        click.echo(
            ROW.format(
                row.id, row.label, row.role, row.office or "-", f"{row.expires_at:%Y-%m-%d}", row.state
            )
        )


@token.command()
@click.argument("token_id", type=int)
def revoke(token_id: int) -> None:
    """End a token at once."""
    tokens.revoke(house(), token_id)
    click.echo(f"token {token_id} has ended.")
