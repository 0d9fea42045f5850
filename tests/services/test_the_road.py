"""The road through court and back, by the one door: from the docket to each ending, and from a removal to the roll."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_words import ATTRIBUTABLE, REMOVAL_CAUSES
from hectis_flow.services import sealing
from hectis_flow.services.house import House
from hectis_flow.storage import items
from tests.domain.details import all_details_for as all_of
from tests.road import COURT, Road, roads
from tests.tables import one, rows
from tests.walking import faults

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


# --- off the road for good, and not for good ---------------------------------------------------------


def tried(road: Road) -> None:
    """Put a case on trial."""
    road.on_roll()
    road.go("plead", plea="not_guilty")
    road.go("begin_trial", next_date=road.day(20))


def test_an_acquittal_is_left_by_no_move_of_anybody(road: Road) -> None:
    tried(road)
    road.go("reserve_judgment", next_date=road.day(30))
    road.go("acquit", reason="not_proved")

    for move in DECLARATION.transitions:
        for role in move.roles:
            details = {name: value for name, value in all_of(move).items() if name != "second"}
            with pytest.raises(TransitionRefused):
                road.go(move.id, Actor(role, None, "x-1"), second="x-2" if move.second else None, **details)
    assert road.stage == "acquitted"


@pytest.mark.parametrize("at", ["pleaded", "postponed", "trial", "judgment"])
@pytest.mark.parametrize("move", ["withdraw_6a", "strike_342a", "strike_informal"])
def test_after_a_plea_nothing_is_withdrawn_or_struck_off(
    move: str, at: str, road: Road, clean: Engine
) -> None:
    road.on_roll()
    road.go("plead", plea="not_guilty")
    if at == "postponed":
        road.go("postpone", reason="witness_absent", next_date=road.day(9))
    if at in {"trial", "judgment"}:
        road.go("begin_trial", next_date=road.day(20))
    if at == "judgment":
        road.go("reserve_judgment", next_date=road.day(30))

    refused("wrong_stage", road, move, **GONE)
    with pytest.raises(IntegrityError, match="no_removal_after_plea"), clean.begin() as connection:
        connection.execute(text("UPDATE charge SET stage = 'withdrawn_6a'"))
    assert road.stage == at


def test_a_retrial_keeps_the_plea_so_it_is_not_withdrawn_either(road: Road) -> None:
    tried(road)
    road.go("reserve_judgment", next_date=road.day(30))
    road.go("convict", verdict_on="trial", next_date=road.day(40))
    road.go("note_appeal")
    road.go("order_retrial", reason="retrial_ordered", next_date=road.day(50))

    refused("already_pleaded", road, "withdraw_6a", **GONE)


def test_undetected_is_never_final(road: Road, clean: Engine) -> None:
    road.investigated().go("close_undetected", reason="no_suspect")

    assert (
        one(clean, "SELECT name FROM clock WHERE stopped_at IS NULL AND item_id IS NULL")
        == "closed_docket_review"
    )
    road.go("keep_closed", reason="nothing_new")
    road.go("reopen_docket", reason="suspect_identified")
    assert road.enrolled().stage == "enrolled"


def test_once_somebody_is_charged_no_docket_is_closed_by_the_police(road: Road) -> None:
    road.on_roll()
    road.go("withdraw_6a", **GONE)
    road.go("reinvestigate", reason="items_outstanding")

    refused("npa_decides", road, "close_complainant_withdrew", reason="withdrawal_statement")


def test_what_was_struck_under_342a_keeps_its_lock_on_every_way_back(road: Road) -> None:
    road.on_roll()
    road.go("strike_342a", **GONE)
    road.go("reinvestigate", reason="items_outstanding")
    road.go("submit_docket", court=COURT)
    again = {"court": COURT, "court_case_no": "B7/2026", "next_date": road.day(9)}

    refused("dpp_instruction_missing", road, "enrol", **again)
    road.go("enrol", **again, **PAPER)
    assert road.stage == "enrolled"
    assert one(road.engine, "SELECT ending FROM removal") == "re_enrolled"


def test_the_dpps_paper_for_one_removal_brings_back_no_other(road: Road, clean: Engine) -> None:
    road.on_roll(charges="1=murder;2=murder")
    for accused in ("1", "2"):
        road.go("strike_342a", of=accused, **GONE)
    road.go("request_reenrolment", reason="all_cured")
    asked = one(clean, "SELECT id FROM item WHERE kind = 'dpp_instruction' ORDER BY removal_id LIMIT 1")
    with road.house.transaction() as session:
        items.settle(session, [asked], "dpp_office:dpp-1", "instructed", PAPER)
    again = {"court_case_no": "B9/2026", "next_date": road.day(9)}

    refused("dpp_instruction_missing", road, "reenrol", **again)
    refused("dpp_instruction_missing", road, "reenrol", of="2", **again)
    road.go("reenrol", of="1", **again)
    assert road.charges() == [(1, 1, "reenrolled"), (2, 1, "reenrolment_requested")]
    kept = one(clean, "SELECT details ->> 'dpp_ref' FROM stage_transition ORDER BY version DESC LIMIT 1")
    assert kept == PAPER["dpp_ref"]


def test_while_a_removed_matter_is_investigated_whoever_has_the_docket_is_asked_and_can_answer(
    road: Road, clean: Engine
) -> None:
    owed = """
        SELECT i.kind, count(*) OVER (), k.due_at FROM item i JOIN clock k ON k.item_id = i.id
        WHERE i.settled_at IS NULL AND k.stopped_at IS NULL AND i.kind IN ('removal_saps', 'removal_npa')
    """
    road.on_roll()
    road.go("strike_informal", reason="witness_untraceable", attributable_to="witness")
    assert [row[:2] for row in rows(clean, owed)] == [("removal_npa", 1)]
    road.go("reinvestigate", reason="items_outstanding")
    assert [row[:2] for row in rows(clean, owed)] == [("removal_saps", 1)]
    due = rows(clean, owed)[0][2]
    road.go("note_progress", reason="still_tracing")
    assert rows(clean, owed)[0][2] > due
    for move, details, kind in (
        ("submit_docket", {"court": COURT}, "removal_npa"),
        ("return_docket", {"reason": "report_outstanding", "items": "dna_report"}, "removal_saps"),
    ):
        road.go(move, **details)
        assert [row[:2] for row in rows(clean, owed)] == [(kind, 1)]
    assert faults(clean) == []


def test_a_case_off_the_roll_lies_with_the_office_of_the_removal_that_speaks_for_it(
    road: Road, clean: Engine
) -> None:
    owner = 'SELECT o.kind FROM "case" c JOIN office o ON o.id = c.owner_office_id'
    road.on_roll(charges="1=murder;2=murder")
    road.go("strike_342a", of="2", **GONE)
    road.go("withdraw_6a", of="1", reason="complainant_withdrew", attributable_to="witness")
    assert (road.stage, one(clean, owner)) == ("struck_342a", "station")
    road.go("review_struck_342a", reason="under_way")
    assert one(clean, owner) == "station"
    road.go("reinvestigate", of="2", reason="new_evidence")
    road.go("submit_docket", court=COURT)
    road.go("decline_to_prosecute", reason="insufficient_evidence")
    assert (road.stage, one(clean, owner)) == ("withdrawn_6a", "npa_office")


def test_two_accused_have_two_outcomes_and_the_case_goes_with_the_one_still_in_court(
    road: Road, clean: Engine
) -> None:
    road.on_roll(charges="1=murder;2=murder,firearm_possession")
    road.go("withdraw_6a", of="2", **GONE)
    assert road.stage == "on_roll"
    assert one(clean, "SELECT count(*) FROM item WHERE kind = 'removal_saps' AND settled_at IS NULL") == 1
    road.go("plead", plea="guilty")
    road.go("convict", verdict_on="s112", next_date=road.day(20))
    road.go("sentence", reason="sentence_passed", sentence="life")

    assert road.charges() == [(1, 1, "sentenced"), (2, 1, "withdrawn_6a"), (2, 2, "withdrawn_6a")]
    assert road.stage == "withdrawn_6a"
    road.go("request_reenrolment", reason="all_cured")
    road.go("reenrol", of="2", court_case_no="B8/2026", next_date=road.day(9))
    assert (road.stage, one(clean, "SELECT ending FROM removal")) == ("reenrolled", "re_enrolled")


def test_a_co_accused_who_is_arrested_later_joins_the_matter_in_court(road: Road) -> None:
    tried(road)
    road.go(
        "enrol", court=COURT, court_case_no="B9/2026", next_date=road.day(9), charges="2=murder", children="2"
    )

    assert road.charges() == [(1, 1, "trial"), (1, 2, "trial"), (2, 1, "enrolled")]
    assert road.stage == "trial"


def test_the_khayelitsha_firearm_matter_to_its_strike_off_and_back(road: Road, clean: Engine) -> None:
    # First appearance, postponed for investigation, docket not at court, regional court decision, court
    # closed, regional court decision, struck off (domain.md 5.3): here without its name, and brought back.
    road.on_roll(charges="1=firearm_possession,ammunition_possession")
    causes = (
        *("further_investigation", "docket_not_at_court", "regional_court_decision"),
        *("court_closed", "regional_court_decision"),
    )
    for ahead, cause in enumerate(causes, start=2):
        road.go("postpone", reason=cause, next_date=road.day(30 * ahead), asked_by="state")
        road.go("call_again")
    road.go("strike_informal", **GONE, more_causes="investigation_incomplete")

    postponed = (
        "SELECT details ->> 'reason' FROM stage_transition WHERE transition = 'postpone' ORDER BY version"
    )
    assert tuple(row[0] for row in rows(clean, postponed)) == causes
    assert rows(clean, "SELECT cause, more_causes, attributable_to, way_out FROM removal") == [
        ("docket_not_at_court", ["investigation_incomplete"], "SAPS", "struck_informal")
    ]
    road.go("request_reenrolment", reason="all_cured")
    road.go("reenrol", court_case_no="B3/2026", next_date=road.day(9))
    road.go("place_on_roll", next_date=road.day(30))
    assert road.stage == "on_roll"
    told = "SELECT count(*) FROM task WHERE kind = 'note_back_on_roll' AND role = 'watching_brief_official'"
    assert one(clean, told) == 1


def test_what_was_refused_may_be_asked_for_again_and_lapses_only_by_two(road: Road) -> None:
    road.on_roll()
    road.go("withdraw_6a", reason="witness_untraceable", attributable_to="witness")
    with pytest.raises(TransitionRefused) as early:
        road.go("lapse", reason="not_cured", second="kh-spp-2")
    assert early.value.code == "too_early"
    road.go("request_reenrolment", reason="accused_traced")
    road.go("refuse_reenrolment", reason="not_trial_ready")
    refused("second_person_needed", road, "lapse_refused", reason="no_new_grounds")
    road.go("request_reenrolment", reason="new_grounds")
    road.go("refuse_reenrolment", reason="not_trial_ready")
    road.go("lapse_refused", reason="no_new_grounds", second="kh-spp-2")
    assert road.stage == "lapsed"
    road.go("reopen_lapsed", reason="new_evidence")
    assert road.stage == "under_investigation"


def test_each_removal_lapses_at_its_own_age(road: Road, clean: Engine) -> None:
    road.on_roll(charges="1=murder;2=murder")
    road.go("withdraw_6a", of="1", **GONE)
    with clean.begin() as connection:
        connection.execute(text("UPDATE removal SET removed_at = removed_at - interval '20 months'"))
    road.go("withdraw_6a", of="2", **GONE)

    for more in ({}, {"of": "2"}, {"of": "1,2"}):
        refused("too_early", road, "lapse", second="kh-spp-2", reason="not_cured", **more)
    road.go("lapse", second="kh-spp-2", reason="not_cured", of="1")
    assert road.charges() == [(1, 1, "lapsed"), (2, 1, "withdrawn_6a")]


def test_a_thousand_strike_offs_always_have_an_owner_and_a_next_date(house: House, clean: Engine) -> None:
    ways = ("withdraw_6a", "strike_informal", "strike_342a")
    accused = range(1, 21)
    for number, road in enumerate(roads(house, clean, 50)):
        road.on_roll(";".join(f"{one}=murder" for one in accused))
        with house.transaction() as session:
            for one_accused in accused:
                turn = number + one_accused
                cause = {"reason": REMOVAL_CAUSES[turn % len(REMOVAL_CAUSES)], "of": str(one_accused)}
                blamed = ATTRIBUTABLE[turn % len(ATTRIBUTABLE)]
                road.go_in(session, ways[turn % 3], attributable_to=blamed, **cause)

    assert faults(clean) == []
    owed = """
        SELECT count(*) FROM removal r WHERE EXISTS (
            SELECT FROM item i JOIN clock k ON k.item_id = i.id AND k.stopped_at IS NULL
            JOIN task t ON t.item_id = i.id AND t.done_at IS NULL
            WHERE i.removal_id = r.id AND i.settled_at IS NULL AND k.due_at > r.removed_at)
    """
    assert one(clean, owed) == 1000
