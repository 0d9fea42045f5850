"""Watching briefs decided from plain facts: what opens one, who is asked next, what can have been seen."""

from datetime import date

import pytest

from hectis_flow.domain import brief_rows
from hectis_flow.domain import briefs as rules
from hectis_flow.domain.briefs import LAST_SEAT, NPA, NPA_ROAD, UNIT, Appearance, Asked, BriefRefused
from hectis_flow.domain.errors import HectisError
from hectis_flow.domain.workflow_rules import awaited
from hectis_flow.domain.workflow_words import OFFENCES

TODAY = date(2026, 11, 23)
HOTSPOTS = frozenset({"delft-saps"})
#: The offices of one court's side, by kind.
OFFICES = {"npa_office": 1, "chief_prosecutor": 2, "dpp": 3}


def refused(code: str, act: object, *given: object) -> None:
    assert callable(act)
    with pytest.raises(HectisError) as refusal:
        act(*given)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("offences", "station", "triggers"),
    [
        (["robbery_aggravating"], "delft-saps", ()),
        (["murder"], "delft-saps", ("hotspot_murder",)),
        (["murder"], "paarl-saps", ()),
        (["murder"], None, ()),
        (["attempted_murder"], "delft-saps", ()),
        (["rape", "murder"], "delft-saps", ("gbv", "hotspot_murder")),
        (["protection_order_breach"], None, ("gbv",)),
    ],
)
def test_charges_are_a_reason_by_what_they_are_and_where(
    offences: list[str], station: str | None, triggers: tuple[str, ...]
) -> None:
    assert rules.of_charges(offences, station, HOTSPOTS) == triggers


def test_the_codes_are_those_of_the_workflow() -> None:
    assert {*rules.GBV_OFFENCES, rules.MURDER} <= set(OFFENCES)
    for seat in (rules.UNIT_SEAT, *NPA_ROAD, LAST_SEAT):
        assert (awaited(seat.kind).owner, awaited(seat.kind).task.role) == (seat.office_kind, seat.role)


@pytest.mark.parametrize(("same", "every", "too_many"), [(2, 3, False), (3, 3, True), (1, 4, True)])
def test_the_third_for_one_cause_or_the_fourth_for_any_is_too_many(
    same: int, every: int, too_many: bool
) -> None:
    assert rules.repeats(same, every) is too_many


def test_the_road_of_the_prosecution_is_walked_seat_by_seat_and_ends() -> None:
    walked, asked, kind = [], set[Asked](), NPA_ROAD[0].kind
    asked.add(Asked(1, NPA_ROAD[0].role))
    while (found := rules.next_of_npa(kind, asked, OFFICES.get)) is not None:
        seat, where = found
        assert Asked(where, seat.role) not in asked
        asked.add(Asked(where, seat.role))
        walked.append(seat.kind)
        kind = seat.kind
    assert walked == ["brief_senior", "brief_chief", "brief_dpp"]
    assert rules.next_of_npa(LAST_SEAT.kind, asked, OFFICES.get) is None


def test_a_level_that_a_side_does_not_have_is_left_out() -> None:
    found = rules.next_of_npa("brief_senior", set(), {"dpp": 3}.get)
    assert found == (NPA_ROAD[3], 3)


def test_an_office_of_the_right_kind_can_be_named() -> None:
    assert rules.redirected(NPA, "npa_office", "brief_prosecutor") == NPA_ROAD[0]
    assert rules.redirected(NPA, "npa_office", "brief_senior") == NPA_ROAD[1]
    assert rules.redirected(NPA, "dpp", "brief_secretary") == NPA_ROAD[3]
    assert rules.redirected(UNIT, "pocs", "brief_secretary") == rules.UNIT_SEAT
    refused("wrong_office", rules.redirected, NPA, "station", "brief_prosecutor")
    refused("wrong_office", rules.redirected, NPA, "dpp", "brief_prosecutor")
    refused("wrong_office", rules.redirected, UNIT, "npa_office", "watching_brief")


def test_an_appearance_that_cannot_have_been_is_refused() -> None:
    seen = Appearance(TODAY, "postponed", "no", "none")
    rules.check_appearance(seen, TODAY)
    refused("date_ahead", rules.check_appearance, seen, date(2026, 11, 22))
    other = Appearance(TODAY, "postponed", "no", "none", ("other", "other"), "SAPS")
    refused("cause_twice", rules.check_appearance, other, TODAY)
    without = Appearance(TODAY, "postponed", "no", "none", ("other",))
    refused("attribution_missing", rules.check_appearance, without, TODAY)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"court_date": ""}, "row_incomplete"),
        ({"court_date": "23/11/2026"}, "row_unreadable"),
        ({"outcome": "went home"}, "unknown_code"),
        ({"causes": "docket_not_at_court; bad luck", "attributable_to": "SAPS"}, "unknown_code"),
        ({"causes": "docket_not_at_court"}, "attribution_missing"),
        ({"case_ref": "12"}, "row_unreadable"),
        ({"case_ref": "", "cas_number": "x"}, "cas_not_a_number"),
        ({"case_ref": "", "court": "khayelitsha-court"}, "row_incomplete"),
        ({"case_ref": "", "court": "khayelitsha-court", "court_case_no": "Jan Voorbeeld"}, "row_unreadable"),
        ({"case_ref": "", "court": "khayelitsha-court", "court_case_no": "0821234567"}, "row_unreadable"),
    ],
)
def test_a_row_that_says_nothing_clear_is_refused_by_its_column(row: dict[str, str], code: str) -> None:
    sound = {
        "case_ref": "WC-2026-000001",
        "court_date": "2026-11-22",
        "outcome": "postponed",
        "docket_at_court": "no",
    }
    assert brief_rows.read(sound, TODAY).case_ref == "WC-2026-000001"
    with pytest.raises(HectisError) as refusal:
        brief_rows.read({**sound, **row}, TODAY)
    assert refusal.value.code == code
    assert isinstance(refusal.value, BriefRefused) or code.startswith("cas_")
    for said in row.values():
        assert not said or len(said) < 3 or said not in refusal.value.message
