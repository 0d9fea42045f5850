"""What a sender is told: accepted, or refused with the reason and whether to mend or to send again.

`services.intake` builds every answer here. An answer to a stored message is made from what is stored,
so that a resend gets the same bytes; a refusal quotes nothing of the message but its control id.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from hectis_flow.feeds.hl7v2 import Header, Unreadable, read_header
from hectis_flow.feeds.hl7v2_ack import acknowledge
from hectis_flow.feeds.hl7v2_modes import wanted
from hectis_flow.feeds.mllp import Arrival
from hectis_flow.storage.messages import Stored

# Content that the sender can mend, or a store that will be back, is an error; the rest a rejection.
ERROR_REASONS = frozenset({"no_control_id", "header_too_long", "storage_failed", "broken_frame"})


@dataclass(frozen=True, slots=True)
class Refused:
    """A message turned away before storage."""

    header: Header | None
    fault: Unreadable
    digest: bytes


def code_on_commit(header: Header) -> str:
    """What a sender is told once its message is committed, to be kept with it."""
    return wanted(header.accept_ack).accept


def accepted(header: Header, kept: Stored) -> bytes:
    """The answer to a message that is committed, the same for its every resend."""
    return acknowledge(header, kept.ack_code, ack_id=f"HF{kept.id}", at=kept.received_at)


def refused(item: Refused) -> bytes:
    """The answer to a message that was not stored. Its time is this machine's: it is only a stamp."""
    fault = item.fault
    codes = wanted(item.header.accept_ack if item.header else "")
    code = codes.error if fault.reason in ERROR_REASONS else codes.reject
    return acknowledge(
        item.header,
        code,
        ack_id=item.digest.hex()[:20],
        at=datetime.now(UTC),
        text=str(fault),
        condition=fault.condition,
    )


def storage_failed(arrival: Arrival) -> bytes:
    """The answer when nothing could be stored: the sender keeps the message and tries again."""
    try:
        header = read_header(arrival.raw)
    except Unreadable:
        header = None
    return refused(Refused(header, Unreadable("storage_failed"), hashlib.sha256(arrival.raw).digest()))


def broken(arrival: Arrival) -> bytes:
    """The answer to a message that ended before its end: nothing of it was stored."""
    digest = hashlib.sha256(arrival.raw).digest()
    try:
        return refused(Refused(read_header(arrival.raw), Unreadable("broken_frame"), digest))
    except Unreadable:
        return refused(Refused(None, Unreadable("broken_frame"), digest))


def oversize(peer: str) -> bytes:
    """The answer to a message larger than this receiver takes; its content was not read."""
    return refused(Refused(None, Unreadable("too_large"), hashlib.sha256(peer.encode()).digest()))
