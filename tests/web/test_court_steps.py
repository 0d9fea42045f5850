"""What is asked for an outcome: one thing a tap, never what leaves no choice, and no more than three taps."""

import pytest

from hectis_flow.domain import countdown, court_day, workflow_rules
from hectis_flow.domain.workflow import TRANSITIONS
from hectis_flow.domain.workflow_shapes import Transition
from hectis_flow.render import page_words
from hectis_flow.web import court_steps

OUTCOMES = [
    move
    for move in TRANSITIONS
    if set(move.sources) & set(court_day.ON_DATE)
    and "prosecutor" in move.roles
    and not move.second
    and move.id not in {court_day.CALL_AGAIN, "enrol"}
]


@pytest.mark.parametrize("move", OUTCOMES, ids=lambda move: move.id)
def test_every_outcome_is_entered_with_three_taps_at_most(move: Transition) -> None:
    found, taps = court_steps.taken(move, {}), 1
    asked = court_steps.step(move, found)
    while asked.kind == "codes":
        taps += 1
        assert f"court.{asked.names[0]}" in page_words.ENGLISH
        found = court_steps.taken(move, found | {asked.names[0]: asked.codes[0]})
        if asked.last:
            break
        asked = court_steps.step(move, found)
    else:
        taps += asked.kind in {"day", "form"}
    assert taps <= 3
    typed = set(asked.names) if asked.kind in {"day", "form"} else set()
    assert set(move.needs) <= {*found, *typed}
    assert f"court.move.{move.id}" in page_words.ENGLISH


def test_what_a_move_does_not_take_is_not_kept() -> None:
    postpone = workflow_rules.transition("postpone")
    said = {"reason": "nonsense", "plea": "guilty", "asked_by": "defence", "of": "1.1", "next_date": ""}
    assert court_steps.taken(postpone, said) == {"asked_by": "defence", "of": "1.1"}


def test_the_length_of_a_sentence_is_asked_for_but_not_for_life() -> None:
    sentence = workflow_rules.transition("sentence")
    years = court_steps.taken(sentence, {"sentence": "imprisonment"})
    assert court_steps.step(sentence, years).names == ("months",)
    assert court_steps.step(sentence, court_steps.taken(sentence, {"sentence": "life"})).kind == "enter"


def test_every_stage_and_every_check_has_its_words() -> None:
    stages = set(court_day.ON_DATE) - {court_day.POSTPONED}
    wanted = {f"court.for.{stage}" for stage in stages}
    wanted |= {f"court.{kind}.{cause}" for kind in ("needs", "ask") for cause in countdown.CAUSES}
    assert wanted <= set(page_words.ENGLISH)
