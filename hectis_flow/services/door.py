"""The door of intake: whether a message may come in, read from its header alone, before anything is stored.

`services.intake` calls it for every arrival. It locks the bytes away (encrypts them) and decides nothing
about what they say.
"""

import hashlib
from typing import Any

from hectis_flow.feeds.hl7v2 import Header, Unreadable, read_header, refusal
from hectis_flow.feeds.mllp import Arrival
from hectis_flow.services.answers import Refused, code_on_commit
from hectis_flow.services.house import House
from hectis_flow.storage.messages import APART, Envelope, Incoming
from hectis_flow.storage.vault import RAW

# Sender, facility and control id share one index row, and PostgreSQL gives such a row some 2,700 bytes.
MAX_KEY_BYTES = 2400


def sort_out(house: House, arrival: Arrival) -> tuple[Header, Incoming] | Refused:
    """Read the header and lock the bytes away, or say why the message is refused."""
    raw = arrival.raw
    digest = hashlib.sha256(raw).digest()
    try:
        header = read_header(raw)
    except Unreadable as fault:
        return Refused(None, fault, digest)
    refused = refusal(header, house.processing_ids) or _too_long(header)
    if refused is None and arrival.client:
        refused = _unknown_sender(house, arrival, header)
    if refused is not None:
        return Refused(header, refused, digest)
    key_id, sealed = house.vault.seal(RAW, raw)
    peer = arrival.client or arrival.peer
    envelope = Envelope(
        peer,
        header.source_app,
        header.source_facility,
        header.message_type,
        header.event,
        key_id,
        code_on_commit(header),
    )
    return header, Incoming(envelope, header.control_id.replace(APART, ""), digest, sealed)


def _unknown_sender(house: House, arrival: Arrival, header: Header) -> Unreadable | None:
    """A sender with a certificate may speak only for the facilities that its line names."""
    for sender in house.senders:
        named = sender.certificate == arrival.client and header.source_facility in sender.facilities
        if named and (not sender.applications or header.source_app in sender.applications):
            return None
    return Unreadable("sender_not_allowed")


def _too_long(header: Header) -> Unreadable | None:
    """A header that no index row can hold would fail the whole batch it came in."""
    letters = len(header.source_app) + len(header.source_facility) + len(header.control_id)
    if letters * 4 <= MAX_KEY_BYTES:  # a character has at most four bytes
        return None
    size = sum(len(part.encode()) for part in (header.source_app, header.source_facility, header.control_id))
    return Unreadable("header_too_long") if size > MAX_KEY_BYTES else None


def refusal_row(arrival: Arrival, item: Refused) -> dict[str, Any]:
    """What is kept of a message that was turned away."""
    return {
        "digest": item.digest,
        "reason": item.fault.reason,
        "peer": arrival.client or arrival.peer,
        "size": len(arrival.raw),
    }
