"""A notice as a text message: one SMS of the plain alphabet, or the three words of a WhatsApp template.

`render.spoken` calls it. A text says the case's number, what is wanted, by when, and the link; no office, no person.
"""

import json
import unicodedata
from typing import Final

from hectis_flow.render.notice_times import moment
from hectis_flow.render.notice_words import say
from hectis_flow.render.notices import NoticeFacts, words

LONGEST: Final = 160
#: GSM 03.38, the alphabet of one SMS of 160 letters; those of the extension count twice.
BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED: Final = frozenset("^{}\\[~]|€\f")
_INSTEAD: Final = {"·": "-", "–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "▲": "!"}


def sms(facts: NoticeFacts) -> str:
    """One SMS: what is wanted is cut short where it must be, never the number, the time or the link.

    Raises `ValueError` where those alone are too long.
    """
    said = words(facts)
    number = f"{facts.case_ref}: " if facts.case_ref else ""
    due = f" {_due(facts)}." if facts.wanted_by else "."
    return one_text(number, said.title, due, f" {facts.link}" if facts.link else "")


def one_text(number: str, title: str, due: str, link: str) -> str:
    """One SMS of its parts; the title is cut where it must be. Raises `ValueError`."""
    number, due, link = map(plain, (number, due, link))
    room = LONGEST - length(number) - length(due) - length(link)
    if room < 0:
        raise ValueError("The link leaves no room in a text message.")
    return f"{number}{_cut(plain(title), room)}{due}{link}"


def whatsapp(facts: NoticeFacts, elsewhere: str) -> bytes:
    """The parameters of the approved template: the case, the due words, the link (or where to sign in)."""
    said = words(facts)
    return template(facts.language, facts.case_ref or said.title, said.by, facts.link or elsewhere)


def template(language: str, *parameters: str) -> bytes:
    """What the approved template is filled with."""
    # A parameter may hold no line end and no run of blanks.
    return json.dumps(
        {"language": language, "parameters": [" ".join(one.split()) for one in parameters]},
        ensure_ascii=False,
    ).encode()


def length(text: str) -> int:
    """How many letters of the plain alphabet a text takes."""
    return sum(2 if letter in EXTENDED else 1 for letter in text)


def plain(text: str) -> str:
    """A text in the plain alphabet: what it lacks is said by its nearest letters."""
    return "".join(letter if letter in BASIC or letter in EXTENDED else _nearest(letter) for letter in text)


def _nearest(letter: str) -> str:
    bare = _INSTEAD.get(letter) or unicodedata.normalize("NFKD", letter)
    return "".join(one for one in bare if one in BASIC) or ("" if unicodedata.combining(letter) else "?")


def _due(facts: NoticeFacts) -> str:
    assert facts.wanted_by is not None  # noqa: S101
    at = moment(facts.language, facts.wanted_by, "short_moment")
    return say(facts.language, "text.was_due" if facts.wanted_by < facts.now else "text.by", moment=at)


def _cut(text: str, room: int) -> str:
    """As many whole words of a text as there is room for; of the first one what there is room for."""
    whole = text
    while length(text) > room:
        text = text[:-1]
    if text != whole and not whole[len(text)].isspace() and " " in text.strip():
        text = text.rpartition(" ")[0]
    return text.rstrip()
