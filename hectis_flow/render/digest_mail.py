"""A digest as a mail: HTML with its style inline, a text twin that says the same, and two small pictures.

`services.digest_letters` calls it at the moment of sending. Every figure stands in words, so that the mail is whole
without its pictures; what would make it longer than a mail program shows stands in the pack and on the pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hectis_flow.render import charts, missing
from hectis_flow.render.digest import said
from hectis_flow.render.digest_parts import Part, Said
from hectis_flow.render.letter_look import letter_parts
from hectis_flow.render.page_words import of_code, say

#: Lines of each part in the mail; mail programs cut what is longer than about 100 KB.
LINES: Final = 15
#: The first reasons and causes of each table; the rest are in the pack.
ROWS: Final = 12


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a mail, by the name with which its text asks for it."""

    name: str
    png: bytes


@dataclass(frozen=True, slots=True)
class DigestMail:
    """A digest for a mailbox."""

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...]


def mail(told: Mapping[str, Any], at: str, pack_hash: str, open_by: str) -> DigestMail:
    """The mail of a digest; `at` is the address of its page, and links begin with what comes before it."""
    words = said(told)
    lang = words.language
    pictures = _pictures(lang, told)
    values = {
        "said": words,
        "at": at,
        "base": at.rpartition("/digests/")[0],
        "hash": pack_hash,
        "open_by": open_by,
        "parts": [(part, part.rows[:LINES], left_of(part)) for part in words.parts],
        "most": ROWS,
        "say": lambda key, **more: say(lang, key, **more),
        "pictures": {one.name for one in pictures},
        "alts": _alts(words),
    }
    return DigestMail(
        words.subject,
        *letter_parts("digest", values),
        pictures,
    )


def left_of(part: Part, most: int = LINES) -> int:
    """How many of a part a mail does not list."""
    return part.count - len(part.rows[:most])


def specs(language: str, told: Mapping[str, Any]) -> dict[str, charts.Spec]:
    """The charts of a digest by name: the same that a page draws. A chart of nothing is none."""
    found: dict[str, charts.Spec] = {}
    others = say(language, "digest.more_reasons")
    if told["ages"]:
        ages = [say(language, f"digest.age.{place}") for place in range(4)]
        rows = [(missing.title(language, one["reason"]), one["ages"]) for one in told["ages"]]
        found["ages"] = charts.by_age(rows, ages, others)
    if told["causes"]:
        causes = [(of_code(one["cause"]), one["removed"], one["back"]) for one in told["causes"]]
        words = (say(language, "digest.key_gone"), say(language, "digest.key_back"))
        found["removals"] = charts.removals(causes, words, others)
    return found


def _pictures(language: str, told: Mapping[str, Any]) -> tuple[Picture, ...]:
    return tuple(Picture(name, charts.png(spec)) for name, spec in specs(language, told).items())


def _alts(words: Said) -> dict[str, str]:
    """What stands where the pictures are not shown: their figures, of which the table below has all."""
    ages = "; ".join(f"{row[0]}: {row[1]}" for row in words.ages.rows[:ROWS])
    return {"ages": f"{words.ages.title}. {ages}", "removals": words.back}
