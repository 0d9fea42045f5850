"""Find a balance certificate that was rewritten, put in or taken out: by its own chain, and by the seals over it.

`services.sealing` hands it the rows straight from the database, in order. It must not repair or fetch anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hectis_flow.domain.balance import certificate_hash
from hectis_flow.domain.ledger import GENESIS
from hectis_flow.domain.ledger_proof import Fault


class Written(NamedTuple):
    """A certificate as its row holds it."""

    number: int
    at_micros: int
    body: str
    hash: bytes


def verify_balances(written: Iterable[Written], sealed: Mapping[int, bytes]) -> Iterator[Fault]:
    """Every fault of the chain of certificates; `sealed` are the hashes that the ledger's seals hold, by number."""
    due = dict(sealed)
    last, prev = 0, GENESIS
    for row in written:
        if row.number != last + 1:
            yield Fault(
                "balance_missing", "A balance certificate is gone before this one.", balance=row.number
            )
        elif certificate_hash(prev, row.number, row.at_micros, row.body) != row.hash:
            yield Fault("balance_edited", "A balance certificate is not what was drawn.", balance=row.number)
        if due.pop(row.number, row.hash) != row.hash:
            yield Fault(
                "balance_differs", "A balance certificate is not the one that was sealed.", balance=row.number
            )
        last, prev = row.number, row.hash
    for number in sorted(due):
        yield Fault("balance_missing", "A balance certificate that was sealed is gone.", balance=number)
