"""A practice year on the whole road through the running system, its figures counted again from the raw moves.

Run as `python -m bench.practice_year` by `make practice-year`. Starts everything as `make run` does, on servers of
its own, lets the province play with its people at work, by the command that a person would type, and then holds
`hectis road --json` against SQL that reads nothing but the history of moves. It also asks whether each removal has
a cause, an owner and a next date, and how early before a removal that had a sign the first check was red: three
working days at least, in 95 of 100. Exit code 0 where all of it holds. Its last line is JSON.

Options: --days 365 --scale 0.02 --seed 1 --from 2026-01-05 --minutes 5 (the bar) --folder DIR (kept; else a folder of its own).
"""

import argparse
import json
import sys
from typing import Any

from sqlalchemy import text

from bench.practice_played import database, parser, play, whole_system
from bench.practice_road import compare, unowned
from bench.running import Running

EARLY = 0.95  # of the removals that had a sign: seen three working days before or earlier
# How much there is, and how many cases came to a CAS number.
AMOUNTS = """
    SELECT (SELECT count(*) FROM inbound_message) AS messages, (SELECT count(*) FROM "case") AS cases,
           (SELECT count(*) FROM stage_transition) AS moves, (SELECT count(*) FROM delivery) AS notices,
           (SELECT count(DISTINCT case_id) FROM stage_transition WHERE transition = 'open_cas') AS matched
"""


def main() -> int:
    """Play, count, report."""
    made = parser("practice_year", days=365, scale=0.02, start="2026-01-05")
    made.add_argument("--minutes", type=float, default=5)
    options = made.parse_args()
    with whole_system(options.folder) as system:
        return _report(system, options, play(system, options))


def _report(system: Running, options: argparse.Namespace, seconds: float) -> int:
    told, ahead = _said(system, "road"), _said(system, "countdown", "figures")
    with database(system) as connection:
        unequal, without = compare(connection, told), unowned(connection)
        amounts = dict(connection.execute(text(AMOUNTS)).mappings().one())
    in_time = seconds <= options.minutes * 60
    early = ahead["early"] >= EARLY * ahead["signalled"] > 0
    holds = in_time and early and not unequal and not without
    result: dict[str, Any] = {
        "days": options.days,
        "scale": options.scale,
        "seconds": round(seconds, 1),
        "bar_seconds": options.minutes * 60,
        **amounts,
        "matched_share": round(amounts["matched"] / max(amounts["cases"], 1), 3),
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


def _said(system: Running, *words: str) -> Any:
    """Print what a command says to people; what it says as JSON."""
    print(system.hectis(*words, seconds=60).stdout)
    return json.loads(system.hectis(*words, "--json", seconds=60).stdout)


if __name__ == "__main__":
    sys.exit(main())
