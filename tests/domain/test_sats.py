"""The triage colour and score are taken as sent."""

import pytest

from hectis_flow.domain.facts import Observation
from hectis_flow.domain.sats import TriageNames, read_colour, read_tews, read_triage


def seen(name: str, value: str) -> Observation:
    return Observation(name, "", value)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("RED", "red"),
        ("Orange", "orange"),
        ("yellow ", "yellow"),
        ("SATS green", "green"),
        ("2-Blue", "blue"),
        ("Rooi", "red"),
        ("G", "green"),
        ("red to orange", None),
        ("pending", None),
        ("", None),
        ("7", None),
    ],
)
def test_a_colour_is_read_where_exactly_one_is_named(text: str, colour: str | None) -> None:
    assert read_colour(text) == colour


@pytest.mark.parametrize(
    ("text", "score"),
    [("0", 0), ("7", 7), ("17", 17), ("5.0", 5), ("18", None), ("-1", None), ("high", None)],
)
def test_a_score_is_a_whole_number_within_its_range(text: str, score: int | None) -> None:
    assert read_tews(text) == score


@pytest.mark.parametrize("name", ["SATS", "Triage", "triage_colour", "SATS-COLOR", "TRIAGE CATEGORY"])
def test_the_usual_names_are_known_however_they_are_written(name: str) -> None:
    assert read_triage([seen(name, "Red")]).sats_colour == "red"


def test_the_newest_readable_observation_wins_and_two_quotes_delete() -> None:
    line = [seen("SATS", "yellow"), seen("TEWS", "3"), seen("SATS", "orange"), seen("SATS", "pending")]
    assert read_triage(line).sats_colour == "orange"
    assert read_triage(line).tews == 3
    assert read_triage([*line, seen("SATS", '""'), seen("TEWS", '""')]) == read_triage([])


def test_the_colour_is_never_worked_out_from_the_score() -> None:
    assert read_triage([seen("TEWS", "12")]).sats_colour is None
    assert read_triage([seen("TEWS", "12"), seen("SATS", "green")]).sats_colour == "green"


def test_a_source_may_name_its_observations_itself() -> None:
    names = TriageNames(colour=frozenset({"LOCAL1"}), tews=frozenset({"LOCAL2"}))
    found = read_triage([seen("LOCAL-1", "red"), seen("local2", "9"), seen("SATS", "green")], names)
    assert (found.sats_colour, found.tews) == ("red", 9)
