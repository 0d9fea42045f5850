"""What a sender's own words mean, by the MSH-3 and MSH-4 of its message."""

from pathlib import Path

import pytest

from config.feeds import FeedsFault, load_senders
from hectis_flow.feeds.hl7v2_facts import LocalFields, facts
from hectis_flow.services.feeds import Feeds, sender_of
from tests.segments import CODED, adt, segment

TABLES = """
    [[sender]]
    name = "An engine"
    certificate = "kh-engine"
    applications = ["PAS"]
    facilities = { KH = "khayelitsha-hospital" }
    fields = { station = "ZVI-3", role = "ZVI-4.2", latitude = "ZGE-1", longitude = "ZGE-2", consent = "ZVI-6", dv = "ZVI-7" }
    codes = { GSW = "X95.4", STAB = "X99.9" }
    stations = { KHA = "khayelitsha-saps" }
    consents = { Ja = "granted", Nee = "refused" }
    consent_types = ["SAPS"]
    limits = { messages_a_minute = 600, connections = 4 }

    [[sender]]
    name = "A laboratory on this machine"
    applications = ["LAB"]
    codes = { GSW = "Y24.9" }
"""


def feeds_of(tmp_path: Path, content: str = TABLES) -> Feeds:
    path = tmp_path / "feeds.toml"
    path.write_text(content)
    return Feeds(tuple(map(sender_of, load_senders(path))))


def test_a_word_means_what_its_own_sender_says(tmp_path: Path) -> None:
    feeds = feeds_of(tmp_path)

    assert feeds.code("PAS", "KH", "gsw ") == "X95.4"
    assert feeds.code("LAB", "anywhere", "GSW") == "Y24.9"
    assert feeds.station("PAS", "KH", "kha") == "khayelitsha-saps"
    assert feeds.facility("PAS", "KH") == "khayelitsha-hospital"
    assert (feeds.senders[0].messages_a_minute, feeds.senders[0].connections) == (600, 4)


@pytest.mark.parametrize(("app", "facility"), [("PAS", "GSH"), ("OTHER", "KH"), ("", "")])
def test_what_no_table_knows_is_not_guessed(app: str, facility: str, tmp_path: Path) -> None:
    feeds = feeds_of(tmp_path)

    assert feeds.code(app, facility, "GSW") is None
    assert feeds.code("PAS", "KH", "a code of nobody") is None
    assert feeds.station(app, facility, "KHA") is None
    assert feeds.facility(app, facility) is None
    assert feeds.local_fields(app, facility) is None


def test_the_second_of_two_tables_answers_where_the_first_is_silent(tmp_path: Path) -> None:
    more = (
        '[[sender]]\nname = "All of KH"\nfacilities = { KH = "x" }\ncodes = { GSW = "Y24.9", FALL = "W01" }\n'
    )
    feeds = feeds_of(tmp_path, TABLES + more)

    assert feeds.code("PAS", "KH", "GSW") == "X95.4"
    assert feeds.code("PAS", "KH", "FALL") == "W01"


def test_a_table_that_says_nothing_of_whose_words_they_are_speaks_for_nobody() -> None:
    table = {"name": "n", "certificate": "", "applications": frozenset(), "facilities": {}}

    assert Feeds((sender_of(table),)).facility("", "") is None


def test_configured_fields_are_read_and_no_other(tmp_path: Path) -> None:
    raw = adt("A08", "c-1", CODED, more=[segment("ZVI", {3: "KHA", 4: "x^victim"}), "ZGE|-34.05|18.675"])
    local = feeds_of(tmp_path).local_fields("PAS", "KH")

    read, plain = facts(raw, local), facts(raw)

    assert (read.station_code, read.patient_role) == ("KHA", "victim")
    assert (read.latitude, read.longitude) == (-34.05, 18.675)
    assert (plain.station_code, plain.patient_role, plain.latitude, plain.longitude) == (None,) * 4


@pytest.mark.parametrize(
    ("more", "consent", "dv"),
    [
        (segment("ZVI", {6: "ja", 7: "Y"}), "granted", True),
        (segment("ZVI", {6: "Nee", 7: "N"}), "refused", False),
        (segment("ZVI", {6: "Y"}), None, None),
        (segment("CON", {2: "SAPS", 10: "W", 11: "A"}), "granted", None),
    ],
)
def test_a_consent_is_read_by_the_words_of_its_sender(
    more: str, consent: str | None, dv: bool | None, tmp_path: Path
) -> None:
    read = facts(adt("A08", "c-1", CODED, more=[more]), feeds_of(tmp_path).local_fields("PAS", "KH"))

    assert (read.consent, read.dv, read.vulnerable) == (consent, dv, None)


def test_a_sender_may_have_consent_types_and_no_z_field(tmp_path: Path) -> None:
    table = '[[sender]]\nname = "n"\napplications = ["EHR"]\nconsent_types = ["SAPS"]\n'
    local = feeds_of(tmp_path, table).local_fields("EHR", "x")

    assert local == LocalFields(consent_types=("SAPS",))


@pytest.mark.parametrize(
    "sent", ["", "0", "0.0", "91", "-34,05", "34 S", "1e1", "nan", "inf", "٣٤", "-34.05.1"]
)
def test_what_is_no_latitude_is_silence(sent: str) -> None:
    read = facts(adt("A08", "c-1", CODED, more=[f"ZGE|{sent}"]), LocalFields(latitude_field="ZGE-1"))

    assert (read.latitude, read.deleted) == (None, frozenset())


def test_a_place_is_taken_back_like_any_value() -> None:
    read = facts(adt("A08", "c-1", CODED, more=['ZGE|""']), LocalFields(latitude_field="ZGE-1"))

    assert (read.latitude, read.deleted) == (None, frozenset({"latitude"}))


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('"ZVI-3"', '"PID-3"', "number 1 .*fields.station must be a Z-field"),
        ("station =", "wound =", "number 1 .*not 'wound'"),
        ('"X95.4"', '"a shot"', "number 1 .*ICD-10 code .* 'GSW'"),
        ('"X95.4"', "7", "number 1 .*ICD-10"),
        ('"khayelitsha-saps"', '"Khayelitsha SAPS"', "number 1 .*office code .* 'KHA'"),
        ('Ja = "granted"', 'Ja = "yes"', "number 1 .*granted, limited, refused, withdrawn for 'Ja'"),
        ('consents = { Ja = "granted", Nee = "refused" }', "", "number 1 .*come together"),
        (', consent = "ZVI-6"', "", "number 1 .*come together"),
        ('["SAPS"]', '"SAPS"', "number 1 .*must be a list of CON-2 codes"),
        ('["SAPS"]', '["SAPS", " "]', "number 1 .*must be a list of CON-2 codes"),
        ("messages_a_minute = 600", "messages_a_second = 1", "number 1 .*not 'messages_a_second'"),
        ("= 600", "= 0", "number 1 .*from 1 up"),
        ("= 600", "= true", "number 1 .*from 1 up"),
        ('{ GSW = "Y24.9" }', "7", "number 2 .*codes must be a table"),
        ('applications = ["LAB"]', "", "number 2 .*whose words"),
    ],
)
def test_a_mapping_that_cannot_be_is_a_sentence_with_the_tables_number(
    was: str, becomes: str, says: str, tmp_path: Path
) -> None:
    assert was in TABLES
    with pytest.raises(FeedsFault, match=says):
        feeds_of(tmp_path, TABLES.replace(was, becomes))


def test_only_one_table_paces_the_senders_of_this_machine(tmp_path: Path) -> None:
    local = '[[sender]]\nname = "n"\nlimits = { connections = 1 }\n'

    with pytest.raises(FeedsFault, match=r"number 4 .*only one table"):
        feeds_of(tmp_path, TABLES + local + local)
