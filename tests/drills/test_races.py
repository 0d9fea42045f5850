"""An answer, the sweep and a cancelled visit on one case at one moment (the races: tests/drills/races.py)."""

import pytest
from sqlalchemy import Engine, text

from hectis_flow.services import escalation
from hectis_flow.services.house import House
from tests.drills.fixtures import Tell
from tests.drills.linear import faults
from tests.drills.races import answer, race, waiting
from tests.ladders import make_due

IN_SUITE = 500
FULL = 5_000
PLANTED = (
    ("UPDATE clock_step SET done_at = '2000-01-01' WHERE id = 1", "in the ledger"),
    (
        (
            "UPDATE clock_step SET cancelled_at = NULL, done_at = NULL "
            "WHERE id = (SELECT min(id) FROM clock_step WHERE cancelled_at IS NOT NULL)"
        ),
        "left waiting",
    ),
    (
        """
        INSERT INTO ledger_entry (case_id, seq, at, kind, actor, body, hash)
        SELECT id, ledger_seq + 1, hectis_now(), 'escalation', 'rule:clock',
               '{"clock":"referral_decision","level":1,"office":"x","role":"y","step":2}', ledger_head
        FROM "case" WHERE id = 2
        """,
        "after the case had left",
    ),
    (
        (
            "UPDATE ledger_entry SET at = '2000-01-01' WHERE (case_id, seq) IN "
            "(SELECT case_id, max(seq) FROM ledger_entry GROUP BY 1)"
        ),
        "earlier than",
    ),
    (
        (
            "INSERT INTO escalation (case_id, clock_id, level, office_id, role) "
            "SELECT case_id, min(id), 1, min(office_id), 'x' FROM clock WHERE stopped_at IS NOT NULL "
            "AND NOT EXISTS (SELECT FROM escalation e WHERE e.clock_id = clock.id) GROUP BY case_id"
        ),
        "other than its clock",
    ),
)


@pytest.mark.target("R11")
def test_no_step_fires_once_the_answer_stands_and_each_case_tells_one_story(
    house: House, clean: Engine, tell: Tell
) -> None:
    outcomes = race(house, clean, IN_SUITE)

    tell(dict(outcomes))
    assert outcomes.total() == IN_SUITE
    assert len(outcomes) > 1, "the races always ended the same way, so they raced for nothing"


def test_the_checker_sees_a_story_that_does_not_hold(house: House, clean: Engine) -> None:
    refs = waiting(house, clean, 6)
    make_due(clean, 2, where="case_id = 5")
    while escalation.sweep(house):
        pass
    for case_id, ref in refs.items():
        answer(house, case_id, ref)
    assert faults(clean) == []

    for planted, said in PLANTED:
        assert not any(said in one for one in faults(clean)), said
        with clean.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            assert connection.exec_driver_sql(planted).rowcount > 0
        found = faults(clean)
        assert any(said in one for one in found), (said, found)


@pytest.mark.drill
@pytest.mark.target("R11")
def test_5_000_races_of_answer_sweep_and_cancellation_tell_one_story_each(
    house: House, clean: Engine, tell: Tell
) -> None:
    outcomes = race(house, clean, FULL)

    tell(dict(outcomes))
    assert outcomes.total() == FULL
