"""The policy table's lines about digests: each of its reader alone, whoever that is.

Part of `access.py`, which alone imports it; frozen data and nothing else. A digest shows what its reader's own lists show:
numbers of cases, stages, offices, codes and days, and nothing of a person.
"""

from typing import Final

from hectis_flow.domain.access_shapes import Action, Line
from hectis_flow.domain.digest import READERS
from hectis_flow.domain.workflow_rules import staff_roles

DIGESTS: Final = ("digests.list", "digests.read", "digests.pack", "digests.acknowledge")
DIGEST_ACTIONS: Final = tuple(Action(name, "digest") for name in DIGESTS)

DIGEST_LINES: Final = (
    *(Line(role, DIGESTS, "own_office", ("digest",), "Read what one was sent") for role in READERS),
    *(
        Line(role, DIGESTS, "none", (), "Digests are for whoever answers for an office.")
        for role in (*staff_roles(), "feed_sender")
        if role not in READERS
    ),
)
