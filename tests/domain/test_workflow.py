"""The declaration holds what domain.md says, and every check refuses the fault it is there for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hectis_flow.domain import events, workflow_rules
from hectis_flow.domain.errors import DeclarationError, TransitionRefused
from hectis_flow.domain.events import Event, EventType
from hectis_flow.domain.workflow import (
    BASES,
    DECLARATION,
    LAWFUL_BASES,
    MANDATORY_BASES,
    TRANSITIONS,
    WORKFLOW_VERSION,
)
from hectis_flow.domain.workflow_checks import CHECKS, check
from hectis_flow.domain.workflow_shapes import NOWHERE, Declaration, Duty, Role, Stage, Transition

Break = Callable[[Declaration], Declaration]


def with_stage(which: str, **changes: Any) -> Break:
    def broken(declaration: Declaration) -> Declaration:
        stages = tuple(replace(s, **changes) if s.name == which else s for s in declaration.stages)
        return replace(declaration, stages=stages)

    return broken


def with_move(which: str, **changes: Any) -> Break:
    def broken(declaration: Declaration) -> Declaration:
        moves = tuple(replace(m, **changes) if m.id == which else m for m in declaration.transitions)
        return replace(declaration, transitions=moves)

    return broken


def plus_stage(*stages: Stage) -> Break:
    return lambda declaration: replace(declaration, stages=declaration.stages + stages)


def plus_move(*moves: Transition) -> Break:
    return lambda declaration: replace(declaration, transitions=declaration.transitions + moves)


def both(first: Break, second: Break) -> Break:
    return lambda declaration: second(first(declaration))


def without_opening(declaration: Declaration) -> Declaration:
    return replace(declaration, transitions=tuple(m for m in declaration.transitions if m.sources))


EXTRA = Stage("lost", "hospital", "Lost", end=False, owner="facility", clock="lost")
SECOND_OPENING = Transition("open_twice", (), "classified", ("feed",), "Open again")
INTO_LOST = Transition("lose", ("recorded",), "lost", ("feed",), "Lose it")
OUT_OF_VOIDED = Transition("unvoid", ("voided",), "recorded", ("feed",), "Take it back")

BROKEN: list[tuple[str, Break, str]] = [
    ("phase twice", lambda d: replace(d, phases=(*d.phases, d.phases[0])), "'hospital' is declared twice"),
    (
        "role twice",
        lambda d: replace(d, roles=(*d.roles, Role("auditor", "x"))),
        "'auditor' is declared twice",
    ),
    ("basis twice", lambda d: replace(d, bases=(*d.bases, d.bases[1])), "'s110' is declared twice"),
    ("detail twice", lambda d: replace(d, details=(*d.details, d.details[1])), "'reason' is declared twice"),
    ("stage twice", lambda d: plus_stage(d.stages[0])(d), "'recorded' is declared twice"),
    ("move twice", lambda d: plus_move(d.transitions[1])(d), "'classify' is declared twice"),
    ("move id not snake_case", with_move("void", id="Void it"), "'Void it' is not written in snake_case"),
    ("stage not snake_case", with_stage("voided", name="Voided"), "'Voided' is not written in snake_case"),
    ("unknown phase", with_stage("voided", phase="prison"), "unknown phase, 'prison'"),
    ("unknown target", with_move("classify", target="sorted"), "'classify' names an unknown stage, 'sorted'"),
    (
        "unknown source",
        with_move("classify", sources=("filed",)),
        "'classify' names an unknown stage, 'filed'",
    ),
    ("source twice", with_move("void", sources=("recorded", "recorded")), "source of 'void' 'recorded'"),
    ("no initial stage", without_opening, "found: none"),
    ("two openings", plus_move(SECOND_OPENING), "found: open, open_twice"),
    ("unreachable", plus_stage(EXTRA), "No road leads to the stage 'lost'"),
    ("trap", both(plus_stage(EXTRA), plus_move(INTO_LOST)), "'lost' is a trap"),
    ("move out of an end", plus_move(OUT_OF_VOIDED), "'unvoid' leaves the end 'voided'"),
    (
        "a reopening of one end does not open another",
        with_move("reopen_anonymous", sources=("closed_anonymous", "voided")),
        "'reopen_anonymous' leaves the end 'voided'",
    ),
    (
        "reopening a stage that is no end",
        with_stage("recorded", reopens=("classify",)),
        "'recorded' is not an end",
    ),
    (
        "reopening by a stranger",
        with_stage("voided", reopens=("restore_visit", "classify")),
        "'voided' names 'classify'",
    ),
    ("empty role list", with_move("void", roles=()), "'void' lists no role"),
    ("unknown role", with_move("void", roles=("janitor",)), "'void' is given to an unknown role, 'janitor'"),
    ("role twice in a move", with_move("void", roles=("feed", "feed")), "role of 'void' 'feed'"),
    ("stage nobody owns", with_stage("recorded", owner="none"), "Nobody owns the stage 'recorded'"),
    ("end somebody owns", with_stage("voided", owner="station"), "The end 'voided' has an owner"),
    ("stage without a clock", with_stage("awaiting_basis", clock=None), "No clock runs at 'awaiting_basis'"),
    ("end with a clock", with_stage("voided", clock="idle"), "The end 'voided' waits for nobody"),
    (
        "task for a stranger",
        with_stage("referred", task=Duty("acknowledge_referral", "janitor")),
        "The task of 'referred' is given to an unknown role",
    ),
    ("link that leads nowhere", with_stage("referred", link="open_cas"), "'referred' names 'open_cas'"),
    ("rule that leads nowhere", with_stage("referral_ready", goes_on="appeal"), "goes on by 'appeal'"),
    ("told without a task", with_stage("referred", task=None), "'referred' tells its owner, but not what"),
    ("unknown requirement", with_move("refer", requires=("luck",)), "'refer' requires what no case has"),
    ("unknown need", with_move("open", needs=("shoe_size",)), "'open' names an unknown detail, 'shoe_size'"),
    ("unknown may", with_move("open", may=("shoe_size",)), "'open' names an unknown detail, 'shoe_size'"),
    ("detail needed and optional", with_move("void", may=("reason",)), "detail of 'void' 'reason'"),
    ("reason without codes", with_move("void", reasons=()), "'void' takes 'reason' but lists no code"),
    (
        "basis without codes",
        with_move("basis_recorded", bases=()),
        "takes 'disclosure_basis' but lists no code",
    ),
    ("codes for nothing", with_move("open", reasons=("whim",)), "'open' lists codes for 'reason'"),
    ("unknown basis", with_move("basis_recorded", bases=("rumour",)), "an unknown legal basis, 'rumour'"),
    ("end without a reason", with_move("void", needs=(), reasons=()), "'void' ends a case without a coded"),
]


def test_our_declaration_passes_every_check() -> None:
    check(DECLARATION)
    assert len(CHECKS) == len(set(CHECKS))


@pytest.mark.parametrize(("fault", "breaking", "sentence"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_declaration_is_refused_by_name(fault: str, breaking: Break, sentence: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        check(breaking(DECLARATION))
    assert sentence in caught.value.message
    assert caught.value.code == "declaration"


def test_every_check_refuses_at_least_one_broken_declaration() -> None:
    idle = {rule.__name__ for rule in CHECKS}
    for _, breaking, _ in BROKEN:
        broken = breaking(DECLARATION)
        for rule in CHECKS:
            try:
                rule(broken)
            except DeclarationError:
                idle.discard(rule.__name__)
                break
    assert idle == set()


def test_this_release_carries_the_first_stages_and_their_ends() -> None:
    stages = {stage.name: stage.end for stage in DECLARATION.stages}
    assert [name for name, end in stages.items() if not end] == [
        "recorded",
        "classified",
        "awaiting_basis",
        "anonymous_only",
        "referral_ready",
        "referred",
        "acknowledged",
        "returned_for_info",
        "no_case",
        "case_opened",
    ]
    assert [name for name, end in stages.items() if end] == [
        "voided",
        "closed_no_violence",
        "closed_anonymous",
        "linked_existing",
        "closed_no_case",
    ]
    assert DECLARATION.version == WORKFLOW_VERSION == 3
    assert [phase.name for phase in DECLARATION.phases] == ["hospital", "saps", "npa", "court"]


def test_a_case_begins_recorded_and_only_a_message_begins_it() -> None:
    assert workflow_rules.OPENING.target == "recorded"
    assert workflow_rules.OPENING.roles == ("feed",)


def test_every_stage_of_the_hospital_can_be_voided_by_the_feed_and_none_downstream() -> None:
    waiting = {s.name for s in DECLARATION.stages if not s.end and s.phase == "hospital"}
    void = workflow_rules.transition("void")
    assert set(void.sources) == waiting
    assert void.roles == ("feed",)


def test_only_a_move_with_a_lawful_basis_leads_to_a_referral() -> None:
    for move in TRANSITIONS:
        if move.target == "referral_ready":
            assert "disclosure_basis" in move.needs
            assert set(move.bases) <= set(LAWFUL_BASES)


def test_a_rule_without_a_person_acts_on_the_duties_of_the_law_alone() -> None:
    for move in TRANSITIONS:
        if move.target == "referral_ready" and "rule" in move.roles:
            assert move.bases == MANDATORY_BASES
    assert "classified" in workflow_rules.transition("mandatory_report").sources


def test_the_legal_bases_are_those_of_the_field() -> None:
    assert [basis.name for basis in BASES] == [
        "consent_written",
        "s110",
        "s54",
        "s2A",
        "s2B",
        "s26",
        "inquest",
        "court_order",
        "serious_threat_public_health",
        "none",
    ]
    assert {basis.name for basis in BASES} == {*LAWFUL_BASES, "none"}


def test_a_corrected_code_closes_nothing_by_itself_once_a_basis_stands() -> None:
    assert "referral_ready" not in workflow_rules.transition("close_no_violence").sources
    roles = {role.name: role for role in DECLARATION.roles}
    assert not any(roles[name].system for name in workflow_rules.transition("retract_referral").roles)


def test_police_prosecutors_observers_and_chairs_make_no_move_before_a_referral() -> None:
    hospital = {stage.name for stage in DECLARATION.stages if stage.phase == "hospital"}
    movers = {role for move in TRANSITIONS if hospital & set(move.sources) for role in move.roles}
    assert movers == {"feed", "rule", "facility_liaison", "health_data_steward"}


def test_police_alone_answer_a_referral_and_only_the_hospital_speaks_for_the_patient() -> None:
    for stage in ("referred", "acknowledged"):
        assert {role for move in workflow_rules.allowed(stage) for role in move.roles} == {"saps_liaison"}
    for stage in ("returned_for_info", "no_case"):
        roles = {role for move in workflow_rules.allowed(stage) for role in move.roles}
        assert roles <= {"facility_liaison", "rule"}


def test_nothing_is_sent_to_a_station_that_is_not_known() -> None:
    assert all("station" in move.requires for move in TRANSITIONS if move.target == "referred")


def test_edges_name_every_source_of_every_move_once_and_in_order() -> None:
    edges = workflow_rules.edges()
    assert list(edges) == sorted(set(edges))
    assert ("open", NOWHERE, "recorded") in edges
    assert len(edges) == sum(max(1, len(move.sources)) for move in TRANSITIONS)


def test_allowed_lists_what_may_leave_a_stage() -> None:
    assert [move.id for move in workflow_rules.allowed("closed_anonymous")] == ["reopen_anonymous"]
    assert [move.id for move in workflow_rules.allowed("closed_no_violence")] == ["reopen_violence"]
    assert [move.id for move in workflow_rules.allowed("recorded")] == ["classify", "void"]
    assert [move.id for move in workflow_rules.allowed("voided")] == ["restore_visit"]
    assert workflow_rules.allowed("nowhere at all") == ()


def test_unknown_names_are_refused_and_never_repeated() -> None:
    for ask, error in (
        (workflow_rules.stage, DeclarationError),
        (workflow_rules.detail, DeclarationError),
        (workflow_rules.transition, TransitionRefused),
    ):
        with pytest.raises(error) as caught:
            ask("8001015009087 of Someone")
        assert "8001015009087" not in str(caught.value)


def test_no_system_role_can_be_given_to_staff() -> None:
    assert {"rule", "feed"}.isdisjoint(workflow_rules.staff_roles())
    assert len(workflow_rules.staff_roles()) == 21


@pytest.mark.parametrize(
    ("types", "sentence"),
    [
        ((EventType("opened", "x", ("case_id",)),), "'opened' is not named"),
        ((EventType("case.opened", "x", ("case_id",)),) * 2, "'case.opened' is declared twice"),
        ((EventType("case.opened", "x", ()),), "'case.opened' names no row"),
        ((EventType("case.opened", "x", ("case_id", "case_id")),), "names one id twice"),
        ((EventType("case.opened", "x", ("patient_name",)),), "'patient_name', which is not an id"),
    ],
)
def test_a_broken_list_of_events_is_refused_by_name(types: tuple[EventType, ...], sentence: str) -> None:
    with pytest.raises(DeclarationError, match=sentence):
        events.check(types)


def test_an_event_takes_exactly_the_ids_it_declares() -> None:
    assert events.event("case.opened", case_id=7, history_id=9) == Event(
        "case.opened", {"case_id": 7, "history_id": 9}
    )
    for name, ids in (
        ("case.opened", {"case_id": 7}),
        ("case.opened", {"case_id": 7, "history_id": 9, "patient_id": 1}),
        ("case.opened", {"case_id": 7, "history_id": 0}),
        ("case.opened", {"case_id": 7, "history_id": True}),
        ("case.forgotten", {"case_id": 7}),
    ):
        with pytest.raises(DeclarationError):
            events.event(name, **ids)
