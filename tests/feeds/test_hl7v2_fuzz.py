"""Spoilt messages: read or refused with a reason, and nothing else, whatever the bytes."""

import random
import re
import resource
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hectis_flow.domain.facts import MessageFacts
from hectis_flow.feeds.hl7v2 import MAX_HEADER_VALUE, Unreadable, read_header, refusal, split_batch
from hectis_flow.feeds.hl7v2_ack import acknowledge
from hectis_flow.feeds.hl7v2_facts import LocalFields, facts
from hectis_flow.feeds.hl7v2_parts import MAX_VALUE
from tests.feeds.hl7v2_messages import DG1, EVN, PID, PV1, message, msh, mutated, segment

pytestmark = pytest.mark.target("R21")
HUGE = 10_000_000
LARGEST_KIB = 256 * 1024  # of memory, the test runner included
AT = datetime(2026, 3, 1, tzinfo=UTC)
LOCAL = LocalFields(
    "ZVI-3",
    "ZVI-4.2",
    consent_field="ZVI-5",
    dv_field="ZVI-6",
    consent_words=(("y", "granted"),),
    consent_types=("SAPS",),
)
WHOLE = message(
    EVN,
    PID,
    PV1,
    "PV2|||^Stab wound" + "|" * 35 + "A",
    DG1,
    "ACC|202603011900|Y04^^I10|Behind the MSH hospital|||N|||Ambulance|Y|2 Main Road^Harare",
    "OBX|1|CWE|SATS^Colour^L||ORANGE^Orange^L||||||F",
    "MRG|F0001^^^KH^MR",
    "CON|1|SAPS^Tell the police^L|||||||none|W|A||20260301||20270301|Y",
    "ZVI|1||S7|x^victim|y|Y",
)
SOURCES = (
    WHOLE,
    message(PID, PV1, header=msh({18: "8859/1"}), end="\n"),
    message("PID$1$$F1###K%1#MR*F2$$A!T!B#N", header=msh(separator="$", encoding="#*!%"), end="\r\n"),
    b"FHS|^~\\&\rBHS|^~\\&\r" + WHOLE + WHOLE + b"BTS|2\rFTS|1\r",
    b"\x0b" + WHOLE + b"\x1c\r",
)
UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def survive(raw: bytes) -> MessageFacts | None:
    """Do with `raw` all that the intake does; None where it is refused for want of a header."""
    try:
        header = read_header(raw)
    except Unreadable:
        with pytest.raises(Unreadable, match="no readable MSH"):
            facts(raw)
        return None
    refused = refusal(header, frozenset({"P"}))
    answer = acknowledge(header, "AE" if refused else "AA", ack_id="1", at=AT, text=str(refused or ""))
    assert [line[:3] for line in answer.split(b"\r")] == [b"MSH", b"MSA", b""]
    assert not any(code < 32 for code in answer.replace(b"\r", b""))
    assert len(answer) < 30 * MAX_HEADER_VALUE
    return facts(raw, LOCAL)


def check(found: MessageFacts) -> None:
    """Every text can be stored: no control character but tab and line ends, no text without a limit."""
    for text in texts_of(asdict(found)):
        assert not UNSTORABLE.search(text)
        assert len(text) <= MAX_VALUE


def texts_of(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, (tuple, list, frozenset)):
        return [text for each in value for text in texts_of(each)]
    return []


def read_all(raw: bytes) -> tuple[int, int]:
    """How many of the messages in `raw`, as one and as a file, were read and how many refused."""
    pieces = list(split_batch(raw))
    assert sum(map(len, pieces)) <= len(raw)
    found = [survive(each) for each in (raw, *pieces[:5])]
    for each in found:
        if each is not None:
            check(each)
    return len(found) - found.count(None), found.count(None)


def spoil_and_read(chance: random.Random, count: int) -> tuple[int, int]:
    """How many messages in `count` spoilt files were read and how many refused."""
    counts = [read_all(mutated(chance, chance.choice(SOURCES))) for _ in range(count)]
    return sum(read for read, _ in counts), sum(refused for _, refused in counts)


@given(st.randoms(use_true_random=False), st.sampled_from(SOURCES))
@settings(max_examples=400, deadline=None)
def test_a_spoilt_message_is_read_or_refused(chance: random.Random, raw: bytes) -> None:
    read_all(mutated(chance, raw))


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_after_a_header_are_read(raw: bytes) -> None:
    for start in (b"\r", b"|", b"\rPID|", b"\rPID|1||"):
        found = survive(b"MSH|^~\\&|||||||ADT^A08" + start + raw)
        assert found is not None
        check(found)


def test_five_thousand_spoilt_messages_are_read_or_refused() -> None:
    read, refused = spoil_and_read(random.Random(21), 5_000)  # noqa: S311 - the same accidents every run
    assert read > 5_000
    assert refused > 1_000


@pytest.mark.drill
def test_a_hundred_thousand_spoilt_messages_are_read_or_refused() -> None:
    seed = random.SystemRandom().randrange(10**9)
    read, refused = spoil_and_read(random.Random(seed), 100_000)  # noqa: S311 - repeatable from the seed
    assert min(read, refused) > 20_000, f"seed {seed}"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < LARGEST_KIB, f"seed {seed}"


@pytest.mark.parametrize("filling", ["x", "|", "^", "~", "&", "\\", "\\X41\\", '""', "\r", "\n"])
@pytest.mark.timeout(100)
def test_a_field_of_ten_megabytes_is_read(filling: str) -> None:
    found = survive(message("PID|1||F1||" + filling * (HUGE // len(filling)), PV1))
    assert found is not None
    check(found)


@pytest.mark.parametrize("filling", ["x", "|", "\\"])
@pytest.mark.timeout(100)
def test_a_header_of_ten_megabytes_is_read(filling: str) -> None:
    found = survive(message(PID, header=msh({3: "PAS" + filling * HUGE})))
    assert found is not None
    check(found)


@pytest.mark.parametrize("filling", ["\r", "\r\n", "x\r", "MSH|\r", "FHS|\r", "\nPID|"])
@pytest.mark.timeout(100)
def test_a_file_of_a_megabyte_of_line_ends_is_split(filling: str) -> None:
    raw = message() + filling.encode() * (HUGE // 10 // len(filling))
    assert next(split_batch(raw)).startswith(b"MSH")
    assert sum(map(len, split_batch(raw))) <= len(raw)


@pytest.mark.parametrize(
    "line", ["DG1|1||X99.4^^I10", "OBX|1|ST|SATS||Red", "MSH|x", "FHS|", "PID|", "MRG|1", "\nPID|"]
)
@pytest.mark.timeout(100)
def test_a_hundred_thousand_segments_are_read(line: str) -> None:
    found = survive(message(*[line] * 100_000))
    assert found is not None
    check(found)


@pytest.mark.timeout(100)
def test_a_hundred_thousand_separators_are_read() -> None:
    values = {3: "F1" + "^" * 100_000, 5: "Test" + "&" * 100_000, 11: "~" * 100_000, 30: "|" * 100_000}
    found = survive(message(segment("PID", values)))
    assert found is not None
    assert (found.patient_numbers[0].value, found.name and found.name.family) == ("F1", "Test")
