"""HL7 times become moments: what was said, how exactly, and nothing that cannot be."""

from datetime import UTC, datetime

import pytest

from hectis_flow.domain.facts import Moment, Precision
from hectis_flow.feeds.hl7v2_facts import facts
from hectis_flow.feeds.hl7v2_parts import moment
from tests.feeds.hl7v2_messages import message, msh, segment

pytestmark = pytest.mark.target("R21")


@pytest.mark.parametrize(
    ("sent", "utc", "precision"),
    [
        ("2026", datetime(2025, 12, 31, 22, tzinfo=UTC), "year"),
        ("202603", datetime(2026, 2, 28, 22, tzinfo=UTC), "month"),
        ("20260301", datetime(2026, 2, 28, 22, tzinfo=UTC), "day"),
        ("2026030119", datetime(2026, 3, 1, 17, tzinfo=UTC), "hour"),
        ("202603011930", datetime(2026, 3, 1, 17, 30, tzinfo=UTC), "minute"),
        ("20260301193015", datetime(2026, 3, 1, 17, 30, 15, tzinfo=UTC), "second"),
    ],
)
def test_a_time_without_a_zone_is_that_of_johannesburg_as_exact_as_it_was_sent(
    sent: str, utc: datetime, precision: Precision
) -> None:
    assert moment(sent) == Moment(utc, precision)


@pytest.mark.parametrize(
    ("sent", "utc"),
    [
        ("20260301193015+0200", datetime(2026, 3, 1, 17, 30, 15, tzinfo=UTC)),
        ("20260301193015+0000", datetime(2026, 3, 1, 19, 30, 15, tzinfo=UTC)),
        ("20260301193015-0030", datetime(2026, 3, 1, 20, 0, 15, tzinfo=UTC)),
        ("202603011930-0500", datetime(2026, 3, 2, 0, 30, tzinfo=UTC)),
        ("20260301+0530", datetime(2026, 2, 28, 18, 30, tzinfo=UTC)),
        ("20260301193015.5", datetime(2026, 3, 1, 17, 30, 15, 500_000, tzinfo=UTC)),
        ("20260301193015.1234567+1400", datetime(2026, 3, 1, 5, 30, 15, 123_456, tzinfo=UTC)),
        ("20260301193015637", datetime(2026, 3, 1, 17, 30, 15, 637_000, tzinfo=UTC)),
        ("2026030119301500+0200", datetime(2026, 3, 1, 17, 30, 15, tzinfo=UTC)),
        ("20240229", datetime(2024, 2, 28, 22, tzinfo=UTC)),
    ],
)
def test_zones_and_fractions_are_understood(sent: str, utc: datetime) -> None:
    found = moment(sent)
    assert found is not None
    assert found.at == utc
    assert found.at.tzinfo is UTC


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "0000",
        "00000000",
        "20261301",
        "20260001",
        "20260100",
        "20260230",
        "20250229",
        "2026030124",
        "20260301240000",
        "202603011960",
        "20260301193060",
        "201610015080000",
        "202",
        "20263",
        "2026031",
        "202603011",
        "2026030119301",
        "20260301193015+02",
        "20260301193015+2500",
        "20260301193015+0260",
        "20260301193015+14:00",
        "20260301193015Z",
        "2026-03-01",
        "2026-03-01T19:30:15",
        "20260301 1930",
        "20260301T193015",
        "2026W091",
        "20260301.5",
        "20260301193015.",
        ".5",
        "+0200",
        "female",
        "٢٠٢٦٠٣٠١",
        "２０２６０３０１",
        "0001",
        "00010101+1400",
        "99991231235959-1200",
        "9" * 4096,
        "2026" + "0" * 4000,
    ],
)
def test_what_names_no_real_time_is_none(sent: str) -> None:
    assert moment(sent) is None


def test_each_time_of_a_message_finds_its_place() -> None:
    found = facts(
        message(
            segment("EVN", {2: "2001", 6: "2002"}),
            segment("PID", {7: "2003", 29: "2004"}),
            segment("PV1", {44: "2005", 45: "2006~2016"}),
            segment("ACC", {1: "2007^D"}),
            header=msh({7: "2008^S"}),
        )
    )
    times = (
        found.recorded_at,
        found.event_at,
        found.born,
        found.died_at,
        found.arrived_at,
        found.left_at,
        found.assault_at,
        found.sent_at,
    )
    assert [(each.at.year, each.precision) for each in times if each] == [
        (year, "year") for year in range(2000, 2008)
    ]


def test_an_impossible_time_silences_only_itself() -> None:
    found = facts(message(segment("PV1", {2: "E", 44: "20261399", 45: "20260301"})))
    assert (found.patient_class, found.arrived_at) == ("E", None)
    assert found.left_at is not None
    assert found.deleted == frozenset()
