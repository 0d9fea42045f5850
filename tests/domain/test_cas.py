"""CAS numbers as people write them."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain.cas import LONGEST, CasNumber, CasRefused, parse

TODAY = date(2026, 3, 2)


def code_of(text: str, today: date = TODAY) -> str:
    with pytest.raises(CasRefused) as refused:
        parse(text, today)
    assert len(text) < 8 or text not in refused.value.message
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "station", "number"),
    [
        ("CAS 636/6/2010", None, "636/06/2010"),
        ("133/10/2015", None, "133/10/2015"),
        ("Orlando CAS 130/10/15", "Orlando", "130/10/2015"),
        ("CAS 95/07/18", None, "95/07/2018"),
        ("cas:12/3/2026", None, "12/03/2026"),
        ("  Simon's   Town  1/01/2026 ", "Simon's Town", "1/01/2026"),
        ("St. Helena-Bay Cas : 99999/12/2025", "St. Helena-Bay", "99999/12/2025"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, station: str | None, number: str) -> None:
    read = parse(text, TODAY)
    assert (read.station, read.number) == (station, number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CAS",
        "636",
        "636/2010",
        "636/13/2010",
        "636/0/2010",
        "636/6/201",
        "636/6/20100",
        "636000/6/2010",
        "-1/6/2010",
        "636/6/2010 and more",
        "8001015009087",
        "CAS CAS 6/6/2010",
        "٦٣٦/٦/٢٠١٠",
        "1/1/2020" + " " * LONGEST + "x",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert code_of(text) == "cas_not_a_number"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0/3/2026", "cas_serial_zero"),
        ("00000/3/2026", "cas_serial_zero"),
        ("1/4/2026", "cas_in_the_future"),
        ("1/3/2027", "cas_in_the_future"),
        ("1/3/27", "cas_in_the_future"),
        ("1/3/0999", "cas_year_unlikely"),
    ],
)
def test_a_number_that_cannot_be_says_why(text: str, code: str) -> None:
    assert code_of(text) == code


def test_the_month_that_runs_is_not_the_future() -> None:
    assert parse("1/3/2026", date(2026, 3, 1)).month == 3


STATIONS = st.sampled_from([None, "Nyanga", "Simon's Town", "Philippi East", "Kuils River"])


@given(
    STATIONS,
    st.integers(1, 99_999),
    st.dates(date(1995, 1, 1), TODAY),
    st.sampled_from(["", "CAS ", "cas: ", "Cas:"]),
    st.booleans(),
    st.booleans(),
)
def test_every_way_of_writing_ends_in_one_form(
    station: str | None, serial: int, day: date, word: str, padded: bool, short: bool
) -> None:
    month = f"{day.month:02}" if padded else str(day.month)
    year = f"{day.year % 100:02}" if short and day.year >= 2000 else str(day.year)
    text = f"{station + ' ' if station else ''}{word}{serial}/{month}/{year}"

    read = parse(text, TODAY)

    assert read == CasNumber(station, serial, day.month, day.year)
    assert parse(read.number, TODAY) == CasNumber(None, serial, day.month, day.year)


@given(st.text(alphabet="0123456789/ CAScas:abc'-.\u0663", max_size=90))
def test_any_text_is_read_or_refused_with_a_code(text: str) -> None:
    read = None
    with suppress(CasRefused):
        read = parse(text, TODAY)
    if read is not None:
        assert (read.year, read.month) <= (TODAY.year, TODAY.month)
        assert 1 <= read.serial <= 99_999
