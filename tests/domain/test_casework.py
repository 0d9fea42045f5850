"""Every move by every role from every stage: allowed exactly where the declaration says so."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import CaseState, Decision, decide, needs_second, opening
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.events import EVENT_TYPES
from hectis_flow.domain.workflow import DECLARATION, TRANSITIONS
from hectis_flow.domain.workflow_checks import FACTS
from hectis_flow.domain.workflow_shapes import NOWHERE, Transition
from tests.domain.details import (
    TODAY,
    a_case,
    a_case_for,
    a_charge,
    all_details_for,
    an_actor,
    details_for,
)

ROLES = [role.name for role in DECLARATION.roles]
STAGES = [stage.name for stage in DECLARATION.stages]
MOVES = [move.id for move in TRANSITIONS]


def refusal(case: CaseState, move: str, role: str, details: dict[str, str]) -> TransitionRefused:
    with pytest.raises(TransitionRefused) as caught:
        decide(case, move, an_actor(role), details, TODAY)
    return caught.value


@pytest.mark.parametrize(
    ("move", "role"),
    list(itertools.product(TRANSITIONS, ROLES)),
    ids=lambda value: getattr(value, "id", value),
)
def test_a_role_makes_a_move_exactly_where_it_is_declared(move: Transition, role: str) -> None:
    for stage in STAGES:
        case, details = a_case_for(move, stage), details_for(move, stage)
        if role in move.roles and stage in move.sources:
            decision = decide(case, move.id, an_actor(role), details, TODAY)
            assert (decision.transition, decision.from_stage) == (move.id, stage)
            assert decision.to_stage == move.targets[-1]
        else:
            code = refusal(case, move.id, role, details).code
            there = "already_there" if stage == move.target else "wrong_stage"
            assert code == ("role_not_allowed" if role not in move.roles else there)


@pytest.mark.parametrize("move", [move for move in TRANSITIONS if move.back], ids=lambda move: move.id)
def test_a_move_of_return_leads_to_each_stage_it_names(move: Transition) -> None:
    for source, home in itertools.product(move.sources, move.back):
        case = a_case(source, a_charge(source, came_from=home))
        decision = decide(case, move.id, an_actor(move.roles[0]), details_for(move), TODAY)
        assert decision.to_stage == home


@pytest.mark.parametrize("move", [move for move in TRANSITIONS if move.sources], ids=lambda move: move.id)
def test_everything_that_a_move_may_carry_is_accepted(move: Transition) -> None:
    for stage in move.sources:
        details = all_details_for(move, stage)
        decision = decide(a_case_for(move, stage), move.id, an_actor(move.roles[0]), details, TODAY)
        assert decision.details == details


@pytest.mark.parametrize("move", [move for move in TRANSITIONS if move.sources], ids=lambda move: move.id)
def test_a_detail_that_a_move_does_not_take_is_refused(move: Transition) -> None:
    case, taken = a_case_for(move, move.sources[0]), (*move.needs, *move.may)
    details = details_for(move, move.sources[0])
    strangers = [detail.name for detail in DECLARATION.details if detail.name not in taken] + ["note"]
    for name in strangers:
        if name == "second" and move.second:
            continue
        error = refusal(case, move.id, move.roles[0], details | {name: "staff-18"})
        assert error.code == "unknown_detail"


# A person's number has the form of a list of codes, and is none.
NUMBERS = ("8001015009087", "0821234567,0821234567", "1=8001015009087", "1=murder,9murder", "j88,_j88")


@pytest.mark.parametrize("move", [move for move in TRANSITIONS if move.sources], ids=lambda move: move.id)
def test_a_value_beyond_its_codes_or_its_form_is_refused(move: Transition) -> None:
    case, details = a_case_for(move, move.sources[0]), all_details_for(move, move.sources[0])
    expected = {"disclosure_basis": "unknown_basis", "reason": "unknown_reason"}
    for name in details:
        codes = workflow_rules.codes(move, name)
        for wrong in ("Jo Soap", "/", "x" * 99, *(NUMBERS if codes else ())):
            error = refusal(case, move.id, move.roles[0], details | {name: wrong})
            other = "unknown_code" if codes else "unknown_detail"
            assert error.code == expected.get(name, other), (name, wrong)


@pytest.mark.parametrize("role", ROLES)
def test_only_the_feed_opens_a_case(role: str) -> None:
    if role == "feed":
        assert opening(an_actor(role)) == Decision("open", NOWHERE, "recorded", {}, ("case.opened",))
    else:
        with pytest.raises(TransitionRefused) as caught:
            opening(an_actor(role))
        assert caught.value.code == "role_not_allowed"


@pytest.mark.parametrize(
    ("fact", "code", "told"),
    [
        ("station", "precinct_unresolved", "Choose the precinct"),
        ("items_cured", "items_outstanding", "Settle each outstanding item"),
        ("lapse_due", "too_early", "18 months after the removal"),
    ],
)
def test_what_a_move_requires_of_its_case_is_said_with_what_to_do(fact: str, code: str, told: str) -> None:
    moves = [move for move in TRANSITIONS if fact in move.requires]
    assert moves
    for move in moves:
        case = replace(a_case_for(move, move.sources[0]), facts=FACTS - {fact})
        error = refusal(case, move.id, move.roles[0], details_for(move))
        assert error.code == code
        assert told in error.message


def test_an_opening_may_name_its_message_and_nothing_else() -> None:
    assert opening(an_actor("feed"), {"message_id": "12"}).details == {"message_id": "12"}
    with pytest.raises(TransitionRefused) as caught:
        opening(an_actor("feed"), {"reason": "visit_cancelled"})
    assert caught.value.code == "unknown_detail"


def test_a_decision_carries_what_has_to_be_written() -> None:
    details = {"disclosure_basis": "consent_written", "document_ref": "CONSENT/2026-14"}
    assert decide(a_case(), "basis_recorded", an_actor(), details, TODAY) == Decision(
        "basis_recorded", "awaiting_basis", "referral_ready", details, ("case.stage_entered",)
    )


def test_a_decision_keeps_its_own_copy_of_the_details() -> None:
    details = {"disclosure_basis": "consent_written"}
    decision = decide(a_case(), "basis_recorded", an_actor(), details, TODAY)
    details["disclosure_basis"] = "none"
    assert decision.details == {"disclosure_basis": "consent_written"}


def test_every_event_a_decision_names_is_declared() -> None:
    names = {kind.name for kind in EVENT_TYPES}
    assert set(opening(an_actor("feed")).events) <= names
    for move in TRANSITIONS:
        for stage in move.sources:
            details = details_for(move, stage)
            decision = decide(a_case_for(move, stage), move.id, an_actor(move.roles[0]), details, TODAY)
            assert set(decision.events) <= names


@pytest.mark.parametrize("move", [m for m in TRANSITIONS if m.needs and m.sources], ids=lambda m: m.id)
def test_a_needed_detail_that_is_absent_or_empty_is_asked_for_by_name(move: Transition) -> None:
    case, sound = a_case_for(move, move.sources[0]), details_for(move, move.sources[0])
    for name in move.needs:
        others = {other: value for other, value in sound.items() if other != name}
        for details in (others, sound | {name: ""}):
            error = refusal(case, move.id, move.roles[0], details)
            assert error.code == "missing_detail"
            assert f"'{name}'" in error.message


@pytest.mark.parametrize(
    ("stage", "move", "role", "details", "code"),
    [
        ("recorded", "refer_to_moon", "feed", {}, "unknown_transition"),
        ("recorded", "open", "feed", {}, "already_there"),
        ("classified", "open", "feed", {}, "wrong_stage"),
        (
            "awaiting_basis",
            "basis_recorded",
            "facility_liaison",
            {"disclosure_basis": "rumour"},
            "unknown_basis",
        ),
        (
            "awaiting_basis",
            "basis_recorded",
            "facility_liaison",
            {"disclosure_basis": "none"},
            "unknown_basis",
        ),
        (
            "awaiting_basis",
            "basis_recorded",
            "facility_liaison",
            {"disclosure_basis": "S110"},
            "unknown_basis",
        ),
        ("classified", "mandatory_report", "rule", {"disclosure_basis": "consent_written"}, "unknown_basis"),
        (
            "referral_ready",
            "consent_withdrawn",
            "facility_liaison",
            {"disclosure_basis": "s54"},
            "unknown_basis",
        ),
        ("recorded", "void", "feed", {"reason": "tired"}, "unknown_reason"),
        ("classified", "await_basis", "rule", {"reason": "visit_cancelled"}, "unknown_detail"),
        ("classified", "await_basis", "rule", {"note": "free text"}, "unknown_detail"),
        ("classified", "await_basis", "rule", {"message_id": "0"}, "unknown_detail"),
        ("classified", "await_basis", "rule", {"message_id": "12\n"}, "unknown_detail"),
    ],
)
def test_each_refusal_has_its_own_code(
    stage: str, move: str, role: str, details: dict[str, str], code: str
) -> None:
    assert refusal(a_case(stage), move, role, details).code == code


@pytest.mark.parametrize(
    "reference", ["8001015009087", "form 0821234567", "REF-0821234567", "Jo Soap", "", "é", "x" * 41, "/x"]
)
def test_a_document_reference_has_no_room_for_a_person(reference: str) -> None:
    details = {"disclosure_basis": "consent_written", "document_ref": reference}
    assert refusal(a_case(), "basis_recorded", "facility_liaison", details).code == "unknown_detail"


def test_a_stranger_learns_nothing_of_where_the_case_stands() -> None:
    sentences = {refusal(a_case(s), "void", "prosecutor", {}).message for s in STAGES}
    assert len(sentences) == 1


def test_an_anonymous_case_that_was_closed_comes_back_on_consent() -> None:
    details = {"disclosure_basis": "consent_written"}
    decision = decide(a_case("closed_anonymous"), "reopen_anonymous", an_actor(), details, TODAY)
    assert decision.to_stage == "referral_ready"


def test_a_code_of_violence_that_returns_brings_the_case_back_to_be_asked_about_again() -> None:
    details = {"reason": "external_cause_code", "message_id": "12"}
    decision = decide(a_case("closed_no_violence"), "reopen_violence", an_actor("feed"), details, TODAY)
    assert decision.to_stage == "classified"


@given(
    move=st.one_of(st.sampled_from(MOVES), st.text()),
    role=st.one_of(st.sampled_from(ROLES), st.text()),
    details=st.dictionaries(st.one_of(st.sampled_from(["reason", "disclosure_basis"]), st.text()), st.text()),
)
def test_no_refusal_repeats_what_a_caller_wrote(move: str, role: str, details: dict[str, str]) -> None:
    marked = {name: f"Zq{value}" for name, value in details.items()} | {"Zq": "Zq"}
    asked = move if move in MOVES else f"Zq{move}"
    role = role if role in ROLES else f"Zq{role}"
    for stage in STAGES:
        error = refusal(a_case(stage), asked, role, marked)
        assert "Zq" not in str(error)
        assert error.message[0].isupper()
        assert error.message.endswith(".")


ENROLLED = {"charges": "1=murder,firearm_possession;2=murder", "children": "2"}


@given(st.lists(st.tuples(st.sampled_from(TRANSITIONS), st.sampled_from(ROLES)), max_size=60))
def test_no_walk_leaves_the_declared_road(attempts: list[tuple[Transition, str]]) -> None:
    case, edges = a_case(opening(an_actor("feed")).to_stage), set(workflow_rules.case_edges())
    for move, role in attempts:
        details = details_for(move, case.stage) | (
            ENROLLED if move.id == "enrol" and not case.charges else {}
        )
        try:
            decision = decide(case, move.id, an_actor(role), details, TODAY)
        except TransitionRefused:
            continue
        assert (decision.transition, case.stage, decision.to_stage) in edges
        case = walked(case, decision)
    assert case.stage in STAGES


def walked(case: CaseState, decision: Decision) -> CaseState:
    """The case after this decision."""
    if decision.carried is None:
        return replace(case, stage=decision.to_stage)
    return replace(case, stage=decision.to_stage, charges=decision.carried.standing)


# --- charges and second persons --------------------------------------------------------------------------


@pytest.mark.parametrize("move", [m for m in TRANSITIONS if m.sources], ids=lambda move: move.id)
def test_nothing_goes_to_court_before_somebody_is_charged(move: Transition) -> None:
    for stage in move.sources:
        to = [workflow_rules.stage(name) for name in move.targets]
        at_court = workflow_rules.stage(stage).phase == "court"
        if any(one.phase == "court" and (at_court or not one.end) for one in to):
            code = "charges_missing" if move.id == "enrol" else "not_charged"
            assert refusal(a_case(stage), move.id, move.roles[0], details_for(move, stage)).code == code


@pytest.mark.parametrize("move", ["lapse_nolle", "finalise_elsewhere", "abate"])
def test_a_matter_that_was_never_enrolled_can_end(move: str) -> None:
    declared = workflow_rules.transition(move)
    case = a_case("nolle_prosequi")

    assert (
        decide(case, move, an_actor(declared.roles[0]), details_for(declared), TODAY).to_stage
        == declared.target
    )


SECONDED = {
    *("link_existing", "close_no_case", "complete_diversion", "abate"),
    *("lapse", "lapse_refused", "lapse_nolle", "finalise_elsewhere"),
}


def test_what_ends_a_case_on_one_persons_word_wants_a_second_one() -> None:
    assert {
        m.id
        for m in TRANSITIONS
        if needs_second(m.id, an_actor(), details_for(m, m.sources[0]) if m.sources else {})
    } == SECONDED


@pytest.mark.parametrize("move", ["basis_recorded", "reopen_anonymous"])
@pytest.mark.parametrize(
    ("basis", "wanted"),
    [
        ("consent_written", False),
        ("s54", False),
        ("court_order", True),
        ("serious_threat_public_health", True),
    ],
)
def test_only_a_basis_that_overrides_the_patient_wants_a_second_person(
    move: str, basis: str, wanted: bool
) -> None:
    assert needs_second(move, an_actor(), {"disclosure_basis": basis}) is wanted
    assert not needs_second(move, an_actor("feed"), {"disclosure_basis": basis})
    decide_with = {"disclosure_basis": basis, "second": "staff-18"}
    source = workflow_rules.transition(move).sources[0]
    assert decide(a_case(source), move, an_actor(), decide_with, TODAY).details["second"] == "staff-18"


@pytest.mark.parametrize("second", ["", "8001015009087", "Jo Soap", "x"])
def test_a_second_person_is_named_by_a_staff_code(second: str) -> None:
    details = {"other_case": "WC-2026-000007", "reason": "same_incident", "second": second}
    assert refusal(a_case("acknowledged"), "link_existing", "saps_liaison", details).code == "unknown_detail"
