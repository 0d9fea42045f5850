"""What every use case needs to do its work, made once by the composition root.

A service takes the `House` first, opens one transaction on it, and commits by leaving it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hectis_flow.domain.policy import Policy
from hectis_flow.services.feeds import Feeds, Sender
from hectis_flow.services.outward import Outward
from hectis_flow.storage import database
from hectis_flow.storage.direct import Direct
from hectis_flow.storage.threads import ThreadConnections
from hectis_flow.storage.vault import Vault

__all__ = ["Feeds", "House", "Sender"]


@dataclass(frozen=True, slots=True, repr=False)
class House:
    """The parts a use case works with. It is never written out: it would say all that every part holds.

    `sessions()` gives a fresh database session; `direct` runs single statements that commit themselves, and
    `reads` single statements that only read, on a connection of the thread that asks.
    """

    sessions: Callable[[], Session]
    direct: Direct
    reads: ThreadConnections
    vault: Vault
    processing_ids: frozenset[str]
    senders: tuple[Sender, ...]
    policy: Policy
    outward: Outward
    max_attempts: int
    lease_seconds: float

    @property
    def feeds(self) -> Feeds:
        """What the senders' own words mean."""
        return Feeds(self.senders)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One use case, one transaction: commits at the end, rolls back on any error."""
        with self.sessions() as session, session.begin():
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A long read of one moment: later commits are not seen, nothing can be written, no time limit."""
        with self.sessions() as session, session.begin():
            database.read_one_moment(session)
            database.limit_statements(session, 0)
            yield session
