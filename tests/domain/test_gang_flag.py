"""The gang flag: three roles, each with its own sources, for a time that ends."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hectis_flow.domain.gang_flag import SOURCES, FlagRefused, check_source, expiry, review_due
from hectis_flow.domain.workflow_rules import staff_roles

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATEST = NOW + timedelta(days=180)
ALL = {source for sources in SOURCES.values() for source in sources}


def code_of(role: str, source: str, officer: str | None = None) -> str | None:
    try:
        check_source(role, source, officer, "kh-io-1")
    except FlagRefused as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize("role", staff_roles())
def test_each_role_states_its_own_sources_and_no_others(role: str) -> None:
    officer = "kh-io-1" if role == "detective_commander" else None
    assert {source for source in ALL if code_of(role, source, officer) is None} == set(SOURCES.get(role, ()))


def test_a_docket_statement_is_the_investigating_officers() -> None:
    assert code_of("detective_commander", "docket_statement") == "officer_needed"
    assert code_of("detective_commander", "docket_statement", "kh-io-2") == "not_the_officer"
    assert code_of("prosecutor", "court_finding", "kh-io-1") == "officer_not_taken"


def test_a_flag_ends_with_the_day_that_is_named_and_at_most_when_the_policy_says() -> None:
    assert expiry(NOW, LATEST, None) == LATEST
    named = expiry(NOW, LATEST, date(2026, 12, 24))
    assert named == datetime(2026, 12, 24, 22, 0, tzinfo=UTC)
    assert expiry(NOW, LATEST, date(2027, 5, 22)) == LATEST
    for until, code in (
        (date(2026, 11, 23), "until_not_ahead"),
        (date(2027, 5, 23), "until_too_far"),
        (date.max, "until_too_far"),
    ):
        with pytest.raises(FlagRefused) as refusal:
            expiry(NOW, LATEST, until)
        assert refusal.value.code == code


def test_it_is_reviewed_before_it_ends_though_not_in_the_first_half_of_its_time() -> None:
    margin = timedelta(days=14)
    assert review_due(NOW, LATEST, margin) == LATEST - margin
    assert review_due(NOW, NOW + timedelta(days=10), margin) == NOW + timedelta(days=5)
