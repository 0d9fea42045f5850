"""The committee's rules: how an agenda opens, who can owe it something, by when, and up which ladder that climbs."""

from datetime import UTC, date, datetime, timedelta

import pytest

from config.policy import read_policy
from hectis_flow.commands.policy import POLICY
from hectis_flow.domain.committee import CommitteeRefused, FollowUp, check_due, owner
from hectis_flow.domain.duty import HEADS, ROLE_KINDS
from hectis_flow.domain.escalation import schedule
from hectis_flow.domain.named_ladder import climb
from hectis_flow.domain.offices import ABOVE, KINDS, ROOT

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RULES = read_policy(POLICY)
STATION = [(5, "station"), (50, "cluster"), (500, "saps_province"), (5000, "committee")]
COURT = [(6, "npa_office"), (60, "chief_prosecutor"), (600, "dpp"), (5000, "committee")]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (FollowUp(done=3, late=1), "Decided 4: 3 done, 1 late."),
        (FollowUp(done=1), "Decided 1: 1 done."),
        (FollowUp(not_possible=1, reported=2, open=3), "Decided 6: 1 not possible, 2 reported, 3 open."),
        (FollowUp(), "Nothing was decided before that is still to be followed up."),
    ],
)
def test_an_agenda_opens_with_what_came_of_the_last_one(counts: FollowUp, said: str) -> None:
    assert counts.sentence == said


def test_whoever_leads_an_office_owes_what_is_wanted_of_it() -> None:
    assert owner("station", None) == "station_commander"
    assert owner("station", "detective_commander") == "detective_commander"
    assert owner("committee", None) == "committee_secretary"


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("leap", None),
        ("court", None),
        ("", None),
        ("station", "prosecutor"),
        ("committee", "committee_chair"),
        ("province_health", "auditor"),
    ],
)
def test_nobody_owes_what_they_have_no_queue_for(kind: str, role: str | None) -> None:
    with pytest.raises(CommitteeRefused) as refusal:
        owner(kind, role)
    assert refusal.value.code == "owner_unknown"


def test_a_decision_is_wanted_by_a_day_ahead_within_a_year() -> None:
    check_due(TODAY + timedelta(days=1), TODAY)
    check_due(TODAY + timedelta(days=366), TODAY)
    for day, code in ((TODAY, "due_not_ahead"), (TODAY + timedelta(days=367), "due_too_far")):
        with pytest.raises(CommitteeRefused) as refusal:
            check_due(day, TODAY)
        assert refusal.value.code == code


@pytest.mark.parametrize(
    ("role", "path", "told"),
    [
        (
            "station_commander",
            STATION,
            "0 station_commander, 1 cluster_commander, 2 provincial_saps, 4 committee_chair",
        ),
        (
            "detective_commander",
            STATION,
            "0 detective_commander, 1 station_commander, 2 cluster_commander, 3 provincial_saps, 4 committee_chair",
        ),
        (
            "prosecutor",
            COURT,
            "0 prosecutor, 1 senior_public_prosecutor, 2 chief_prosecutor, 3 dpp_office, 4 committee_chair",
        ),
        ("committee_secretary", STATION[3:], "0 committee_secretary, 4 committee_chair"),
    ],
)
def test_what_names_its_owner_climbs_by_whoever_leads_the_offices_above(
    role: str, path: list[tuple[int, str]], told: str
) -> None:
    steps = schedule(RULES, "committee_decision", NOW, wanted_by=NOW + timedelta(days=30)).steps
    rungs = climb(steps, (path[0][0], role), path, 5000)
    assert ", ".join(f"{rung.level} {rung.role}" for rung in rungs) == told
    assert rungs[0].office_id == path[0][0]
    assert [rung.due_at for rung in rungs] == sorted(rung.due_at for rung in rungs)
    assert rungs[-1].office_id == 5000


def test_every_kind_of_office_that_can_owe_something_has_a_way_up() -> None:
    for kind in KINDS:
        path, at = [], kind
        while at != ROOT:
            path.append((len(path), at))
            at = ABOVE[at]
        path.append((len(path), ROOT))
        for role in (role for role, kinds in ROLE_KINDS.items() if kind in kinds and kind in HEADS):
            steps = schedule(RULES, "gang_flag_review", NOW).steps
            levels = [rung.level for rung in climb(steps, (0, role), path, len(path) - 1)]
            assert levels == sorted(set(levels))
            assert levels[0] == 0


def test_the_warning_of_a_named_day_comes_as_long_before_it_as_the_policy_has_it() -> None:
    for days, warned in ((30, 25), (8, 4)):
        plan = schedule(RULES, "committee_decision", NOW, wanted_by=NOW + timedelta(days=days))
        assert plan.due_at == NOW + timedelta(days=days)
        assert plan.steps[0].due_at == NOW + timedelta(days=warned)
