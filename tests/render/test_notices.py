"""What notices say: what is wanted, by when, what else happens, and nothing of anybody."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hectis_flow.domain.workflow import STAGES
from hectis_flow.render import notice_words, notices
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
CLIMBED = replace(
    FACTS, kind="escalation", level=2, role="cluster_commander", wanted_by=NOW - timedelta(days=5), link=""
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
    "gap": GAP,
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


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage.task], ids=lambda stage: stage.name)
def test_every_duty_of_the_workflow_has_words_of_its_own(stage: "notices.workflow_rules.Stage") -> None:
    assert stage.task is not None
    for part in ("title", "wanted", "missing"):
        if stage.tells:
            assert notice_words.knows(f"{stage.task.kind}.{part}")
    assert letter(replace(FACTS, stage=stage.name)).text


def test_a_language_that_lacks_a_sentence_falls_back_to_english() -> None:
    assert letter(replace(FACTS, language="xh")).text == letter(FACTS).text


def test_no_language_has_a_sentence_that_english_lacks() -> None:
    for words in notice_words.LANGUAGES.values():
        assert set(words) <= set(notice_words.ENGLISH)


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
