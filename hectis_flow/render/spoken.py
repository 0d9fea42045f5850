"""A notice in the form that its channel carries: a letter, JSON for systems, a card, a text.

`services.writing` calls it for what is due, `services.channels` for a test. Every form is made of the same facts.
"""

from typing import NamedTuple

from hectis_flow.render import cards, notices, texts
from hectis_flow.render.notices import NoticeFacts


class Spoken(NamedTuple):
    """What a channel is given; what it does not need is empty."""

    subject: str = ""
    text: str = ""
    html: str = ""
    body: bytes = b""


def spoken(channel: str, facts: NoticeFacts, key: str, base_url: str, *, answerable: bool) -> Spoken:
    """The notice for a channel. `key` is the delivery's; `answerable` says whether a press in chat is heard."""
    match channel:
        case "email":
            return Spoken(*notices.letter(facts).parts)
        case "slack":
            return Spoken(body=cards.slack(facts, key, answerable=answerable))
        case "teams":
            return Spoken(body=cards.teams(facts))
        case "sms":
            return Spoken(text=texts.sms(facts))
        case "whatsapp":
            return Spoken(body=texts.whatsapp(facts, base_url))
        case _:
            return Spoken(body=notices.payload(facts, key))
