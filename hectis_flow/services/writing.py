"""Turns a delivery that is due into something a channel can carry: address opened, link made, words put.

`services.notification.deliver` calls it right before sending, outside any transaction. What it makes is
kept nowhere.
"""

from hectis_flow.channels.base import Outgoing
from hectis_flow.domain import short_code, workflow_rules
from hectis_flow.domain.errors import DeclarationError
from hectis_flow.render import notices
from hectis_flow.render.notices import NoticeFacts
from hectis_flow.services import links
from hectis_flow.services.house import House
from hectis_flow.storage.deliveries import Held
from hectis_flow.storage.vault import CONTACT

LINK_PATH = "/a/"
UNKNOWN = "other"  # something waits, and no version of ours knows what


def outgoing(house: House, held: Held) -> Outgoing:
    """The notice for its channel: a letter, or JSON. Raises `VaultFault` where the address does not open."""
    address = house.vault.open(CONTACT, held.address_key, held.address_enc).decode()
    facts = facts_of(house, held)
    if held.channel != "email":
        return Outgoing(
            held.id, held.key, address, "", "", "", notices.payload(facts, held.key), held.case_ref or ""
        )
    letter = notices.letter(facts)
    return Outgoing(
        held.id, held.key, address, letter.subject, letter.text, letter.html, b"", held.case_ref or ""
    )


def facts_of(house: House, held: Held) -> NoticeFacts:
    """What the words are made of; nothing of it is personal."""
    return NoticeFacts(
        kind=held.kind,
        language=held.language,
        now=held.now,
        office=held.office,
        role=held.role,
        case_ref=held.case_ref or "",
        stage=held.stage or "",
        task=_task(held),
        precinct=held.precinct or "",
        level=held.level,
        wanted_by=held.wanted_by,
        silent=held.silent_office or "",
        above=held.next_office or "",
        above_role=held.next_role or "",
        above_at=held.next_at,
        gap_role=held.gap_role or "",
        carries=held.carries,
        carried_by=held.carried_by or "",
        benchmark=held.benchmark,
        capacity=held.capacity or "",
        link=_link(house, held),
        code=short_code.shown(links.code_of(house, held.link)) if held.link else "",
        replies=bool(house.outward.options.reply_secrets),
    )


def _task(held: Held) -> str:
    """The kind of the task that it is about; "" stands for the task of the case's stage."""
    if held.task or not held.awaited:
        return held.task or ""
    try:
        return workflow_rules.awaited(held.awaited).task.kind
    except DeclarationError:
        return UNKNOWN


def _link(house: House, held: Held) -> str:
    if held.link is None:
        return ""
    return f"{house.outward.options.base_url}{LINK_PATH}{links.token_of(house, held.link)}"
