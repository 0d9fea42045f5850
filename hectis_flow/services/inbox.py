"""The inbox of the people who look after the feeds: what came, what became of it, and work it again.

`hectis messages` calls it. Nothing here gives out what a message says: of its content only the names of
the fields that are filled.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.intake import REASONS
from hectis_flow.feeds.hl7v2 import Unreadable
from hectis_flow.feeds.hl7v2_names import filled_fields
from hectis_flow.services import intake
from hectis_flow.services.house import House
from hectis_flow.storage import inbox, messages
from hectis_flow.storage.inbox import Listed, Overdue
from hectis_flow.storage.vault import RAW, VaultFault

REPLAY_AT_ONCE = 500
REREAD_AT_ONCE = 20  # each brings all messages of its patient along, and holds the patient meanwhile

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


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as its owner may look at it: its envelope, what to do, and which fields are filled.

    `fields` names fields, never values; None where the bytes cannot be opened.
    """

    envelope: Mapping[str, Any]
    means: str
    fields: Mapping[str, Sequence[int]] | None


def summary(house: House) -> list[tuple[str, str, int, str]]:
    """State, reason, how many, and what it means."""
    with house.transaction() as session:
        counted = messages.counts(session)
    return [(state, reason, count, meaning(reason)) for state, reason, count in counted]


def overdue(house: House) -> list[Overdue]:
    """Whose parked messages have waited for more than a day."""
    with house.transaction() as session:
        return inbox.overdue(session)


def listing(house: House, filters: Mapping[str, Any], limit: int) -> list[Listed]:
    """Messages by state, reason, source (MSH-3 or MSH-4), since; newest first, below the id `after`."""
    with house.transaction() as session:
        return inbox.page(session, filters, limit)


def show(house: House, message_id: int) -> Shown:
    """One message without what it says. Raises `NotVisible`."""
    with house.transaction() as session:
        found = inbox.one(session, message_id)
    if found is None:
        raise NotVisible(f"There is no message {message_id}.")
    sealed = found.pop("key_id"), found.pop("raw_enc")
    try:
        fields = filled_fields(house.vault.open(RAW, *sealed))
    except (VaultFault, Unreadable):
        fields = None
    return Shown(found, meaning(found["reason"]), fields)


def waiting(house: House, reason: str | None) -> list[int]:
    """Ids of what is parked; with a reason, of what is parked or ignored for it."""
    with house.transaction() as session:
        return inbox.waiting(session, reason)


def replay(house: House, ids: Sequence[int]) -> int:
    """Let parked or ignored messages be worked again; gives how many now wait."""
    return sum(count for _, count in replaying(house, ids))


def replaying(house: House, ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The same, some hundreds in a transaction: how many were looked at and how many now wait, each time."""
    for start in range(0, len(ids), REPLAY_AT_ONCE):
        some = ids[start : start + REPLAY_AT_ONCE]
        with house.transaction() as session:
            count = inbox.reopen(session, some)
        yield len(some), count


def rereading(house: House, ids: Sequence[int]) -> Iterator[int]:
    """Read accepted messages anew with all others of their patients, some in a transaction; how many, each time."""
    for start in range(0, len(ids), REREAD_AT_ONCE):
        some = ids[start : start + REREAD_AT_ONCE]
        intake.reread(house, some)
        yield len(some)


def accepted_of(house: House, source: str) -> list[int]:
    """Ids of what was accepted from a sender, by its MSH-3 or MSH-4."""
    with house.transaction() as session:
        return inbox.accepted_of(session, source)


def meaning(reason: str) -> str:
    """What a reason means and what to do about it."""
    return REASONS.get(reason) or MORE_REASONS.get(reason, "")
