"""What one line of the balance is made of: a query that gives every row of its kind exactly one verdict.

Read by `storage.balance`. The files beside this one hold the queries, written from what must hold and sharing nothing
with what writes the rows. A query gives (id, verdict); it names a fault wherever what must stand beside a row is
looked for and not found. None of them may trust a state where a join can show what it rests on.
"""

from typing import NamedTuple


class Side(NamedTuple):
    """One line: the verdicts that are parts, and the query of all its rows; every other verdict is a fault."""

    parts: tuple[str, ...]
    query: str


# Whether something that nobody did in time is late: not while the clock of a practice database hops.
LATE = "CAST(:late AS boolean)"
GRACE = "CAST(:grace AS interval)"
