"""`hectis keys`: make, list, rotate and retire the keys that lock names and messages away."""

import sys
import time
from pathlib import Path

import click

from config.keys import new_key, read_key_file, restore_key, retire_key, rotate_key_file
from config.settings import Settings, load
from hectis_flow.commands.house import house
from hectis_flow.services import reencryption
from hectis_flow.services.reencryption import KeyInUse, Standing

POLL_SECONDS = 0.5
FULL = 1000  # steps of the progress bar


@click.group()
def keys() -> None:
    """Keep the keys that lock names and messages away."""


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
    """Let a fresh data key encrypt from now on; what the old ones locked is moved in the background.

    Running processes notice by themselves; `hectis keys status` shows how far it is. The index key is not
    rotated: every identifier would have to be fingerprinted anew.
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
    click.echo("What the others locked is moved in the background: hectis keys status --wait")


@keys.command()
@click.option("--wait", is_flag=True, help="Show a progress bar and wait until nothing is left to move.")
def status(*, wait: bool) -> None:
    """Count the rows that each key locks, and say how far they have come to the one that encrypts.

    Counting reads the three tables whole; the bar of --wait does not.
    """
    if wait:
        _wait()
    stands = reencryption.standing(house())
    for line in _table(stands, list(load().keys.data_keys)):
        click.echo(line)
    click.echo(_sentence(stands))


def _wait() -> None:
    with click.progressbar(length=FULL, label="Moving to the active key", file=sys.stderr) as bar:
        while True:
            share = reencryption.share_done(reencryption.progress(house()))
            bar.update(int(share * FULL) - bar.pos)
            if share >= 1:
                return
            time.sleep(POLL_SECONDS)


def _table(stands: Standing, live: list[str]) -> list[str]:
    """One line a key: its star, what it locks in each table, its share of all rows."""
    total = sum(sum(rows.values()) for rows in stands.rows.values())
    lines = []
    for key_id in dict.fromkeys([*live, *stands.rows]):
        rows = stands.rows.get(key_id, {})
        counts = "  ".join(f"{table} {rows.get(table, 0):,}" for table in reencryption.TABLES)
        share = 100 * sum(rows.values()) / total if total else 0.0
        star = "*" if key_id == stands.active else " "
        away = "" if key_id in live else "  (this key is away: what it locks cannot be read)"
        lines.append(f"{star} {key_id}  {counts}  {share:.1f}%{away}")
    return lines


def _sentence(stands: Standing) -> str:
    older = sum(sum(rows.values()) for key_id, rows in stands.rows.items() if key_id != stands.active)
    unopened = sum(walk.unopened for walk in stands.walks)
    if unopened:
        return f"{unopened:,} rows cannot be opened and stay as they are: see the workers' log."
    if not stands.walks:
        return "Nothing was begun: the clock has not run since this key became active."
    percent = 100 * reencryption.share_done(stands.walks)
    if percent < 100:
        return f"{percent:.0f}% gone through towards {stands.active}; {older:,} rows left to move."
    return f"All gone through: {older:,} rows left on older keys."


@keys.command()
@click.argument("key_id")
def retire(key_id: str) -> None:
    """Take a key out of the file once no row needs it any more; refused while one does."""
    settings = load()
    if key_id not in settings.keys.data_keys:
        raise click.ClickException(f"{key_id} is not a live key: hectis keys list shows them.")
    reencryption.require_unused(house(), key_id)
    if settings.keys_file is None:
        click.echo(f"No row needs {key_id}: take it out of HECTIS_DATA_KEYS and restart.")
        return
    _drop(settings, settings.keys_file, key_id)
    click.echo(f"{key_id} is gone from {settings.keys_file}. Copies of that file still hold it.")


def _drop(settings: Settings, path: Path, key_id: str) -> None:
    """Drop the key, and put it back if a row was written with it in that very moment."""
    key = retire_key(path, key_id)
    time.sleep(settings.heartbeat_seconds)
    rows = reencryption.standing(house()).rows.get(key_id)
    if rows:
        restore_key(path, key_id, key)
        raise KeyInUse(f"{key_id} was written with just now and was put back: try again in a minute.")
