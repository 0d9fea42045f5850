"""Every move by every role from every stage: allowed exactly where the declaration says so."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hectis_flow.domain import workflow_rules
from hectis_flow.domain.casework import Actor, CaseState, Decision, decide, opening
from hectis_flow.domain.errors import TransitionRefused
from hectis_flow.domain.events import EVENT_TYPES
from hectis_flow.domain.workflow import DECLARATION, TRANSITIONS
from hectis_flow.domain.workflow_shapes import NOWHERE, Transition

ROLES = [role.name for role in DECLARATION.roles]
STAGES = [stage.name for stage in DECLARATION.stages]
MOVES = [move.id for move in TRANSITIONS]
FORMS = {
    "document_ref": "CONSENT/2026-14",
    "message_id": "4711",
    "cas_number": "nyanga|95|07|2026",
    "other_case": "WC-2026-000007",
    "consent_scope": "identity,scene",
}


def a_case(stage: str = "awaiting_basis") -> CaseState:
    return CaseState(id=1, ref="WC-2026-000123", stage=stage, version=3, facts=frozenset({"station"}))


def an_actor(role: str = "facility_liaison") -> Actor:
    return Actor(role=role, office_id=5, name="staff-17")


def details_for(move: Transition) -> dict[str, str]:
    return {name: (workflow_rules.codes(move, name) or (FORMS.get(name, ""),))[0] for name in move.needs}


def refusal(case: CaseState, move: str, actor: Actor, details: dict[str, str]) -> TransitionRefused:
    with pytest.raises(TransitionRefused) as caught:
        decide(case, move, actor, details)
    return caught.value


@pytest.mark.parametrize(
    ("move", "role"),
    list(itertools.product(TRANSITIONS, ROLES)),
    ids=lambda value: getattr(value, "id", value),
)
def test_a_role_makes_a_move_exactly_where_it_is_declared(move: Transition, role: str) -> None:
    for stage in STAGES:
        allowed = role in move.roles and stage in move.sources
        if allowed:
            decision = decide(a_case(stage), move.id, an_actor(role), details_for(move))
            assert (decision.transition, decision.from_stage, decision.to_stage) == (
                move.id,
                stage,
                move.target,
            )
        else:
            code = refusal(a_case(stage), move.id, an_actor(role), details_for(move)).code
            there = "already_there" if stage == move.target else "wrong_stage"
            assert code == ("role_not_allowed" if role not in move.roles else there)


@pytest.mark.parametrize("role", ROLES)
def test_only_the_feed_opens_a_case(role: str) -> None:
    if role == "feed":
        assert opening(an_actor(role)) == Decision("open", NOWHERE, "recorded", {}, ("case.opened",))
    else:
        with pytest.raises(TransitionRefused) as caught:
            opening(an_actor(role))
        assert caught.value.code == "role_not_allowed"


@pytest.mark.parametrize("move", [m for m in TRANSITIONS if m.requires], ids=lambda m: m.id)
def test_a_referral_without_a_resolved_precinct_is_refused_with_what_to_do(move: Transition) -> None:
    case = CaseState(id=1, ref="WC-2026-000123", stage=move.sources[0], version=3)
    error = refusal(case, move.id, an_actor(move.roles[0]), details_for(move))
    assert error.code == "precinct_unresolved"
    assert "Choose the precinct" in error.message


def test_an_opening_may_name_its_message_and_nothing_else() -> None:
    assert opening(an_actor("feed"), {"message_id": "12"}).details == {"message_id": "12"}
    with pytest.raises(TransitionRefused) as caught:
        opening(an_actor("feed"), {"reason": "visit_cancelled"})
    assert caught.value.code == "unknown_detail"


def test_a_decision_carries_what_has_to_be_written() -> None:
    details = {"disclosure_basis": "consent_written", "document_ref": "CONSENT/2026-14"}
    assert decide(a_case(), "basis_recorded", an_actor(), details) == Decision(
        "basis_recorded", "awaiting_basis", "referral_ready", details, ("case.stage_entered",)
    )


def test_a_decision_keeps_its_own_copy_of_the_details() -> None:
    details = {"disclosure_basis": "consent_written"}
    decision = decide(a_case(), "basis_recorded", an_actor(), details)
    details["disclosure_basis"] = "none"
    assert decision.details == {"disclosure_basis": "consent_written"}


def test_every_event_a_decision_names_is_declared() -> None:
    names = {kind.name for kind in EVENT_TYPES}
    assert set(opening(an_actor("feed")).events) <= names
    for move in TRANSITIONS:
        for stage in move.sources:
            decision = decide(a_case(stage), move.id, an_actor(move.roles[0]), details_for(move))
            assert set(decision.events) <= names


@pytest.mark.parametrize("move", [m for m in TRANSITIONS if m.needs and m.sources], ids=lambda m: m.id)
def test_a_needed_detail_that_is_absent_or_empty_is_asked_for_by_name(move: Transition) -> None:
    for name in move.needs:
        others = {other: value for other, value in details_for(move).items() if other != name}
        for details in (others, details_for(move) | {name: ""}):
            error = refusal(a_case(move.sources[0]), move.id, an_actor(move.roles[0]), details)
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
    assert refusal(a_case(stage), move, an_actor(role), details).code == code


@pytest.mark.parametrize(
    "reference", ["8001015009087", "form 0821234567", "REF-0821234567", "Jo Soap", "", "é", "x" * 41, "/x"]
)
def test_a_document_reference_has_no_room_for_a_person(reference: str) -> None:
    details = {"disclosure_basis": "consent_written", "document_ref": reference}
    assert refusal(a_case(), "basis_recorded", an_actor(), details).code == "unknown_detail"


def test_a_stranger_learns_nothing_of_where_the_case_stands() -> None:
    sentences = {refusal(a_case(s), "void", an_actor("prosecutor"), {}).message for s in STAGES}
    assert len(sentences) == 1


def test_an_anonymous_case_that_was_closed_comes_back_on_consent() -> None:
    decision = decide(
        a_case("closed_anonymous"), "reopen_anonymous", an_actor(), {"disclosure_basis": "consent_written"}
    )
    assert decision.to_stage == "referral_ready"


def test_a_code_of_violence_that_returns_brings_the_case_back_to_be_asked_about_again() -> None:
    details = {"reason": "external_cause_code", "message_id": "12"}
    decision = decide(a_case("closed_no_violence"), "reopen_violence", an_actor("feed"), details)
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
        error = refusal(a_case(stage), asked, an_actor(role), marked)
        assert "Zq" not in str(error)
        assert error.message[0].isupper()
        assert error.message.endswith(".")


@given(st.lists(st.tuples(st.sampled_from(TRANSITIONS), st.sampled_from(ROLES)), max_size=40))
def test_no_walk_leaves_the_declared_road(attempts: list[tuple[Transition, str]]) -> None:
    stage, edges = opening(an_actor("feed")).to_stage, set(workflow_rules.edges())
    for move, role in attempts:
        try:
            decision = decide(a_case(stage), move.id, an_actor(role), details_for(move))
        except TransitionRefused:
            continue
        assert (decision.transition, stage, decision.to_stage) in edges
        stage = decision.to_stage
    assert stage in STAGES
