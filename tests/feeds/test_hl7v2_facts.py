"""What is taken from a message, and what is not."""

from dataclasses import fields

import pytest

from hectis_flow.domain.facts import (
    Address,
    DiagnosisCode,
    MessageFacts,
    Observation,
    PatientNumber,
    PersonName,
)
from hectis_flow.feeds.hl7v2_facts import LocalFields, facts
from hectis_flow.feeds.hl7v2_fields import FIELDS, MAX_OBSERVATION
from hectis_flow.feeds.hl7v2_parts import MAX_REPETITIONS, MAX_VALUE
from tests.feeds.hl7v2_messages import DG1, EVN, PID, PV1, message, msh, segment

pytestmark = pytest.mark.target("R21")


def pid(place: int, value: str) -> MessageFacts:
    return facts(message(segment("PID", {place: value})))


def test_an_ordinary_visit_is_read_whole() -> None:
    found = facts(message(EVN, PID, PV1, "PV2|||^Stab wound" + "|" * 35 + "A", DG1))
    assert (found.source_app, found.source_facility, found.control_id) == ("PAS", "KH", "C0042")
    assert (found.message_type, found.event, found.processing_id, found.version) == (
        "ADT",
        "A08",
        "P",
        "2.5.1",
    )
    assert found.patient_numbers == (
        PatientNumber("F0042", "MR", "KH"),
        PatientNumber("8001015009087", "NI", "ZAF"),
    )
    assert found.name == PersonName("Testcase", "Nomsa", "Zoleka")
    assert found.residence == Address("12 Made Up Street", "Harare", "Cape Town", "WC", "7784", "ZAF")
    assert (found.sex, found.patient_class, found.unit, found.admission_type) == ("F", "E", "TRAUMA", "A")
    assert (found.visit_number, found.unit_facility) == ("V0042", "KH")
    assert (found.complaint, found.arrival_mode) == ("Stab wound", "A")
    assert found.codes == (DiagnosisCode("X99.49", "I10", "W"),)
    assert found.deleted == frozenset()


def test_a_message_of_a_header_alone_is_silent_on_everything_else() -> None:
    found = facts(message(header=msh({7: ""})))
    assert found == MessageFacts("PAS", "KH", "C0042", "ADT", "A08", "P", "2.5.1")


def test_every_fact_of_the_tables_exists() -> None:
    known = {each.name for each in fields(MessageFacts)}
    assert {name for table in FIELDS.values() for _, name, _ in table} <= known


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("F1", PatientNumber("F1", "", "")),
        ("F1^^^KH", PatientNumber("F1", "", "KH")),
        ("F1^4^M11^KH&1.2.3&ISO^MR", PatientNumber("F1", "MR", "KH")),
        ("F1^^^&1.2.3&ISO^MR", PatientNumber("F1", "MR", "1.2.3")),
        ("A1234567^^^^PPN", PatientNumber("A1234567", "PPN", "")),
        (' F1 ^^^""^""', PatientNumber("F1", "", "")),
        ("F\\T\\1^^^A\\T\\E", PatientNumber("F&1", "", "A&E")),
    ],
)
def test_a_patient_number_keeps_its_kind_and_who_gave_it(sent: str, expected: PatientNumber) -> None:
    assert pid(3, sent).patient_numbers == (expected,)


def test_repetitions_without_a_number_are_passed_over() -> None:
    assert [each.value for each in pid(3, '~^^^MR~F1~""~F2^^^KH^MR~').patient_numbers] == ["F1", "F2"]


def test_only_a_bounded_number_of_repetitions_is_kept() -> None:
    assert len(pid(3, "~".join(["F1"] * 1000)).patient_numbers) == MAX_REPETITIONS


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("Van Wyk^Anna", PersonName("Van Wyk", "Anna")),
        ("Van Wyk&van&Wyk^Anna^B", PersonName("Van Wyk", "Anna", "B")),
        ("^^^^^^~Testcase^Nomsa", PersonName("Testcase", "Nomsa")),
        ("^Nomsa", PersonName("", "Nomsa")),
        ('Testcase^""', PersonName("Testcase", "")),
        ("O\\X27\\Test^M\\XC3A9\\lanie", PersonName("O'Test", "Mélanie")),
        ("^^^", None),
    ],
)
def test_a_name_is_the_first_that_says_anything(sent: str, expected: PersonName | None) -> None:
    assert pid(5, sent).name == expected


@pytest.mark.parametrize(
    ("sent", "street"),
    [
        ("12 Long Street^Harare", "12 Long Street"),
        ("12&Long Street^Harare", "12 Long Street"),
        ("12 Long Street&Long Street&12^Harare", "12 Long Street"),
        ("Corner Main & Long^Harare", "Corner Main & Long"),
        ("Work 1^Town^^^^^B~12 Long Street^Harare^^^^^H", "12 Long Street"),
        ("^^^~12 Long Street^Harare", "12 Long Street"),
    ],
)
def test_the_residence_is_the_home_address(sent: str, street: str) -> None:
    residence = pid(11, sent).residence
    assert residence is not None
    assert residence.street == street


@pytest.mark.parametrize(
    ("sent", "died"), [("Y", True), ("n", False), ("true", True), ("0", False), ("?", None), ("", None)]
)
def test_yes_and_no_are_read_and_anything_else_is_unknown(sent: str, died: bool | None) -> None:
    found = facts(message(segment("PID", {30: sent, 31: "x"})))
    assert found.died is died


@pytest.mark.parametrize(
    ("name", "place", "fact"), [(name, row[0], row[1]) for name, table in FIELDS.items() for row in table]
)
def test_two_quotes_delete_a_value_and_an_empty_field_is_silent(name: str, place: int, fact: str) -> None:
    assert facts(message(segment(name, {place: '""'}))).deleted >= {fact}
    silent = facts(message(segment(name, {place: "", 50: "x"})))
    assert silent.deleted == frozenset()
    assert getattr(silent, fact) in (None, ())


@pytest.mark.parametrize(
    ("name", "place", "fact"), [("PID", 3, "patient_numbers"), ("PID", 5, "name"), ("PID", 11, "residence")]
)
def test_a_field_of_nothing_but_deleted_components_is_deleted(name: str, place: int, fact: str) -> None:
    assert facts(message(segment(name, {place: '""^""^""^""'}))).deleted == {fact}


def test_every_diagnosis_is_taken_with_its_system_and_kind() -> None:
    found = facts(
        message(
            "DG1|1||S21.1^Open wound^I10|||A",
            "DG1|2|I10|X99.49|||W",
            "DG1|3||LOCAL7^Assault^L^X95.4^Firearm^I10|||F",
            "DG1|4||^only words",
        )
    )
    assert found.codes == (
        DiagnosisCode("S21.1", "I10", "A"),
        DiagnosisCode("X99.49", "I10", "W"),
        DiagnosisCode("LOCAL7", "L", "F"),
        DiagnosisCode("X95.4", "I10", "F"),
    )
    assert found.codes_sent


def test_a_diagnosis_taken_back_is_not_taken() -> None:
    found = facts(message(segment("DG1", {1: "1", 3: "X99.4^^I10", 21: "D"})))
    assert (found.codes, found.codes_sent) == ((), True)


def test_deleted_diagnoses_count_as_sent() -> None:
    found = facts(message('DG1|1||""'))
    assert (found.codes, found.codes_sent, found.deleted) == ((), True, frozenset({"codes"}))
    assert facts(message('DG1|1||""', DG1)).deleted == frozenset()
    assert not facts(message(PID)).codes_sent


def test_the_accident_segment_says_when_and_where_and_whether_the_police_know() -> None:
    found = facts(
        message(
            segment(
                "ACC",
                {
                    1: "202603011900",
                    2: "Y04^Bodily force^I10",
                    3: "Behind the shop, Main & 2nd",
                    6: "N",
                    9: "Metro ambulance",
                    10: "Y",
                    11: "2 Main Road^Harare^Cape Town",
                },
            )
        )
    )
    assert found.codes == (DiagnosisCode("Y04", "I10", ""),)
    assert found.assault_at is not None
    assert found.place_text == "Behind the shop, Main & 2nd"
    assert found.place_address == Address("2 Main Road", "Harare", "Cape Town")
    assert (found.died_of_it, found.police_notified, found.brought_in_by) == (False, True, "Metro ambulance")


def test_an_accident_segment_without_a_code_sends_no_codes() -> None:
    assert not facts(message("ACC|202603011900")).codes_sent
    assert facts(message('ACC||""')).codes_sent


@pytest.mark.parametrize(
    ("obx", "values"),
    [
        ("OBX|1|NM|TEWS^Score^L||6||||||F", ["6"]),
        ("OBX|1|CWE|TEWS^Score^L||ORANGE^Very urgent^L", ["ORANGE", "Very urgent"]),
        ("OBX|1|CE|TEWS^Score^L||^Red", ["Red"]),
        ("OBX|1|CE|TEWS||RED^RED", ["RED"]),
        ("OBX|1|CWE|TEWS||^^^^^^^^said red", ["said red"]),
        ("OBX|1||TEWS||R^Red", ["R", "Red"]),
        ("OBX|1|SN|TEWS||>^6", ["> 6"]),
        ("OBX|1|NM|TEWS||6~7", ["6"]),
        ("OBX|1|NM|^TEWS||6", ["6"]),
        ('OBX|1|NM|TEWS||""', ['""']),
        ("OBX|1|NM|TEWS||6||||||W", ['""']),
        ("OBX|1|NM|TEWS||6||||||D", ['""']),
        ("OBX|1|NM|TEWS||", []),
        ("OBX|1|NM|||6", []),
        ("OBX|1|FT|TEWS||6", []),
        ("OBX|1|ED|TEWS||^TEXT^PDF^Base64^JVBERi0", []),
        ("OBX|1|TX|TEWS||" + "a long note " * 20, []),
    ],
)
def test_an_observation_is_a_short_value_under_a_name(obx: str, values: list[str]) -> None:
    found = facts(message(obx)).observations
    assert [each.value for each in found] == values
    assert all(each.name == "TEWS" and len(each.value) <= MAX_OBSERVATION for each in found)


def test_observations_keep_their_order() -> None:
    found = facts(message("OBX|1|ST|SATS^Colour||Red", "OBX|2|ST|SATS^Colour||Orange"), None)
    assert found.observations == (
        Observation("SATS", "Colour", "Red"),
        Observation("SATS", "Colour", "Orange"),
    )


def test_a_merge_names_the_number_that_ends() -> None:
    found = facts(message(PID, "MRG|F0001^^^KH^MR~F0002", header=msh({9: "ADT^A40^ADT_A39"})))
    assert [each.value for each in found.prior_numbers] == ["F0001", "F0002"]


def test_what_follows_a_second_patient_is_not_laid_at_the_firsts_door() -> None:
    found = facts(message(PID, "MRG|F1", "PID|2||F9", "MRG|F2", "OBX|1|ST|SATS||Red", DG1))
    assert found.patient_numbers[0].value == "F0042"
    assert [each.value for each in found.prior_numbers] == ["F1"]
    assert (found.observations, found.codes) == ((), ())
    assert found.several_patients
    assert facts(message(PID, "MRG|F1", "MRG|F2")).several_patients
    assert not facts(message(PID, "MRG|F1", "OBX|1|ST|SATS||Red", DG1)).several_patients


def test_what_follows_a_second_header_is_another_message() -> None:
    assert facts(message(EVN, msh(), PID, PV1)).patient_numbers == ()


def test_the_event_may_stand_in_the_event_segment_only() -> None:
    assert facts(message("EVN|A04|20260301", header=msh({9: "ADT"}))).event == "A04"
    assert facts(message("EVN|A01|20260301", header=msh({9: "ADT^A04"}))).event == "A04"


def test_nothing_private_that_we_have_no_use_for_is_taken() -> None:
    secret = "Nobodysbusiness"  # pragma: allowlist secret
    found = facts(
        message(
            segment(
                "PID",
                {3: "F1", 6: secret, 10: secret, 13: secret, 16: secret, 17: secret, 19: secret, 22: secret},
            ),
            segment("PD1", {4: secret}),
            segment("NK1", {2: secret, 4: secret}),
            segment("NTE", {3: secret}),
            segment("IN1", {2: secret, 16: secret}),
            segment("GT1", {3: secret}),
            segment("AL1", {3: secret}),
            segment("DG1", {3: f"X99.4^{secret}^I10", 4: secret, 16: secret}),
            segment("ACC", {1: "20260301", 7: secret, 8: secret}),
            segment("ZVI", {3: secret, 4: secret}),
            segment("PV1", {2: "E", 7: secret, 8: secret, 17: secret}),
        )
    )
    assert secret not in repr(found)


@pytest.mark.parametrize(
    ("separator", "encoding", "line"),
    [
        ("|", "^~\\&", "PID|1||F1^^^K&1^MR~F2||A\\T\\B^N"),
        ("|", "^~\\\\&", "PID|1||F1^^^K&1^MR~F2||A\\T\\B^N"),
        ("|", "^~\\&#", "PID|1||F1^^^K&1^MR~F2||A\\T\\B^N"),
        ("|", "^\\&", "PID|1||F1^^^K&1^MR~F2||A\\T\\B^N"),
        ("|", "^~&", "PID|1||F1^^^K&1^MR~F2||A\\T\\B^N"),
        ("|", "^~", "PID|1||F1^^^K&1^MR~F2||A\\T\\B^N"),
        ("|", "", "PID|1||F1^^^K&1^MR~F2||A\\T\\B^N"),
        ("|", "^;", "PID|1||F1^^^K&1^MR;F2||A\\T\\B^N"),
        ("$", "#*!%", "PID$1$$F1###K%1#MR*F2$$A!T!B#N"),
        ("^", "|~\\&", "PID^1^^F1|||K&1|MR~F2^^A\\T\\B|N"),
    ],
)
def test_separators_are_those_the_header_declares(separator: str, encoding: str, line: str) -> None:
    header = msh({9: "ADT"}, separator=separator, encoding=encoding)
    found = facts(message(line, header=header))
    assert found.patient_numbers == (PatientNumber("F1", "MR", "K"), PatientNumber("F2", "", ""))
    assert found.name is not None
    assert (found.name.family[0], found.name.family[-1], found.name.given) == ("A", "B", "N")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("a\\X41\\b", "aAb"),
        ("a\\X0D0A\\b\\X09\\c\\X00\\d\\X7F\\", "a\nb\tcd"),
        ("one\\.br\\two", "one\ntwo"),
        ("\\H\\bold\\N\\ \\Zlocal\\ \\X4\\ \\XZZ\\", "\\H\\bold\\N\\ \\Zlocal\\ \\X4\\ \\XZZ\\"),
        ("\\H\\F\\N\\", "\\H\\F\\N\\"),
        ("C:\\temp and one \\ more", "C:\\temp and one \\ more"),
        ("ends in \\", "ends in \\"),
        ("  trimmed ", "trimmed"),
    ],
)
def test_escapes_are_resolved_and_unknown_ones_stay(sent: str, read: str) -> None:
    assert facts(message(segment("ACC", {3: sent}))).place_text == read


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("", "utf-8"),
        ("", "cp1252"),
        ("8859/1", "latin-1"),
        ("8859/1", "utf-8"),
        ("ASCII", "utf-8"),
        ("8859/15", "iso8859_15"),
    ],
)
def test_accents_survive_what_was_declared_and_what_was_not(declared: str, codec: str) -> None:
    raw = message("PID|1||F1||Façade^Zoë", header=msh({18: declared})).decode().encode(codec)
    name = facts(raw).name
    assert name == PersonName("Façade", "Zoë")


def test_bytes_of_no_character_set_are_still_read() -> None:
    raw = message("PID|1||F1||Test^X").replace(b"^X", b"^\x81\xff\x90")
    assert facts(raw).name == PersonName("Test", "\x81ÿ\x90")


def test_stray_framing_bytes_leave_the_values() -> None:
    found = facts(message("PID|1||F\x00\x0b1||Test^N\x1c"))
    assert found.patient_numbers[0].value == "F1"
    assert found.name == PersonName("Test", "N")


def test_no_text_is_longer_than_its_limit() -> None:
    found = facts(
        message(segment("ACC", {3: "x" * 100_000}), segment("PID", {3: "9" * 100_000, 5: "é" * 9999}))
    )
    assert found.place_text is not None
    assert found.name is not None
    lengths = [len(found.place_text), len(found.patient_numbers[0].value), len(found.name.family)]
    assert lengths == [MAX_VALUE] * 3


def test_local_fields_are_read_only_where_configured() -> None:
    raw = message("ZVI|1|x|S7^Harare&y|victim")
    assert (facts(raw).station_code, facts(raw).patient_role) == (None, None)
    told = facts(raw, LocalFields("ZVI-3", "ZVI-4"))
    assert (told.station_code, told.patient_role) == ("S7", "victim")
    assert facts(raw, LocalFields(station_field="ZVI-3.2")).station_code == "Harare"
    assert facts(raw, LocalFields("ZZZ-3", "ZVI-40")).station_code is None
    assert facts(message('ZVI|||""'), LocalFields("ZVI-3")).deleted == frozenset({"station_code"})


@pytest.mark.parametrize(
    "name", ["PID-5", "ZVI", "ZVI-0", "zvi-3", "ZVI-3.0", "ZVI-3 ", "ZVI-3\n", "ZVI-300", "NTE-3"]
)
def test_a_local_field_can_be_no_field_of_the_standard(name: str) -> None:
    with pytest.raises(ValueError, match="a local field is written"):
        LocalFields(station_field=name)
