"""The header, the refusals, the segments and the messages of a file."""

import pytest

from hectis_flow.feeds.hl7v2 import (
    MAX_HEADER_VALUE,
    MAX_SEGMENTS,
    Unreadable,
    codec_of,
    read_header,
    read_message,
    refusal,
    split_batch,
)
from tests.feeds.hl7v2_messages import EVN, PID, PV1, message, msh

pytestmark = pytest.mark.target("R21")
TAKEN = frozenset({"P"})


def test_a_header_says_who_sends_what_to_whom() -> None:
    header = read_header(
        message(EVN, header=msh({3: "PAS^1.2^ISO", 15: "AL", 16: "NE", 18: "8859/1~UNICODE"}))
    )
    assert (header.field_separator, header.encoding_characters) == ("|", "^~\\&")
    assert (header.source_app, header.source_facility) == ("PAS", "KH")
    assert (header.receiving_app, header.receiving_facility) == ("FLOW", "WC")
    assert (header.message_type, header.event, header.structure) == ("ADT", "A08", "ADT_A01")
    assert (header.control_id, header.processing_id, header.version) == ("C0042", "P", "2.5.1")
    assert (header.accept_ack, header.application_ack, header.charset) == ("AL", "NE", "8859/1")
    assert header.sent_at == "20260301201500"


@pytest.mark.parametrize(
    "before", [b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\x0b", b" \t", b"\x1c\r\x0b", b"\x00\xef\xbb\xbf\n"]
)
def test_what_stands_before_the_header_is_passed_over(before: bytes) -> None:
    assert read_header(before + message()).control_id == "C0042"
    assert read_message(before + message(PID))[1] == [PID, ""]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"MSH",
        b"MSH|",
        b"MSH|^~\\&",
        b"MSH|^~\\&|PAS|KH|FLOW|WC|20260301",
        b"PID|1||F0042",
        b"MSHA^~AAAAAAAAAAAAAAAAAA",
        b"MSH ^~\\& a b c d e f g h i j",
        b"MSH\x1c^~\\&" + b"\x1ca" * 12,
        b"FHS|^~\\&|PAS\rMSH|^~\\&|PAS",
        b"msh|^~\\&|PAS|KH|FLOW|WC|20260301||ADT^A08|1|P|2.5",
        b"\xff\xfeM\x00S\x00H\x00",
    ],
)
def test_without_a_readable_header_a_message_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable) as told:
        read_header(raw)
    assert (told.value.reason, told.value.condition) == ("no_msh", "100")
    assert str(told.value) == "no readable MSH segment"


def test_a_header_without_the_fields_after_the_message_type_is_read() -> None:
    header = read_header(b"MSH|^~\\&|||||||ADT^A04")
    assert (header.message_type, header.event, header.control_id) == ("ADT", "A04", "")


def test_a_header_ends_where_its_line_ends() -> None:
    for end in ("\r", "\n", "\r\n"):
        assert read_header(message("PID|1", header=msh({12: "2.3"}), end=end)).version == "2.3"


def test_control_characters_leave_the_header() -> None:
    assert read_header(message(header=msh({10: "C\x1c\x0042", 12: "2.3\x1c"}))).control_id == "C42"


def test_escapes_in_the_sender_are_resolved_and_in_the_control_id_are_not() -> None:
    header = read_header(message(header=msh({4: "A\\T\\E unit", 6: "A\\T\\B", 10: "C\\T\\1"})))
    assert header.source_facility == "A&E unit"
    assert (header.receiving_facility, header.control_id) == ("A\\T\\B", "C\\T\\1")


def test_no_header_value_is_longer_than_an_index_can_hold() -> None:
    header = read_header(message(header=msh({3: "P" * 10_000, 10: "C" * 1_000_000})))
    assert len(header.source_app) == len(header.control_id) == MAX_HEADER_VALUE


def test_a_header_in_another_code_page_is_read() -> None:
    raw = message(header=msh({4: "Hôpital", 18: "8859/1"})).decode()
    assert read_header(raw.encode("latin-1")).source_facility == "Hôpital"


@pytest.mark.parametrize(
    ("values", "reason", "condition"),
    [
        ({10: ""}, "no_control_id", "101"),
        ({10: "  "}, "no_control_id", "101"),
        ({11: "T"}, "unsupported_processing_id", "202"),
        ({11: "T^"}, "unsupported_processing_id", "202"),
        ({12: "3.0"}, "unsupported_version", "203"),
        ({12: "XML"}, "unsupported_version", "203"),
    ],
)
def test_a_message_is_refused_with_its_reason(values: dict[int, str], reason: str, condition: str) -> None:
    refused = refusal(read_header(message(header=msh(values))), TAKEN)
    assert refused is not None
    assert (refused.reason, refused.condition) == (reason, condition)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {11: ""},
        {11: "P^T"},
        {11: "P^"},
        {12: ""},
        {12: "2.x"},
        {12: "2.1"},
        {12: "2.5^FRA^2.5"},
        {12: "2.5^^"},
        {12: "2.3\x1c"},
        {12: "2.3\\x1c"},
    ],
)
def test_odd_but_known_forms_are_not_refused(values: dict[int, str]) -> None:
    assert refusal(read_header(message(header=msh(values))), TAKEN) is None


def test_an_empty_processing_id_means_production() -> None:
    refused = refusal(read_header(message(header=msh({11: ""}))), frozenset({"T"}))
    assert refused is not None
    assert refused.reason == "unsupported_processing_id"


def test_an_error_repeats_nothing_of_the_message() -> None:
    with pytest.raises(Unreadable) as told:
        read_header(b"SECRET|Testcase")
    assert "Testcase" not in f"{told.value}{told.value.args}"


def test_a_reason_nobody_listed_has_the_condition_of_an_internal_error() -> None:
    assert (Unreadable("storage_failed").condition, Unreadable("too_large").condition) == ("207", "207")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_segments_may_end_in_any_of_three_ways(end: str) -> None:
    assert [line for line in read_message(message(EVN, PID, PV1, end=end))[1] if line] == [EVN, PID, PV1]


def test_a_line_feed_inside_a_text_does_not_cut_the_segment() -> None:
    raw = message("PV2|||^pain\nand swelling\nMSH theatre", PV1)
    assert read_message(raw)[1][:2] == ["PV2|||^pain\nand swelling\nMSH theatre", PV1]


def test_a_second_header_ends_the_message() -> None:
    assert read_message(message(EVN, msh(), PID))[1] == [EVN]


def test_only_a_bounded_number_of_segments_is_looked_at() -> None:
    assert len(read_message(message(*["DG1"] * (MAX_SEGMENTS + 5)))[1]) < MAX_SEGMENTS


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("", "utf-8"),
        ("ASCII", "utf-8"),
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("8859/15", "iso8859_15"),
        ("8859/12", "utf-8"),
        ("8859/99", "utf-8"),
        ("KS X 1001", "utf-8"),
    ],
)
def test_the_character_set_names_a_codec(charset: str, codec: str) -> None:
    assert codec_of(charset) == codec
    assert "é".encode(codec)


def test_a_file_of_one_message_is_that_message() -> None:
    assert list(split_batch(message(EVN, PID))) == [message(EVN, PID)]


def test_a_file_is_split_at_its_headers() -> None:
    assert list(split_batch(message(EVN) + message(PID) + b"\r\n" + message(PV1))) == [
        message(EVN),
        message(PID),
        message(PV1),
    ]


def test_envelopes_are_taken_off() -> None:
    first, second = message(EVN), message(PID)
    raw = (
        b"FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r" + first + second + b"BTS|2\rBHS|^~\\&\r" + first + b"BTS|1\rFTS|2\r"
    )
    assert list(split_batch(raw)) == [first, second, first]
    assert list(split_batch(b"\xef\xbb\xbf" + raw.replace(b"\r", b"\r\n"))) == [
        each.replace(b"\r", b"\r\n") for each in (first, second, first)
    ]


def test_mllp_framing_is_taken_off() -> None:
    first, second = message(EVN), message(PID)
    assert list(split_batch(b"\x0b" + first + b"\x1c\r\x0b" + second + b"\x1c\r")) == [first, second]


@pytest.mark.parametrize(
    "line",
    [
        "PV1|1|E|MSH^1^2^MSH",
        "NTE|1||seen at MSH|MSH^x",
        "NTE|1||went to\nMSH hospital",
        "NTE|1||went to\nMSH-theatre",
        "NTE|1||MSH|^~\\&|",
        "DG1|1||FHS|BTS",
    ],
)
def test_the_letters_of_a_header_inside_data_do_not_split(line: str) -> None:
    assert list(split_batch(message(EVN, line))) == [message(EVN, line)]


def test_a_file_may_use_other_separators() -> None:
    odd = message("EVN$$2026", header=msh(separator="$", encoding="#*!?"))
    assert list(split_batch(odd + odd)) == [odd, odd]


def test_nothing_but_envelopes_and_blanks_vanishes_from_a_file() -> None:
    assert list(split_batch(b"")) == list(split_batch(b"\r\n\x1c\r ")) == []
    assert list(split_batch(b"not HL7 at all")) == [b"not HL7 at all"]
    assert list(split_batch(b"PID|lost\r" + message())) == [b"PID|lost\r", message()]
    assert list(split_batch(message() + b"BTS|1\rPID|lost\r")) == [message(), b"PID|lost\r"]
