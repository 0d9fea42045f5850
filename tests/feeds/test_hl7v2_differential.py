"""The same messages read by us and by python-hl7: numbers, visit, class, name and every time agree."""

from datetime import UTC, datetime, timedelta, timezone

import hl7
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hectis_flow.domain.facts import Moment
from hectis_flow.feeds.hl7v2_facts import facts
from hectis_flow.feeds.hl7v2_parts import encoding_marks
from tests.feeds.hl7v2_messages import msh

JOHANNESBURG = timezone(timedelta(hours=2))
LIFETIMES = (datetime(1890, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - the zone is drawn apart
SEPARATORS = [("|", "^~\\&"), ("|", "^~\\&#"), ("$", "#*!%"), ("^", "|~\\&"), ("|", "^~"), ("|", "*;!@")]

words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Co", "Cn")), max_size=12
).filter(lambda text: text != '""')
zones = st.sampled_from(["", "", "", "+0200", "+0000", "-0500", "+0530", "+1400", "-1130"])


@st.composite
def times(draw: st.DrawFn) -> str:
    """Any real time in any precision, with or without a zone and a fraction."""
    at = draw(st.datetimes(*LIFETIMES))
    length = draw(st.sampled_from([0, 4, 6, 8, 10, 12, 14, 14, 14]))
    fraction = draw(st.sampled_from(["", "", ".5", ".0625"])) if length == 14 else ""
    return at.strftime("%Y%m%d%H%M%S")[:length] + fraction + draw(zones) if length else ""


@st.composite
def visits(draw: st.DrawFn) -> tuple[str, str]:
    """A header and the rest of a message, segments ended by CR."""
    separator, encoding = draw(st.sampled_from(SEPARATORS))
    component, repetition, escape, subcomponent = encoding_marks(separator, encoding)
    names = {separator: "F", component: "S", repetition: "R", escape: "E", subcomponent: "T"}

    def word() -> str:
        return "".join(f"{escape}{names[sign]}{escape}" if sign in names else sign for sign in draw(words))

    def line(name: str, values: dict[int, str]) -> str:
        return separator.join(
            [name, *(values.get(place, "") for place in range(1, draw(st.integers(46, 60))))]
        )

    number = [component.join([word(), "", "", subcomponent.join([word(), word()]), word()])]
    number += [component.join([word(), "", "", word(), word()][: draw(st.integers(0, 5))]) for _ in range(3)]
    name = component.join([subcomponent.join([word(), word()]), word(), word()])
    header = msh({7: draw(times())}, separator=separator, encoding=encoding)
    segments = [
        line("EVN", {2: draw(times()), 6: draw(times())}),
        line("PID", {3: repetition.join(number[: draw(st.integers(0, 4))]), 5: name, 7: draw(times())}),
        line("NK1", {2: name, 4: word()}),
        line("PV1", {2: word(), 19: component.join([word(), word()]), 44: draw(times()), 45: draw(times())}),
        line("ZVI", {3: word()}),
    ]
    return header, "\r".join([*segments, ""])


def told(message: hl7.Message, *place: int | str) -> str:
    """What python-hl7 finds there; "" where it finds nothing."""
    try:
        return str(message.extract_field(*place)).strip()
    except (IndexError, KeyError):
        return ""


def numbers_told(message: hl7.Message) -> list[tuple[str, str, str]]:
    fields = message.segment("PID")
    count = len(fields(3)) if len(fields) > 3 else 0
    read = [
        tuple(told(message, "PID", 1, 3, place, part) for part in (1, 5, 4)) for place in range(1, count + 1)
    ]
    return [each for each in read if each[0]]  # type: ignore[misc]


def as_told(moment: Moment | None) -> datetime | None:
    return moment.at if moment else None


def time_told(message: hl7.Message, name: str, field: int) -> datetime | None:
    read = hl7.parse_datetime(told(message, name, 1, field, 1, 1))
    if read is None:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=JOHANNESBURG)).astimezone(UTC)


ENDS = st.sampled_from(["\r", "\n", "\r\n"])


@pytest.mark.target("R21")
@given(visits(), ENDS)
@settings(max_examples=300, deadline=None)
def test_python_hl7_reads_the_same_in_every_message(visit: tuple[str, str], end: str) -> None:
    compare(visit, end)


@pytest.mark.drill
@given(visits(), ENDS)
@settings(max_examples=20_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_python_hl7_reads_the_same_in_twenty_thousand_messages(visit: tuple[str, str], end: str) -> None:
    compare(visit, end)


def compare(visit: tuple[str, str], end: str) -> None:
    """Read a message in both ways; whatever differs fails."""
    header, rest = visit
    theirs = hl7.parse(f"{header}\r{rest}")
    ours = facts(f"{header}\r{rest}".replace("\r", end).encode())
    # Ours falls back on the universal id of an authority without a name; python-hl7 has no such rule.
    expected = numbers_told(theirs)
    assert [(each.value, each.kind) for each in ours.patient_numbers] == [each[:2] for each in expected]
    assert all(
        each.assigner == read[2] for each, read in zip(ours.patient_numbers, expected, strict=True) if read[2]
    )
    name = (ours.name.family, ours.name.given, ours.name.middle) if ours.name else ("", "", "")
    assert name == tuple(told(theirs, "PID", 1, 5, 1, part) for part in (1, 2, 3))
    assert (ours.visit_number or "") == told(theirs, "PV1", 1, 19, 1, 1)
    assert (ours.patient_class or "") == told(theirs, "PV1", 1, 2, 1, 1)
    assert [
        as_told(moment)
        for moment in (
            ours.sent_at,
            ours.recorded_at,
            ours.event_at,
            ours.born,
            ours.arrived_at,
            ours.left_at,
        )
    ] == [
        time_told(theirs, *place)
        for place in (("MSH", 7), ("EVN", 2), ("EVN", 6), ("PID", 7), ("PV1", 44), ("PV1", 45))
    ]
