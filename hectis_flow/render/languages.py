"""Our sentences in other languages: English stands in Python, what is said instead of it in a catalogue of each language.

Every table of words (`notice_words`, `page_words`, ...) is a `Section` of its own; `word_sections` lists them. A
catalogue (`catalogues/af.po`) is gettext's: a sentence's context is its section and key, its id the English. What is
not there, or stands beside English that is no longer ours, is said in English. Nothing here knows who reads it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

CATALOGUES: Final = Path(__file__).parent / "catalogues"
ENGLISH: Final = "en"
#: Those that have a catalogue, by the code that is on record of whoever reads it (`domain.staffing.LANGUAGES`).
TRANSLATED: Final = ("af", "xh")
#: Each by its own name, for a person to choose from.
NAMES: Final[Mapping[str, str]] = {ENGLISH: "English", "af": "Afrikaans", "xh": "isiXhosa"}


class Entry(NamedTuple):
    """A sentence of a catalogue. `reviewed`: somebody who speaks the language has read it."""

    english: str
    said: str
    reviewed: bool


class Section:
    """One table of words, in every language. What is put into a sentence is never read as a pattern itself."""

    def __init__(self, name: str, english: Mapping[str, str]) -> None:
        self.name = name
        self.english = english
        self._tables: dict[str, Mapping[str, str]] = {}
        self._said: dict[str, Mapping[str, str]] = {}

    def say(self, language: str, key: str, /, **values: object) -> str:
        """One sentence. Raises `KeyError` for a key that English does not know."""
        said = self._said.get(language)
        if said is None:  # thousands of notices may go out at once: a language is put together once
            said = self._said[language] = {**self.english, **self.table(language)}
        return said[key].format(**values)

    def knows(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self.english

    def table(self, language: str) -> Mapping[str, str]:
        """What this language has of it, beside the English of today; nothing of a language without a catalogue."""
        if language not in self._tables:
            entries = self.entries(language)
            self._tables[language] = {
                key: entry.said
                for key, entry in entries.items()
                if entry.said and entry.english == self.english.get(key)
            }
        return self._tables[language]

    def missing(self, language: str) -> list[str]:
        """The keys that are said in English, for want of a translation of what English says today."""
        return [key for key in self.english if key not in self.table(language)]

    def stale(self, language: str) -> list[str]:
        """The keys whose translation stands beside other English than today's, or that English has no more."""
        entries = self.entries(language).items()
        return [key for key, entry in entries if entry.said and entry.english != self.english.get(key)]

    def unreviewed(self, language: str) -> list[str]:
        """The keys whose translation is said, and nobody who speaks the language has read it."""
        entries = self.entries(language)
        return [key for key in self.table(language) if not entries[key].reviewed]

    def entries(self, language: str) -> Mapping[str, Entry]:
        """All that the catalogue has of this section, by key."""
        before = f"{self.name}/"
        return {
            context.removeprefix(before): entry
            for context, entry in entries(language).items()
            if context.startswith(before)
        }


@cache
def entries(language: str) -> Mapping[str, Entry]:
    """A whole catalogue, by context; it is read once. Of a language that has none, nothing."""
    if language not in TRANSLATED:
        return {}
    return {
        str(one.context): Entry(str(one.id), str(one.string), reviewed=not one.fuzzy)
        for one in catalogue(language)
        if one.id
    }


def catalogue(language: str) -> Catalog:
    """A catalogue as it is written. Raises `PoFileError` for one that is not gettext's."""
    with path(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def path(language: str) -> Path:
    """Where the catalogue of a language is."""
    return CATALOGUES / f"{language}.po"
