"""Silence climbs, each step once and none before its time; what cannot climb is a person's to mend."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, TextClause, text
from sqlalchemy.exc import IntegrityError

from bench.clock_rows import load
from hectis_flow.commands import escalations as command
from hectis_flow.commands import practice as practice_command
from hectis_flow.domain.casework import Actor
from hectis_flow.domain.errors import NotVisible
from hectis_flow.domain.ledger import canonical
from hectis_flow.services import casework, escalation, practice, sealing
from hectis_flow.services.house import House
from hectis_flow.storage import cases, conflicts, firing
from tests.ladders import make_due
from tests.road import roads
from tests.segments import CODED, adt
from tests.tables import one, rows, take_in
from tests.waiting import until

LIAISON = Actor("facility_liaison", None, "kh-liaison-1")
REFUSED = {"reason": "consent_refused"}
OPEN_TASKS = """
    SELECT t.kind, o.code, t.role, t.subject_id FROM task t JOIN office o ON o.id = t.office_id
    WHERE t.kind = 'mend_escalation' AND t.done_at IS NULL ORDER BY t.subject_id
"""

DUES = """
    SELECT due_at FROM clock_step UNION ALL SELECT CAST(rung ->> 'due_at' AS timestamptz)
    FROM clock, jsonb_array_elements(ladder) AS rung ORDER BY 1
"""


def waiting(house: House, engine: Engine) -> str:
    """A case that waits for a legal basis; its number."""
    take_in(house, adt("A08", "c-1", CODED, codes=["X99.4"]))
    ref: str = one(engine, 'SELECT ref FROM "case"')
    return ref


def change(engine: Engine, statement: str, **values: object) -> None:
    """What no service of ours does; no trigger speaks."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        assert connection.execute(text(statement), values).rowcount > 0


def sweep_out(house: House) -> int:
    """Sweep until nothing is left."""
    total = 0
    while count := escalation.sweep(house):
        total += count
    return total


# --- one step ------------------------------------------------------------------------------------------


def test_a_due_step_writes_its_escalation_its_ledger_entry_and_its_event_together(
    house: House, clean: Engine
) -> None:
    ref = waiting(house, clean)
    assert escalation.sweep(house) == 0
    make_due(clean)

    assert escalation.sweep(house) == 1

    told = """
        SELECT e.level, o.code, e.role, e.cleared_at, l.kind, l.actor, l.body,
               l.hash = c.ledger_head AND x.case_id = c.id AND x.at = s.done_at AND l.at = s.done_at
               AND e.raised_at = s.done_at
        FROM clock_step s JOIN escalation e ON e.clock_id = s.clock_id JOIN "case" c ON c.id = s.case_id
        JOIN office o ON o.id = e.office_id
        JOIN ledger_entry l ON l.case_id = c.id AND l.seq = c.ledger_seq
        JOIN outbox x ON x.event = 'case.escalated' AND x.subject_id = s.id
    """
    facility, role = "khayelitsha-hospital", "facility_liaison"
    body = {"clock": "referral_decision", "level": 0, "office": facility, "role": role, "step": 1}
    assert rows(clean, told) == [
        (0, facility, role, None, "escalation", "rule:clock", canonical(body), True),
    ]
    assert list(sealing.verify(house)) == []
    assert escalation.sweep(house) == 0
    (told_of,) = escalation.listing(house, facility)
    assert (told_of.ref, told_of.level, told_of.clock) == (ref, 0, "referral_decision")
    assert escalation.listing(house, after=told_of.id) == []


def test_overdue_steps_of_one_clock_fire_one_after_the_other_from_the_lowest(
    house: House, clean: Engine
) -> None:
    ref = waiting(house, clean)
    practice.age(house, ref, timedelta(days=90))

    assert escalation.sweep(house) == 5

    entries = rows(
        clean, "SELECT body::jsonb -> 'level' FROM ledger_entry WHERE kind = 'escalation' ORDER BY seq"
    )
    assert [level for (level,) in entries] == [0, 1, 2, 3, 4]
    assert rows(clean, "SELECT level, role FROM escalation") == [(4, "committee_chair")]
    events = "SELECT s.level FROM outbox o JOIN clock_step s ON s.id = o.subject_id WHERE event = 'case.escalated' ORDER BY o.id"
    assert [level for (level,) in rows(clean, events)] == [0, 1, 2, 3, 4]
    assert list(sealing.verify(house)) == []


def test_an_answer_clears_what_had_climbed_and_nothing_climbs_after_it(house: House, clean: Engine) -> None:
    ref = waiting(house, clean)
    make_due(clean, 2)
    assert escalation.sweep(house) == 2

    casework.move(house, ref, "keep_anonymous", LIAISON, REFUSED)
    change(clean, "UPDATE clock_step SET due_at = hectis_now() - interval '1 hour' WHERE step = 3")

    assert escalation.sweep(house) == 0
    assert one(clean, "SELECT cleared_at IS NOT NULL FROM escalation") is True
    assert escalation.listing(house) == []


def test_the_level_never_falls_whoever_asks(house: House, clean: Engine) -> None:
    waiting(house, clean)
    make_due(clean, 2)
    assert escalation.sweep(house) == 2

    with pytest.raises(IntegrityError, match="never falls"), clean.begin() as connection:
        connection.execute(text("UPDATE escalation SET level = 0"))
    with clean.begin() as connection:
        connection.execute(text("UPDATE escalation SET cleared_at = hectis_now()"))
    with pytest.raises(IntegrityError, match="stays cleared"), clean.begin() as connection:
        connection.execute(text("UPDATE escalation SET cleared_at = NULL"))


def test_a_lower_step_that_comes_later_does_not_lower_the_escalation(house: House, clean: Engine) -> None:
    waiting(house, clean)
    change(clean, "UPDATE clock_step SET level = 2")
    change(clean, "UPDATE clock SET ladder = jsonb_set(ladder, '{1,level}', '1')")
    make_due(clean, 2)

    assert escalation.sweep(house) == 2

    assert one(clean, "SELECT level FROM escalation") == 2


def test_a_case_that_somebody_is_moving_is_left_for_the_next_sweep(house: House, clean: Engine) -> None:
    waiting(house, clean)
    make_due(clean)

    with house.transaction() as session:
        assert cases.lock(session, 1) is not None
        assert escalation.sweep(house) == 0
    assert escalation.sweep(house) == 1


def test_a_clock_whose_case_has_left_the_stage_does_not_climb(house: House, clean: Engine) -> None:
    waiting(house, clean)
    make_due(clean)
    change(clean, "UPDATE clock SET stage = 'referred'")

    assert escalation.sweep(house) == 0


def test_what_fires_is_stamped_after_all_that_was_written_to_the_case_before_it_was_held(
    house: House, clean: Engine
) -> None:
    waiting(house, clean)
    make_due(clean)
    gate = "AND CAST(pg_advisory_xact_lock(77) AS text) = '' ORDER BY"
    gated = text(firing.firing(firing.NEXT_DUE.replace("ORDER BY", gate)))
    with clean.connect() as holder:
        holder.execute(text("SELECT pg_advisory_lock(77)"))
        sweeper = Thread(target=run_sweep, args=(clean, gated))
        sweeper.start()
        blocked = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        until(lambda: rows(clean, blocked), "the sweep has looked and not yet held")
        with house.transaction() as session:
            case = cases.lock(session, 1)
            assert case is not None
            conflicts.raise_(session, case.id, "visit_cancelled", 1, "feed:intake")
        holder.execute(text("SELECT pg_advisory_unlock(77)"))
        sweeper.join()

    told = rows(clean, "SELECT kind, at FROM ledger_entry ORDER BY seq")
    assert [kind for kind, _ in told[-2:]] == ["conflict", "escalation"]
    assert [at for _, at in told] == sorted(at for _, at in told)


def run_sweep(engine: Engine, statement: TextClause) -> None:
    with engine.begin() as connection:
        connection.execute(statement, {"limit": 10, "fallback": "wc-health-data", "benchmark": 60})


# --- moves that a rule makes -----------------------------------------------------------------------------


def test_a_case_kept_anonymous_is_closed_by_rule_when_its_time_is_over(house: House, clean: Engine) -> None:
    ref = waiting(house, clean)
    casework.move(house, ref, "keep_anonymous", LIAISON, REFUSED)
    practice.age(house, ref, timedelta(days=120))

    assert escalation.sweep(house) == 2

    newest = "SELECT to_stage, actor_role, actor, details FROM stage_transition ORDER BY version DESC LIMIT 1"
    assert rows(clean, newest) == [("closed_anonymous", "rule", "clock", {"reason": "waiting_time_over"})]
    assert rows(
        clean, "SELECT transition FROM clock_step WHERE transition IS NOT NULL AND done_at IS NOT NULL"
    ) == [("close_anonymous",)]
    assert escalation.sweep(house) == 0
    assert list(sealing.verify(house)) == []


@pytest.mark.target("R12")
def test_a_rule_that_is_refused_is_parked_with_a_task_and_tried_no_more(house: House, clean: Engine) -> None:
    ref = waiting(house, clean)
    casework.move(house, ref, "keep_anonymous", LIAISON, REFUSED)
    change(
        clean, "UPDATE clock SET ladder = jsonb_set(ladder, '{1,transition}', '\"acknowledge\"') WHERE id = 2"
    )
    make_due(clean, 2)

    assert escalation.sweep(house) == 2

    assert one(clean, 'SELECT stage FROM "case"') == "anonymous_only"
    (parked,) = rows(clean, "SELECT id, done_at FROM clock_step WHERE parked_at IS NOT NULL")
    assert rows(clean, OPEN_TASKS) == [
        ("mend_escalation", "wc-health-data", "health_data_steward", parked.id)
    ]
    assert parked.done_at is None
    assert escalation.sweep(house) == 0


# --- many, at once, late, broken --------------------------------------------------------------------------


@pytest.mark.target("R12")
def test_one_broken_step_in_a_hundred_is_parked_with_a_task_and_the_others_fire(
    house: House, clean: Engine
) -> None:
    load(clean, 400)
    change(clean, "UPDATE clock_step SET office_id = NULL WHERE step = 1 AND case_id IN (7, 107)")
    change(clean, "UPDATE clock_step SET role = NULL WHERE step = 1 AND case_id = 207")
    # The ledger of this one says other than its counter: no statement that holds it can be written.
    change(clean, 'UPDATE "case" SET ledger_seq = 0 WHERE id = 307')
    make_due(clean)

    assert sweep_out(house) == 400

    assert one(clean, "SELECT count(*) FROM clock_step WHERE done_at IS NOT NULL") == 396
    parked = rows(clean, "SELECT case_id FROM clock_step WHERE parked_at IS NOT NULL ORDER BY 1")
    assert [case_id for (case_id,) in parked] == [7, 107, 207, 307]
    asked = "SELECT t.case_id, o.kind, t.role, t.due_at - t.opened_at FROM task t JOIN office o ON o.id = t.office_id WHERE t.kind = 'mend_escalation' ORDER BY 1"
    day = timedelta(days=1)
    assert rows(clean, asked) == [
        (case_id, "saps_province", "provincial_saps", day) for case_id in (7, 107, 207, 307)
    ]
    assert escalation.sweep(house) == 0
    make_due(clean, 2, where="case_id = 7")
    assert escalation.sweep(house) == 1  # a parked rung does not bar the one above it


@pytest.mark.target("R9")
def test_four_sweeps_at_once_let_each_step_fire_once(house: House, clean: Engine) -> None:
    load(clean, 300)
    make_due(clean, 2)

    at_once([lambda: escalation.sweep(house, limit=25)] * 4)

    sweep_out(house)
    assert one(clean, "SELECT count(*) FROM outbox WHERE event = 'case.escalated'") == 600
    assert one(clean, "SELECT count(*) FROM ledger_entry WHERE kind = 'escalation'") == 600
    assert one(clean, "SELECT count(*) FROM escalation WHERE level = 1") == 300
    assert list(sealing.verify(house)) == []


def at_once(acts: list[Callable[[], object]]) -> None:
    threads = [Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.target("R10")
def test_what_fell_due_while_no_clock_ticked_fires_once_and_the_oldest_first(
    house: House, clean: Engine
) -> None:
    load(clean, 120)
    now = practice.standing(house).now
    spread = "hectis_now() + step * interval '100 minutes' + (case_id * 37 % 120) * interval '30 seconds'"
    make_due(clean, 3, at=spread)
    assert escalation.sweep(house) == 0

    practice.advance(house, now + timedelta(hours=6))
    assert sweep_out(house) == 360

    fired = rows(
        clean,
        """
        SELECT s.case_id, s.step, s.due_at FROM outbox o JOIN clock_step s ON s.id = o.subject_id
        WHERE o.event = 'case.escalated' ORDER BY o.id
        """,
    )
    assert len({(case_id, step) for case_id, step, _ in fired}) == len(fired) == 360
    for step in (1, 2, 3):
        dues = [due for _, number, due in fired if number == step]
        assert dues == sorted(dues)
    for case in range(1, 121):
        assert [step for case_id, step, _ in fired if case_id == case] == [1, 2, 3]


HOPS = [
    datetime(2055, 3, 28, 0, 59, tzinfo=UTC),  # London springs forward at 01:00 UTC
    datetime(2055, 3, 28, 1, 1, tzinfo=UTC),
    datetime(2055, 10, 31, 1, 0, tzinfo=UTC),  # and falls back
    datetime(2055, 12, 31, 21, 59, tzinfo=UTC),
    datetime(2055, 12, 31, 22, 1, tzinfo=UTC),  # the South African New Year
    datetime(2056, 1, 1, 0, 1, tzinfo=UTC),
    datetime(2056, 2, 28, 23, 59, tzinfo=UTC),
    datetime(2056, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2056, 3, 1, 0, 1, tzinfo=UTC),
    datetime(2056, 10, 15, 3, 1, tzinfo=UTC),
]
ZONES = ["UTC", "Europe/London", "America/Sao_Paulo", "Africa/Johannesburg", "Pacific/Auckland"]
AHEAD = [0, 600, -600, 86_400, -86_400]


@pytest.mark.target("R8")
def test_only_the_databases_clock_says_what_is_due_whatever_the_machine_believes(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(clean, 20 * len(HOPS))
    make_due(clean, 5, at="'2090-01-01'")
    for place, hop in enumerate(HOPS):
        # Ten clocks fall due half a minute before the hop lands, ten a minute after it.
        for offset, base in ((-30, 0), (60, 10)):
            make_due(
                clean,
                at=":due",
                where="case_id BETWEEN :first AND :last",
                due=hop + timedelta(seconds=offset),
                first=20 * place + base + 1,
                last=20 * place + base + 10,
            )
    fired = 0
    for place, hop in enumerate(HOPS):
        practice.advance(house, hop)
        with machine_believes(monkeypatch, ZONES[place % 5], AHEAD[place % 5]):
            fired += sweep_out(house)
        assert fired == 20 * place + 10, hop
    assert one(clean, "SELECT count(*) FROM outbox WHERE event = 'case.escalated'") == fired
    early = "SELECT count(*) FROM clock_step WHERE done_at < due_at"
    assert one(clean, early) == 0


def machine_believes(monkeypatch: pytest.MonkeyPatch, zone: str, ahead: float) -> ExitStack:
    """This process in another time zone, with a clock that is so many seconds wrong."""
    true = time.time
    stack = ExitStack()
    patch = stack.enter_context(monkeypatch.context())
    stack.callback(time.tzset)
    stack.callback(patch.undo)
    patch.setenv("TZ", zone)
    patch.setattr(time, "time", lambda: true() + ahead)
    time.tzset()
    return stack


# --- the commands -----------------------------------------------------------------------------------------


def test_a_case_is_aged_and_only_its_running_clock_moves(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(practice_command, "house", lambda: house)
    ref = waiting(house, clean)
    before = rows(clean, DUES)
    entered = one(clean, 'SELECT stage_entered_at FROM "case"')

    said = CliRunner().invoke(practice_command.age, [ref, "3d"])

    assert said.exit_code == 0, said.output
    assert "the next step of its clock referral_decision is due" in said.output
    after = rows(clean, DUES)
    assert [due + timedelta(days=3) for (due,) in after] == [due for (due,) in before]
    assert one(clean, 'SELECT stage_entered_at FROM "case"') == entered
    assert CliRunner().invoke(practice_command.age, [ref, "three"]).exit_code == 2
    with pytest.raises(NotVisible):
        practice.age(house, "WC-1999-000001", timedelta(days=1))


def test_no_case_of_real_work_is_ever_aged(house: House, clean: Engine) -> None:
    ref = waiting(house, clean)
    change(clean, "UPDATE deployment SET practice = false")
    try:
        with pytest.raises(practice.NotPractice):
            practice.age(house, ref, timedelta(days=1))
    finally:
        change(clean, "UPDATE deployment SET practice = true")


def test_the_list_says_where_nobody_answered(
    house: House, clean: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "house", lambda: house)
    assert "Nothing has climbed" in CliRunner().invoke(command.listing).output
    assert isinstance(CliRunner().invoke(command.listing, ["--office", "no-such"]).exception, NotVisible)
    ref = waiting(house, clean)
    make_due(clean)
    escalation.sweep(house)

    said = CliRunner().invoke(command.listing, ["--limit", "1"]).output

    assert f"{ref}  L0  told facility_liaison at khayelitsha-hospital: referral_decision" in said
    assert "add --after" in said


def test_steps_of_several_clocks_of_one_case_that_are_due_together_are_all_told(
    house: House, clean: Engine
) -> None:
    (road,) = roads(house, clean)
    road.on_roll().go("withdraw_6a", reason="docket_not_at_court", attributable_to="SAPS")
    running = one(clean, "SELECT count(*) FROM clock WHERE stopped_at IS NULL")
    assert running > 1
    change(
        clean, "UPDATE clock_step SET due_at = hectis_now() WHERE done_at IS NULL AND cancelled_at IS NULL"
    )

    assert escalation.sweep(house) == running

    done = "FROM clock_step WHERE done_at IS NOT NULL AND level IS NOT NULL"
    told = """
        SELECT count(*) FROM clock_step s JOIN outbox o ON o.event = 'case.escalated' AND o.subject_id = s.id
        JOIN escalation e ON e.clock_id = s.clock_id AND e.level >= s.level
    """
    entries = "SELECT count(*) FROM ledger_entry WHERE kind = 'escalation'"
    assert {one(clean, f"SELECT count(*) {done}"), one(clean, told), one(clean, entries)} == {running}
    assert list(sealing.verify(house)) == []
