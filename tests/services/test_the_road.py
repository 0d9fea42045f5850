"""The road through court and back, by the one door: from the docket to each ending, and from a removal to the roll."""

import pytest
from sqlalchemy import Engine

from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.services import sealing
from hectis_flow.services.house import House
from tests.road import Road, roads
from tests.tables import one, rows

GONE = {"reason": "docket_not_at_court", "attributable_to": "SAPS"}
PAPER = {"dpp_ref": "DPP/WC/7/2026", "dpp_date": "2026-01-15"}
# What is awaited of a removal: of what kind of office, and whether a clock runs.
AWAITED = """
    SELECT i.kind, o.kind, k.id IS NOT NULL FROM item i JOIN office o ON o.id = i.office_id
    LEFT JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
    WHERE i.settled_at IS NULL AND i.removal_id IS NOT NULL ORDER BY 1
"""


@pytest.fixture
def road(house: House, clean: Engine) -> Road:
    return roads(house, clean)[0]


def refused(code: str, road: Road, move: str, **details: str) -> None:
    with pytest.raises(TransitionRefused) as refusal:
        road.go(move, **details)
    assert refusal.value.code == code


def test_hospital_to_conviction_and_sentence(road: Road, clean: Engine) -> None:
    road.on_roll()
    road.go("plead", plea="not_guilty")
    road.go("begin_trial", next_date=road.day(20))
    road.go("postpone", reason="witness_absent", next_date=road.day(30), asked_by="state")
    assert road.stage == "postponed"
    road.go("call_again")
    assert road.stage == "trial"
    road.go("reserve_judgment", next_date=road.day(40))
    road.go("convict", verdict_on="trial", next_date=road.day(50))
    road.go("sentence", reason="sentence_passed", sentence="imprisonment", months="180")

    assert road.stage == "sentenced"
    assert not list(sealing.verify(road.house))
    assert one(clean, "SELECT count(*) FROM clock WHERE stopped_at IS NULL AND item_id IS NULL") == 0
    assert one(clean, "SELECT count(*) FROM charge WHERE pleaded_at IS NOT NULL") == 2


def test_the_docket_goes_back_and_comes_again_once_every_item_is_cured(road: Road, clean: Engine) -> None:
    road.investigated().go("submit_docket", court="khayelitsha-court")
    road.go(
        "return_docket",
        reason="investigation_incomplete",
        items="ballistic_report,witness_statement:" + road.day(9),
    )

    refused("items_outstanding", road, "resubmit_docket")
    assert rows(
        clean, "SELECT code FROM item WHERE kind = 'outstanding_item' AND settled_at IS NULL ORDER BY 1"
    ) == [
        ("ballistic_report",),
        ("witness_statement",),
    ]


def test_a_strike_off_is_owned_clocked_and_told_and_comes_back_on_the_roll(road: Road, clean: Engine) -> None:
    road.on_roll()
    road.go("strike_342a", **GONE)

    assert road.stage == "struck_342a"
    assert rows(clean, AWAITED) == [
        ("removal_heard_npa", "npa_office", True),
        ("removal_saps", "station", True),
        ("watching_brief", "pocs", True),
    ]
    refused("wrong_stage", road, "reenrol", court_case_no="B9/2026", next_date=road.day(9))
    road.go("review_struck_342a", reason="awaits_item", awaits="ballistic_report")
    road.go("request_reenrolment", reason="all_cured")
    refused("dpp_instruction_missing", road, "reenrol", court_case_no="B9/2026", next_date=road.day(9))
    road.go("reenrol", court_case_no="B9/2026", next_date=road.day(9), **PAPER)

    assert road.stage == "reenrolled"
    assert rows(clean, AWAITED) == [("back_on_roll", "pocs", True), ("watching_brief", "pocs", True)]
    assert rows(clean, "SELECT ending, requests FROM removal") == [("re_enrolled", 1)]
