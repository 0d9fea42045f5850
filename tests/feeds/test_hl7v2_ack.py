"""The answer to a message, read back by python-hl7."""

from datetime import UTC, datetime

import hl7
import pytest

from hectis_flow.feeds.hl7v2 import MAX_HEADER_VALUE, Header, read_header
from hectis_flow.feeds.hl7v2_ack import acknowledge
from tests.feeds.hl7v2_messages import message, msh

pytestmark = pytest.mark.target("R21")
AT = datetime(2026, 3, 1, 18, 15, 7, tzinfo=UTC)


def header_of(values: dict[int, str] | None = None, separator: str = "|", encoding: str = "^~\\&") -> Header:
    return read_header(message(header=msh(values, separator=separator, encoding=encoding)))


def answer(header: Header | None, code: str = "AA", **words: str) -> bytes:
    return acknowledge(header, code, ack_id="A1", at=AT, **words)


def test_an_acceptance_is_two_segments_with_sender_and_receiver_swapped() -> None:
    assert answer(header_of()) == (
        b"MSH|^~\\&|FLOW|WC|PAS|KH|20260301201507+0200||ACK^A08^ACK|A1|P|2.5.1\rMSA|AA|C0042\r"
    )


def test_a_rejection_says_what_where_and_why() -> None:
    told = answer(header_of(), "AR", text="MSH-10 is missing", condition="101", segment="MSH-10")
    assert told.split(b"\r")[1:] == [
        b"MSA|AR|C0042|MSH-10 is missing",
        b"ERR||MSH^1^10|101^Required field missing^HL70357|E||||MSH-10 is missing",
        b"",
    ]


def test_an_error_may_name_a_whole_segment_or_none() -> None:
    assert b"ERR||MSH|100^" in answer(None, "AR", condition="100", segment="MSH")
    assert b"ERR|||207^Application internal error^HL70357|E|" in answer(None, "AR", condition="207")


def test_a_message_without_a_header_is_answered_in_the_usual_form() -> None:
    assert answer(None, "AR") == b"MSH|^~\\&|||||20260301201507+0200||ACK|A1|P|2.5.1\rMSA|AR|\r"


def test_processing_id_and_version_are_those_of_the_message() -> None:
    read = hl7.parse(answer(header_of({11: "T^X", 12: "2.3^ZA"})))
    assert (str(read.segment("MSH")(11)), str(read.segment("MSH")(12))) == ("T", "2.3")


def test_a_version_we_do_not_speak_is_answered_in_ours() -> None:
    assert b"|P|2.5.1\r" in answer(header_of({11: "", 12: "3.0"}))


def test_the_answer_uses_the_separators_of_the_message() -> None:
    told = answer(header_of({6: "W#C"}, "$", "#*!?"), "AE", text="cost $5 #1")
    assert told.startswith(b"MSH$#*!?$FLOW$W#C$PAS$KH$")
    assert b"ADT" not in told
    assert told.endswith(b"MSA$AE$C0042$cost !F!5 !S!1\r")


@pytest.mark.parametrize("encoding", ["^~\\\\&", "^\\&", "", "^", "ABCD", "^^^^", "^~\\&#%"])
def test_odd_separators_are_answered_with_the_usual_ones(encoding: str) -> None:
    assert answer(header_of(encoding=encoding)).startswith(b"MSH|^~\\&|FLOW|WC|PAS|KH|")


def test_falling_back_on_the_usual_separators_never_shifts_a_field() -> None:
    told = answer(header_of({5: "F|L", 10: "C|1"}, "$", "ABCD"))
    assert hl7.parse(told).segment("MSA")(2)[0] == "C 1"


def test_a_sender_whose_name_holds_a_separator_gets_it_back_escaped() -> None:
    assert b"|A\\T\\E\\F\\1|" in answer(header_of({4: "A\\T\\E\\F\\1"}))


def test_nothing_echoed_can_break_a_segment_or_swell_the_answer() -> None:
    values = {3: "a\x0bb\x1c", 5: "r\x0cx", 6: "F" * 5000, 10: "\x1bC" + "9" * 5000}
    clean = header_of(values)
    forged = Header(*(f"{'z' * 300}\r\nMSH|\x1c{place}" if place > 1 else "|^"[place] for place in range(16)))
    for header in (clean, forged):
        lines = answer(header).split(b"\r")
        assert [line[:3] for line in lines] == [b"MSH", b"MSA", b""]
        assert not any(code < 32 for line in lines for code in line)
        assert max(len(field) for line in lines for field in line.split(b"|")) <= MAX_HEADER_VALUE + 10


def test_a_text_of_ours_cannot_break_a_segment() -> None:
    assert answer(None, "AE", text="one\rMSH|two\n").endswith(b"MSA|AE||oneMSH\\F\\two\r")


def test_the_answer_speaks_the_character_set_of_the_message() -> None:
    assert "Hôpital".encode("latin-1") in answer(header_of({6: "Hôpital", 18: "8859/1"}))
    assert "Hôpital".encode() in answer(header_of({6: "Hôpital"}))
    assert b"?" in answer(header_of({6: "मुंबई", 18: "8859/1"}))
