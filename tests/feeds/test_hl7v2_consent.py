"""Whether the patient agreed that the police be told: CON segments and Z-fields, as configured."""

import pytest

from hectis_flow.domain.facts import MessageFacts
from hectis_flow.feeds.hl7v2_facts import LocalFields, facts
from tests.feeds.hl7v2_messages import PID, PV1, message, segment

WORDS = (("y", "granted"), ("n", "refused"), ("back", "withdrawn"))
LOCAL = LocalFields(
    consent_field="ZVI-6.2",
    dv_field="ZVI-7",
    vulnerable_field="ZVI-8",
    consent_words=WORDS,  # type: ignore[arg-type]
    consent_types=("SAPS", "Police"),
)
SIGNED = {1: "1", 2: "SAPS^Tell the police^L", 10: "W", 11: "A"}


def read(*segments: str, local: LocalFields = LOCAL) -> MessageFacts:
    return facts(message(PID, PV1, *segments), local)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "granted"),
        ({2: "police"}, "granted"),
        ({10: "w^Written", 11: "a^Active"}, "granted"),
        ({10: "V"}, "limited"),
        ({10: ""}, "limited"),
        ({9: "not my address"}, "limited"),
        ({15: "20261231"}, "limited"),
        ({16: "N"}, "limited"),
        ({16: "Y"}, "granted"),
        ({9: '""', 15: '""'}, "granted"),
        ({11: "L"}, "limited"),
        ({11: "R"}, "refused"),
        ({11: "X"}, "withdrawn"),
        ({11: "P"}, None),
        ({11: "B"}, None),
        ({11: ""}, None),
        ({11: "Q"}, None),
        ({2: "SURGERY"}, None),
        ({2: ""}, None),
        ({2: "^SAPS"}, None),
    ],
)
def test_a_consent_segment_of_a_configured_type_is_one_of_our_words(
    changed: dict[int, str], said: str | None
) -> None:
    assert read(segment("CON", SIGNED | changed)).consent == said


def test_no_text_of_a_consent_is_taken() -> None:
    texts = {place: f"canary{place}" for place in (3, 4, 5, 6, 7, 8, 12, 13, 14, 17, 18, 20, 22, 24, 25)}
    found = read(segment("CON", SIGNED | texts))
    assert found.consent == "granted"
    assert "canary" not in repr(found)


def test_without_a_configured_type_no_consent_is_looked_at() -> None:
    raw = message(PID, PV1, segment("CON", SIGNED))
    assert facts(raw).consent is None
    assert facts(raw, LocalFields("ZVI-3")).consent is None


def test_of_several_consents_the_most_cautious_holds() -> None:
    told = [segment("CON", SIGNED), segment("CON", SIGNED | {11: "R"}), segment("CON", {2: "X", 11: "X"})]
    assert read(*told).consent == "refused"
    assert read(*told, segment("ZVI", {6: "x^back"})).consent == "withdrawn"
    assert read(segment("CON", SIGNED), segment("ZVI", {6: "x^n"})).consent == "refused"
    assert read(segment("CON", SIGNED), segment("ZVI", {6: "x^what"})).consent == "granted"


@pytest.mark.parametrize(
    ("sent", "said"), [("x^Y", "granted"), ("x^ n ", "refused"), ("x^Yes", None), ("y", None), ("", None)]
)
def test_a_z_field_means_what_its_sender_says_and_nothing_else(sent: str, said: str | None) -> None:
    assert read(segment("ZVI", {6: sent, 9: "x"})).consent == said


def test_consent_and_the_marks_of_the_law_are_taken_back_like_any_value() -> None:
    found = read(segment("ZVI", {6: '""', 7: '""', 8: '""'}))
    assert (found.consent, found.dv, found.vulnerable) == (None, None, None)
    assert found.deleted == {"consent", "dv", "vulnerable"}


@pytest.mark.parametrize(("sent", "said"), [("Y", True), ("0", False), ("maybe", None), ("", None)])
def test_domestic_violence_and_vulnerability_are_a_yes_or_a_no(sent: str, said: bool | None) -> None:
    found = read(segment("ZVI", {7: sent, 8: sent, 9: "x"}))
    assert (found.dv, found.vulnerable) == (said, said)
