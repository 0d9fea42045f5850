"""A notice in the form that its channel carries: a letter, JSON for systems, a card, a text.

`services.writing` calls it for what is due, `services.channels` for a test. Every form is made of the same facts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hectis_flow.render import cards, notice_bundle, notices, texts
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


def bundled(channel: str, lines: Sequence[NoticeFacts], key: str, link: str) -> Spoken:
    """Several notices as one message for a channel, with the link behind which each is answered by itself."""
    said = notice_bundle.words(lines, link)
    match channel:
        case "email":
            return Spoken(*notice_bundle.letter(lines, link).parts)
        case "slack":
            return Spoken(body=cards.slack_of(said, said.title, [cards.opens(said)]))
        case "teams":
            return Spoken(body=cards.teams_of(said))
        case "sms":
            return Spoken(text=texts.one_text("", said.title, ".", f" {link}"))
        case "whatsapp":
            return Spoken(body=texts.template(said.language, said.title, said.by, link))
        case _:
            return Spoken(body=notice_bundle.payload(lines, key, link))


def pointing(channel: str, language: str, line: str, link: str, body: bytes) -> Spoken:
    """A line and where to read on, for a channel that a whole letter does not fit; `body` is for systems."""
    match channel:
        case "slack":
            return Spoken(body=cards.slack_line(line, link))
        case "teams":
            return Spoken(body=cards.teams_line(line, link))
        case "sms":
            return Spoken(text=texts.one_text("", line, ".", f" {link}"))
        case "whatsapp":
            return Spoken(body=texts.template(language, line, "-", link))
        case _:
            return Spoken(body=body)
