"""What notices say: what is wanted, by when, what else happens, and nothing of anybody."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.render import notice_duties, notice_words
from hectis_flow.render.notice_times import away, moment
from hectis_flow.render.notices import NoticeFacts, letter, payload

NOW = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
FACTS = NoticeFacts(
    kind="task",
    language="en",
    now=NOW,
    office="Harare",
    role="saps_liaison",
    case_ref="WC-2026-000123",
    stage="referred",
    precinct="Harare",
    wanted_by=NOW + timedelta(hours=24),
    silent="Harare",
    above="Harare",
    above_role="station_commander",
    above_at=NOW + timedelta(hours=24),
    link="https://hectis.example/a/token",
)
OFF_THE_ROLL = replace(FACTS, stage="struck_342a", task="cure_removal", role="detective_commander", link="")
BACK = replace(
    FACTS,
    stage="on_roll",
    task="note_back_on_roll",
    office="Department of Police Oversight and Community Safety",
    silent="Department of Police Oversight and Community Safety",
    role="watching_brief_official",
    above="Western Cape committee",
    above_role="committee_chair",
    link="",
)
CLIMBED = replace(
    FACTS, kind="escalation", level=2, role="cluster_commander", wanted_by=NOW - timedelta(days=5), link=""
)
# What a notice would betray: of the body, of the mind, of people, and of why a case left the roll.
UNSAID = (
    *("stab", "wound", "injur", "assault", "sexual", "rape", "murder", "firearm", "blood", "hiv", "gang"),
    *(
        "mental",
        "psychiatr",
        "observation",
        "patient",
        "victim",
        "accused",
        "complainant",
        "child",
        "suspect",
    ),
    *("witness", "evidence", "forensic", "withdr", "struck", "delay", "342a"),
)
GAP = NoticeFacts(
    "rota_gap",
    "en",
    NOW,
    "Harare",
    "station_commander",
    wanted_by=NOW + timedelta(days=6),
    gap_role="saps_liaison",
)
EVERY = {
    "task": FACTS,
    "reminder": replace(FACTS, kind="escalation", level=0),
    "climbed": CLIMBED,
    "climbed, too much to do": replace(
        CLIMBED, carries=111, carried_by="officer", benchmark=60, capacity="overload"
    ),
    "climbed, within capacity": replace(
        CLIMBED, carries=9, carried_by="npa_office", benchmark=60, capacity="response"
    ),
    "gap": GAP,
    "off the roll": OFF_THE_ROLL,
    "off the roll, climbed": replace(OFF_THE_ROLL, kind="escalation", level=1),
    "back on the roll": BACK,
}


def test_a_notice_says_what_by_when_what_else_and_where_to_press() -> None:
    made = letter(FACTS)

    assert made.subject == "WC-2026-000123 · Acknowledge a referral · Thu 3 Dec, 14:00"
    for part in (made.text, made.html):
        flat = " ".join(part.split())
        assert "WC-2026-000123" in flat
        assert "Thursday 3 December 2026, 14:00 SAST (in 24 hours)" in flat
        assert "Station commander" in flat
        assert "https://hectis.example/a/token" in flat
        assert "cannot be switched off" in flat


def test_a_late_one_says_how_late_with_a_word_and_a_sign_beside_the_colour() -> None:
    made = letter(CLIMBED)

    assert "Was due" in made.text
    assert "(5 days ago)" in " ".join(made.text.split())
    assert "▲" in made.html
    assert "href" not in made.html


@pytest.mark.parametrize("facts", EVERY.values(), ids=EVERY)
def test_a_letter_is_small_whole_and_loads_nothing(facts: NoticeFacts) -> None:
    made = letter(facts)

    assert len(made.html.encode()) + len(made.text.encode()) < 20_000
    assert max(map(len, made.text.splitlines())) <= 80
    assert not re.search(r"<img|<script|<link|url\(|src=", made.html)
    assert re.findall(r'href="([^"]+)"', made.html) == ([facts.link] if facts.link else [])
    assert "prefers-color-scheme: dark" in made.html
    assert "{" not in made.text


@pytest.mark.target("S14")
def test_what_is_put_into_a_notice_is_text_and_never_a_pattern_or_markup() -> None:
    nasty = "{{7*7}} {office} <script>alert(1)</script> %s"
    made = letter(replace(FACTS, office=nasty, silent=nasty, precinct=nasty, above=nasty))

    assert "<script>" not in made.html
    assert "&lt;script&gt;" in made.html
    assert "{{7*7}}" in made.text
    assert "49" not in made.text
    assert json.loads(payload(replace(FACTS, office=nasty), "k"))["office"] == nasty


OF_STAGES = {stage.task.kind for stage in DECLARATION.stages if stage.task}
BESIDE = {one.task.kind for one in DECLARATION.awaited}


@pytest.mark.parametrize("kind", sorted(OF_STAGES | BESIDE))
def test_every_task_of_the_workflow_has_its_three_sentences(kind: str) -> None:
    title, wanted, missing = (
        notice_words.ENGLISH[f"{kind}.{part}"] for part in ("title", "wanted", "missing")
    )

    assert "{" not in title
    assert len(title) <= 50
    assert "{office}" in wanted
    assert "{silent}" in missing


def test_words_of_a_task_are_for_one_that_the_workflow_declares() -> None:
    said = {key.partition(".")[0] for key in notice_duties.DUTIES}

    assert said == OF_STAGES | BESIDE
    assert OF_STAGES.isdisjoint(BESIDE)


@pytest.mark.parametrize(
    ("facts", "title", "next_step"),
    [
        (OFF_THE_ROLL, "Complete a case that is off the roll", "ask for it to be put back"),
        (BACK, "Note that a case is back on the roll", "watch it on its next day in court"),
    ],
    ids=["off the roll", "back on the roll"],
)
def test_what_is_awaited_beside_the_stage_is_said_in_its_own_words(
    facts: NoticeFacts, title: str, next_step: str
) -> None:
    made = letter(facts)

    assert made.subject == f"WC-2026-000123 · {title} · Thu 3 Dec, 14:00"
    assert title.upper() in made.text
    for part in (made.text, made.html):
        flat = " ".join(part.split())
        assert next_step in flat
        assert facts.office in flat
        assert seen(flat) == []


def test_what_is_late_beside_the_stage_is_late_in_its_own_words() -> None:
    made = letter(replace(BACK, kind="escalation", level=1, wanted_by=NOW - timedelta(days=2)))

    assert made.subject.startswith("WC-2026-000123 · No answer yet: note that a case is back on the roll")
    assert "Safety has not yet noted" in " ".join(made.text.split())


def test_a_task_that_nobody_declared_is_still_told() -> None:
    assert "A case waits" in letter(replace(FACTS, task="of_another_version")).subject


def seen(said: str) -> list[str]:
    """The words in it that no notice may have."""
    allowed = notice_words.ENGLISH["privacy"].lower()
    return [word for word in UNSAID if word in said.lower().replace(allowed, "")]


def test_no_sentence_has_a_clinical_word_or_the_cause_of_a_removal() -> None:
    for key, sentence in notice_words.ENGLISH.items():
        assert seen(sentence) == [], key


def test_a_webhook_carries_the_same_words_and_times_for_machines() -> None:
    body = json.loads(payload(FACTS, "a-key"))

    assert body["key"] == "a-key"
    assert body["case"] == "WC-2026-000123"
    assert body["by"] == "2026-12-03T12:00:00+00:00"
    assert body["link"] == FACTS.link
    assert len(payload(FACTS, "k" * 36)) < 1500


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(minutes=30), "in 30 minutes"),
        (timedelta(minutes=89), "in 89 minutes"),
        (timedelta(minutes=119), "in 2 hours"),
        (timedelta(hours=24), "in 24 hours"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=-30), "30 days ago"),
        (timedelta(0), "in 1 minute"),
    ],
)
def test_how_far_away_something_is(later: timedelta, words: str) -> None:
    assert away("en", NOW, NOW + later) == words


def test_moments_are_south_african_with_their_weekday() -> None:
    assert moment("en", datetime(2026, 12, 31, 22, 30, tzinfo=UTC)) == "Friday 1 January 2027, 00:30 SAST"


@pytest.mark.parametrize("name", EVERY)
def test_a_letter_looks_as_it_should_where_no_style_sheet_is_read(name: str) -> None:
    html = letter(EVERY[name]).html
    sheet = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)

    assert len(sheet) == 1
    # What is left of it is for those who read one: the dark, and narrow telephones.
    assert re.sub(r"@media[^{]*\{(?:[^{}]*\{[^}]*\})*\s*\}", "", sheet[0]).strip() == ""
    bare = [tag for tag in re.findall(r"<(?:h1|p|td|a)\b[^>]*>", html) if " style=" not in tag]
    assert bare == []
