"""`hectis words`: what the catalogues of other languages lack, and bringing them to the English of today.

It needs no database and no settings: it reads the tables of words and the catalogues, which are part of the program.
How a language is reviewed says docs/words.md.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from hectis_flow.render import languages
from hectis_flow.render.languages import TRANSLATED, Entry, Section
from hectis_flow.render.word_sections import SECTIONS

WIDTH: Final = 110
_language = click.option(
    "--language",
    type=click.Choice(TRANSLATED),
    help="This one alone; without it, every one that has a catalogue.",
)


@click.group()
def words() -> None:
    """Say what is not translated, or bring the catalogues to the English of today."""


@words.command()
@_language
@click.option("--count", is_flag=True, help="The counts alone.")
def missing(language: str | None, *, count: bool) -> None:
    """Count and name every sentence that is said in English, is out of date, or waits for a speaker's review."""
    for one in [language] if language else TRANSLATED:
        for section in SECTIONS:
            gone, old, waits = section.missing(one), section.stale(one), section.unreviewed(one)
            said = len(section.english) - len(gone)
            click.echo(
                f"{one} {section.name}: {said} of {len(section.english)} said, {len(gone)} in English, "
                f"{len(old)} out of date, {len(waits)} not reviewed"
            )
            if not count:
                for key in (*gone, *(key for key in old if key not in gone)):
                    click.echo(f"  {key}{'  (out of date)' if key in old else ''}")


@words.command()
@_language
def update(language: str | None) -> None:
    """Bring the catalogues to the English of today: new sentences stand in them without a translation.

    Of a sentence whose English has changed the translation becomes a remark beside it, and it is missing.
    """
    for one in [language] if language else TRANSLATED:
        made = brought(one)
        with languages.path(one).open("wb") as file:
            write_po(file, made, width=WIDTH)
        lacks = sum(not message.string for message in made if message.id)
        click.echo(f"{one}: {len(made)} sentences, {lacks} without a translation")


def brought(language: str, sections: Iterable[Section] = SECTIONS) -> Catalog:
    """The catalogue of a language with the sentences of today, in the order in which English has them."""
    before = languages.catalogue(language)
    remarks = {str(one.context): one.user_comments for one in before}
    made = Catalog(
        locale=language,
        header_comment=before.header_comment,
        project=before.project,
        version=before.version,
        creation_date=before.creation_date,
        revision_date=before.revision_date,
        msgid_bugs_address=before.msgid_bugs_address,
        last_translator=before.last_translator,
        language_team=before.language_team,
        fuzzy=False,
    )
    for section in sections:
        had = section.entries(language)
        for key, english in section.english.items():
            context = f"{section.name}/{key}"
            said, flags, remark = _renewed(had.get(key), english)
            made.add(
                english,
                said,
                flags=flags,
                user_comments=[*remarks.get(context, ()), *remark],
                context=context,
            )
    return made


def _renewed(had: Entry | None, english: str) -> tuple[str, set[str], Iterator[str]]:
    """A translation as it goes on, its flags, and what is remarked beside it."""
    if had is None:
        return "", {"fuzzy"}, iter(())
    if had.english == english:
        return had.said, set() if had.reviewed else {"fuzzy"}, iter(())
    return "", {"fuzzy"}, iter((f"before: {had.english}", f"was said: {had.said}"))
