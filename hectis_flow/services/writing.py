"""Turns a delivery that is due into something a channel can carry: address opened, link made, words put.

`services.notification.deliver` calls it right before sending, outside any transaction. What it makes is
kept nowhere.
"""

from collections.abc import Sequence

from hectis_flow.channels import slack
from hectis_flow.channels.base import Outgoing
from hectis_flow.domain import short_code, workflow_rules
from hectis_flow.domain.errors import DeclarationError
from hectis_flow.render.notices import NoticeFacts
from hectis_flow.render.spoken import bundled as bundled_words
from hectis_flow.render.spoken import spoken
from hectis_flow.services import digest_letters, links
from hectis_flow.services.house import House
from hectis_flow.storage.deliveries import Held
from hectis_flow.storage.vault import CONTACT

LINK_PATH = "/a/"
BUNDLE_PATH = "/mine/"
UNKNOWN = "other"  # something waits, and no version of ours knows what


def outgoing(house: House, held: Held) -> Outgoing:
    """The notice as its channel carries it. Raises `VaultFault` where the address does not open."""
    address = house.vault.open(CONTACT, held.address_key, held.address_enc).decode()
    if held.kind == digest_letters.KIND:
        return digest_letters.outgoing(house, held, address)
    said = spoken(
        held.channel,
        facts_of(house, held),
        held.key,
        house.outward.options.base_url,
        answerable=bool(house.outward.options.slack.secrets) and slack.is_member(address),
    )
    return Outgoing(
        held.id,
        held.key,
        address,
        said.subject,
        said.text,
        said.html,
        said.body,
        held.case_ref or "",
        _tongue(held),
    )


def bundled(house: House, held: Held, lines: Sequence[Held]) -> Outgoing:
    """Several notices as the one message that `held` carries. Raises `VaultFault` where the address does not open."""
    address = house.vault.open(CONTACT, held.address_key, held.address_enc).decode()
    facts = [facts_of(house, one) for one in lines]
    link = f"{house.outward.options.base_url}{BUNDLE_PATH}{held.bundle}"
    said = bundled_words(held.channel, facts, held.key, link)
    return Outgoing(
        held.id, held.key, address, said.subject, said.text, said.html, said.body, "", _tongue(held)
    )


def _tongue(held: Held) -> str:
    """The language that a letter says it is in."""
    return held.language if held.channel == "email" else ""


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
