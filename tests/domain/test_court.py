"""What the law forbids is refused whatever stage a charge stands at, and a case stands where its charges say."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import CaseState, Decision, decide
from hectis_flow.domain.charges import Charge, choose, laid
from hectis_flow.domain.court import ON_THE_ROLL_AGAIN, STRUCK_342A
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.workflow import DECLARATION
from hectis_flow.domain.workflow_shapes import Transition
from tests.domain.details import DAY_IN_COURT, TODAY, a_case, a_charge, an_actor, details_for

CHARGE_STAGES = DECLARATION.charge_stages
FINALS = ("acquitted", "discharged_174", "stopped_6b")
PAPER = {"dpp_ref": "DPP/9/2026", "dpp_date": "2026-11-10"}
OFF_THE_ROLL = ("withdraw_6a", "strike_342a", "strike_informal")
# Stages at which a matter is before a court.
ON_THE_ROLL = ("enrolled", "reenrolled", "on_roll", "postponed", "pleaded", "trial", "judgment")


def a_case_of(*charges: Charge) -> CaseState:
    return a_case(workflow_rules.speaker(one.stage for one in charges), *charges)


def made(case: CaseState, move: str, **given: str) -> Decision:
    """The move, by whoever may make it, with what it needs and what is given."""
    declared = workflow_rules.transition(move)
    details = details_for(declared, case.stage) | given
    return decide(case, move, an_actor(declared.roles[0]), details, TODAY)


def after(case: CaseState, move: str, **given: str) -> CaseState:
    """The case once it has made the move."""
    decision = made(case, move, **given)
    assert decision.carried is not None
    return a_case(decision.to_stage, *decision.carried.standing)


def refused(case: CaseState, move: str, **given: str) -> TransitionRefused:
    with pytest.raises(TransitionRefused) as caught:
        made(case, move, **given)
    return caught.value


def stages(case: CaseState) -> list[str]:
    return [one.stage for one in case.charges or ()]


# --- after the plea ----------------------------------------------------------------------------------


@pytest.mark.parametrize("move", OFF_THE_ROLL)
@pytest.mark.parametrize("stage", CHARGE_STAGES)
def test_once_pleaded_no_charge_leaves_the_roll_from_any_stage(stage: str, move: str) -> None:
    case = a_case(stage, a_charge(stage, pleaded=True, plea="not_guilty", came_from="trial"))

    assert refused(case, move).code in ("already_pleaded", "already_there", "wrong_stage")
    assert (refused(case, move).code == "already_pleaded") is (stage == "on_roll")


@pytest.mark.parametrize("move", [*OFF_THE_ROLL, "decline_to_prosecute"])
def test_what_is_out_after_the_plea_says_what_is_open(move: str) -> None:
    source = workflow_rules.transition(move).sources[0]

    assert made(a_case_of(a_charge(source)), move).carried
    error = refused(a_case_of(a_charge(source, count=2, pleaded=True)), move)
    assert error.code == "already_pleaded"
    assert "Charge 1.2" in error.message
    assert "s6(b)" in error.message


@pytest.mark.parametrize("home", ["pleaded", "trial", "judgment"])
@pytest.mark.parametrize("move", OFF_THE_ROLL)
def test_a_postponement_after_the_plea_opens_no_way_off_the_roll(home: str, move: str) -> None:
    case = after(a_case_of(a_charge(home, pleaded=True)), "postpone")

    assert case.stage == "postponed"
    assert refused(case, move).code == "wrong_stage"
    assert refused(after(case, "call_again"), move).code == "wrong_stage"


@pytest.mark.parametrize("move", OFF_THE_ROLL)
def test_a_retrial_does_not_take_back_the_plea(move: str) -> None:
    tried_again = after(a_case_of(a_charge("appeal", pleaded=True, plea="guilty")), "order_retrial")

    assert tried_again.stage == "on_roll"
    assert refused(tried_again, move).code == "already_pleaded"


def test_a_charge_that_was_pleaded_to_goes_on_while_its_neighbour_is_withdrawn() -> None:
    case = a_case_of(a_charge("trial", 1, pleaded=True), a_charge("on_roll", 2))

    assert stages(after(case, "withdraw_6a")) == ["trial", "withdrawn_6a"]
    assert refused(case, "withdraw_6a", of="1,2").code == "wrong_stage"


# --- s342A(3)(c) and the DPP -----------------------------------------------------------------------------


def test_a_strike_under_342a_locks_and_the_dpps_paper_unlocks_by_either_way_back() -> None:
    struck = after(a_case_of(a_charge("on_roll")), "strike_342a")
    assert [one.locked for one in struck.charges or ()] == [True]

    asked = after(struck, "request_reenrolment")
    investigated = after(after(struck, "reinvestigate"), "submit_docket")
    diverted = after(investigated, "divert", reason="adult_dispute_resolution")
    for case, move in ((asked, "reenrol"), (investigated, "enrol"), (diverted, "diversion_to_roll")):
        assert refused(case, move).code == "dpp_instruction_missing"
        assert refused(case, move, dpp_ref="DPP/9/2026").code == "dpp_instruction_missing"
        assert refused(case, move, dpp_date="2026-11-10").code == "dpp_instruction_missing"
        assert refused(case, move, **PAPER | {"dpp_date": "2026-11-17"}).code == "dpp_date_ahead"
        assert refused(case, move, **PAPER | {"dpp_date": "2026-02-30"}).code == "unknown_detail"
        back = after(case, move, **PAPER | {"dpp_date": "2026-11-16"})
        assert [one.locked for one in back.charges or ()] == [False]


@pytest.mark.parametrize("stage", ["withdrawn_6a", "struck_informal"])
def test_what_was_withdrawn_or_struck_without_an_order_needs_no_paper(stage: str) -> None:
    case = after(a_case_of(a_charge(stage)), "request_reenrolment")

    assert after(case, "reenrol").stage == "reenrolled"


def test_the_lock_outlives_a_lapse_and_a_refusal() -> None:
    struck = a_case_of(a_charge(STRUCK_342A, locked=True))
    lapsed = after(after(after(struck, "lapse"), "reopen_lapsed"), "submit_docket")
    refused_once = after(
        after(after(struck, "request_reenrolment"), "refuse_reenrolment"), "request_reenrolment"
    )

    assert refused(lapsed, "enrol").code == "dpp_instruction_missing"
    assert refused(refused_once, "reenrol").code == "dpp_instruction_missing"


def test_every_move_onto_the_roll_from_outside_asks_for_the_lock() -> None:
    inside = {*ON_THE_ROLL, "transferred", "warrant_j50", "s77_78", "appeal"}
    entering = {
        move
        for move, source, target in workflow_rules.edges()
        if target in ON_THE_ROLL and source not in inside
    }

    assert entering == ON_THE_ROLL_AGAIN
    for move in entering:
        assert set(PAPER) <= set(workflow_rules.transition(move).may)


def test_stopping_after_the_plea_needs_the_dpps_consent() -> None:
    case = a_case_of(a_charge("trial", pleaded=True))

    assert refused(case, "stop_6b", dpp_ref="").code == "missing_detail"
    assert refused(case, "stop_6b", dpp_date="2026-11-17").code == "dpp_date_ahead"
    assert after(case, "stop_6b").stage == "stopped_6b"


# --- several accused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "stage"),
    [
        (("sentenced", "acquitted"), "sentenced"),
        (("acquitted", "trial"), "trial"),
        (("withdrawn_6a", "trial"), "trial"),
        (("withdrawn_6a", "sentenced"), "withdrawn_6a"),
        (("struck_342a", "withdrawn_6a"), "struck_342a"),
        (("warrant_j50", "postponed"), "postponed"),
        (("abated", "convicted"), "convicted"),
        (("abated", "abated"), "abated"),
        (("under_investigation", "acquitted"), "under_investigation"),
    ],
)
def test_the_charge_speaks_for_its_case_that_is_furthest_from_its_end(
    ends: tuple[str, str], stage: str
) -> None:
    assert workflow_rules.speaker(ends) == workflow_rules.speaker(reversed(ends)) == stage


def test_two_accused_go_their_own_ways_to_an_end() -> None:
    case = a_case_of(*(a_charge("judgment", one, pleaded=True) for one in (1, 2)))
    convicted = after(case, "convict", of="1", verdict_on="trial")
    assert (convicted.stage, stages(convicted)) == ("judgment", ["convicted", "judgment"])
    acquitted = after(convicted, "acquit")
    assert (acquitted.stage, stages(acquitted)) == ("convicted", ["convicted", "acquitted"])
    assert after(acquitted, "sentence").stage == "sentenced"


def test_a_withdrawal_of_the_last_charge_still_on_the_roll_takes_the_case_off_it() -> None:
    case = a_case_of(a_charge("on_roll", 1, 1), a_charge("on_roll", 1, 2), a_charge("on_roll", 2))

    first = after(case, "withdraw_6a", of="1.2,2")
    assert (first.stage, stages(first)) == ("on_roll", ["on_roll", "withdrawn_6a", "withdrawn_6a"])
    assert after(first, "withdraw_6a").stage == "withdrawn_6a"


# --- finals, closing and reopening -----------------------------------------------------------------------


@pytest.mark.parametrize("stage", [s.name for s in DECLARATION.stages if s.end and s.name in CHARGE_STAGES])
def test_no_move_leaves_what_is_final(stage: str) -> None:
    case = a_case_of(a_charge(stage, pleaded=True, came_from="trial"))
    reopening = {move.id for move in workflow_rules.allowed(stage)}

    assert reopening == {"sentenced": {"note_appeal"}, "lapsed": {"reopen_lapsed"}}.get(stage, set())
    for move in DECLARATION.transitions:
        if move.id not in reopening:
            assert refused(case, move.id).code in ("wrong_stage", "already_there")


def test_the_finals_of_the_law_are_ends_that_nothing_reopens() -> None:
    assert all(workflow_rules.stage(name).end and not workflow_rules.allowed(name) for name in FINALS)
    final = {stage for one in DECLARATION.exits if one.final == "yes" for stage in one.stages}
    assert final == {*FINALS, "abated"}


@pytest.mark.parametrize("stage", ["closed_undetected", "closed_unfounded", "closed_complainant_withdrew"])
def test_a_closed_docket_is_never_final(stage: str) -> None:
    declared = workflow_rules.transition("reopen_docket")
    for reason in declared.reasons:
        assert made(a_case(stage), "reopen_docket", reason=reason).to_stage == "under_investigation"
    assert not workflow_rules.stage(stage).end


@pytest.mark.parametrize("move", ["close_complainant_withdrew", "close_undetected", "close_unfounded"])
def test_after_enrolment_the_police_close_nothing_whatever_a_complainant_wishes(move: str) -> None:
    assert made(a_case("under_investigation"), move).to_stage.startswith("closed_")
    case = after(a_case_of(a_charge("withdrawn_6a")), "reinvestigate")

    assert case.stage == "under_investigation"
    assert refused(case, move).code == "npa_decides"
    assert refused(a_case_of(a_charge("trial", pleaded=True)), move).code == "wrong_stage"


# --- plea, verdict, diversion ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "plea", "verdict_on", "carries"),
    [
        ("pleaded", "guilty", "s112", True),
        ("pleaded", "guilty", "s105A", True),
        ("pleaded", "guilty", "trial", False),
        ("pleaded", "not_guilty", "s112", False),
        ("pleaded", "not_guilty", "s105A", False),
        ("judgment", "not_guilty", "trial", True),
        ("judgment", "guilty", "trial", True),
        ("judgment", "guilty", "s112", False),
        ("judgment", "guilty", "s105A", False),
    ],
)
def test_a_conviction_rests_on_what_happened(stage: str, plea: str, verdict_on: str, carries: bool) -> None:
    case = a_case_of(a_charge(stage, pleaded=True, plea=plea))

    if carries:
        assert made(case, "convict", verdict_on=verdict_on).to_stage == "convicted"
    else:
        assert refused(case, "convict", verdict_on=verdict_on).code == "plea_does_not_carry_it"


def test_a_plea_is_kept_on_its_charge() -> None:
    case = after(a_case_of(a_charge("on_roll")), "plead", plea="not_guilty")

    assert [(one.pleaded, one.plea, one.came_from) for one in case.charges or ()] == [
        (True, "not_guilty", "on_roll")
    ]


def test_only_a_child_is_diverted_under_the_child_justice_act() -> None:
    adult, child = a_charge("on_roll"), a_charge("on_roll", 2, child=True)

    assert refused(a_case_of(adult, child), "divert", reason="child_justice_act").code == "not_a_child"
    assert after(a_case_of(adult, child), "divert", reason="child_justice_act", of="2").stage == "on_roll"
    assert after(a_case_of(adult), "divert", reason="adult_dispute_resolution").stage == "diverted"


# --- coming back and dates ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("away", "back", "home"),
    [
        *(("postpone", "call_again", home) for home in ("on_roll", "pleaded", "trial", "judgment")),
        *(("issue_warrant", "warrant_executed", home) for home in ("on_roll", "pleaded", "trial")),
        *(("refer_s77", "found_fit", home) for home in ("on_roll", "pleaded")),
    ],
)
@pytest.mark.parametrize("pleaded", [True, False])
def test_a_charge_returns_to_where_it_came_from_and_keeps_its_plea(
    away: str, back: str, home: str, pleaded: bool
) -> None:
    gone = after(a_case_of(a_charge(home, pleaded=pleaded, plea="guilty" if pleaded else None)), away)
    assert [one.came_from for one in gone.charges or ()] == [home]

    came = after(gone, back)
    assert (came.stage, [one.pleaded for one in came.charges or ()]) == (home, [pleaded])


def test_two_accused_who_were_postponed_together_return_each_to_their_own() -> None:
    case = a_case_of(a_charge("on_roll", 1), a_charge("trial", 2, pleaded=True))

    assert stages(after(after(case, "postpone"), "call_again")) == ["on_roll", "trial"]


def test_a_charge_that_came_from_elsewhere_has_nowhere_to_return_to() -> None:
    assert refused(a_case_of(a_charge("postponed")), "call_again").code == "wrong_stage"
    assert refused(a_case_of(a_charge("s77_78", came_from="trial")), "found_fit").code == "wrong_stage"


@pytest.mark.parametrize(
    ("move", "stage", "day", "code"),
    [
        ("postpone", "on_roll", "2026-11-15", "date_not_ahead"),
        ("postpone", "on_roll", "2026-11-16", "date_not_ahead"),
        ("postpone", "on_roll", "2026-11-17", None),
        ("place_on_roll", "enrolled", "2026-11-15", "date_not_ahead"),
        ("place_on_roll", "enrolled", "2026-11-16", None),
        ("place_on_roll", "enrolled", "2026-02-30", "unknown_detail"),
        ("place_on_roll", "enrolled", "2026-13-01", "unknown_detail"),
        ("place_on_roll", "enrolled", "tomorrow", "unknown_detail"),
    ],
)
def test_the_next_day_in_court_lies_ahead(move: str, stage: str, day: str, code: str | None) -> None:
    case = a_case_of(a_charge(stage))
    if code is None:
        decision = made(case, move, next_date=day)
        assert decision.carried is not None
        assert decision.carried.next_date == date.fromisoformat(day)
    else:
        assert refused(case, move, next_date=day).code == code


def test_an_item_cannot_be_wanted_by_a_day_that_no_calendar_has() -> None:
    case = a_case("to_prosecutor")

    assert made(case, "return_docket", items="j88,dna_report:2027-02-28").to_stage == "returned_to_saps"
    assert refused(case, "return_docket", items="j88,dna_report:2027-02-30").code == "unknown_detail"


def test_a_case_waits_for_the_earliest_day_of_those_that_wait_for_one() -> None:
    early, late = date(2026, 11, 20), date(2026, 12, 1)
    case = a_case_of(
        a_charge("withdrawn_6a", 1, next_date=early),
        a_charge("on_roll", 2),
        a_charge("trial", 3, next_date=late),
    )
    carried = made(case, "postpone", of="2", next_date="2027-01-15").carried

    assert carried is not None
    assert carried.next_date == late
    gone = made(a_case_of(a_charge("on_roll", next_date=early)), "withdraw_6a").carried
    assert gone is not None
    assert gone.next_date is None


# --- which charges -----------------------------------------------------------------------------------

THREE = (a_charge("on_roll", 1, 1), a_charge("on_roll", 1, 2), a_charge("trial", 2, 1, pleaded=True))


@pytest.mark.parametrize(
    ("of", "chosen"),
    [
        (None, [(1, 1), (1, 2)]),
        ("1", [(1, 1), (1, 2)]),
        ("1.2", [(1, 2)]),
        ("1.2,1.1", [(1, 1), (1, 2)]),
        ("1,1.1", [(1, 1), (1, 2)]),
    ],
)
def test_a_move_is_about_the_charges_that_are_named_or_all_that_can_make_it(
    of: str | None, chosen: list[tuple[int, int]]
) -> None:
    found = choose(THREE, workflow_rules.transition("plead"), of)

    assert [(one.accused, one.count) for one in found] == chosen


@pytest.mark.parametrize(
    ("of", "move", "code"),
    [
        ("3", "plead", "unknown_charge"),
        ("1.3", "plead", "unknown_charge"),
        ("1,3", "plead", "unknown_charge"),
        ("2", "plead", "wrong_stage"),
        ("1,2", "plead", "wrong_stage"),
        ("2", "begin_trial", "already_there"),
        ("0", "plead", "unknown_detail"),
        ("1.", "plead", "unknown_detail"),
        ("all", "plead", "unknown_detail"),
    ],
)
def test_a_charge_that_is_unknown_or_stands_elsewhere_is_refused(of: str, move: str, code: str) -> None:
    case = a_case_of(*THREE, *((a_charge("pleaded", 4),) if move == "begin_trial" else ()))

    assert refused(case, move, of=of).code == code


def test_what_an_enrolment_lays_always_goes_with_it_whichever_known_charges_it_names() -> None:
    case = a_case("to_prosecutor", a_charge("to_prosecutor"), a_charge("to_prosecutor", accused=2))
    decision = made(case, "enrol", charges="3=murder", of="1")
    assert decision.carried is not None

    assert [after.accused for _, after in decision.carried.moved] == [1, 3]
    assert {after.next_date for _, after in decision.carried.moved} == {date.fromisoformat(DAY_IN_COURT)}


# --- laying charges ----------------------------------------------------------------------------------


def test_an_enrolment_lays_a_charge_for_each_accused_and_each_count() -> None:
    found = laid({"charges": "2=murder,murder;1=arson", "children": "1"}, ())

    assert [(one.accused, one.count, one.offence, one.child) for one in found] == [
        (2, 1, "murder", False),
        (2, 2, "murder", False),
        (1, 1, "arson", True),
    ]
    assert {(one.stage, one.id, one.pleaded, one.locked) for one in found} == {
        ("to_prosecutor", None, False, False)
    }


def test_further_counts_are_numbered_after_those_that_stand() -> None:
    known = (a_charge("to_prosecutor", 1, 1), a_charge("on_roll", 1, 2))

    assert [(one.accused, one.count) for one in laid({"charges": "1=arson;2=arson"}, known)] == [
        (1, 3),
        (2, 1),
    ]
    assert laid({}, known) == ()


@pytest.mark.parametrize(
    ("details", "known", "code"),
    [
        ({}, (), "charges_missing"),
        ({"children": "1"}, (a_charge("to_prosecutor"),), "charges_missing"),
        ({"charges": "1=murder;1=arson"}, (), "charge_doubled"),
        ({"charges": "1=murder", "children": "2"}, (), "unknown_charge"),
    ],
)
def test_charges_that_do_not_hold_together_are_refused(
    details: dict[str, str], known: tuple[Charge, ...], code: str
) -> None:
    with pytest.raises(TransitionRefused) as caught:
        laid(details, known)
    assert caught.value.code == code


# --- whatever charges a case has -----------------------------------------------------------------------

MOVES = [move for move in DECLARATION.transitions if move.sources]
HOMES = ("on_roll", "pleaded", "trial", "judgment")


@st.composite
def some_charges(draw: st.DrawFn) -> tuple[Charge, ...]:
    """One to four charges, each at any stage, with any past."""
    standing_at: dict[str, Any] = {
        "stage": st.sampled_from(CHARGE_STAGES),
        "child": st.booleans(),
        "came_from": st.sampled_from(HOMES),
        "pleaded": st.booleans(),
        "plea": st.sampled_from(["guilty", "not_guilty"]),
        "locked": st.booleans(),
    }
    drawn = draw(st.lists(st.fixed_dictionaries(standing_at), min_size=1, max_size=4))
    return tuple(a_charge(accused=number, **one) for number, one in enumerate(drawn, 1))


def tried(case: CaseState, move: Transition, of: str | None, paper: bool) -> Decision | None:
    given = ({"of": of} if of and "of" in move.may else {}) | (
        PAPER if paper and "dpp_ref" in move.may else {}
    )
    at = "judgment" if "judgment" in {one.stage for one in case.charges or ()} else None
    try:
        return decide(case, move.id, an_actor(move.roles[0]), details_for(move, at) | given, TODAY)
    except TransitionRefused:
        return None


@given(some_charges(), st.sampled_from(["1", "2", "1,2", "2,3", None]), st.booleans())
def test_a_case_goes_along_no_edge_but_those_that_are_listed(
    charges: tuple[Charge, ...], of: str | None, paper: bool
) -> None:
    case, edges = a_case_of(*charges), set(workflow_rules.case_edges())
    for move in MOVES:
        decision = tried(case, move, of, paper)
        if decision is not None and decision.carried is not None:
            assert (move.id, case.stage, decision.to_stage) in edges
            for before, now in decision.carried.moved:
                assert (move.id, before.stage, now.stage) in workflow_rules.charge_edges()


@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from(["1", "2", None]), st.booleans()), max_size=40))
def test_on_no_walk_is_a_plea_lost_or_a_lock_got_round(steps: list[tuple[int, str | None, bool]]) -> None:
    case = after(a_case("to_prosecutor"), "enrol", charges="1=murder,arson;2=murder", children="2")
    for number, of, paper in steps:
        moves = sorted({move.id for stage in stages(case) for move in workflow_rules.allowed(stage)})
        if not moves:
            return
        move = workflow_rules.transition(moves[number % len(moves)])
        decision = tried(case, move, of, paper)
        if decision is None:
            continue
        assert decision.carried is not None
        for before, now in decision.carried.moved:
            keeps_the_law(before, now, paper=paper)
        case = a_case(decision.to_stage, *decision.carried.standing)


def keeps_the_law(before: Charge, now: Charge, *, paper: bool) -> None:
    """What no move may do to a charge, whatever its name."""
    assert now.pleaded >= before.pleaded
    if before.pleaded:
        assert now.stage not in ("withdrawn_6a", "struck_342a", "struck_informal", "nolle_prosequi")
    if before.locked and not paper:
        assert now.locked
        assert now.stage not in ON_THE_ROLL
    assert before.stage not in FINALS
