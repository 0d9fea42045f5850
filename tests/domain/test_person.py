"""Which visit a message belongs to depends on the set of a person's messages alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hectis_flow.domain.allotment import Held, Wanted, allot
from hectis_flow.domain.facts import MessageFacts, Moment, PatientNumber, PersonName
from hectis_flow.domain.intake import VisitKey
from hectis_flow.domain.person import OBSERVATIONS_ALONE, demographics, families, visits_of

START = datetime(2026, 3, 7, 8, 0, tzinfo=UTC)


def after(hours: float) -> Moment:
    return Moment(START + timedelta(hours=hours), "second")


def said(hours: float, event: str = "A08", visit: str | None = None, **fields: Any) -> MessageFacts:
    values: dict[str, Any] = {
        "source_app": "PAS",
        "source_facility": "GSH",
        "control_id": f"{event}-{hours}",
        "message_type": "ORU" if event == "R01" else "ADT",
        "event": event,
        "processing_id": "P",
        "version": "2.5.1",
        "recorded_at": after(hours),
        "visit_number": visit,
        "patient_numbers": (PatientNumber("1", "MR", ""),),
    }
    return MessageFacts(**{**values, **fields})


def sets_of(messages: list[MessageFacts]) -> dict[VisitKey, set[str]]:
    found = visits_of(messages)
    return {key: {messages[place].control_id for place in places} for key, places in found.visits.items()}


moments = st.floats(0, 90).map(lambda hours: round(hours, 1))
lines = st.lists(
    st.builds(
        said,
        moments,
        st.sampled_from(["A04", "A08", "A03", "A11", "A31", "R01", "R01"]),
        st.sampled_from([None, None, "V1", "V2"]),
        arrived_at=st.none() | moments.map(after),
    ),
    max_size=9,
    unique_by=lambda facts: facts.control_id,
)


@given(lines, st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
def test_any_order_of_the_same_messages_makes_the_same_visits(
    line: list[MessageFacts], data: st.DataObject
) -> None:
    assert sets_of(data.draw(st.permutations(line))) == sets_of(line)


@given(lines)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_message_belongs_to_one_visit_or_to_the_person(line: list[MessageFacts]) -> None:
    found = visits_of(line)
    places = [*found.person, *(place for each in found.visits.values() for place in each)]
    assert sorted(places) == list(range(len(line)))
    assert all(line[place].event == "A31" for place in found.person)


def test_a_message_without_a_number_joins_the_only_numbered_visit_of_its_day() -> None:
    numbered, bare = said(0, "A04", "V1"), said(3)
    assert set(sets_of([numbered, bare])) == {VisitKey("V1", "visit_number")}
    assert len(sets_of([numbered, said(1, "A04", "V2"), bare])) == 3
    assert len(sets_of([numbered, said(30)])) == 2


def test_a_stated_arrival_weighs_more_than_the_day_of_speaking() -> None:
    first, second = said(0, "A04", "V1"), said(24, "A04", "V2")
    late = said(25, "A03", arrived_at=after(1))
    assert sets_of([first, second, late])[VisitKey("V1", "visit_number")] == {"A04-0", "A03-25"}


def test_observations_that_know_no_visit_make_one_until_there_is_a_visit() -> None:
    seen = [said(1, "R01"), said(50, "R01")]
    assert set(sets_of(seen)) == {OBSERVATIONS_ALONE}
    assert set(sets_of([*seen, said(2, "A04")])) == {VisitKey("2026-03-07", "derived")}


def test_the_person_is_told_by_the_newest_message_of_any_visit_and_keeps_every_number() -> None:
    old, new = PersonName("Old", "Name"), PersonName("New", "Name")
    merge = said(9, "A40", name=new, prior_numbers=(PatientNumber("0", "MR", ""),))
    told = demographics([merge, said(1, "A04", "V1", name=old, sex="M")])
    assert (told.name, told.sex) == (new, "M")
    assert {number.value for number in told.patient_numbers} == {"0", "1"}


def test_families_join_through_any_shared_member() -> None:
    found = families([("a", "b"), ("c",), ("d", "c"), ("b", "d")])
    assert set(found.values()) == {frozenset("abcd")}
    assert families([("a",), ("b",)])["a"] == frozenset("a")


def test_a_visit_keeps_the_row_of_its_name_unless_a_case_came_farther_on_another() -> None:
    mine, other = Held(1, "V1", "awaiting_basis"), Held(2, "day", "awaiting_basis")
    wanted = [Wanted("V1", frozenset({1, 2}))]
    assert [(one.encounter_id, one.joined) for one in allot(wanted, [other, mine])] == [(1, (2,))]

    farther = Held(2, "day", "referral_ready")
    assert [(one.encounter_id, one.joined) for one in allot(wanted, [mine, farther])] == [(2, (1,))]

    ended = Held(2, "day", "voided")
    assert [(one.encounter_id, one.joined) for one in allot(wanted, [mine, ended])] == [(1, (2,))]


def test_a_row_that_another_visit_is_named_by_is_taken_from_nobody() -> None:
    rows = [Held(1, "V1", None), Held(2, "V2", None)]
    wanted = [Wanted("V1", frozenset({1, 2})), Wanted("V2", frozenset({2})), Wanted("V3", frozenset())]
    assert [one.encounter_id for one in allot(wanted, rows)] == [1, 2, None]
