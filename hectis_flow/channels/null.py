"""The channel that carries nothing: it keeps what it was given, for tests and for a first look.

It stands in for any channel. It must not be used where somebody waits for a notice: it says "sent" of everything.
"""

from collections.abc import Iterator, Sequence

from hectis_flow.channels.base import Card, Outgoing, Receipt, Redrawing


class NullChannel:
    """Remembers what was sent and what was drawn anew, in order; `cards` that stand in a chat, if it is one."""

    chunk = 100

    def __init__(self, *, cards: bool = False) -> None:
        self._cards = cards
        self.carried: list[Outgoing] = []
        self.redrawn: list[Redrawing] = []

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:  # noqa: ARG002
        """Keep each and call it sent."""
        for notice in batch:
            self.carried.append(notice)
            card = Card("C0000000", f"{notice.delivery_id}.0") if self._cards else None
            yield Receipt(notice.delivery_id, "sent", card=card)

    def redraw(self, batch: Sequence[Redrawing], deadline: float) -> Iterator[Receipt]:  # noqa: ARG002
        """Keep each and call it drawn."""
        for one in batch:
            self.redrawn.append(one)
            yield Receipt(one.delivery_id, "sent")


class ClosedChannel:
    """What is not set up any more when a notice planned before is due: nothing goes, the next way is taken."""

    chunk = 100

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:  # noqa: ARG002
        """Turn each away at once."""
        for notice in batch:
            yield Receipt(notice.delivery_id, "never", "channel_not_set_up")
