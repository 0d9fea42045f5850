"""The channels of this deployment, for whoever sets it up: which are offered, what the others lack, and a test.

`hectis channel` calls it. A test goes the same way as a notice, at once, and leaves no row: it asks no database.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from hectis_flow.channels.base import TIMEOUT_SECONDS, Outgoing, Receipt
from hectis_flow.channels.making import missing
from hectis_flow.channels.relayed import RelayedChannel
from hectis_flow.render.notices import NoticeFacts
from hectis_flow.render.spoken import spoken
from hectis_flow.services.house import House

# A test has no time of its own: it says none.
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def lacking(house: House) -> Mapping[str, tuple[str, ...]]:
    """Every channel there can be, and the settings that it lacks; none: it is offered."""
    return missing(house.outward.options)


def test(house: House, name: str, address: str) -> list[Receipt]:
    """Send a notice that wants nothing to an address; how it went. `name` is that of a channel that is offered.

    Where there are several providers each is tried: the second one is not to be found broken when it is needed.
    """
    options, key = house.outward.options, str(uuid4())
    facts = NoticeFacts(kind="test", language="en", now=_NO_TIME, office="Hectis Flow", role="administrator")
    said = spoken(name, facts, key, options.base_url, answerable=False)
    notice = Outgoing(0, key, address, said.subject, said.text, said.html, said.body)
    channel = house.outward.channels[name]
    each = list(channel.relays.values()) if isinstance(channel, RelayedChannel) else [channel]
    return [receipt for one in each for receipt in one.send([notice], time.monotonic() + TIMEOUT_SECONDS)]
