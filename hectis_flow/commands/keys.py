"""`hectis keys`: make, list and rotate the keys that lock names and messages away."""

import click

from config.keys import new_key, read_key_file, rotate_key_file
from config.settings import load


@click.group()
def keys() -> None:
    """Make, list and rotate the keys that lock names and messages away."""


@keys.command()
def new() -> None:
    """Print one fresh key (32 random bytes, base64) for HECTIS_DATA_KEYS or HECTIS_INDEX_KEY."""
    click.echo(new_key())


@keys.command(name="list")
def listing() -> None:
    """Show the ids of the live data keys; the starred one encrypts. Never shows a key."""
    material = load().keys
    for key_id in material.data_keys:
        click.echo(f"{'*' if key_id == material.active else ' '} {key_id}")


@keys.command()
def rotate() -> None:
    """Let a fresh data key encrypt from now on; the old ones stay live for what they locked.

    Running processes notice by themselves. The index key is not rotated: every identifier would have
    to be fingerprinted anew.
    """
    settings = load()
    if settings.keys_file is None:
        ids = ", ".join(settings.keys.data_keys)
        raise click.ClickException(
            f"the keys come from HECTIS_DATA_KEYS (live: {ids}). Put a fresh one in front yourself, as "
            f"NEWID:{'<hectis keys new>'},..., keep the old ones behind it, and restart."
        )
    key_id = rotate_key_file(settings.keys_file)
    live = len(read_key_file(settings.keys_file).data_keys)
    click.echo(f"{key_id} encrypts from now on; {live} keys are live.")
