"""Reads `config/policy.toml`: how long each clock runs, whom its ladder tells, and from which day that holds.

Called by the composition root and by `hectis policy`. A file that does not hold together, or does not fit the
workflow, stops the boot with every fault by edition and key. It must not compute a due time: that is
`domain.escalation`.
"""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from config.policy_table import Table
from config.policy_tables import edition
from hectis_flow.domain.policy import Edition, Policy, PolicyFault
from hectis_flow.domain.policy_checks import check
from hectis_flow.domain.workflow import DECLARATION

# Beyond these years sums of days leave what a date can hold.
YEARS: Final = range(1900, 3000)
_NO_DAY: Final = date(YEARS[0], 1, 1)


def read_policy(path: Path) -> Policy:
    """The policy in this file; `PolicyFault`, one line a fault, if it is unsound or does not fit the workflow."""
    faults: list[str] = []
    editions = [_edition(number, body, faults) for number, body in enumerate(_bodies(path), 1)]
    faults.extend(_out_of_order(editions))
    if not faults:  # what was read with faults holds stand-ins, of which nothing true can be said
        faults.extend(
            f"edition {one.version}: {fault}" for one in editions for fault in check(one, DECLARATION)
        )
    if faults:
        raise PolicyFault("\n".join(f"{path}: {fault}" for fault in faults))
    return Policy(tuple(replace(one, version=f"{one.version}-{_digest(one)}") for one in editions))


def _bodies(path: Path) -> list[Any]:
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyFault(f"The policy file {path} does not exist (HECTIS_POLICY_FILE names it).") from None
    except OSError:
        raise PolicyFault(f"The policy file {path} cannot be read.") from None
    except ValueError as fault:  # not UTF-8, or not TOML; it names the line
        raise PolicyFault(f"The policy file {path} is not valid TOML: {fault}") from None
    bodies = body.pop("edition", [])
    if body or not isinstance(bodies, list) or not bodies:
        raise PolicyFault(
            f"The policy file {path} must hold [[edition]] tables, in double brackets, and nothing else."
        )
    return bodies


def _edition(number: int, body: Any, faults: list[str]) -> Edition:
    found: list[str] = []
    table = Table("", body, found)
    version = table.text("version")
    read = edition(table, version, table.take("from", date, "a day such as 2026-01-01", _NO_DAY))
    which = f"edition {version if version.strip('? ') else number}"
    faults.extend(f"{which}: {fault.removeprefix(': ')}" for fault in found)
    return read


def _out_of_order(editions: list[Edition]) -> Iterator[str]:
    for one in editions:
        if one.valid_from.year not in YEARS:
            yield f"edition {one.version}: from: the year must lie from {YEARS[0]} to {YEARS[-1]}."
    for before, later in pairwise(editions):
        if later.valid_from <= before.valid_from:
            yield f"edition {later.version}: from: must be later than edition {before.version}'s above it."
        if later.version in {one.version for one in editions if one is not later}:
            yield f"edition {later.version}: version: there are two of this name."


def _digest(one: Edition) -> str:
    """Eight digits that change with whatever would change a due time, a newer package's holidays included."""
    calendars = [
        (name, sorted(each.hours.items()), sorted(each.closed)) for name, each in one.calendars.items()
    ]
    parts = (*calendars, *one.clocks.values(), *one.ladders.values())
    return hashlib.sha256("\n".join(sorted(map(repr, parts))).encode()).hexdigest()[:8]
