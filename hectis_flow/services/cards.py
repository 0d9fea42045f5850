"""Cards in a chat that ask for nothing any more: drawn anew, once, with who settled them and when.

A job calls `redraw` with the ids that the handover leased, never a request. It names staff by their code. A card
that cannot be drawn anew stays as it stands: its button does nothing then, for the link behind it is used.
"""

import time
from collections.abc import Sequence

import structlog

from hectis_flow.channels.base import LONGEST_WAIT_SECONDS, Card, Receipt, Redrawer, Redrawing
from hectis_flow.domain.workflow import ROLES
from hectis_flow.render import cards
from hectis_flow.render.cards import Settled
from hectis_flow.services.house import House
from hectis_flow.storage import chat_cards
from hectis_flow.storage.chat_cards import Drawn, Posted, Standing
from hectis_flow.storage.vault import CARD, VaultFault

log = structlog.get_logger(__name__)

CHANNEL = "slack"
#: The part of a lease in which drawing may still begin.
DRAWING_SHARE = 0.5
_STAFF = frozenset(role.name for role in ROLES)


def posted(house: House, receipts: Sequence[Receipt]) -> list[Posted]:
    """The cards that these attempts have left in a chat, their conversations locked."""
    return [
        Posted(one.delivery_id, *house.vault.seal(CARD, one.card.conversation.encode()), one.card.mark)
        for one in receipts
        if one.card is not None
    ]


def lease(house: House, limit: int) -> list[int]:
    """Lease up to `limit` cards whose matter is settled; the ids of their deliveries."""
    with house.transaction() as session:
        return chat_cards.lease_settled(session, limit, house.lease_seconds)


def redraw(house: House, delivery_ids: Sequence[int]) -> int:
    """Draw the due ones of these cards anew; gives how many were. Read, close, call, record."""
    begun = time.monotonic()
    with house.transaction() as session:
        standing = chat_cards.take(session, delivery_ids, house.lease_seconds)
    channel: object = house.outward.channels.get(CHANNEL)
    if not isinstance(channel, Redrawer):
        return _record(
            house, [Drawn(one.delivery_id, "never", "channel_not_set_up", 0.0) for one in standing]
        )
    batch, lost = list[Redrawing](), list[Drawn]()
    for one in standing:
        try:
            batch.append(_drawing(house, one))
        except VaultFault:
            lost.append(Drawn(one.delivery_id, "never", "address_cannot_be_opened", 0.0))
    if lost:
        _record(house, lost)
    receipts = channel.redraw(batch, begun + house.lease_seconds * DRAWING_SHARE)
    return sum(_record(house, [Drawn(one.delivery_id, one.code, one.fault, one.wait)]) for one in receipts)


def _drawing(house: House, one: Standing) -> Redrawing:
    place = house.vault.open(CARD, one.key_id, one.conversation_enc).decode()
    role, _, who = (one.by or "").partition(":")
    # What a rule or the clock has done is nobody's: then only the time is said.
    who = who if role in _STAFF else ""
    settled = Settled(one.language, one.case_ref or "", one.act or "", role, who, one.at)
    return Redrawing(one.delivery_id, Card(place, one.mark), cards.settled(settled))


def _record(house: House, drawn: Sequence[Drawn]) -> int:
    options = house.outward.options
    with house.transaction() as session:
        chat_cards.record(session, drawn, options.retry_seconds, LONGEST_WAIT_SECONDS, options.most_tries)
    for one in drawn:
        if one.code in {"never", "refused"}:
            log.warning("card.stays", delivery=one.delivery_id, fault=one.fault)
    return sum(one.code == "sent" for one in drawn)
