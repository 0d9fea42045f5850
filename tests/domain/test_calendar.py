"""Working time is exact, whatever the day, the zone of the machine and the length of the span."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.calendars import public_holidays
from hectis_flow.domain.calendar import ALWAYS, Span, WorkingTime, add, before, between, parse_span
from hectis_flow.domain.moments import SAST
from tests.domain.working_minutes import FIRST, LAST, MIDNIGHT, Minutes, holidays

OFFICE = dict.fromkeys(range(5), (450, 960))  # Monday to Friday, 07:30 to 16:00
# A court that closes early on Fridays, sits on Saturdays and rises from 15 December to 15 January.
COURT = {**dict.fromkeys(range(4), (480, 1020)), 4: (480, 780), 5: (540, 720)}
HOLIDAYS = holidays()
RECESS = frozenset(
    day
    for day in (FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1))
    if (day.month, day.day) >= (12, 15) or (day.month, day.day) <= (1, 15)
)
office = WorkingTime("office", OFFICE, HOLIDAYS)
court = WorkingTime("court", COURT, HOLIDAYS | RECESS)


def sast(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SAST)


# --- R14 ---------------------------------------------------------------------------------------------


class Sides(NamedTuple):
    ours: WorkingTime
    oracle: Minutes


def office_hours(day: date) -> tuple[int, int]:
    return (450, 960) if day.weekday() < 5 and day not in HOLIDAYS else (0, 0)


def court_hours(day: date) -> tuple[int, int]:
    if day in HOLIDAYS or day in RECESS or day.weekday() == 6:
        return (0, 0)
    return {4: (480, 780), 5: (540, 720)}.get(day.weekday(), (480, 1020))


@pytest.fixture(scope="module")
def sides() -> tuple[Sides, ...]:
    return (Sides(office, Minutes(office_hours)), Sides(court, Minutes(court_hours)))


def starts(lot: random.Random) -> Iterator[int]:
    """Minutes of 2024 to mid-2035; every third at the edge of a day or of its hours."""
    days = (date(2035, 7, 1) - FIRST).days
    edges = (0, 1, 449, 450, 451, 479, 480, 539, 540, 719, 720, 721, 779, 780, 781, 959, 960, 961, 1020, 1439)
    while True:
        day = lot.randrange(days)
        yield day * 1440 + (lot.choice(edges) if lot.random() < 0.3 else lot.randrange(1440))


@pytest.mark.target("R14")
def test_100_000_random_spans_end_where_a_count_of_every_minute_ends(sides: tuple[Sides, ...]) -> None:
    lot = random.Random(14)  # noqa: S311  (the same spans every time)
    differences = []
    for number, start in zip(range(100_000), starts(lot), strict=False):
        ours, oracle = sides[number % 2]
        span = Span(lot.randint(1, 60), "wd") if lot.random() < 0.5 else Span(lot.randint(1, 20_000), "wmin")
        counted = oracle.after_days if span.unit == "wd" else oracle.after_minutes
        expected = counted(start, span.amount)
        begun = MIDNIGHT + timedelta(minutes=start)
        ended = add(ours, begun, span)
        worked = oracle.before[expected] - oracle.before[start]
        if ended != MIDNIGHT + timedelta(minutes=expected) or between(ours, begun, ended) != timedelta(
            minutes=worked
        ):
            differences.append((ours.name, begun.isoformat(), str(span), ended.isoformat()))

    assert not differences, differences[:10]


@pytest.mark.target("R14")
def test_100_000_random_spans_begin_where_a_count_back_of_every_minute_begins(
    sides: tuple[Sides, ...],
) -> None:
    lot = random.Random(15)  # noqa: S311  (the same spans every time)
    half_a_year = 180 * 1440  # so that no count goes back beyond what the oracle knows
    differences = []
    for number, start in zip(range(100_000), starts(lot), strict=False):
        ours, oracle = sides[number % 2]
        span = Span(lot.randint(1, 60), "wd") if lot.random() < 0.5 else Span(lot.randint(1, 20_000), "wmin")
        counted = oracle.before_days if span.unit == "wd" else oracle.before_minutes
        end = start + half_a_year
        expected = MIDNIGHT + timedelta(minutes=counted(end, span.amount))
        ended = MIDNIGHT + timedelta(minutes=end)
        begun = before(ours, ended, span)
        if begun != expected or (
            span.unit == "wmin" and between(ours, begun, ended).total_seconds() != span.amount * 60
        ):
            differences.append((ours.name, ended.isoformat(), str(span), begun.isoformat()))

    assert not differences, differences[:10]


@pytest.mark.target("R14")
def test_the_package_knows_the_holidays_that_were_checked_by_hand() -> None:
    known = {day for day in public_holidays() if FIRST <= day <= LAST}

    assert sorted(known ^ HOLIDAYS) == []


# --- single days that go wrong elsewhere ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2026-12-23T16:00", "1wd", "2026-12-24T16:00"),
        ("2026-12-24T16:00", "1wd", "2026-12-28T16:00"),  # Christmas, Goodwill on the Saturday, a Sunday
        ("2026-12-31T15:00", "2wh", "2027-01-04T08:30"),  # New Year, a weekend
        ("2026-04-02T15:30", "60wmin", "2026-04-07T08:00"),  # Good Friday to Family Day
        ("2028-02-28T10:00", "1wd", "2028-02-29T10:00"),
        ("2027-02-26T10:00", "1wd", "2027-03-01T10:00"),  # no 29 February, a weekend
        ("2026-08-07T12:00", "1wd", "2026-08-11T12:00"),  # a holiday on Sunday, kept on Monday
        ("2026-11-21T23:00", "1wd", "2026-11-24T07:30"),  # Saturday night counts as Monday's opening
        ("2026-11-20T16:01", "1wd", "2026-11-24T07:30"),  # a minute late counts as Monday's opening
        ("2026-11-20T16:00", "1wd", "2026-11-23T16:00"),  # closing time is still that day
        ("2026-11-20T03:00", "1wd", "2026-11-23T07:30"),  # before opening counts as opening
        ("2026-11-20T07:30", "510wmin", "2026-11-20T16:00"),  # a whole day ends at closing, not at an opening
        ("2026-11-20T07:30", "511wmin", "2026-11-23T07:31"),
        ("2026-11-21T12:00", "24h", "2026-11-22T12:00"),  # elapsed: straight through
        ("2026-11-21T12:00", "90d", "2027-02-19T12:00"),
    ],
)
def test_spans_over_days_that_are_no_plain_days(start: str, span: str, end: str) -> None:
    assert add(office, sast(start), parse_span(span)).astimezone(SAST).isoformat()[:16] == end


@pytest.mark.parametrize(
    ("end", "span", "start"),
    [
        ("2026-12-10T09:00", "3wd", "2026-12-07T09:00"),
        ("2026-12-10T09:00", "7wd", "2026-12-01T09:00"),
        ("2026-12-17T09:00", "1wd", "2026-12-15T09:00"),  # over Reconciliation Day
        ("2026-12-28T09:00", "1wd", "2026-12-24T09:00"),  # Christmas, Goodwill on the Saturday, a Sunday
        ("2026-12-12T09:00", "1wd", "2026-12-10T16:00"),  # a Saturday counts as Friday's closing
        ("2026-12-10T07:29", "1wd", "2026-12-08T16:00"),  # before opening counts as the closing before
        ("2026-12-10T07:30", "1wd", "2026-12-09T07:30"),  # the opening is still that day
        ("2026-12-10T18:00", "1wd", "2026-12-09T16:00"),
        ("2026-12-07T08:30", "2wh", "2026-12-04T15:00"),
        ("2026-12-07T08:30", "1wh", "2026-12-07T07:30"),  # at an opening, not at the closing before
        ("2026-12-10T09:00", "24h", "2026-12-09T09:00"),  # elapsed: straight through
    ],
)
def test_spans_are_counted_back_over_the_same_days(end: str, span: str, start: str) -> None:
    assert before(office, sast(end), parse_span(span)).astimezone(SAST).isoformat()[:16] == start


def test_seconds_of_the_start_are_kept() -> None:
    start = sast("2026-11-20T10:00:12.345678")

    assert add(office, start, Span(1, "wd")) == sast("2026-11-23T10:00:12.345678")
    assert add(office, start, Span(6, "wh")) == sast("2026-11-23T07:30:12.345678")


def test_a_time_of_day_moves_into_the_hours_of_a_shorter_day() -> None:
    thursday, friday = sast("2026-11-19T16:30"), sast("2026-11-20T08:30")

    assert add(court, thursday, Span(1, "wd")) == sast("2026-11-20T13:00")
    assert add(court, friday, Span(1, "wd")) == sast("2026-11-21T09:00")


def test_always_never_closes() -> None:
    start = sast("2026-12-25T02:17")

    assert add(ALWAYS, start, Span(2, "wh")) == add(ALWAYS, start, Span(2, "h")) == sast("2026-12-25T04:17")
    assert add(ALWAYS, start, Span(3, "wd")) == add(ALWAYS, start, Span(3, "d")) == sast("2026-12-28T02:17")
    assert between(ALWAYS, start, sast("2026-12-26T02:18")) == timedelta(days=1, minutes=1)


def test_working_time_between_two_moments_has_a_direction() -> None:
    friday, monday = sast("2026-11-20T15:00"), sast("2026-11-23T08:00")

    assert between(office, friday, monday) == timedelta(minutes=90)
    assert between(office, monday, friday) == -timedelta(minutes=90)


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "America/Sao_Paulo", "Pacific/Apia"])
def test_the_zone_of_the_machine_changes_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        # Both changes of the clock in Europe in 2026; the old changes in Brazil, the lost day in Samoa.
        ends = [
            add(office, datetime.fromisoformat(start).replace(tzinfo=UTC), parse_span(span)).isoformat()
            for start in ("2026-03-28T23:30", "2026-10-24T23:30", "2018-11-03T12:00", "2011-12-29T12:00")
            for span in ("24h", "4wh", "1wd")
        ]
    finally:
        monkeypatch.undo()
        time.tzset()

    assert ends == [
        "2026-03-29T23:30:00+00:00",
        "2026-03-30T09:30:00+00:00",
        "2026-03-31T05:30:00+00:00",
        "2026-10-25T23:30:00+00:00",
        "2026-10-26T09:30:00+00:00",
        "2026-10-27T05:30:00+00:00",
        "2018-11-04T12:00:00+00:00",
        "2018-11-05T09:30:00+00:00",
        "2018-11-06T05:30:00+00:00",
        "2011-12-30T12:00:00+00:00",
        "2011-12-30T07:30:00+00:00",
        "2011-12-30T12:00:00+00:00",
    ]


# --- what holds for any calendar -------------------------------------------------------------------------

MOMENTS = st.datetimes(
    min_value=datetime(1999, 12, 1),  # noqa: DTZ001
    max_value=datetime(2060, 1, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
HOURS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda pair: pair[0] < pair[1])
CALENDARS = st.one_of(
    st.sampled_from([office, court, ALWAYS]),
    st.builds(
        WorkingTime,
        st.just("drawn"),
        st.dictionaries(st.integers(0, 6), HOURS, min_size=1),
        st.frozensets(st.dates(date(2019, 12, 1), date(2020, 2, 28)), max_size=90),
    ),
)
NEAR = st.datetimes(
    min_value=datetime(2019, 11, 25),  # noqa: DTZ001
    max_value=datetime(2020, 3, 5),  # noqa: DTZ001
    timezones=st.just(UTC),
)
WHEN = st.one_of(MOMENTS, NEAR)
WORKED = st.builds(Span, st.integers(1, 30_000), st.just("wmin"))
SPANS = st.one_of(
    WORKED,
    st.builds(Span, st.integers(1, 200), st.just("wd")),
    st.builds(Span, st.integers(1, 9_000), st.sampled_from(["min", "h"])),
)


@given(CALENDARS, WHEN, WHEN, SPANS)
def test_a_later_start_never_ends_earlier(
    calendar: WorkingTime, one: datetime, other: datetime, span: Span
) -> None:
    early, late = sorted((one, other))

    assert add(calendar, early, span) <= add(calendar, late, span)


@given(CALENDARS, WHEN, SPANS)
def test_a_span_ends_after_its_start_and_a_longer_one_later(
    calendar: WorkingTime, start: datetime, span: Span
) -> None:
    longer = Span(span.amount + 1, span.unit)

    assert start < add(calendar, start, span) < add(calendar, start, longer)


@given(CALENDARS, WHEN, WORKED)
@example(office, datetime(2026, 11, 20, 14, tzinfo=UTC), Span(1, "wmin"))
def test_the_working_time_up_to_the_end_of_a_span_is_the_span(
    calendar: WorkingTime, start: datetime, span: Span
) -> None:
    end = add(calendar, start, span)

    assert between(calendar, start, end) == timedelta(minutes=span.amount)
    # The earliest such moment: a microsecond before it, the span has not passed.
    assert between(calendar, start, end - timedelta(microseconds=1)) < timedelta(minutes=span.amount)


@given(CALENDARS, WHEN, SPANS)
def test_counting_back_never_begins_later_and_from_there_the_span_ends_in_time(
    calendar: WorkingTime, end: datetime, span: Span
) -> None:
    begun = before(calendar, end, span)

    assert before(calendar, end, Span(span.amount + 1, span.unit)) < begun < end
    if span.unit != "wd":
        assert add(calendar, begun, span) <= end


@given(CALENDARS, WHEN, WORKED, st.integers(1, 30_000))
def test_working_minutes_add_up(calendar: WorkingTime, start: datetime, span: Span, more: int) -> None:
    both = Span(span.amount + more, "wmin")

    assert add(calendar, add(calendar, start, span), Span(more, "wmin")) == add(calendar, start, both)


@given(st.sampled_from([office, ALWAYS]), WHEN, st.integers(1, 200), st.integers(1, 200))
def test_working_days_add_up_where_all_days_have_the_same_hours(
    calendar: WorkingTime, start: datetime, some: int, more: int
) -> None:
    once = add(calendar, start, Span(some + more, "wd"))

    assert add(calendar, add(calendar, start, Span(some, "wd")), Span(more, "wd")) == once


@given(CALENDARS, WHEN, WHEN, WHEN)
def test_working_time_between_moments_adds_up(
    calendar: WorkingTime, one: datetime, two: datetime, three: datetime
) -> None:
    total = between(calendar, one, two) + between(calendar, two, three)

    assert total == between(calendar, one, three)


@given(CALENDARS, WHEN, SPANS, st.integers(-14 * 60, 14 * 60))
def test_the_zone_a_start_is_written_in_changes_nothing(
    calendar: WorkingTime, start: datetime, span: Span, offset: int
) -> None:
    elsewhere = start.astimezone(timezone(timedelta(minutes=offset)))

    assert add(calendar, elsewhere, span) == add(calendar, start, span)
    assert add(calendar, elsewhere, span).tzinfo is UTC


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "3", "wd", "0wd", "-1h", "1.5h", "3 wd", "3WD", "3w", "1000000h", "٣wd"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no span"):
        parse_span(text)


@pytest.mark.parametrize("text", ["1wd", "3wd", "30min", "24h", "90d", "4wh", "255wmin"])
def test_a_span_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_span(text)) == text


def test_a_span_is_said_in_words() -> None:
    assert [parse_span(text).words for text in ("1wd", "3wd", "30min", "1wh")] == [
        "1 working day",
        "3 working days",
        "30 minutes",
        "1 working hour",
    ]


@pytest.mark.parametrize("hours", [{0: (960, 450)}, {0: (450, 450)}, {0: (450, 1441)}, {7: (450, 960)}, {}])
def test_a_calendar_that_cannot_be_is_refused(hours: dict[int, tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="calendar 'odd'"):
        WorkingTime("odd", hours)


@pytest.mark.parametrize("unit", ["h", "wh", "wd"])
def test_a_time_without_its_zone_is_refused(unit: str) -> None:
    with pytest.raises(ValueError, match="without its zone"):
        add(office, datetime(2026, 11, 20), parse_span(f"1{unit}"))  # noqa: DTZ001
    with pytest.raises(ValueError, match="without its zone"):
        before(office, datetime(2026, 11, 20), parse_span(f"1{unit}"))  # noqa: DTZ001
