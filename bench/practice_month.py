"""A practice month at scale 1 through the whole running system, held against the generator's own record.

Run as `python -m bench.practice_month` by `make practice-check`. Starts everything as `make run` does, on
servers of its own, plays the days by the command that a person would type, then counts: what the generator
meant and what the product's tables say, by SQL that shares nothing. Reports what happened, what was counted,
and how fast. Exit code 0 where every count is equal. Its last line is JSON.

Options: --days 30 --scale 1 --seed 1 --hop 6 --from 2026-03-02 --folder DIR (kept; else a folder of its own).
"""

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, text

from bench import practice_counts
from bench.running import Running, running
from config.settings import RUN_FILE, _psycopg
from hectis_flow.domain.intake import SUPPORTED
from hectis_flow.practice import rates
from hectis_flow.practice.diary import RECORD

UNDERSTOOD = frozenset().union(*SUPPORTED.values())
PLAY_SECONDS = 3 * 3600.0
EXPECTED = "SELECT count(*) FROM incident WHERE voided_at IS NULL AND intent = 'assault'"


def main() -> int:
    """Play, count, report."""
    options = _options()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="hectis-practice-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    try:
        with running(folder) as system:
            seconds = _play(system, options)
            code = _report(system, options, seconds)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"Processors, start and end included: {used.ru_utime + used.ru_stime:.0f} s", file=sys.stderr)
        return code
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.practice_month")
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hop", type=float, default=6.0)
    parser.add_argument("--from", dest="start", default="2026-03-02")
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


def _play(system: Running, options: argparse.Namespace) -> float:
    """By the command; the seconds it took."""
    wish = {"days": options.days, "scale": options.scale, "seed": options.seed, "hop": options.hop}
    arguments = [word for name, value in wish.items() for word in (f"--{name}", f"{value:g}")]
    begun = time.monotonic()
    done = system.hectis(
        "practice", "play", *arguments, "--from", options.start, "--nobody", seconds=PLAY_SECONDS
    )
    print(done.stderr + done.stdout, flush=True)
    if done.returncode:
        raise SystemExit(f"The play ended with {done.returncode}.")
    return time.monotonic() - begun


def _report(system: Running, options: argparse.Namespace, seconds: float) -> int:
    (record,) = (system.data_dir / "practice").glob(f"*/{RECORD}")
    with database(system) as connection:
        sendings = practice_counts.load(connection, record)
        happened = practice_counts.truth(connection)
        unequal = _compare(connection)
        counted = int(connection.execute(text(EXPECTED)).scalar_one())
    per_day = counted / options.days / options.scale
    print(f"Happened: {happened}")
    print(
        f"Counted: {counted} assaults stand, {per_day:.1f} a day at scale 1 (published: {rates.COUNTED_A_DAY:.1f})"
    )
    result: dict[str, Any] = {
        "days": options.days,
        "scale": options.scale,
        "hop_hours": options.hop,
        "sendings": sendings,
        "visits": happened["visits"],
        "seconds": round(seconds, 1),
        "messages_per_second": round(sendings / seconds, 1),
        "visits_per_second": round(happened["visits"] / seconds, 1),
        "standing_assaults": counted,
        "unequal_counts": unequal,
        "verdict": "misses" if unequal else "holds",
    }
    print(json.dumps(result))
    return 1 if unequal else 0


def _compare(connection: Connection) -> list[str]:
    """Print each count of both sides; the names of those that differ."""
    unequal = []
    for name, (meant, found) in practice_counts.compare(connection, UNDERSTOOD).items():
        same = meant == found
        kinds = "" if len(meant) == 1 else f" in {len(meant)} kinds"
        print(f"   {'equal  ' if same else 'DIFFERS'} {name}: {sum(meant.values())}{kinds}")
        if not same:
            unequal.append(name)
            for kind in sorted({*meant, *found}):
                if meant.get(kind) != found.get(kind):
                    print(f"      {kind}: meant {meant.get(kind, 0)}, found {found.get(kind, 0)}")
    return unequal


@contextmanager
def database(system: Running) -> Iterator[Connection]:
    """A connection to the database of a running system."""
    lines = (system.data_dir / RUN_FILE).read_text(encoding="utf-8").splitlines()
    url = dict(line.split("=", 1) for line in lines)["DATABASE_URL"]
    engine = create_engine(_psycopg(url), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


if __name__ == "__main__":
    sys.exit(main())
