"""Which of two carriers takes a text: steered by a row that all workers share, so that one's trouble warns the others.

`services.notification` asks `channel` for each batch. A channel of one carrier, and any other channel, is left as
it is. Notes are written between two texts, in transactions of their own: none is open while something is sent.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from hectis_flow.channels.base import Channel, Outgoing
from hectis_flow.channels.calls import NotCarried
from hectis_flow.channels.null import ClosedChannel
from hectis_flow.channels.text_message import TextChannel
from hectis_flow.domain import carriers as rules
from hectis_flow.services.house import House
from hectis_flow.storage import carriers

log = structlog.get_logger(__name__)

FIRST = 0
DRAWS = 100
_CLOSED = ClosedChannel()


def channel(house: House, name: str) -> Channel:
    """The channel of a name, steered where it has a choice; one that turns all away where it is not set up."""
    found = house.outward.channels.get(name, _CLOSED)
    if isinstance(found, TextChannel) and len(found.carriers) > 1:
        return found.steered(Shared(house, name, len(found.carriers)))
    return found


class Shared:
    """Steers one channel by what every worker has seen."""

    def __init__(self, house: House, name: str, count: int) -> None:
        self._house = house
        self._name = name
        self._others = tuple(range(1, count))
        self._step = timedelta(seconds=house.outward.options.step_seconds)

    def order(self, notice: Outgoing) -> Sequence[int]:
        """The first carrier first, or last, by its share; a text's draw is that of its key."""
        with self._house.transaction() as session:
            was, at = carriers.read(session, self._name)
            now = rules.now_standing(was, at, self._step)
        if now != was:
            now = self._step_back()
        draw = int(notice.key.replace("-", "")[-8:], 16) % DRAWS
        return (FIRST, *self._others) if rules.first_is_asked(now, draw) else (*self._others, FIRST)

    def note(self, place: int, why: NotCarried | None) -> None:
        """Write down how the first carrier did; of the others nothing is remembered."""
        if place != FIRST:
            return
        with self._house.transaction() as session:
            was, _ = carriers.read(session, self._name)
            if why is None and was == rules.SOUND:
                return
            was, at = carriers.hold(session, self._name)
            now = rules.carried(was) if why is None else rules.failed(was, at, timedelta(seconds=why.wait))
            carriers.write(session, self._name, now)
        if now.step == 0 and was.step != 0:
            log.warning("carrier.passed_over", channel=self._name, fault=why.reason if why else "")

    def _step_back(self) -> rules.Standing:
        """Give the first carrier the share that is due to it, unless another worker just did."""
        with self._house.transaction() as session:
            held, at = carriers.hold(session, self._name)
            now = rules.now_standing(held, at, self._step)
            if now != held:
                carriers.write(session, self._name, now)
                log.info("carrier.comes_back", channel=self._name, share=rules.SHARES[now.step])
        return now
