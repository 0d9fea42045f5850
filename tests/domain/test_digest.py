"""Which window a digest is for, who reads it, what changed since their last one, and who sees that it is opened."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain import digest
from hectis_flow.domain.digest import Gone, Line, Preference, Window
from hectis_flow.domain.moments import SAST

USUAL = Preference()
MOMENTS = st.integers(0, 7 * 365 * 86_400).map(
    lambda n: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=n)
)
WISHES = st.builds(
    Preference, st.builds(time, st.integers(0, 23), st.integers(0, 59)), st.sampled_from(digest.EVERY)
)


def sast(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SAST)


@pytest.mark.target("R8")
@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-23T06:29:59", "2026-11-22"),
        ("2026-11-23T06:30:00", "2026-11-23"),
        ("2028-02-29T06:30:00", "2028-02-29"),
        ("2028-03-01T00:10:00", "2028-02-29"),
        ("2027-01-01T05:00:00", "2026-12-31"),
        ("2027-01-01T07:00:00", "2027-01-01"),
        # both changes of Europe's clocks, which mean nothing here
        ("2026-03-29T06:30:00", "2026-03-29"),
        ("2026-10-25T06:29:00", "2026-10-24"),
    ],
)
def test_a_window_is_a_day_in_south_africa(now: str, day: str) -> None:
    found = digest.window(USUAL, sast(now))
    assert found == Window(date.fromisoformat(day), sast(f"{day}T06:30:00"))


@pytest.mark.target("R8")
@given(wish=WISHES, now=MOMENTS)
def test_the_window_has_begun_and_the_next_one_has_not(wish: Preference, now: datetime) -> None:
    found, span = digest.window(wish, now), timedelta(days=7 if wish.every == "week" else 1)
    assert found.at <= now < found.at + span
    assert wish.every == "day" or found.on.weekday() == 0


@pytest.mark.target("R8")
@given(wish=WISHES, now=MOMENTS, steps=st.lists(st.integers(-600, 90_000), max_size=30))
def test_however_time_jumps_no_window_is_served_twice(
    wish: Preference, now: datetime, steps: list[int]
) -> None:
    served: list[date] = []
    for step in [0, *steps]:
        now += timedelta(seconds=step)
        found = digest.window(wish, now)
        if digest.is_due(found, now, served[-1] if served else None):
            served.append(found.on)
    assert served == sorted(set(served))


@pytest.mark.target("R10")
def test_what_comes_a_quarter_of_an_hour_after_its_moment_is_late_but_for_the_very_first() -> None:
    found = digest.window(USUAL, sast("2026-11-23T12:00"))
    assert not digest.is_late(found, sast("2026-11-23T06:45"), date(2026, 11, 22))
    assert digest.is_late(found, sast("2026-11-23T06:46"), date(2026, 11, 22))
    assert not digest.is_late(found, sast("2026-11-23T12:00"), None)


@pytest.mark.parametrize(
    ("now", "due"),
    [("05:59", False), ("06:00", True), ("19:59", True), ("20:00", False), ("23:05", True)],
)
def test_the_first_of_a_reader_wakes_nobody_unless_that_is_when_they_want_it(now: str, due: bool) -> None:
    at = sast(f"2026-11-23T{now}")
    assert digest.is_due(digest.window(Preference(time(23)), at), at, None) is due


@pytest.mark.parametrize(
    ("made", "by"),
    [
        ("2026-11-23T06:30", "2026-11-23T12:00"),  # a Monday
        ("2026-11-23T11:00", "2026-11-23T13:00"),
        ("2026-11-21T06:30", "2026-11-23T12:00"),  # a Saturday
        ("2026-11-22T15:00", "2026-11-23T12:00"),
    ],
)
def test_it_is_to_be_opened_by_noon_of_a_working_day_and_nobody_has_less_than_two_hours(
    made: str, by: str
) -> None:
    at = sast(made)
    assert digest.open_by(digest.window(USUAL, at), at) == sast(by)


def test_a_person_reads_one_digest_for_all_that_they_answer_for_under_the_highest_post() -> None:
    found = digest.readers(
        {(3, "station_commander"): [7], (4, "station_commander"): [7, 8], (1, "committee_chair"): [7]}
    )
    assert [(one.staff_id, one.office_id, one.role, one.offices) for one in found] == [
        (7, 1, "committee_chair", (1, 3, 4)),
        (8, 4, "station_commander", (4,)),
    ]


LINES = st.lists(
    st.builds(Line, st.just("escalation"), st.integers(1, 12), st.integers(1, 4)), unique_by=lambda x: x.id
)


@given(was=LINES, now=LINES, over=st.sets(st.integers(1, 12)))
def test_each_thing_is_told_of_once(was: list[Line], now: list[Line], over: set[int]) -> None:
    before = {(one.kind, one.id): one.level for one in was}
    stands = {one.id for one in now}
    gone = [Gone(one, one.id in over) for one in was if one.id not in stands]
    told = digest.changes(before, now, gone)
    every = [one.id for part in told for one in part]
    assert sorted(every) == sorted(stands | {one.line.id for one in gone})
    assert {one.id for one in told.new} == stands - {one.id for one in was}
    assert {one.id for one in told.fixed} == {one.line.id for one in gone if one.over}
    assert all(one.level > before[one.kind, one.id] for one in told.worse if one.id in stands)


@pytest.mark.parametrize(
    ("post", "path", "who"),
    [
        ((1, "committee_chair"), [(1, "committee")], (1, "committee_secretary")),
        (
            (5, "station_commander"),
            [(5, "station"), (4, "cluster"), (3, "saps_province")],
            (4, "cluster_commander"),
        ),
        ((9, "dpp_office"), [(9, "dpp"), (1, "committee")], (1, "committee_secretary")),
        ((6, "provincial_saps"), [(6, "saps_province")], (6, "provincial_saps")),
    ],
)
def test_who_sees_that_it_is_opened_is_somebody_else_where_there_is_one(
    post: tuple[int, str], path: list[tuple[int, str]], who: tuple[int, str]
) -> None:
    assert digest.chaser(post, path) == who
