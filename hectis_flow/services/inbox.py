"""What became of the messages that hospitals sent, for the people who look after the feeds."""

from collections.abc import Sequence

from hectis_flow.domain.intake import REASONS
from hectis_flow.services.house import House
from hectis_flow.storage import messages

# Reasons that intake itself gives, beside those of `domain.intake`.
MORE_REASONS = {
    "": "Waiting for work, or accepted.",
    "no_msh": "No MSH segment could be read. The sender was told; nothing was stored.",
    "no_control_id": "MSH-10 was missing. The sender was told; nothing was stored.",
    "unsupported_processing_id": "MSH-11 is not taken here (HECTIS_PROCESSING_IDS). The sender was told.",
    "unsupported_version": "MSH-12 is not version 2. The sender was told; nothing was stored.",
    "sender_not_allowed": "The sender may not speak for that facility (config/feeds.toml). It was told.",
    "header_too_long": "Sender, facility and control id are longer than can be kept. The sender was told.",
    "too_large": "Larger than this receiver takes (HECTIS_MAX_MESSAGE_BYTES). The sender was told.",
    "cannot_be_opened": "The stored bytes do not open: a data key is missing. Bring it back, then replay.",
    "processing_failed": "Working through it failed every time. The log names the fault; mend it, then replay.",
}


def summary(house: House) -> list[tuple[str, str, int, str]]:
    """State, reason, how many, and what it means."""
    with house.transaction() as session:
        counted = messages.counts(session)
    return [(state, reason, count, meaning(reason)) for state, reason, count in counted]


def replay(house: House, ids: Sequence[int]) -> int:
    """Let parked or ignored messages be worked again; gives how many now wait."""
    with house.transaction() as session:
        return messages.reopen(session, ids)


def meaning(reason: str) -> str:
    """What a reason means and what to do about it."""
    return REASONS.get(reason) or MORE_REASONS.get(reason, "")
