"""Codes are read as WHO ICD-10 and nothing else; which of several codes speaks is a stated order."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain import coding_tables as tables
from hectis_flow.domain.coding import (
    CodeReading,
    CodeRefused,
    classify,
    read_code,
    suggested_heading,
)
from hectis_flow.domain.facts import DiagnosisCode

# Written by hand from the titles of chapter XX, apart from the table under test.
ASSAULT_MECHANISMS = {
    "poisoning": ["X85", "X87", "X88", "X89", "X90"],
    "corrosive": ["X86"],
    "strangulation": ["X91"],
    "drowning": ["X92"],
    "firearm": ["X93", "X94", "X95"],
    "explosive": ["X96"],
    "burn": ["X97", "X98"],
    "sharp": ["X99"],
    "blunt": ["Y00"],
    "fall_pushed": ["Y01"],
    "moving_object": ["Y02"],
    "vehicle": ["Y03"],
    "bodily_force": ["Y04"],
    "sexual": ["Y05"],
    "neglect": ["Y06"],
    "maltreatment": ["Y07"],
    "other": ["Y08"],
    "unspecified": ["Y09"],
}
ASSAULTS = [(code, mechanism) for mechanism, codes in ASSAULT_MECHANISMS.items() for code in codes]
PLACES = [
    ("0", "home"),
    ("1", "residential_institution"),
    ("2", "school_public_area"),
    ("3", "sports_area"),
    ("4", "street"),
    ("5", "trade_service"),
    ("6", "industrial"),
    ("7", "farm"),
    ("8", "other"),
    ("9", "unspecified"),
]
ACTIVITIES = [
    ("0", "sports"),
    ("1", "leisure"),
    ("2", "paid_work"),
    ("3", "other_work"),
    ("4", "resting_sleeping_eating"),
    ("5", None),
    ("6", None),
    ("7", None),
    ("8", "other"),
    ("9", "unspecified"),
]


def reading(code: str, system: str = "") -> CodeReading:
    result = read_code(code, system)
    assert isinstance(result, CodeReading), result
    return result


def refusal(code: str, system: str = "") -> str:
    result = read_code(code, system)
    assert isinstance(result, CodeRefused), result
    return result.reason


def sent(*codes: str, kind: str = "F", system: str = "I10") -> list[DiagnosisCode]:
    return [DiagnosisCode(code, system, kind) for code in codes]


def categories(first: str, last: str) -> list[str]:
    every = (f"{letter}{number:02}" for letter in "STUVWXYZ" for number in range(100))
    return [category for category in every if first <= category <= last]


def test_every_category_of_the_assault_block_is_in_the_hand_written_list() -> None:
    assert sorted(code for code, _ in ASSAULTS) == categories("X85", "Y09")
    assert sorted(tables.ASSAULT) == categories("X85", "Y09")
    assert sorted(tables.UNDETERMINED) == categories("Y20", "Y34")


@pytest.mark.parametrize(("category", "mechanism"), ASSAULTS)
def test_a_category_of_assault_has_its_mechanism_and_a_weapon_class(category: str, mechanism: str) -> None:
    found = reading(category)
    assert (found.category, found.code, found.intent) == (category, category, "assault")
    assert found.mechanism == mechanism
    assert found.weapon_class


@pytest.mark.parametrize(
    ("category", "weapon_class"),
    [
        ("X91", "none_or_ligature"),
        ("X93", "handgun"),
        ("X94", "long_gun"),
        ("X95", "firearm_unspecified"),
        ("X97", "fire"),
        ("X98", "hot_liquid_or_object"),
        ("X99", "sharp"),
        ("Y00", "blunt"),
        ("Y02", "vehicle_or_train"),
        ("Y04", "none"),
        ("Y09", "unknown"),
    ],
)
def test_a_weapon_class_is_that_of_the_table(category: str, weapon_class: str) -> None:
    assert reading(category).weapon_class == weapon_class


@pytest.mark.parametrize(("digit", "place"), PLACES)
def test_the_fourth_character_is_the_place_in_every_category_that_has_one(digit: str, place: str) -> None:
    for category in {*tables.ASSAULT, *tables.UNDETERMINED, "W34"} - {"Y06", "Y07"}:
        assert reading(f"{category}.{digit}").place_type == place


@pytest.mark.parametrize(("digit", "activity"), ACTIVITIES)
def test_the_fifth_character_is_the_activity(digit: str, activity: str | None) -> None:
    found = reading(f"X99.4{digit}")
    assert (found.activity, found.place_type, found.code) == (activity, "street", f"X99.4{digit}")


@pytest.mark.parametrize(
    ("code", "perpetrator"),
    [
        ("Y06.0", "spouse_or_partner"),
        ("Y06.1", "parent"),
        ("Y06.2", "acquaintance_or_friend"),
        ("Y06.3", None),
        ("Y06.8", "other"),
        ("Y06.9", "unspecified"),
        ("Y07.0", "spouse_or_partner"),
        ("Y07.3", "official_authority"),
        ("Y07.9", "unspecified"),
        ("Y07", None),
    ],
)
def test_in_neglect_and_maltreatment_the_fourth_character_is_the_perpetrator(
    code: str, perpetrator: str | None
) -> None:
    found = reading(code)
    assert (found.intent, found.perpetrator, found.place_type) == ("assault", perpetrator, None)


@pytest.mark.parametrize("text", ["X99.4", "x994", "  X99.4\t", "X994", "x99.4", "X99.4+", "X99.4-"])
def test_a_code_is_read_with_or_without_dot_in_any_case_with_blanks_around(text: str) -> None:
    found = reading(text, "I10")
    assert (found.code, found.mechanism, found.place_type) == ("X99.4", "sharp", "street")


def test_a_code_may_stop_at_its_category_or_carry_an_activity() -> None:
    assert (reading("X99").code, reading("X99").place_type) == ("X99", None)
    assert reading("X99.-").code == "X99"
    assert reading("x9949") == reading("X99.49")


@pytest.mark.parametrize(
    ("digit", "means"),
    [
        ("0", "firearm"),
        ("1", "explosives"),
        ("2", "gas"),
        ("3", "blunt"),
        ("4", "sharp"),
        ("5", "legal_execution"),
        ("6", "other"),
        ("7", "unspecified"),
        ("8", None),
    ],
)
def test_legal_intervention_carries_its_means_and_no_place(digit: str, means: str | None) -> None:
    found = reading(f"Y35.{digit}")
    assert (found.intent, found.mechanism) == ("legal_intervention", "legal_intervention")
    assert (found.legal_means, found.place_type, found.weapon_class) == (means, None, None)


@pytest.mark.parametrize(
    ("code", "intent"),
    [
        ("Y87.1", "sequela"),
        ("Y871", "sequela"),
        ("Y89.0", "sequela"),
        ("Y87", "other"),
        ("Y87.0", "other"),
        ("Y87.2", "other"),
        ("Y89", "other"),
        ("Y89.1", "other"),
        ("Y89.9", "other"),
        ("V01", "accident"),
        ("V43.5", "accident"),
        ("W34.0", "accident"),
        ("X59.9", "accident"),
        ("X60", "self_harm"),
        ("X84.9", "self_harm"),
        ("Y10.0", "other"),
        ("Y24.9", "undetermined"),
        ("Y36.2", "other"),
        ("S61.0", "injury"),
        ("T98.3", "injury"),
        ("T14.9", "supporting"),
        ("T14.1", "injury"),
        ("T71", "supporting"),
        ("T74.1", "supporting"),
        ("Z04.4", "supporting"),
        ("Z04.5", "supporting"),
        ("Z04.1", "other"),
        ("J06.9", "other"),
        ("U07.1", "other"),
    ],
)
def test_a_code_outside_the_assault_block_has_its_own_intent(code: str, intent: str) -> None:
    assert reading(code).intent == intent


@pytest.mark.parametrize(
    ("digit", "kind"),
    [
        ("0", "neglect"),
        ("1", "physical"),
        ("2", "sexual"),
        ("3", "psychological"),
        ("8", "other"),
        ("9", "unspecified"),
    ],
)
def test_a_maltreatment_syndrome_names_its_kind(digit: str, kind: str) -> None:
    assert reading(f"T74.{digit}").maltreatment == kind


@pytest.mark.parametrize(
    "code",
    [
        "X99.0XXA",
        "X990XXA",
        "X99.9XXS",
        "Y04.0XXD",
        "X93.XXXA",
        "X95.01XA",
        "S06.9X0A",
        "S069X0",
        "Y07.4",
        "Y07.5",
        "Y07.6",
        "Y07.42",
        "X99.4A",
        "Y09A",
        "X99.499",
        "C4A.0",
        "Y38.1X1A",
    ],
)
def test_a_code_in_a_shape_that_only_cm_has_is_refused_by_that_name(code: str) -> None:
    assert refusal(code) == "cm_code"
    assert refusal(code.lower(), "I10") == "cm_code"


@pytest.mark.parametrize(
    "system",
    [
        "I10C",
        "I10CM",
        "ICD10CM",
        "ICD-10-CM",
        "icd-10-cm",
        "10CM",
        "ICD10CM2024",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "2.16.840.1.113883.6.90",
        "urn:oid:2.16.840.1.113883.6.90",
    ],
)
def test_a_system_that_says_cm_is_believed_even_where_the_shape_would_do(system: str) -> None:
    assert refusal("X92.0", system) == "cm_code"


@pytest.mark.parametrize(
    "system",
    [
        "",
        "  ",
        "I10",
        "ICD10",
        "ICD-10",
        "icd-10",
        "ICD-10-MIT",
        "ICD10 ZA",
        "ICD-10 2014",
        "WHO ICD-10",
        "http://hl7.org/fhir/sid/icd-10",
        "2.16.840.1.113883.6.3",
    ],
)
def test_the_who_names_of_the_system_are_known_and_x92_is_drowning_there(system: str) -> None:
    assert reading("X92.0", system).mechanism == "drowning"


@pytest.mark.parametrize("system", ["SCT", "SNOMED", "I9", "I9CDX", "ICD-9-CM", "LN", "L", "I10P", "ICD10GM"])
def test_another_system_is_refused_even_where_its_code_looks_like_ours(system: str) -> None:
    assert refusal("X99.4", system) == "other_system"


@pytest.mark.parametrize("code", ["422504002", "440.21", "71596"])
def test_a_bare_number_is_a_code_of_another_system(code: str) -> None:
    assert refusal(code) == "other_system"


@pytest.mark.parametrize(
    "code", ["", "   ", "N/A", "STAB WOUND", "X9.94", "X", "X9", "E968.0", '""', "X99..4", "Ⅹ99"]
)
def test_what_is_no_code_is_refused_as_such(code: str) -> None:
    assert refusal(code) == "not_a_code"


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_whatever_makes_the_reader_fail(code: str, system: str) -> None:
    assert isinstance(read_code(code, system), CodeReading | CodeRefused)


@given(st.from_regex(r"[A-Z][0-9]{2}(\.[0-9]{1,2})?", fullmatch=True))
def test_reading_a_normalised_code_again_changes_nothing(code: str) -> None:
    first = read_code(code)
    if isinstance(first, CodeReading):
        assert read_code(first.code) == first


@pytest.mark.parametrize(
    ("code", "violence", "intent"),
    [
        ("X99.4", "yes", "assault"),
        ("Y35.0", "no", "legal_intervention"),
        ("Y24.9", "undetermined", "undetermined"),
        ("W34.0", "no", "accident"),
        ("X78.9", "no", "self_harm"),
        ("Y87.1", "no", "sequela"),
        ("S61.0", "unknown", "injury"),
        ("T74.2", "unknown", "supporting"),
        ("Z04.4", "unknown", "supporting"),
        ("J06.9", "no", "other"),
        ("X99.0XXA", "unknown", None),
        ("422504002", "unknown", None),
    ],
)
def test_violence_is_between_persons_and_only_an_assault_says_yes(
    code: str, violence: str, intent: str | None
) -> None:
    found = classify(sent(code))
    assert (found.violence, found.intent) == (violence, intent)


def test_no_code_at_all_leaves_violence_unknown() -> None:
    assert classify([]).violence == "unknown"


def test_the_stated_order_of_intents_decides_whatever_the_order_in_the_message() -> None:
    codes = sent("S61.0", "W34.0", "Y24.9", "Y35.0", "X99.4")
    for shuffled in itertools.permutations(codes):
        found = classify(shuffled)
        assert (found.code, found.intent) == ("X99.4", "assault")
        assert found.also == ("Y35.0", "Y24.9", "W34.0", "S61.0")


def test_legal_intervention_comes_before_undetermined_and_that_before_accident() -> None:
    assert classify(sent("W34.0", "Y24.9", "Y35.0")).code == "Y35.0"
    assert classify(sent("W34.0", "Y24.9")).code == "Y24.9"


def test_among_assaults_the_final_code_speaks_then_working_then_admitting_then_the_first() -> None:
    admitting, working, final = (
        DiagnosisCode("X99.4", "I10", "A"),
        DiagnosisCode("Y00.4", "I10", "W"),
        DiagnosisCode("X93.4", "I10", "f"),
    )
    unlabelled = DiagnosisCode("Y04.0", "I10", "")
    for shuffled in itertools.permutations([admitting, working, final, unlabelled]):
        found = classify(shuffled)
        assert found.code == "X93.4"
        assert found.also == ("Y00.4", "X99.4", "Y04.0")
    assert classify([*sent("Y00.1"), *sent("X99.1")]).code == "Y00.1"


def test_a_code_repeated_as_another_kind_is_kept_once() -> None:
    found = classify([*sent("X99.4", kind="A"), *sent("x994", kind="F")])
    assert (found.code, found.also) == ("X99.4", ())


def test_a_diagnosis_that_says_nothing_of_injury_leaves_no_trace() -> None:
    found = classify(sent("B24", "X99.4", "F20.0"))
    assert (found.code, found.also) == ("X99.4", ())
    assert classify(sent("B24")).code is None
    assert "B24" not in repr(classify(sent("B24", "J06.9")))


@pytest.mark.parametrize("cause", ["X99.4", "W01.4", "V43.5", "Y10.0", "Y35.0", "Y87.1"])
def test_an_injury_with_any_cause_is_no_quality_item(cause: str) -> None:
    assert not classify(sent("S61.0", cause)).injury_without_cause


@pytest.mark.parametrize("code", ["S00", "T98.9", "T71", "T74.1", "T14.9"])
def test_an_injury_alone_is_a_quality_item_and_no_violence(code: str) -> None:
    found = classify(sent(code))
    assert found.injury_without_cause
    assert found.violence == "unknown"


def test_an_alcohol_level_is_no_cause_of_an_injury() -> None:
    assert classify(sent("S61.0", "Y90.8")).injury_without_cause


def test_signs_of_violence_without_a_cause_are_told_apart_from_a_plain_injury() -> None:
    assert classify(sent("Z04.5")).signs_without_cause
    assert not classify(sent("T71")).signs_without_cause
    assert not classify(sent("T74.1", "Y07.0")).signs_without_cause


def test_refused_codes_are_counted_by_reason_and_open_nothing() -> None:
    found = classify(sent("X99.0XXA", "X93.XXXA", "STAB"))
    assert (found.refused, found.intent, found.violence) == (("cm_code", "not_a_code"), None, "unknown")


def test_a_second_coding_in_another_system_casts_no_doubt_but_a_cm_code_does() -> None:
    assert classify([*sent("J06.9"), *sent("54150009", system="SCT")]).violence == "no"
    assert classify(sent("J06.9", "X99.0XXA")).violence == "unknown"
    assert classify(sent("W01.4", "X99.0XXA")).violence == "no"


@pytest.mark.parametrize("mechanism", sorted(ASSAULT_MECHANISMS))
def test_a_death_is_suggested_as_murder_or_inquest_whatever_the_means(mechanism: str) -> None:
    heading = suggested_heading(mechanism, died=True, sats_colour=None, admitted=False)
    assert heading == "suggested_murder_or_inquest"


@pytest.mark.parametrize(
    ("mechanism", "heading"),
    [
        ("firearm", "suggested_attempted_murder_or_gbh"),
        ("sharp", "suggested_attempted_murder_or_gbh"),
        ("strangulation", "suggested_attempted_murder_or_gbh"),
        ("blunt", "suggested_assault_gbh"),
        ("burn", "suggested_assault_gbh"),
        ("bodily_force", "suggested_common_assault"),
        ("sexual", "suggested_sexual_offence"),
        ("neglect", "suggested_protection_path"),
        ("maltreatment", "suggested_protection_path"),
        ("poisoning", None),
        ("unspecified", None),
        (None, None),
    ],
)
def test_a_survivor_is_suggested_the_heading_of_the_means(mechanism: str | None, heading: str | None) -> None:
    assert suggested_heading(mechanism, died=False, sats_colour="green", admitted=False) == heading


@pytest.mark.parametrize(
    ("colour", "admitted", "grievous"),
    [("red", False, True), ("orange", False, True), ("yellow", False, False), (None, True, True)],
)
def test_bodily_force_becomes_grievous_by_colour_or_admission(
    colour: str | None, admitted: bool, grievous: bool
) -> None:
    heading = suggested_heading("bodily_force", died=False, sats_colour=colour, admitted=admitted)
    assert (heading == "suggested_assault_gbh") is grievous


def test_every_heading_has_a_sentence_that_says_it_is_only_suggested() -> None:
    assert set(tables.HEADING_OF.values()) < set(tables.HEADINGS)
    assert set(tables.HEADING_OF) <= set(ASSAULT_MECHANISMS)
    assert all(sentence.startswith("Suggested") for sentence in tables.HEADINGS.values())
