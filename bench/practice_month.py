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
import sys
from typing import Any

from sqlalchemy import Connection, text

from bench import practice_counts
from bench.practice_played import database, parser, play, whole_system
from bench.running import Running
from hectis_flow.domain.intake import SUPPORTED
from hectis_flow.practice import rates
from hectis_flow.practice.diary import RECORD

UNDERSTOOD = frozenset().union(*SUPPORTED.values())
EXPECTED = "SELECT count(*) FROM incident WHERE voided_at IS NULL AND intent = 'assault'"


def main() -> int:
    """Play, count, report."""
    options = _options()
    with whole_system(options.folder) as system:
        code = _report(system, options, play(system, options, "--hop", f"{options.hop:g}", "--nobody"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"Processors, start and end included: {used.ru_utime + used.ru_stime:.0f} s", file=sys.stderr)
    return code


def _options() -> argparse.Namespace:
    made = parser("practice_month", days=30, scale=1.0, start="2026-03-02")
    made.add_argument("--hop", type=float, default=6.0)
    return made.parse_args()


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


if __name__ == "__main__":
    sys.exit(main())
