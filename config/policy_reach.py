"""Reads how people are reached out of an edition of the policy: quiet hours, what passes them, further ways, bundles.

Part of `config.policy_tables`. An edition that says nothing of it means what `domain.reach` has as usual.
"""

import re
from typing import Final

from config.policy_table import Table
from hectis_flow.domain.calendar import parse_span
from hectis_flow.domain.reach import CLASSES, Quiet, Reach, hours_of

NONE: Final = "none"
_CHANNEL: Final = re.compile(r"[a-z][a-z0-9_]{0,29}", re.ASCII)


def reach(edition: Table) -> Reach:
    """The table `reach`, or what is usual where there is none."""
    usual = Reach()
    if "reach" not in edition.body:
        return usual
    table = Table(f"{edition.key}.reach".strip("."), edition.body.pop("reach"), edition.faults)
    read = Reach(
        quiet=table.parsed("quiet", quiet_hours, usual.quiet),
        personal=_words(table, "personal", usual.personal),
        passes=_words(table, "passes", usual.passes),
        further_after=table.parsed("further_after", parse_span, usual.further_after),
        further_urgent=table.parsed("further_urgent", parse_span, usual.further_urgent),
        bundle_over=table.whole("bundle_over", 1, 1_000_000),
        bundle_within=table.parsed("bundle_within", parse_span, usual.bundle_within),
    )
    if strange := read.passes - set(CLASSES):
        table.fault(f"{', '.join(sorted(strange))}: must be of {', '.join(CLASSES)}", "passes")
    table.finish()
    return read


def quiet_hours(text: str) -> Quiet | None:
    """Read `20:00-06:00`, or `none`; `ValueError` for anything else."""
    return None if text == NONE else Quiet(*hours_of(text))


def _words(table: Table, name: str, usual: frozenset[str]) -> frozenset[str]:
    found = table.take(name, list, "a list of words", sorted(usual))
    if not all(type(one) is str and _CHANNEL.fullmatch(one) for one in found):
        table.fault("must hold words such as email", name)
        return usual
    return frozenset(found)
