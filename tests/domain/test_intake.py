"""What becomes of a message depends on the message alone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hectis_flow.domain.facts import MessageFacts, Moment, PatientNumber, Precision
from hectis_flow.domain.intake import REASONS, SUPPORTED, VisitKey, folder_number, judge, visit_key

FOLDER = PatientNumber("700123", "MR", "")


def moment(text: str, precision: Precision = "minute") -> Moment:
    return Moment(datetime.fromisoformat(text).replace(tzinfo=UTC), precision)


def message(**fields: Any) -> MessageFacts:
    values: dict[str, Any] = {
        "source_app": "PAS",
        "source_facility": "GSH",
        "control_id": "1",
        "message_type": "ADT",
        "event": "A04",
        "processing_id": "P",
        "version": "2.5.1",
        "patient_numbers": (FOLDER,),
    }
    return MessageFacts(**{**values, **fields})


@pytest.mark.parametrize("event", ["A01", "A02", "A03", "A04", "A08", "A11", "A13", "A31"])
def test_every_story_of_admission_with_a_patient_number_is_accepted(event: str) -> None:
    assert judge(message(event=event)).state == "accepted"


def test_an_observation_message_with_a_patient_number_is_accepted() -> None:
    assert judge(message(message_type="ORU", event="R01")).state == "accepted"


@pytest.mark.parametrize(
    ("kind", "event", "reason"),
    [
        ("ADT", "A12", "event_not_supported"),
        ("ADT", "A37", "event_not_supported"),
        ("ADT", "", "event_not_supported"),
        ("ORU", "R30", "event_not_supported"),
        ("SIU", "S12", "type_not_supported"),
        ("", "", "type_not_supported"),
    ],
)
def test_other_events_and_types_are_ignored_by_name(kind: str, event: str, reason: str) -> None:
    verdict = judge(message(message_type=kind, event=event))
    assert (verdict.state, verdict.reason) == ("ignored", reason)


@pytest.mark.parametrize("numbers", [(), (PatientNumber(" ", "MR", ""),)])
def test_a_supported_message_without_a_patient_number_is_parked(numbers: tuple[PatientNumber, ...]) -> None:
    verdict = judge(message(patient_numbers=numbers))
    assert (verdict.state, verdict.reason) == ("parked", "no_patient_number")


def test_an_unsupported_event_is_ignored_even_without_a_patient_number() -> None:
    assert judge(message(event="A12", patient_numbers=())).state == "ignored"


def test_every_reason_has_a_sentence_and_every_sentence_a_reason() -> None:
    every = [
        message(message_type=kind, event=event) for kind, events in SUPPORTED.items() for event in events
    ]
    every += [message(event="A12"), message(message_type="MDM"), message(patient_numbers=())]
    every += [message(several_patients=True)]
    assert {judge(each).reason for each in every} == set(REASONS)
    assert all(sentence.endswith(".") for sentence in REASONS.values())


def test_a_visit_number_names_the_visit_whatever_else_was_sent() -> None:
    assert visit_key(message(visit_number=" V1 ")) == VisitKey("V1", "visit_number")
    assert visit_key(message(visit_number="v 1")) == VisitKey("V1", "visit_number")
    assert visit_key(message(message_type="ORU", event="R01", visit_number="V1")) == VisitKey(
        "V1", "visit_number"
    )


def test_without_one_the_key_is_the_same_for_all_messages_of_the_day_of_arrival() -> None:
    arrived = moment("2026-03-07T10:05")
    register = message(arrived_at=arrived, recorded_at=moment("2026-03-07T10:06"))
    update = message(event="A08", control_id="2", arrived_at=arrived, recorded_at=moment("2026-03-09T08:00"))
    key = visit_key(register)
    assert key is not None
    assert key.basis == "derived"
    assert visit_key(update) == key
    assert visit_key(message(arrived_at=moment("2026-03-06T22:00", "day"))) == key  # midnight in Cape Town


@pytest.mark.parametrize(
    "other",
    [{"visit_number": "V1"}, {"visit_number": "2026-03-07"}, {"arrived_at": moment("2026-03-08T10:05")}],
)
def test_another_number_or_day_is_another_visit(other: dict[str, Any]) -> None:
    base: dict[str, Any] = {"arrived_at": moment("2026-03-07T10:05")}
    assert visit_key(message(**{**base, **other})) != visit_key(message(**base))


@pytest.mark.parametrize("event", ["A31", "A40"])
def test_what_speaks_of_a_person_names_no_visit_even_where_it_has_a_number(event: str) -> None:
    assert visit_key(message(event=event, visit_number="V1")) is None


def test_a_merge_needs_both_numbers() -> None:
    merge = {"event": "A40", "prior_numbers": (PatientNumber("700100", "MR", ""),)}
    assert judge(message(**merge)).state == "accepted"
    for fault in ({"prior_numbers": ()}, {"prior_numbers": (PatientNumber(" ", "MR", ""),)}):
        assert judge(message(**merge | fault)).reason == "no_prior_number"
    assert judge(message(**merge | {"patient_numbers": ()})).reason == "no_patient_number"


def test_a_message_of_several_patients_is_parked_rather_than_shortened() -> None:
    assert judge(message(message_type="ORU", event="R01", several_patients=True)).state == "parked"


def test_the_day_is_taken_from_the_first_field_that_names_one() -> None:
    last = moment("2026-03-07T10:00")
    vague = moment("2026-01-01T00:00", "year")
    key = visit_key(message(sent_at=last))
    assert visit_key(message(recorded_at=last, sent_at=moment("2026-03-09T10:00"))) == key
    assert visit_key(message(event_at=last, recorded_at=moment("2026-03-09T10:00"))) == key
    assert visit_key(message(arrived_at=vague, event_at=last)) == key


def test_the_day_is_the_day_in_south_africa() -> None:
    before, after = moment("2026-03-07T21:59"), moment("2026-03-07T22:01")
    assert visit_key(message(arrived_at=before)) != visit_key(message(arrived_at=after))


def test_a_message_without_any_date_still_has_a_key() -> None:
    key = visit_key(message())
    assert key is not None
    assert key.number.endswith("undated")


def test_an_observation_without_a_visit_number_is_left_to_the_visit_of_its_time() -> None:
    assert visit_key(message(message_type="ORU", event="R01", sent_at=moment("2026-03-07T10:00"))) is None


@pytest.mark.parametrize(
    ("kinds", "chosen"),
    [
        (["NI", "MR"], "MR"),
        (["PI", "MR"], "MR"),
        (["PPN", "PI", "NI"], "PI"),
        (["PK", ""], ""),
        (["PT", "PK"], "PT"),
        (["NI", "PK"], "PK"),
        (["NNZAF", "VN"], "VN"),
        (["VN", "mrn"], "mrn"),
        (["NI"], "NI"),
        (["PPN", "NI"], "PPN"),
    ],
)
def test_the_folder_number_is_chosen_by_its_type_and_never_the_states_if_another_is_there(
    kinds: list[str], chosen: str
) -> None:
    numbers = tuple(PatientNumber(f"n{place}", kind, "") for place, kind in enumerate(kinds))
    found = folder_number(message(patient_numbers=numbers))
    assert found is not None
    assert found.kind == chosen


def test_of_two_folder_numbers_the_first_that_holds_something_is_taken() -> None:
    numbers = (PatientNumber("", "MR", ""), PatientNumber("2", "MR", ""), PatientNumber("3", "MR", ""))
    assert folder_number(message(patient_numbers=numbers)) == numbers[1]
