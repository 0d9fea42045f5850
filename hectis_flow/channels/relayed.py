"""One channel over several providers: what one of them cannot carry, the next is given in the same run.

Made by `making` where a deployment names more than one. `services.relays` says in which order they are asked and keeps the
tally. A notice is passed on only where the provider itself is in trouble (`Receipt.down`); what it says of an address stands.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hectis_flow.channels.base import Channel, Outgoing, Receipt


@dataclass(slots=True)
class Tally:
    """Of one batch, by provider: how many it carried, and at how many it failed itself."""

    carried: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def note(self, name: str, receipt: Receipt) -> None:
        """Count one attempt; what was not begun, or was the address's own fault, counts for neither."""
        if receipt.down:
            self.failed[name] += 1
        elif receipt.code == "sent":
            self.carried[name] += 1


class RelayedChannel:
    """Several providers as one channel."""

    def __init__(self, relays: Mapping[str, Channel]) -> None:
        self.relays = dict(relays)
        self.chunk = min(each.chunk for each in self.relays.values())

    def send(self, batch: Sequence[Outgoing], deadline: float) -> Iterator[Receipt]:
        """In the order of preference, as if none had ever failed."""
        return self.tried(tuple(self.relays), batch, deadline, Tally())

    def tried(
        self, order: Sequence[str], batch: Sequence[Outgoing], deadline: float, tally: Tally
    ) -> Iterator[Receipt]:
        """In this order; `tally` is filled as receipts come. Each provider has its part of the time that is left."""
        left = list(batch)
        for place, name in enumerate(order):
            if not left:
                return
            turns = len(order) - place
            now = time.monotonic()
            until = now + max(deadline - now, 0.0) / turns if turns > 1 else deadline
            by_id, passed = {one.delivery_id: one for one in left}, list[Outgoing]()
            for receipt in self.relays[name].send(left, until):
                tally.note(name, receipt)
                if turns > 1 and (receipt.down or (receipt.code == "left" and passed)):
                    passed.append(by_id[receipt.delivery_id])
                else:
                    yield receipt
            left = passed
