"""The declaration holds what domain.md says, and every check refuses the fault it is there for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hectis_flow.domain import events, removals, workflow_rules
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
from hectis_flow.domain.workflow_law import HEALTH_ROLES, NPA_ROLES, ROWS_6_TO_10, ROWS_13_TO_19, SAPS_ROLES
from hectis_flow.domain.workflow_shapes import NOWHERE, Barrier, Declaration, Duty, Role, Stage, Transition

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
    (
        "unknown return",
        with_move("call_again", back=("asleep",)),
        "'call_again' names an unknown stage, 'asleep'",
    ),
    ("stage on the roll without a clock", with_stage("trial", clock=None), "No clock runs at 'trial'"),
    (
        "removal with a task",
        with_stage("withdrawn_6a", tells=True),
        "'withdrawn_6a' tells its owner, but not",
    ),
    (
        "code twice",
        with_move("plead", coded=(("plea", ("guilty", "guilty")),)),
        "code of 'plea' at 'plead' 'guilty' is declared twice",
    ),
    (
        "codes for a stranger",
        with_move("abate", coded=(("plea", ("guilty",)),)),
        "'abate' lists codes for 'plea'",
    ),
    ("unknown second", with_move("basis_recorded", second=("whim",)), "wants a second person for: whim"),
    (
        "stage of charges twice",
        lambda d: replace(d, charge_stages=(*d.charge_stages, "trial")),
        "The stage of charges 'trial' is declared twice",
    ),
    (
        "unknown stage of charges",
        lambda d: replace(d, charge_stages=(*d.charge_stages, "asleep")),
        "A charge cannot stand at 'asleep'",
    ),
    (
        "removal to where no charge stands",
        with_move("close_undetected", removes=True),
        "'close_undetected' takes charges off the roll to where none can stand",
    ),
    (
        "return to where no charge stands",
        with_move("call_again", back=("on_roll", "case_opened")),
        "'call_again' leads charges back to where none can stand",
    ),
    (
        "removal without a cause",
        with_move("strike_342a", needs=("reason",), may=(), coded=()),
        "'strike_342a' takes charges off the roll without a coded cause",
    ),
    (
        "police in court",
        with_move("acquit", roles=("prosecutor", "station_commander")),
        "'acquit' lets station_commander write what is not theirs",
    ),
    (
        "prosecutor of dockets",
        with_move("close_undetected", roles=("prosecutor",)),
        "'close_undetected' lets prosecutor write",
    ),
    (
        "observer who writes",
        with_move("note_progress", roles=("watching_brief_official",)),
        "'note_progress' lets watching_brief_official write",
    ),
    (
        "police return a matter to the roll by the way it came",
        with_move("call_again", roles=("saps_liaison",)),
        "'call_again' lets saps_liaison write",
    ),
    (
        "barrier of strangers",
        lambda d: replace(d, barriers=(Barrier(("janitor",), ("trial",), "x"),)),
        "A barrier names what does not exist: janitor",
    ),
    (
        "barrier before nothing",
        lambda d: replace(d, barriers=(Barrier(("auditor",), ("asleep",), "x"),)),
        "A barrier names what does not exist: asleep",
    ),
    (
        "awaited twice",
        lambda d: replace(d, awaited=(*d.awaited, d.awaited[0])),
        "The thing awaited 'removal_saps' is declared twice",
    ),
    (
        "task of two things awaited",
        lambda d: replace(d, awaited=(*d.awaited, replace(d.awaited[0], kind="other"))),
        "The task 'cure_removal' is declared twice",
    ),
    (
        "awaited of a named office and of nobody there",
        lambda d: replace(d, awaited=(replace(d.awaited[0], owner="named"),)),
        "The task of 'removal_saps' is given to an unknown role",
    ),
    (
        "awaited of a stranger",
        lambda d: replace(d, awaited=(replace(d.awaited[0], task=Duty("sweep", "rule")),)),
        "The task of 'removal_saps' is given to an unknown role",
    ),
    (
        "exit twice",
        lambda d: replace(d, exits=(*d.exits, d.exits[0])),
        "The exit 'nolle_prosequi' is declared",
    ),
    (
        "exit to nowhere",
        lambda d: replace(d, exits=(replace(d.exits[0], stages=("asleep",)),)),
        "The exit 'nolle_prosequi' leads to an unknown stage, 'asleep'",
    ),
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


ROWS = """
    recorded classified awaiting_basis anonymous_only referral_ready referred acknowledged returned_for_info no_case
    case_opened under_investigation closed_undetected closed_unfounded closed_complainant_withdrew to_prosecutor
    returned_to_saps nolle_prosequi diverted enrolled on_roll postponed pleaded trial judgment closed_342a3d
    convicted transferred warrant_j50 s77_78 appeal withdrawn_6a struck_informal struck_342a
    reenrolment_requested refused reenrolled
"""
ENDS = """
    voided closed_no_violence closed_anonymous linked_existing closed_no_case diversion_completed sentenced
    acquitted discharged_174 stopped_6b special_verdict abated lapsed finalised_elsewhere
"""


EXITS = """
    nolle_prosequi returned_to_saps withdrawn_6a stopped_6b struck_342a struck_informal closed_342A3d discharged_174
    acquitted convicted diverted s77_78 warrant_j50 abated transferred
"""


def test_the_road_has_every_row_of_the_state_machine() -> None:
    stages = {stage.name: stage.end for stage in DECLARATION.stages}

    assert [name for name, end in stages.items() if not end] == ROWS.split()
    assert [name for name, end in stages.items() if end] == ENDS.split()
    assert DECLARATION.version == WORKFLOW_VERSION == 4
    assert [phase.name for phase in DECLARATION.phases] == ["hospital", "saps", "npa", "court"]


def test_every_stage_of_npa_and_court_can_be_that_of_a_charge() -> None:
    later = {stage.name for stage in DECLARATION.stages if stage.phase in ("npa", "court")}

    assert set(DECLARATION.charge_stages) == later | {"under_investigation"}


def test_police_prosecutors_and_hospitals_keep_to_their_rows_and_observers_write_none() -> None:
    written: dict[str, set[str]] = {}
    for move in TRANSITIONS:
        for role in move.roles:
            written.setdefault(role, set()).update(move.targets)

    assert all(written.get(role, set()).isdisjoint(ROWS_13_TO_19) for role in SAPS_ROLES)
    assert all(written.get(role, set()).isdisjoint(ROWS_6_TO_10) for role in NPA_ROLES)
    assert all(written.get(role, set()).isdisjoint({*ROWS_6_TO_10, *ROWS_13_TO_19}) for role in HEALTH_ROLES)
    assert written.keys().isdisjoint(
        {"watching_brief_official", "committee_chair", "committee_secretary", "deployment_planner"}
    )


def test_every_role_of_staff_stands_before_a_barrier() -> None:
    barred = {role for barrier in DECLARATION.barriers for role in barrier.roles}

    assert barred == set(workflow_rules.staff_roles())


def test_no_rule_and_no_feed_makes_a_move_once_the_police_have_opened_a_case() -> None:
    later = {stage.name for stage in DECLARATION.stages if stage.phase in ("npa", "court")} | {"case_opened"}
    movers = {role for move in TRANSITIONS if later & set(move.sources) for role in move.roles}

    assert movers.isdisjoint({"rule", "feed"})


def test_every_exit_of_the_law_is_on_the_road() -> None:
    assert [one.code for one in DECLARATION.exits] == EXITS.split()
    assert all(one.by and one.final and one.back for one in DECLARATION.exits)


def test_every_removal_waits_for_somebody_from_the_first_day() -> None:
    off = {move.target for move in TRANSITIONS if move.removes}

    assert off == {"withdrawn_6a", "struck_informal", "struck_342a"}
    for name in (*off, "reenrolment_requested", "refused"):
        assert workflow_rules.stage(name).owner == "removal"
    assert {workflow_rules.awaited(kind).owner for kind in ("removal_saps", "refusal")} == {"station"}
    assert {workflow_rules.awaited(kind).owner for kind in ("removal_npa", "reenrolment")} == {"npa_office"}
    assert {one.kind for one in DECLARATION.awaited[:4]} == set(removals.OWN)  # as docs/workflow.md says


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
    assert len(edges) == sum(max(1, len(move.sources)) * len(move.targets) for move in TRANSITIONS)


def test_edges_of_charges_and_cases_hold_the_declared_ones() -> None:
    edges, of_charges, of_cases = map(
        set, (workflow_rules.edges(), workflow_rules.charge_edges(), workflow_rules.case_edges())
    )

    assert of_charges < edges < of_cases
    assert ("withdraw_6a", "on_roll", "withdrawn_6a") in of_charges
    assert ("withdraw_6a", "trial", "trial") in of_cases - edges  # another accused is still on trial
    assert {move for move, _, _ in of_cases} == {move.id for move in TRANSITIONS}


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
        (workflow_rules.awaited, DeclarationError),
        (workflow_rules.transition, TransitionRefused),
    ):
        with pytest.raises(error) as caught:
            ask("8001015009087 of Someone")
        assert "8001015009087" not in str(caught.value)


def test_no_system_role_can_be_given_to_staff() -> None:
    assert {"rule", "feed"}.isdisjoint(workflow_rules.staff_roles())
    assert len(workflow_rules.staff_roles()) == 22


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
