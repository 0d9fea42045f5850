"""`hectis ledger`: prove that no row of history was changed, moved or cut off."""

import sys

import click

from hectis_flow.commands.house import house
from hectis_flow.services import sealing

SHOWN = 20  # faults printed one by one; the rest are counted


@click.group()
def ledger() -> None:
    """Prove that history is whole, or say where it is not."""


@ledger.command()
@click.option(
    "--seal",
    "witnessed",
    multiple=True,
    metavar="NUMBER:HEX",
    help="A seal written down outside the database; repeat for more.",
)
def verify(witnessed: tuple[str, ...]) -> None:
    """Recompute every hash of every case and every seal.

    Ends with 0 when all is whole, with 1 when a row was edited, removed, put in, swapped or cut off.
    """
    known = dict(_witness(text) for text in witnessed)
    stands = sealing.standing(house())
    click.echo(f"{stands.cases} cases, {stands.entries} entries, {stands.seal} seals")
    faults = 0
    for fault in sealing.verify(house(), known):
        faults += 1
        if faults <= SHOWN:
            where = ", ".join(
                f"{name} {value}"
                for name, value in (("case id", fault.case_id), ("entry", fault.seq), ("seal", fault.seal))
                if value is not None
            )
            click.echo(f"  {fault.code}: {fault.sentence} ({where})")
    if faults:
        click.echo(
            f"NOT WHOLE: {faults} faults. Keep this database as it is and tell the information officer."
        )
        sys.exit(1)
    click.echo("whole" + (f"; newest seal {stands.seal}:{stands.seal_hash.hex()}" if stands.seal else ""))


@ledger.command()
def seal() -> None:
    """Seal now what the clock would seal at its next turn."""
    number = sealing.seal(house())
    click.echo("nothing new to seal" if number is None else f"seal {number}")


def _witness(text: str) -> tuple[int, bytes]:
    number, _, digest = text.partition(":")
    try:
        return int(number), bytes.fromhex(digest)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not NUMBER:HEX, as `hectis ledger verify` prints it") from None
