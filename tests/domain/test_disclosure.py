"""What may leave a hospital: the table beside one written by hand, over 100,000 random records."""

import re
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from hectis_flow.domain import disclosure
from hectis_flow.domain.disclosure import age_band, disclose, fields_for, in_order, time_band
from hectis_flow.domain.workflow import BASES

DOC = Path(__file__).parents[2] / "docs" / "disclosure.md"

# --- an oracle of its own: written by hand from docs/disclosure.md, sharing no line with the code -----

ANYBODY = "age_band sex mechanism place_type precinct time_band"
SECRET = "numbers visit_number complaint codes tews disposition stays brought_in_by patient_role"
# Which grounds let a named field reach the station (c: consent, then the laws by their sections).
MAY = {
    "name": "c s110 s54 s2A s2B s26 inquest order",
    "born": "c s110 s54 s2A s2B s26 inquest order",
    "age_years": "c s110 s54 s2A s2B s26 inquest order",
    "residence": "c s110 s2A s2B s26",
    "happened_at": "c s110 s54 s2A s2B s26 inquest order threat",
    "time_basis": "c s110 s54 s2A s2B s26 inquest order threat",
    "place_text": "c s110 s54 s2A s2B s26 inquest order threat",
    "place_address": "c s110 s54 s2A s2B s26 inquest order threat",
    "weapon_class": "c s2A inquest threat",
    "perpetrator": "c s110 s54 s2A s2B s26",
    "facility": "c s110 s54 s2A s2B s26 inquest order threat",
    "arrived_at": "c s110 s54 s2A s26 inquest order",
    "admitted": "c",
    "died": "c inquest",
    "sats_colour": "c",
    "police_notified": "c",
}
SHORT = {"c": "consent_written", "order": "court_order", "threat": "serious_threat_public_health"}
AGREED = {
    "identity": "name born age_years",
    "home": "residence",
    "scene": "happened_at time_basis place_text place_address weapon_class",
    "household": "perpetrator",
    "care": "facility arrived_at admitted died sats_colour police_notified",
}
GROUNDS = {field: {SHORT.get(word, word) for word in words.split()} for field, words in MAY.items()}
LAWFUL = sorted({basis for bases in GROUNDS.values() for basis in bases})
EVERY_FIELD = [*ANYBODY.split(), *MAY, *SECRET.split(), "something_new"]


@cache
def allowed_by(bases: frozenset[str], scope: frozenset[str] | None) -> frozenset[str]:
    return frozenset(field for field in EVERY_FIELD if may_leave(field, bases, scope))


def may_leave(field: str, bases: frozenset[str], scope: frozenset[str] | None) -> bool:
    if field in ANYBODY.split():
        return True
    opened = GROUNDS.get(field, set()) & bases
    if "consent_written" in opened and scope is not None:
        agreed = any(field in AGREED[group].split() for group in scope if group in AGREED)
        opened = opened if agreed else opened - {"consent_written"}
    return bool(opened)


def test_no_named_field_of_100000_random_records_leaves_without_a_basis() -> None:
    chance = Random(20260301)  # noqa: S311  (a reproducible choice, not a key)
    words = [*LAWFUL, "none", "no_such_ground"]
    scopes = [None, frozenset[str](), frozenset({"home", "no_such_group"})]
    scopes += [frozenset(two) for two in combinations(AGREED, 2)]
    left = named_left = dropped = 0
    for _ in range(100_000):
        record = {
            field: field if chance.random() < 0.8 else None
            for field in chance.choices(EVERY_FIELD, k=chance.randint(1, 24))
        }
        bases = frozenset(chance.sample(words, chance.choice((0, 1, 1, 2, 3))))
        scope = chance.choice(scopes)

        found = disclose(record, bases, scope)

        said = {field for field, value in record.items() if value is not None}
        allowed = said & allowed_by(bases, scope)
        assert set(found.fields) == allowed, (bases, scope)
        assert set(found.withheld) == said - allowed
        for field in allowed - set(ANYBODY.split()):
            assert found.grounds[field] in GROUNDS[field] & bases
            named_left += 1
        left += len(allowed)
        dropped += len(found.withheld)
    assert min(left, named_left, dropped) > 100_000  # all three happened often


def test_every_ground_of_the_workflow_has_its_line_and_no_other_has_one() -> None:
    assert set(disclosure.STATION) == {basis.name for basis in BASES}
    assert set(LAWFUL) == set(disclosure.STATION) - {"none"}


def test_without_a_ground_the_deidentified_form_is_what_remains() -> None:
    record = dict.fromkeys(disclosure.EVERY, "x")
    for bases in ((), ("none",), ("a word nobody knows",)):
        found = disclose(record, bases)
        assert tuple(found.fields) == disclosure.DEIDENTIFIED
        assert set(found.grounds.values()) == {"none"}
        assert len(found.withheld) == len(disclosure.EVERY) - len(disclosure.DEIDENTIFIED)


def test_an_audience_or_a_ground_that_no_line_names_gets_nothing() -> None:
    assert fields_for("s110", "newspaper") == ()
    assert fields_for("s999", "station") == ()
    assert disclose({"name": "x", "sex": "F"}, ["s110"], audience="newspaper").fields == {}


def test_numbers_and_medical_detail_reach_no_station_on_all_grounds_together() -> None:
    found = disclose(dict.fromkeys(disclosure.EVERY, "x"), list(disclosure.STATION))
    assert set(found.withheld) == set(SECRET.split())


def test_a_field_stands_on_the_law_before_it_stands_on_a_consent_that_can_be_taken_back() -> None:
    found = disclose({"name": "x", "sats_colour": "red"}, ["consent_written", "s26", "s110"])
    assert found.grounds == {"name": "s110", "sats_colour": "consent_written"}
    assert in_order({"consent_written", "inquest", "s54", "x"}) == (
        "s54",
        "inquest",
        "consent_written",
        "x",
    )


def test_a_field_without_a_value_neither_leaves_nor_stays() -> None:
    found = disclose({"name": None, "numbers": None, "died": False}, ["inquest"])
    assert (found.fields, found.withheld) == ({"died": False}, ())


@pytest.mark.parametrize(
    ("age", "band"),
    [(0, "0-17"), (17, "0-17"), (18, "18-24"), (24, "18-24"), (59, "45-59"), (60, "60+"), (103, "60+")],
)
def test_an_age_is_told_as_its_band(age: int, band: str) -> None:
    assert age_band(age) == band


def test_an_unknown_age_or_time_has_no_band() -> None:
    assert (age_band(None), age_band(-1), time_band(None, "minute")) == (None, None, None)


@pytest.mark.parametrize(
    ("precision", "band"),
    [
        ("minute", "2026-03 Sunday 00-03"),
        ("hour", "2026-03 Sunday 00-03"),
        ("day", "2026-03 Sunday"),
        ("month", "2026-03"),
        ("year", "2026"),
    ],
)
def test_a_time_is_told_in_south_african_bands_and_no_more_exactly_than_it_was_sent(
    precision: str, band: str
) -> None:
    assert time_band(datetime(2026, 2, 28, 22, 30, tzinfo=UTC), precision) == band


def test_the_document_shows_the_table_as_it_is() -> None:
    lines = DOC.read_text(encoding="utf-8").splitlines()
    head = next(line for line in lines if line.startswith("| field |"))
    grounds = [cell.strip(" `") for cell in head.strip("|").split("|")[1:]]
    shown = {}
    for line in lines:
        if re.match(r"\| `[a-z_]+` \|", line):
            field, *cells = (cell.strip(" `") for cell in line.strip("|").split("|"))
            shown[field] = {basis for basis, cell in zip(grounds, cells, strict=True) if cell}
    assert grounds == list(disclosure.STATION)
    assert shown == {
        field: {basis for basis in disclosure.STATION if field in fields_for(basis, "station")}
        for field in disclosure.EVERY
    }
