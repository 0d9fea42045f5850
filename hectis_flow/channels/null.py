"""The channel that carries nothing: it keeps what it was given, for tests and for a first look.

It must not be used where somebody waits for a notice: it says "sent" of everything.
"""

from collections.abc import Iterator, Sequence

from hectis_flow.channels.base import Outgoing, Receipt


class NullChannel:
    """Remembers what was sent, in order."""

    chunk = 100

    def __init__(self) -> None:
        self.carried: list[Outgoing] = []

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:  # noqa: ARG002
        """Keep each and call it sent."""
        for notice in batch:
            self.carried.append(notice)
            yield Receipt(notice.delivery_id, "sent")


class ClosedChannel:
    """What a deployment has not set up: nothing goes, and what is lost is said by a task for a person."""

    chunk = 100

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:  # noqa: ARG002
        """Turn each away at once."""
        for notice in batch:
            yield Receipt(notice.delivery_id, "never", "channel_not_set_up")
