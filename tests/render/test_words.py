"""Three languages: every notice whole in each, no translation beside other English than ours, and nothing betrayed."""

import re
from dataclasses import replace
from datetime import timedelta
from string import Formatter

import pytest
from click.testing import CliRunner

from hectis_flow.commands.words import brought, words
from hectis_flow.domain.staffing import LANGUAGES
from hectis_flow.domain.workflow import DECLARATION, ROLES
from hectis_flow.render import languages, notice_times, notice_words, page_words, role_words
from hectis_flow.render.languages import TRANSLATED, Section
from hectis_flow.render.notices import NoticeFacts, letter, payload
from hectis_flow.render.word_sections import SECTIONS, WHOLE
from tests.render.test_notices import EVERY, FACTS, NOW, UNSAID

LONGEST_TITLE = 60
SENT = ("digest.",)  # sentences of pages that are sent to people as well
EACH = [(section, language) for section in SECTIONS for language in TRANSLATED]
SAID = [
    pytest.param(section, language, id=f"{language} {section.name}")
    for section, language in EACH
    if section.table(language)
]
# What a notice would betray in each language, as tests.render.test_notices has it of English.
BETRAYS = {
    "en": UNSAID,
    "af": (
        *(
            "mes",
            "wond",
            "aanrand",
            "seksue",
            "verkrag",
            "moord",
            "vuurwapen",
            "bloed",
            "vigs",
            "bende",
            "skoot",
        ),
        *("geestes", "psigiat", "waarneming in", "pasiënt", "slagoffer", "beskuldigde", "klaagster", "kind"),
        *("verdagte", "getuie", "bewys", "forensie", "teruggetrek", "geskrap", "vertra", "342a", "gesteek"),
    ),
    "xh": (
        *("hlaba", "hlatywa", "nxeba", "hlasel", "zesondo", "dlwengul", "bulal", "mpu ", "igazi", "gawulayo"),
        *(
            "gqondo",
            "sigulane",
            "xhoba",
            "mangalelwa",
            "mmangali",
            "mntwana",
            "rhanelwa",
            "ngqina",
            "bungqina",
        ),
        *("mgulukudu", "rhoxis", "cinyiwe", "libazis", "342a"),
    ),
}
KINDS = sorted(
    {stage.task.kind for stage in DECLARATION.stages if stage.task}
    | {one.task.kind for one in DECLARATION.awaited}
    | {"other"}
)


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_language_that_is_on_record_has_its_words() -> None:
    assert {languages.ENGLISH, *TRANSLATED} == set(LANGUAGES) == set(languages.NAMES)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_of_a_notice_is_missing_in_any_language(language: str) -> None:
    lacks = {section.name: section.missing(language) for section in SECTIONS if section.name in WHOLE}

    assert lacks == {"notices": [], "roles": []}
    assert [key for key in page_words.WORDS.missing(language) if key.startswith(SENT)] == []


@pytest.mark.parametrize(("section", "language"), EACH, ids=lambda one: getattr(one, "name", one))
def test_no_translation_stands_beside_english_that_is_not_ours_any_more(
    section: Section, language: str
) -> None:
    assert section.stale(language) == []


def test_a_catalogue_has_no_section_that_nobody_reads() -> None:
    known = {section.name for section in SECTIONS}

    for language in TRANSLATED:
        assert {context.partition("/")[0] for context in languages.entries(language)} <= known


@pytest.mark.parametrize(("section", "language"), SAID)
def test_a_translation_puts_in_what_english_puts_in_and_nothing_more(section: Section, language: str) -> None:
    for key, said in section.table(language).items():
        assert fields(said) == fields(section.english[key]), key


@pytest.mark.parametrize(("section", "language"), SAID)
def test_a_translation_is_plain_text_on_one_line_and_not_much_longer(section: Section, language: str) -> None:
    for key, said in section.table(language).items():
        english = section.english[key]
        assert not re.search(r"[<>\n]|&[a-z]+;", said), key
        assert said == " ".join(said.split()), key
        assert len(said) <= 1.7 * len(english) + 30, key
        assert said.endswith(".") == english.endswith("."), key


@pytest.mark.parametrize("language", TRANSLATED)
def test_titles_fit_a_locked_screen(language: str) -> None:
    table = notice_words.WORDS.table(language)
    titles = [said for key, said in table.items() if key.endswith(".title") and not fields(said)]

    assert max(map(len, titles)) <= LONGEST_TITLE


@pytest.mark.target("S9")
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_a_notice_betrays_anything_in_any_language(language: str) -> None:
    for key in notice_words.ENGLISH:
        said = (notice_words.WORDS.table(language).get(key) or notice_words.ENGLISH[key]).lower()
        found = [word for word in BETRAYS[language] if word in said]
        assert found == [] or key == "privacy", (key, found)  # which says that a notice has none of it


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_task_makes_a_whole_notice_in_every_language(kind: str, language: str) -> None:
    late = {"kind": "escalation", "level": 2, "wanted_by": NOW - timedelta(days=3)}
    ways = (
        {},
        {"kind": "escalation", "level": 0},
        late,
        {
            **late,
            "above": "",
            "carries": 90,
            "carried_by": "station",
            "benchmark": 60,
            "capacity": "overload",
        },
        {"case_ref": "", "wanted_by": None},
    )
    for changes in ways:
        whole(replace(FACTS, task=kind, language=language, **changes))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("facts", EVERY.values(), ids=EVERY)
def test_every_kind_of_notice_is_whole_in_every_language(facts: NoticeFacts, language: str) -> None:
    whole(replace(facts, language=language))


def whole(facts: NoticeFacts) -> None:
    """Nothing is left open in a notice, and its language is said."""
    made = letter(facts)

    assert f'<html lang="{facts.language}">' in made.html
    for part in (made.subject, made.text, payload(facts, "k").decode()[1:-1]):
        assert not re.search(r"[{}]", part)
    assert len(made.html.encode()) + len(made.text.encode()) < 20_000
    assert max(map(len, made.text.splitlines())) <= 80
    lower = (
        " ".join(made.text.split()).lower().replace(notice_words.say(facts.language, "privacy").lower(), "")
    )
    assert not re.search(r"injur|patient|victim|stab|assault", lower)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_notice_in_another_language_has_no_english_left_in_it(language: str) -> None:
    english, made = letter(FACTS), letter(replace(FACTS, language=language))
    # What stays: the number, names of offices, the link.
    lines = {line for line in english.text.splitlines() if line.strip() and line not in {"--", FACTS.link}}

    assert lines & set(made.text.splitlines()) == set()
    assert role_words.title(language, "station_commander") in " ".join(made.text.split())


def test_days_and_months_are_called_as_people_of_the_language_call_them() -> None:
    at = NOW + timedelta(hours=26)

    assert notice_times.moment("en", at) == "Thursday 3 December 2026, 16:00 SAST"
    assert notice_times.moment("af", at) == "Donderdag 3 Desember 2026, 16:00 SAST"
    assert notice_times.moment("xh", at) == "Lwesine 3 Disemba 2026, 16:00 SAST"
    assert notice_times.moment("af", at, "short_moment") == "Do 3 Des, 16:00"
    assert notice_times.moment("xh", at, "short_moment") == "Sin 3 Dis, 16:00"
    for language in LANGUAGES:
        short = notice_times.days(language, "abbreviated"), notice_times.months(language, "abbreviated")
        assert [len(set(names)) for names in short] == [7, 12]


def test_a_language_without_a_catalogue_is_said_in_english() -> None:
    assert letter(replace(FACTS, language="zu")).text == letter(FACTS).text


def test_every_role_of_the_workflow_is_called_something_and_an_unknown_one_by_its_own_name() -> None:
    assert set(role_words.titles("xh")) == {role.name for role in ROLES}
    assert role_words.title("en", "saps_liaison") == "SAPS liaison (station)"
    assert role_words.title("af", "of_another_version") == "of_another_version"


def changed(key: str = "case") -> Section:
    """The notices with another English sentence than the one that was translated."""
    return Section("notices", {**notice_words.ENGLISH, key: "This matter", "fresh": "Something {new}"})


def test_beside_other_english_than_ours_a_translation_is_not_said() -> None:
    section = changed()

    assert section.say("af", "case") == "This matter"
    assert section.say("af", "precinct") == "Polisiegebied"
    assert section.say("af", "fresh", new="{braces}") == "Something {braces}"
    assert section.missing("af") == ["case", "fresh"]
    assert section.stale("af") == ["case"]


def test_a_catalogue_is_brought_to_the_english_of_today_and_keeps_what_it_had() -> None:
    made = brought("af", [changed()])
    now = {str(one.context): one for one in made}

    assert now["notices/precinct"].string == "Polisiegebied"
    assert now["notices/case"].id == "This matter"
    assert now["notices/case"].string == now["notices/fresh"].string == ""
    assert now["notices/case"].user_comments == ["before: Case", "was said: Saak"]
    assert now["notices/case"].fuzzy
    assert made.header_comment == languages.catalogue("af").header_comment


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_says_plainly_that_nobody_has_checked_it_until_somebody_has(language: str) -> None:
    waits = any(section.unreviewed(language) for section in SECTIONS)
    said = "HAS CHECKED THIS YET" in languages.catalogue(language).header_comment

    assert said == waits


def test_what_is_missing_is_counted_and_named() -> None:
    told = CliRunner().invoke(words, ["missing", "--language", "af"])
    counts = CliRunner().invoke(words, ["missing", "--count"])
    lacks = page_words.WORDS.missing("af")

    assert told.exit_code == counts.exit_code == 0
    assert (
        f"af notices: {len(notice_words.ENGLISH)} of {len(notice_words.ENGLISH)} said, 0 in English"
        in told.output
    )
    assert [line.strip() for line in told.output.splitlines() if line.startswith("  ")] == lacks
    assert len(counts.output.splitlines()) == len(SECTIONS) * len(TRANSLATED)
