"""A precinct is resolved in one order, or left open; it is never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain.precinct import UNRESOLVED, Precinct, normal_suburb, resolve


def test_a_station_code_in_the_message_comes_first() -> None:
    assert resolve("Delft", "Nyanga", ["Harare"]) == Precinct("Delft", "station_code")


def test_a_polygon_comes_before_a_suburb() -> None:
    assert resolve(None, "Nyanga", ["Harare"]) == Precinct("Nyanga", "polygon")


def test_a_suburb_decides_where_all_its_lines_name_one_station() -> None:
    assert resolve(None, None, ["Harare", "Harare"]) == Precinct("Harare", "suburb")


@pytest.mark.parametrize("stations", [[], [""], ["Harare", "Nyanga"], ["Harare", "", "Nyanga"]])
def test_no_station_or_two_different_ones_leave_it_unresolved(stations: list[str]) -> None:
    assert resolve(None, None, stations) == UNRESOLVED
    assert resolve("", "", stations) == Precinct(None, "unresolved")


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("  Mitchells   Plain ", "mitchells plain"),
        ("MITCHELL'S PLAIN", "mitchells plain"),
        ("Simon’s Town", "simons town"),
        ("Lingelethu-West", "lingelethu west"),
        ("St. Helena Bay", "st helena bay"),
        ("Heidelberg(C)", "heidelberg c"),
        ("Môreson", "moreson"),
        ("Site B, Khayelitsha", "site b khayelitsha"),
        ("...", ""),
        ("", ""),
    ],
)
def test_the_key_of_a_suburb_folds_case_blanks_marks_and_accents(written: str, key: str) -> None:
    assert normal_suburb(written) == key


@given(st.text(max_size=30))
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert normal_suburb(normal_suburb(text)) == normal_suburb(text)
