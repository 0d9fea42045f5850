"""Which visits tell of an incident, what the incident says, and what the facility is asked to mend."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hectis_flow.domain.facts import Address, DiagnosisCode, MessageFacts, Moment, Observation, PatientNumber
from hectis_flow.domain.incident import QUALITY_ITEMS, IncidentDraft, incident_of, quality_items
from hectis_flow.domain.visit import fold

ARRIVED = Moment(datetime(2026, 3, 7, 20, 0, tzinfo=UTC), "minute")
BEFORE = Moment(ARRIVED.at - timedelta(hours=1), "minute")
BORN = Moment(datetime(1999, 12, 31, 22, 0, tzinfo=UTC), "day")
HOME, SCENE = Address(suburb="Delft"), Address(street="1 Main Rd", suburb="Nyanga")


def visit(*codes: str, event: str = "A08", **fields: Any) -> MessageFacts:
    values: dict[str, Any] = {
        "source_app": "PAS",
        "source_facility": "GSH",
        "control_id": "1",
        "message_type": "ADT",
        "event": event,
        "processing_id": "P",
        "version": "2.5.1",
        "recorded_at": ARRIVED,
        "arrived_at": ARRIVED,
        "patient_numbers": (PatientNumber("700123", "MR", ""),),
        "codes": tuple(DiagnosisCode(code, "I10", "F") for code in codes),
        "codes_sent": bool(codes),
    }
    return MessageFacts(**{**values, **fields})


def draft(*codes: str, **fields: Any) -> IncidentDraft:
    found = incident_of(fold([visit(*codes, **fields)]))
    assert found is not None
    return found


def items(*codes: str, **fields: Any) -> tuple[str, ...]:
    return quality_items(fold([visit(*codes, **fields)]))


def test_a_stabbing_in_the_street_opens_a_case_and_says_what_was_coded() -> None:
    found = draft("S21.1", "X99.49", assault_at=BEFORE, residence=HOME)
    assert (found.intent, found.code, found.opens_case) == ("assault", "X99.49", True)
    assert (found.mechanism, found.weapon_class) == ("sharp", "sharp")
    assert (found.place_type, found.activity) == ("street", "unspecified")
    assert (found.happened_at, found.time_basis) == (BEFORE, "assault")
    assert found.suggested_heading == "suggested_attempted_murder_or_gbh"


@pytest.mark.parametrize(
    "code", ["W34.0", "X78.9", "Y87.1", "Y89.0", "S61.0", "T74.1", "J06.9", "X99.0XXA", "?"]
)
def test_what_is_no_violence_between_persons_is_no_incident(code: str) -> None:
    assert incident_of(fold([visit(code)])) is None


def test_a_visit_without_codes_is_no_incident() -> None:
    assert incident_of(fold([visit()])) is None


def test_undetermined_intent_is_an_incident_that_opens_no_case() -> None:
    found = draft("Y24.9")
    assert (found.intent, found.mechanism, found.opens_case) == ("undetermined", "firearm", False)
    assert found.suggested_heading is None


def test_legal_intervention_is_an_incident_that_opens_no_case_and_suggests_nothing() -> None:
    found = draft("Y35.0", died=True)
    assert (found.intent, found.legal_means, found.opens_case) == ("legal_intervention", "firearm", False)
    assert found.suggested_heading is None


def test_only_an_assault_opens_a_case() -> None:
    opening = {code: draft(code).opens_case for code in ("X85.0", "Y09.9", "Y20.0", "Y34.9", "Y35.7")}
    assert opening == {"X85.0": True, "Y09.9": True, "Y20.0": False, "Y34.9": False, "Y35.7": False}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"place_text": "shop", "place_address": SCENE, "residence": HOME},
            ("incident", "shop", SCENE, None),
        ),
        ({"place_address": SCENE, "residence": HOME}, ("incident", None, SCENE, None)),
        ({"place_text": "shop", "residence": HOME}, ("incident", "shop", None, None)),
        ({"station_code": "S7", "residence": HOME}, ("incident", None, None, "S7")),
        ({"residence": HOME}, ("residence", None, HOME, None)),
        ({"place_address": Address(country="ZAF"), "residence": HOME}, ("residence", None, HOME, None)),
        ({"residence": Address(province="WC", country="ZAF")}, ("facility", None, None, None)),
        ({}, ("facility", None, None, None)),
    ],
)
def test_the_location_is_of_one_basis_and_never_mixed(
    fields: dict[str, Any], expected: tuple[str, str | None, Address | None, str | None]
) -> None:
    found = draft("X99.4", **fields)
    assert (found.location_basis, found.place_text, found.address, found.station_code) == expected


def test_severity_comes_with_the_draft_and_raises_the_suggested_heading() -> None:
    slight = draft("Y04.0")
    assert (slight.admitted, slight.died, slight.suggested_heading) == (
        False,
        None,
        "suggested_common_assault",
    )
    red = draft("Y04.0", observations=(Observation("SATS", "", "Red"),))
    assert (red.sats_colour, red.suggested_heading) == ("red", "suggested_assault_gbh")
    admitted = draft("Y04.0", event="A01")
    assert (admitted.admitted, admitted.suggested_heading) == (True, "suggested_assault_gbh")
    assert draft("Y04.0", died=True).suggested_heading == "suggested_murder_or_inquest"


def test_codes_that_are_taken_back_take_the_incident_with_them() -> None:
    later = Moment(ARRIVED.at + timedelta(hours=1), "minute")
    state = fold([visit("X99.4"), visit(recorded_at=later, codes_sent=True)])
    assert incident_of(state) is None


def test_a_complete_visit_asks_the_facility_for_nothing() -> None:
    assert items("X99.4", assault_at=BEFORE, born=BORN) == ()


@pytest.mark.parametrize(
    ("codes", "fields", "item"),
    [
        (("S61.0",), {}, "injury_without_cause"),
        (("Z04.4",), {}, "signs_without_cause"),
        (("X99.0XXA",), {}, "refused_code_cm"),
        (("X99.4", "X99.0XXA"), {}, "refused_code_cm"),
        (("STAB",), {}, "refused_code_not_a_code"),
        (("422504002",), {}, "refused_code_other_system"),
        (("X99.4", "Y35.0"), {}, "assault_and_legal_intervention"),
        (("X99.4",), {}, "no_assault_time"),
        (
            ("X99.4",),
            {"assault_at": Moment(ARRIVED.at + timedelta(hours=1), "minute")},
            "assault_after_arrival",
        ),
        (("X99",), {}, "place_unspecified"),
        (("X99.9",), {}, "place_unspecified"),
        (("X99.4",), {"arrived_at": None, "recorded_at": None}, "no_arrival_time"),
        (("X99.4",), {}, "no_birth_date"),
        (("X99.4",), {"born": Moment(BORN.at, "year")}, "birth_date_imprecise"),
        (("X99.4",), {"born": ARRIVED, "arrived_at": BORN}, "birth_date_imprecise"),
        (("X99.4",), {"event": "A03"}, "no_sats_colour"),
    ],
)
def test_a_fault_becomes_an_item_for_the_facility(
    codes: tuple[str, ...], fields: dict[str, Any], item: str
) -> None:
    assert item in items(*codes, **fields)


def test_an_assault_is_after_the_arrival_from_the_end_of_the_minute_that_was_stated() -> None:
    end = ARRIVED.at + timedelta(minutes=1)
    within, beyond = Moment(end - timedelta(seconds=1), "second"), Moment(end, "second")
    assert "assault_after_arrival" not in items("X99.4", assault_at=within)
    assert "assault_after_arrival" in items("X99.4", assault_at=beyond)


@pytest.mark.parametrize(
    ("codes", "fields", "item"),
    [
        (("S61.0", "X99.4"), {}, "injury_without_cause"),
        (("J06.9", "422504002"), {}, "refused_code_other_system"),
        (("Y07.0",), {}, "place_unspecified"),
        (("Y35.0",), {}, "place_unspecified"),
        (("X99.4",), {"assault_at": ARRIVED}, "assault_after_arrival"),
        (("X99.4",), {"event": "A08"}, "no_sats_colour"),
    ],
)
def test_what_is_in_order_becomes_no_item(codes: tuple[str, ...], fields: dict[str, Any], item: str) -> None:
    assert item not in items(*codes, **fields)


def test_a_visit_without_violence_is_asked_for_neither_birth_date_nor_times() -> None:
    assert items("J06.9", event="A03") == ()
    assert items(event="A03") == ()


def test_items_come_in_the_order_of_their_table_and_each_has_a_sentence() -> None:
    found = items("X99", "X99.0XXA", "Y35.0", event="A03")
    assert list(found) == [name for name in QUALITY_ITEMS if name in found]
    assert len(found) >= 4
    assert all(sentence.endswith(".") for sentence in QUALITY_ITEMS.values())
