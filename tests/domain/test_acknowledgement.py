"""What an answer proves: a person with the notice before them is B, every sign of a machine makes it C, only A is signed in."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain.acknowledgement import (
    ALL_TRIES,
    MOST_WRONG,
    TRIES,
    Evidence,
    Floors,
    Grade,
    Seen,
    grade,
    missing,
)

FLOORS = Floors(press=2.0, open=1.0)
BROWSER = Seen(
    "POST", "Mozilla/5.0 (Linux; Android 14) Chrome/126 Mobile", "", has_language=True, reads_pages=True
)
PERSON = Evidence(
    "page", seen=BROWSER, code=True, page_age=6.0, sent_age=40.0, same_network=True, same_agent=True
)


def test_a_person_with_the_notice_before_them_is_b() -> None:
    assert grade(PERSON, FLOORS) == Grade("B", "page_and_code")
    assert grade(replace(PERSON, whole=True, wrong=9), FLOORS) == Grade("B", "whole_code")
    assert grade(replace(PERSON, sent_age=None), FLOORS).letter == "B"


@pytest.mark.target("S5")
@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("not_a_press", {"seen": replace(BROWSER, method="HEAD")}),
        ("not_a_press", {"seen": replace(BROWSER, method="GET")}),
        ("known_machine", {"seen": replace(BROWSER, agent="Slackbot-LinkExpanding 1.0")}),
        ("known_machine", {"seen": replace(BROWSER, agent="WhatsApp/2.23.20.0")}),
        (
            "known_machine",
            {"seen": replace(BROWSER, agent="Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5")},
        ),
        ("known_machine", {"seen": replace(BROWSER, agent="python-requests/2.32")}),
        ("headless", {"seen": replace(BROWSER, agent="Mozilla/5.0 HeadlessChrome/126")}),
        ("headless", {"seen": replace(BROWSER, hints='"HeadlessChrome";v="126"')}),
        ("no_page", {"page_age": None}),
        ("not_a_browser", {"seen": replace(BROWSER, agent="")}),
        ("not_a_browser", {"seen": replace(BROWSER, has_language=False)}),
        ("not_a_browser", {"seen": replace(BROWSER, reads_pages=False)}),
        ("other_agent", {"same_agent": False}),
        ("other_network", {"same_network": False}),
        ("opened_too_soon", {"sent_age": 0.5}),
        ("pressed_too_soon", {"page_age": 1.9}),
        ("at_once", {"others": 4}),
        ("no_code", {"code": None}),
        ("other_code", {"code": False}),
        ("other_code", {"code": False, "whole": True}),
        ("tries_spent", {"wrong": TRIES}),
        ("tries_spent", {"all_wrong": ALL_TRIES}),
        ("tries_spent", {"all_wrong": MOST_WRONG, "whole": True}),
    ],
)
def test_each_sign_of_a_machine_makes_it_c(reason: str, changes: dict[str, object]) -> None:
    assert grade(replace(PERSON, **changes), FLOORS) == Grade("C", reason)  # type: ignore[arg-type]


def test_a_telephone_that_is_named_like_a_machine_is_a_persons() -> None:
    agent = "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 9) Chrome/126 Mobile Safari/537.36"
    assert grade(replace(PERSON, seen=replace(BROWSER, agent=agent)), FLOORS).letter == "B"


@pytest.mark.target("S5")
def test_patience_and_a_mouse_prove_nothing_without_the_code() -> None:
    for code in (None, False):
        assert not grade(replace(PERSON, code=code, page_age=5.0), FLOORS).counts


def test_only_somebody_signed_in_is_a() -> None:
    assert grade(Evidence("signed_in", own=True), FLOORS) == Grade("A", "signed_in")
    assert grade(Evidence("signed_in"), FLOORS) == Grade("B", "system_token")


def test_a_reply_counts_only_from_the_persons_own_address_and_with_the_code() -> None:
    assert grade(Evidence("reply", own=True, code=True), FLOORS) == Grade("B", "own_address")
    assert grade(Evidence("reply", own=False, code=True), FLOORS) == Grade("C", "other_address")
    assert grade(Evidence("reply", own=True, code=False), FLOORS) == Grade("C", "other_code")
    assert grade(Evidence("chat", own=True), FLOORS) == Grade("B", "own_account")
    assert grade(Evidence("chat"), FLOORS) == Grade("C", "other_address")


PEOPLE = st.sets(st.integers(1, 6), max_size=6)


@given(PEOPLE, PEOPLE)
def test_any_all_and_so_many_of_those_who_were_told(told: set[int], answered: set[int]) -> None:
    left = max(0 if answered else 1, 0)
    assert missing("any", told, answered) == left
    assert missing("all", told, answered) == max(len(told - answered), left)
    assert missing(2, told, answered) == max(min(2, len(told | answered)) - len(answered), left)
    for rule in ("any", "all", 2, 3):
        assert missing(rule, told, set()) >= 1  # type: ignore[arg-type]
        assert missing(rule, told, told | {7}) == 0 or rule == 3  # type: ignore[arg-type]


@given(PEOPLE, PEOPLE, st.integers(1, 6))
def test_one_answer_more_of_those_who_were_told_never_leaves_more_to_come(
    told: set[int], answered: set[int], more: int
) -> None:
    for rule in ("any", "all", 2, 3):
        if more in told:
            assert missing(rule, told, answered | {more}) <= missing(rule, told, answered)  # type: ignore[arg-type]
