"""A visit's state depends on which messages exist, not on the order or number of their arrivals."""

import dataclasses
import itertools
import typing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hectis_flow.domain.facts import (
    Address,
    DiagnosisCode,
    MessageFacts,
    Moment,
    Observation,
    PatientNumber,
    PersonName,
    Precision,
)
from hectis_flow.domain.message_order import in_order, spoken_at
from hectis_flow.domain.moments import age_in_years
from hectis_flow.domain.sats import TriageNames
from hectis_flow.domain.visit import KEPT, VisitState, fold

# A busy machine is no fault.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
START = datetime(2026, 3, 7, 20, 0, tzinfo=UTC)
FOLDER = PatientNumber("700123", "MR", "")


def after(minutes: float, precision: Precision = "second") -> Moment:
    return Moment(START + timedelta(minutes=minutes), precision)


def day(text: str, precision: Precision = "day") -> Moment:
    """Midnight in South Africa of a written day."""
    return Moment(datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=2), precision)


def message(minutes: float | None = 0, event: str = "A08", **fields: Any) -> MessageFacts:
    values: dict[str, Any] = {
        "source_app": "PAS",
        "source_facility": "GSH",
        "control_id": "1",
        "message_type": "ORU" if event == "R01" else "ADT",
        "event": event,
        "processing_id": "P",
        "version": "2.5.1",
        "recorded_at": None if minutes is None else after(minutes),
        "patient_numbers": (FOLDER,),
    }
    return MessageFacts(**{**values, **fields})


def coded(minutes: float, *codes: str, **fields: Any) -> MessageFacts:
    sent = tuple(DiagnosisCode(code, "I10", "F") for code in codes)
    return message(minutes, codes=sent, codes_sent=True, **fields)


def triaged(minutes: float, name: str, value: str) -> MessageFacts:
    return message(minutes, "R01", observations=(Observation(name, "", value),))


# --- order, doubles, late arrivals -------------------------------------------------------------

moments = st.builds(
    after,
    st.integers(0, 4),
    st.sampled_from(["day", "hour", "minute", "second"]),
)
maybe_moment = st.none() | moments
words = st.none() | st.sampled_from(["a", "b"])
addresses = st.none() | st.builds(Address, suburb=st.sampled_from(["", "Delft", "Nyanga"]))
codes = st.builds(
    DiagnosisCode,
    st.sampled_from(["X99.4", "Y00.0", "Y35.0", "S61.0", "W34.0", "X99.0XXA"]),
    st.just("I10"),
    st.sampled_from(["A", "W", "F", ""]),
)
observations = st.builds(
    Observation,
    st.sampled_from(["SATS", "TEWS"]),
    st.just(""),
    st.sampled_from(["red", "green", "5", "9", '""', "?"]),
)
messages = st.builds(
    MessageFacts,
    source_app=st.just("PAS"),
    source_facility=st.sampled_from(["GSH", "TBH", ""]),
    control_id=st.sampled_from(["9", "10", "11"]),
    message_type=st.sampled_from(["ADT", "ORU"]),
    event=st.sampled_from(["A01", "A02", "A03", "A04", "A08", "A11", "A13", "R01"]),
    processing_id=st.just("P"),
    version=st.just("2.5.1"),
    sent_at=maybe_moment,
    recorded_at=maybe_moment,
    event_at=maybe_moment,
    patient_numbers=st.lists(
        st.builds(PatientNumber, st.sampled_from(["1", "2"]), st.sampled_from(["MR", "NI"]), st.just("")),
        max_size=2,
    ).map(tuple),
    name=st.none() | st.builds(PersonName, st.sampled_from(["A", "B"]), st.just("C")),
    born=st.none() | st.just(day("2000-01-01")),
    residence=addresses,
    died=st.none() | st.booleans(),
    arrived_at=maybe_moment,
    left_at=maybe_moment,
    disposition=st.none() | st.sampled_from(["01", "20"]),
    unit=words,
    place_text=words,
    place_address=addresses,
    assault_at=maybe_moment,
    police_notified=st.none() | st.booleans(),
    patient_role=st.none() | st.sampled_from(["victim", "perpetrator", "robber"]),
    codes=st.lists(codes, max_size=3).map(tuple),
    codes_sent=st.booleans(),
    observations=st.lists(observations, max_size=2).map(tuple),
    deleted=st.frozensets(
        st.sampled_from(
            ["name", "unit", "place_text", "arrived_at", "assault_at", "residence", "patient_role"]
        )
    ),
)


@given(st.data())
@UNHURRIED
def test_any_order_and_any_doubling_of_the_messages_ends_in_the_same_state(data: st.DataObject) -> None:
    visit = data.draw(st.lists(messages, min_size=1, max_size=6))
    clean = fold(visit)
    doubled = [*visit, *data.draw(st.lists(st.sampled_from(visit), max_size=4))]
    assert fold(data.draw(st.permutations(doubled))) == clean


@given(st.lists(messages, min_size=1, max_size=6), messages)
@UNHURRIED
def test_a_late_message_ends_where_it_would_have_ended_on_time(
    visit: list[MessageFacts], late: MessageFacts
) -> None:
    assert fold([*visit, late]) == fold([late, *visit])


@given(st.lists(messages, min_size=1, max_size=6))
@UNHURRIED
def test_the_order_is_total_so_no_two_different_messages_tie(visit: list[MessageFacts]) -> None:
    line = in_order(visit)
    assert set(line) == set(visit)
    assert len(line) == len(set(visit))
    assert in_order(reversed(line)) == line


def test_an_older_update_that_comes_late_never_overwrites_a_newer_one() -> None:
    newer = coded(60, "Y00.4", name=PersonName("New", "N"), unit="WARD")
    older = coded(30, "X99.4", name=PersonName("Old", "O"), unit="EC", complaint="C")
    state = fold([newer, older])
    assert (state.name, state.unit) == (PersonName("New", "N"), "WARD")
    assert state.classification.code == "Y00.4"
    assert state.complaint == "C"  # of this the newer one was silent
    assert state.last_recorded_at == after(60)


def test_a_message_without_any_time_overwrites_nothing() -> None:
    dated, undated = message(0, unit="EC"), message(None, unit="OLD", complaint="C")
    state = fold([dated, undated])
    assert (state.unit, state.complaint) == ("EC", "C")


def test_of_equal_times_the_higher_counter_is_the_newer_one() -> None:
    nine, ten = message(0, control_id="9", unit="A"), message(0, control_id="10", unit="B")
    assert fold([ten, nine]).unit == "B"


def test_one_control_id_reused_within_a_second_still_has_one_order() -> None:
    line = [message(0, unit=unit) for unit in ("C", "B", "A")]
    assert {fold(shuffled).unit for shuffled in itertools.permutations(line)} == {"C"}
    fresh = [message(0, unit=unit) for unit in ("A", "B", "C")]
    assert [facts.unit for facts in in_order(fresh)] == ["A", "B", "C"]


def test_a_day_in_evn_2_is_told_more_exactly_by_msh_7() -> None:
    vague = message(None, recorded_at=day("2026-03-07"), sent_at=after(60), unit="LATE")
    exact = message(30, unit="EARLY")
    assert spoken_at(vague) == after(60)
    assert fold([vague, exact]).unit == "LATE"


def test_msh_7_outside_the_stated_span_does_not_move_a_message() -> None:
    resent = message(30, sent_at=after(600))
    assert spoken_at(resent) == after(30)
    next_day = message(None, recorded_at=day("2026-03-07"), sent_at=day("2026-03-08"))
    assert spoken_at(next_day) == day("2026-03-07")


def test_a_visit_has_at_least_one_message() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fold([])


# --- silence and deletion ----------------------------------------------------------------------

VALUES: dict[str, Any] = {
    "name": PersonName("A", "B"),
    "born": day("2000-01-01"),
    "residence": Address(suburb="Delft"),
    "assault_at": after(-30),
    "place_address": Address(suburb="Nyanga"),
    "police_notified": False,
}


@pytest.mark.parametrize("field", KEPT)
def test_silence_keeps_a_field_and_two_quotes_delete_it(field: str) -> None:
    value = VALUES.get(field, "V")
    first = message(0, **{field: value})
    silent, deleting = message(1), message(2, deleted=frozenset({field}))
    assert getattr(fold([first, silent]), field) == value
    assert getattr(fold([first, silent, deleting]), field) is None
    assert getattr(fold([deleting, message(3, **{field: value})]), field) == value


def test_the_kept_fields_mean_the_same_in_a_message_and_in_a_visit() -> None:
    said, held = typing.get_type_hints(MessageFacts), typing.get_type_hints(VisitState)
    assert {name: said[name] for name in KEPT} == {name: held[name] for name in KEPT}


def test_the_newest_message_that_sent_codes_replaces_them_all() -> None:
    assert fold([coded(0, "X99.4", "S61.0"), coded(1, "Y00.4")]).codes == coded(0, "Y00.4").codes
    assert fold([coded(0, "X99.4"), message(1)]).classification.intent == "assault"


def test_codes_taken_back_are_gone() -> None:
    taken_back = message(1, codes_sent=True, deleted=frozenset({"codes"}))
    state = fold([coded(0, "X99.4"), taken_back])
    assert (state.codes, state.classification.violence) == ((), "unknown")


def test_triage_is_the_newest_of_each_observation() -> None:
    line = [triaged(0, "SATS", "yellow"), triaged(1, "TEWS", "3"), triaged(2, "SATS", "Orange")]
    for shuffled in itertools.permutations(line):
        state = fold(shuffled)
        assert (state.sats_colour, state.tews) == ("orange", 3)


def test_a_source_may_name_its_triage_itself() -> None:
    names = TriageNames(colour=frozenset({"ROBOT"}), tews=frozenset())
    assert fold([triaged(0, "robot", "Rooi")], names).sats_colour == "red"


# --- the visit's own times and flags -----------------------------------------------------------


def test_arrival_is_pv1_44_of_the_newest_message_that_states_it() -> None:
    state = fold([message(0, "A04", arrived_at=after(-5)), message(9, arrived_at=after(-7)), message(10)])
    assert (state.arrived_at, state.arrival_basis) == (after(-7), "visit")


def test_without_pv1_44_arrival_is_what_the_earliest_admission_message_says() -> None:
    triage, register, update = triaged(-1, "SATS", "red"), message(0, "A04"), message(9, event_at=after(8))
    state = fold([update, register, triage])
    assert (state.arrived_at, state.arrival_basis) == (after(0), "recorded")
    state = fold([update, message(0, "A04", event_at=after(-3))])
    assert (state.arrived_at, state.arrival_basis) == (after(-3), "event")
    state = fold([message(None, "A04", sent_at=after(2))])
    assert (state.arrived_at, state.arrival_basis) == (after(2), "sent")
    assert fold([message(None)]).arrival_basis == "none"


def test_the_time_of_the_assault_counts_and_arrival_stands_in_for_it() -> None:
    told = fold([message(0, assault_at=after(-40, "hour"))])
    assert (told.happened_at, told.time_basis) == (after(-40, "hour"), "assault")
    untold = fold([message(0)])
    assert (untold.happened_at, untold.time_basis) == (after(0), "arrival")


def test_an_admission_stays_whatever_comes_after_it() -> None:
    assert fold([message(5, "A01"), message(9), message(0, "A04")]).admitted
    assert not fold([message(0, "A04")]).admitted


def test_a_discharge_closes_the_visit_and_late_coding_does_not_open_it() -> None:
    state = fold([message(0, "A04"), message(60, "A03", disposition="01"), coded(900, "X99.4")])
    assert (state.closed, state.left_at, state.disposition) == (True, after(60), "01")
    assert state.classification.intent == "assault"
    assert not fold([message(0, "A04")]).closed


def test_the_stated_time_of_leaving_comes_before_that_of_the_message() -> None:
    assert fold([message(60, "A03", left_at=after(50))]).left_at == after(50)
    assert fold([message(60, "A03", event_at=after(55))]).left_at == after(55)


@pytest.mark.parametrize(
    ("fields", "died"),
    [
        ({}, None),
        ({"died": False}, False),
        ({"died": True}, True),
        ({"died_at": after(30)}, True),
        ({"died_of_it": True}, True),
        ({"died_of_it": False}, None),
        ({"disposition": "20"}, True),
        ({"disposition": "41"}, True),
        ({"disposition": "01"}, None),
    ],
)
def test_any_sign_of_death_counts_and_only_the_sender_denies_it(
    fields: dict[str, Any], died: bool | None
) -> None:
    assert fold([message(0, **fields)]).died is died


def test_a_death_written_by_mistake_can_be_taken_back() -> None:
    assert fold([message(0, died=True), message(1, died=False)]).died is False
    assert fold([message(0, died_at=after(0)), message(1, deleted=frozenset({"died_at"}))]).died is None


def test_a_laboratory_moves_the_visit_to_no_other_facility() -> None:
    state = fold([message(0, "A04"), message(5, "R01", source_facility="LAB")])
    assert state.source_facility == "GSH"
    assert fold([message(0, "R01", source_facility="LAB")]).source_facility == "LAB"
    assert fold([message(0, source_facility="")]).source_facility == ""


@pytest.mark.parametrize(
    ("fields", "from_ec"),
    [
        ({"patient_class": "E"}, True),
        ({"patient_class": "I", "admission_type": "E"}, False),
        ({"admission_type": "U"}, True),
        ({}, False),
    ],
)
def test_an_emergency_visit_is_one_by_class_or_else_by_type(fields: dict[str, Any], from_ec: bool) -> None:
    assert fold([message(0, "A04", **fields)]).from_ec is from_ec


def test_an_emergency_visit_stays_one_after_admission() -> None:
    assert fold([message(0, "A04", patient_class="E"), message(5, "A01", patient_class="I")]).from_ec


# --- the patient -------------------------------------------------------------------------------


def test_all_numbers_are_kept_and_the_newest_folder_number_leads() -> None:
    temporary, national = PatientNumber("T9", "MR", ""), PatientNumber("8001015009087", "NI", "")
    state = fold([message(0, patient_numbers=(temporary,)), message(1, patient_numbers=(national, FOLDER))])
    assert state.folder_number == FOLDER
    assert state.patient_numbers == (national, FOLDER, temporary)


@pytest.mark.parametrize(
    ("told", "role"),
    [
        ("victim", "victim"),
        (" Perpetrator ", "perpetrator"),
        ("BYSTANDER", "bystander"),
        ("robber", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        ("unknown", "unknown"),
    ],
)
def test_a_role_is_taken_only_if_told_and_known(told: str | None, role: str) -> None:
    assert fold([message(0, patient_role=told)]).patient_role == role


@pytest.mark.parametrize(
    ("born", "at", "age"),
    [
        (day("2000-03-07"), day("2026-03-07"), 26),
        (day("2000-03-08"), day("2026-03-07"), 25),
        (day("2026-03-07"), day("2026-03-07"), 0),
        (day("2004-02-29"), day("2026-02-28"), 21),
        (day("2004-02-29"), day("2026-03-01"), 22),
        (day("2026-03-08"), day("2026-03-07"), None),
        (day("1900-01-01"), day("2026-03-07"), None),
        (day("2000-01-01", "year"), day("2026-03-07"), None),
        (day("2000-03-01", "month"), day("2026-03-07"), None),
        (day("2000-01-01"), day("2026-01-01", "month"), None),
        (None, day("2026-03-07"), None),
        (day("2000-01-01"), None, None),
    ],
)
def test_an_age_is_whole_years_at_arrival_or_unknown(
    born: Moment | None, at: Moment | None, age: int | None
) -> None:
    assert age_in_years(born, at) == age


def test_the_age_counts_days_in_south_africa() -> None:
    born = day("2008-03-08")
    just_after_midnight = Moment(datetime(2026, 3, 7, 22, 5, tzinfo=UTC), "minute")
    assert fold([message(0, born=born, arrived_at=just_after_midnight)]).age_years == 18


def test_a_state_cannot_be_changed_afterwards() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        fold([message(0)]).admitted = True  # type: ignore[misc]


# --- moved, cancelled, not discharged, told of the person ---------------------------------------


def test_the_stops_of_a_visit_stand_in_the_order_they_were_meant() -> None:
    line = [
        message(0, "A04", unit="EC"),
        message(1, unit="EC"),
        message(5, "A02", unit="WARD", unit_facility="GSH"),
        message(6, unit="WARD"),
        message(9, "A02", unit="EC"),
    ]
    for shuffled in (line, line[::-1]):
        assert [(stay.unit, stay.since) for stay in fold(shuffled).stays] == [
            ("EC", after(0)),
            ("WARD", after(5)),
            ("EC", after(9)),
        ]


def test_a_cancelled_visit_has_no_code_until_it_is_registered_anew() -> None:
    line = [coded(0, "X99.4"), message(5, "A11"), message(6)]
    state = fold(line)
    assert (state.cancelled, state.codes, state.classification.violence) == (True, (), "unknown")
    assert fold([*line, message(7, "A04")]).classification.intent == "assault"
    assert not fold([message(9, "A04"), *line]).cancelled


def test_what_was_said_of_leaving_before_a_cancelled_discharge_holds_no_longer() -> None:
    left = message(3, "A03", left_at=after(2), disposition="20")
    reopened = message(5, "A13", left_at=after(2), disposition="20")
    state = fold([left, reopened])
    assert (state.closed, state.left_at, state.disposition, state.died) == (False, None, None, None)
    again = fold([left, reopened, message(8, "A03")])
    assert (again.closed, again.left_at) == (True, after(8))


def test_a_message_of_the_person_alone_mends_birth_and_sex_and_moves_nobody() -> None:
    visit = message(0, "A04", born=day("1990-01-01"), sex="M", residence=Address(suburb="Delft"))
    update = message(
        5, "A31", born=day("2015-01-01"), sex="F", residence=Address(suburb="Nyanga"), unit="X", died=True
    )
    state = fold([visit], person=[update])
    assert (state.sex, state.age_years, state.died) == ("F", 11, None)
    assert (state.residence, state.unit) == (Address(suburb="Delft"), None)
    assert state.last_recorded_at == after(0)
    older = message(-5, "A31", sex="F")
    assert fold([visit], person=[older]).sex == "M"
