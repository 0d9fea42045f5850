"""Sends over the provider that can be trusted now, and remembers how each did, for every worker alike.

`services.notification` calls `send` for every channel; one that has a single provider is simply asked. No transaction is
open while something is sent.
"""

import random
from collections.abc import Iterator, Sequence

import structlog

from hectis_flow.channels.base import Channel, Outgoing, Receipt
from hectis_flow.channels.relayed import RelayedChannel, Tally
from hectis_flow.domain import failover
from hectis_flow.services.house import House
from hectis_flow.storage import relays

log = structlog.get_logger(__name__)


def send(
    house: House, name: str, channel: Channel, batch: Sequence[Outgoing], until: float
) -> Iterator[Receipt]:
    """Let a channel carry a batch, over its providers in the order in which they are trusted now."""
    if not isinstance(channel, RelayedChannel) or not batch:
        yield from channel.send(batch, until)
        return
    with house.transaction() as session:
        standings, at = relays.standings(session, name, tuple(channel.relays))
    tally = Tally()
    order = failover.order(standings, at, random.random())  # noqa: S311  (lots, no secret)
    try:
        yield from channel.tried(order, batch, until, tally)
    finally:
        _keep(house, name, tally)


def _keep(house: House, channel: str, tally: Tally) -> None:
    """Write down what a batch showed of each provider that was asked."""
    with house.transaction() as session:
        for name in sorted({*tally.carried, *tally.failed}):
            before, at = relays.hold(session, channel, name)
            after = failover.judged(before, tally.carried[name], tally.failed[name], at)
            if after != before:
                relays.keep(session, channel, after)
            if after.share != before.share:
                log.warning("relay.share", channel=channel, relay=name, share=after.share)
