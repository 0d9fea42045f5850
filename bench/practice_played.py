"""A practice province played through the whole running system: what bench.practice_month and bench.practice_year share.

Everything is started as `make run` does, on servers of its own, and played by the command that a person would type.
What is counted afterwards is theirs.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine

from bench.running import Running, running
from config.settings import RUN_FILE, _psycopg

PLAY_SECONDS = 3 * 3600.0


def parser(bench: str, *, days: float, scale: float, start: str) -> argparse.ArgumentParser:
    """The options of every play, with what is usual for this bench."""
    made = argparse.ArgumentParser(prog=f"bench.{bench}")
    made.add_argument("--days", type=float, default=days)
    made.add_argument("--scale", type=float, default=scale)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--from", dest="start", default=start)
    made.add_argument("--folder", type=Path)
    return made


@contextmanager
def whole_system(folder: Path | None) -> Iterator[Running]:
    """A system that runs in this folder, which is kept, or else in one of its own."""
    place = folder or Path(tempfile.mkdtemp(prefix="hectis-practice-"))
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o755)
    try:
        with running(place) as system:
            yield system
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


def play(system: Running, options: argparse.Namespace, *more: str) -> float:
    """Play by the command, with what else it is told; the seconds it took."""
    wish = {"days": options.days, "scale": options.scale, "seed": options.seed}
    arguments = [word for name, value in wish.items() for word in (f"--{name}", f"{value:g}")]
    begun = time.monotonic()
    done = system.hectis("practice", "play", *arguments, "--from", options.start, *more, seconds=PLAY_SECONDS)
    print(done.stderr + done.stdout, flush=True)
    if done.returncode:
        raise SystemExit(f"The play ended with {done.returncode}.")
    return time.monotonic() - begun


@contextmanager
def database(system: Running) -> Iterator[Connection]:
    """A connection to the database of a running system."""
    lines = (system.data_dir / RUN_FILE).read_text(encoding="utf-8").splitlines()
    url = dict(line.split("=", 1) for line in lines)["DATABASE_URL"]
    engine = create_engine(_psycopg(url), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
