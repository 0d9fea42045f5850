"""`hectis ledger`: prove that no row of history was changed, moved or cut off."""

import sys
from itertools import chain
from pathlib import Path

import click

from hectis_flow.commands.house import house
from hectis_flow.domain.ledger_proof import Fault
from hectis_flow.domain.mail_seals import Printed, printed_in
from hectis_flow.domain.seal_words import is_sound
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
@click.option(
    "--from-mail",
    "mails",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="An old digest, saved as .eml or copied into a text file: its seal must stand in this ledger. Repeat for more.",
)
def verify(witnessed: tuple[str, ...], mails: tuple[Path, ...]) -> None:
    """Recompute every hash of every case, every seal and every balance.

    Ends with 0 when all is whole, with 1 when a row was edited, removed, put in, swapped or cut off, and with 2
    when a mail holds no seal to hold the ledger against.
    """
    known = dict(_witness(text) for text in witnessed)
    printed = [one for path in mails for one in _printed(path)]
    stands = sealing.standing(house())
    click.echo(f"{stands.cases} cases, {stands.entries} entries, {stands.seal} seals")
    faults = 0
    for fault in chain(sealing.verify_printed(house(), printed), sealing.verify(house(), known)):
        faults += 1
        if faults <= SHOWN:
            click.echo(f"  {fault.code}: {fault.sentence}{_place(fault)}")
    if faults:
        click.echo(
            f"NOT WHOLE: {faults} faults. Keep this database as it is and tell the information officer."
        )
        sys.exit(1)
    click.echo("whole" + (f"; newest seal {stands.seal}:{stands.seal_hash.hex()}" if stands.seal else ""))
    if printed:
        last = max((one.number for one in printed if one.number is not None), default=None)
        until = f"seal {last}" if last is not None else "the seal of the mail"
        click.echo(f"The mail agrees: nothing up to {until} was changed since it was sent.")


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


def _printed(path: Path) -> list[Printed]:
    """The seals that a mail holds. Raises `click.UsageError` where it holds none that can be read."""
    found = printed_in(path.read_bytes())
    sound = [one for one in found if one.words is None or is_sound(one.words)]
    if len(sound) < len(found):
        click.echo(
            f"{path.name}: some of its twelve words were changed or changed places, so they say nothing."
        )
    if not sound:
        raise click.UsageError(
            f"{path.name} holds no seal: neither 64 hexadecimal digits nor twelve words of one."
        )
    return sound


def _place(fault: Fault) -> str:
    """Where a fault is, as far as it has a place."""
    places = (
        ("case id", fault.case_id),
        ("entry", fault.seq),
        ("seal", fault.seal),
        ("balance", fault.balance),
    )
    where = ", ".join(f"{name} {value}" for name, value in places if value is not None)
    return f" ({where})" if where else ""
