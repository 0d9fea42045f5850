"""A practice year on the whole road through the running system, its figures counted again from the raw moves.

Run as `python -m bench.practice_year` by `make practice-year`. Starts everything as `make run` does, on servers of
its own, lets the province play with its people at work, by the command that a person would type, and then holds
`hectis road --json` against SQL that reads nothing but the history of moves. It also asks whether each removal has
a cause, an owner and a next date, and how early before a removal that had a sign the first check was red: three
working days at least, in 95 of 100. Exit code 0 where all of it holds. Its last line is JSON.

Options: --days 365 --scale 0.02 --seed 1 --minutes 5 (the bar) --folder DIR (kept; else a folder of its own).
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from bench.practice_month import PLAY_SECONDS, database
from bench.practice_road import compare, unowned
from bench.running import Running, running

EARLY = 0.95  # of the removals that had a sign: seen three working days before or earlier
MATCHED = """
    SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM stage_transition t WHERE t.case_id = c.id
        AND t.transition = 'open_cas')), count(*) FROM "case" c
"""


def main() -> int:
    """Play, count, report."""
    options = _options()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="hectis-practice-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    try:
        with running(folder) as system:
            seconds = _play(system, options)
            return _report(system, options, seconds)
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.practice_year")
    parser.add_argument("--days", type=float, default=365)
    parser.add_argument("--scale", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="start", default="2026-01-05")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


def _play(system: Running, options: argparse.Namespace) -> float:
    """By the command; the seconds it took."""
    wish = {"days": options.days, "scale": options.scale, "seed": options.seed}
    arguments = [word for name, value in wish.items() for word in (f"--{name}", f"{value:g}")]
    begun = time.monotonic()
    done = system.hectis("practice", "play", *arguments, "--from", options.start, seconds=PLAY_SECONDS)
    print(done.stderr + done.stdout, flush=True)
    if done.returncode:
        raise SystemExit(f"The play ended with {done.returncode}.")
    return time.monotonic() - begun


def _report(system: Running, options: argparse.Namespace, seconds: float) -> int:
    told = json.loads(system.hectis("road", "--json", seconds=60).stdout)
    ahead = json.loads(system.hectis("countdown", "figures", "--json", seconds=60).stdout)
    print(system.hectis("road", seconds=60).stdout)
    print(system.hectis("countdown", "figures", seconds=60).stdout)
    with database(system) as connection:
        unequal = compare(connection, told)
        without = unowned(connection)
        matched, cases = connection.execute(text(MATCHED)).one()
        messages = _count(connection, "inbound_message")
        moves = _count(connection, "stage_transition")
        notices = _count(connection, "delivery")
    in_time = seconds <= options.minutes * 60
    early = ahead["early"] >= EARLY * ahead["signalled"] > 0
    holds = in_time and early and not unequal and not without
    result: dict[str, Any] = {
        "days": options.days,
        "scale": options.scale,
        "seconds": round(seconds, 1),
        "bar_seconds": options.minutes * 60,
        "messages": messages,
        "cases": cases,
        "moves": moves,
        "notices": notices,
        "matched_share": round(matched / max(cases, 1), 3),
        "removed": told["removed"]["removed"],
        "back": told["removed"]["back"],
        "signs_before_removals": {
            name: ahead[name] for name in ("asked", "signalled", "early", "median_days")
        },
        "unequal_counts": unequal,
        "removals_without_cause_owner_or_date": without,
        "verdict": "holds" if holds else "misses",
    }
    print(json.dumps(result))
    return 0 if holds else 1


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


if __name__ == "__main__":
    sys.exit(main())
