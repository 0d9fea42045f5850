import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from hectis_flow.services import work
from tests.drills.fixtures import StackMaker
from tests.drills.stack import FAST, Stack
from tests.ports import kept_port
from tests.waiting import PATIENCE, until
from tests.workers.conftest import Said
from workers.clock import TIMETABLE, timetable_of
from workers.context import Context
from workers.leading import Clock
from workers.pulse import Trouble, guarded
from workers.watchdog import ROUNDS, Watchdog, patience_for


def clock_named(context: Context, name: str, **settings: object) -> Clock:
    changed = replace(context, instance=name, settings=replace(context.settings, **settings))
    return Clock(changed, Watchdog(60.0))


def pass_time(clock: Clock, engine: Engine, share: float) -> None:
    """Let this share of the leader's lease go by, as its clock and the database know it."""
    seconds = clock._settings.leader_seconds * share
    clock._lead_until -= seconds
    with engine.begin() as connection:
        statement = text(
            "UPDATE clock_leader SET lease_until = lease_until - make_interval(secs => :seconds)"
        )
        connection.execute(statement, {"seconds": seconds})


def leader_of(engine: Engine) -> str | None:
    statement = text("SELECT holder FROM clock_leader WHERE lease_until > hectis_machine_now()")
    with engine.connect() as connection:
        return connection.scalar(statement)


@pytest.mark.usefixtures("clean", "broker")
class TestLeading:
    def test_of_two_clocks_one_leads(self, context: Context) -> None:
        first, second = clock_named(context, "a"), clock_named(context, "b")

        first.tick()
        second.tick()

        assert (first.leading, second.leading) == (True, False)

    def test_the_leader_alone_draws_the_balance_of_the_day_and_once(
        self, context: Context, clean: Engine
    ) -> None:
        first, second = clock_named(context, "a"), clock_named(context, "b")
        first.tick()

        for clock in (second, first, first, second):
            clock.balance()

        with clean.connect() as connection:
            drawn = connection.execute(text("SELECT holder FROM clock_run WHERE job = 'balance'")).all()
        assert [row.holder for row in drawn] == ["a"]

    def test_a_leader_keeps_the_lead_beyond_its_first_lease(self, context: Context, clean: Engine) -> None:
        first, second = clock_named(context, "a"), clock_named(context, "b")
        first.tick()

        for _ in range(5):
            pass_time(first, clean, 0.6)
            first.tick()
            second.tick()
            assert (first.figures()["term"], second.leading) == (1, False)

    def test_another_leads_when_the_leader_falls_silent(self, context: Context) -> None:
        first, second = clock_named(context, "a", leader_seconds=0.3), clock_named(context, "b")
        first.tick()

        def second_leads() -> bool:
            second.tick()
            return second.leading

        until(second_leads, "the second leads")

        assert not first.leading
        assert second.figures()["term"] == 2

    def test_a_leader_that_resigns_is_followed_at_once(self, context: Context) -> None:
        first, second = clock_named(context, "a", leader_seconds=12.0), clock_named(context, "b")
        first.tick()

        first.resign()
        second.tick()

        assert (first.leading, second.leading) == (False, True)

    def test_a_new_leader_takes_the_window_it_comes_into(self, context: Context, clean: Engine) -> None:
        clock_named(context, "a").tick()

        with clean.connect() as connection:
            assert list(connection.scalars(text("SELECT holder FROM clock_run"))) == ["a"]

    def test_a_clock_that_stands_by_hands_nothing_over_and_seals_nothing(
        self, context: Context, clean: Engine
    ) -> None:
        clock_named(context, "a").tick()
        idle = clock_named(context, "b")

        for entry in TIMETABLE:
            entry.act(idle)

        with clean.connect() as connection:
            assert set(connection.scalars(text("SELECT holder FROM clock_run"))) == {"a"}
            assert connection.scalar(text("SELECT count(*) FROM queue_depth")) == 0


@pytest.mark.target("R9")
@pytest.mark.usefixtures("clean", "broker")
def test_a_flood_is_handed_over_again_until_a_job_is_not_full(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    waiting = {"hand_over": [5, 4, 3], "hand_over_events": [3], "hand_over_deliveries": [4, 0]}

    def stand_in(name: str) -> Callable[..., int]:
        def handed(*_: object) -> int:
            asked.append(name)
            return waiting[name].pop(0)

        return handed

    for name in waiting:
        monkeypatch.setattr(f"workers.handover.{name}", stand_in(name))
    clock = clock_named(context, "a", job_size=4, tick_seconds=60.0, leader_seconds=15.0)
    clock.tick()
    assert waiting == {"hand_over": [], "hand_over_events": [], "hand_over_deliveries": []}
    assert len(asked) == 6
    assert clock.figures()["handed_over"] == 19


def test_a_window_is_sealed_once_whoever_asks(context: Context, clean: Engine) -> None:
    longer_than_any_test = 1e11  # nor does one end in our time
    wins = [work.seal_window(context.house, longer_than_any_test, holder) for holder in ("a", "b", "a")]

    assert wins.count(True) == 1


def test_the_next_window_is_sealed_again(context: Context, clean: Engine) -> None:
    assert work.seal_window(context.house, 0.2, "a")

    assert until(lambda: work.seal_window(context.house, 0.2, "b"), "the next window is sealed")


@pytest.mark.target("R3")
def test_a_redis_that_is_away_is_said_once_and_shown_in_the_heartbeat(
    context: Context, clean: Engine, settings_without_redis: str, said: Said
) -> None:
    clock = clock_named(context, "a", redis_url=settings_without_redis)

    for _ in range(3):
        clock.tick()

    assert [line["what"] for line in said if line["event"] == "trouble.begins"] == ["redis"]
    assert clock.figures()["redis"] == "away"
    assert clock.leading


def test_a_clock_that_stands_by_sees_that_redis_is_away(
    context: Context, clean: Engine, settings_without_redis: str
) -> None:
    clock = clock_named(context, "b", redis_url=settings_without_redis)

    clock.tidy()

    assert clock.figures()["redis"] == "away"


@pytest.fixture
def settings_without_redis() -> Iterator[str]:
    with kept_port() as port:
        yield f"redis://127.0.0.1:{port}/0"


def test_a_fault_of_one_entry_is_said_once_and_ends_nothing(app: Flask, said: Said) -> None:
    def fail() -> None:
        raise ValueError("not to be quoted")

    trouble = Trouble("clock.test")

    guarded(fail, trouble)
    guarded(fail, trouble)
    guarded(lambda: None, trouble)

    assert [line["event"] for line in said] == ["trouble.begins", "trouble.over"]


def test_late_runs_fold_into_one_and_none_runs_beside_itself(context: Context) -> None:
    scheduler = timetable_of(clock_named(context, "a"), context.settings)
    scheduler.start(paused=True)

    try:
        rules = {(job.coalesce, job.max_instances, job.misfire_grace_time) for job in scheduler.get_jobs()}
        assert rules == {(True, 1, None)}
        assert len(scheduler.get_jobs()) == len(TIMETABLE)
    finally:
        scheduler.shutdown()


class TestWatchdog:
    def test_it_ends_a_process_that_has_stopped_ticking(self) -> None:
        ended = threading.Event()
        Watchdog(0.1, ended.set).start()

        assert ended.wait(PATIENCE)

    def test_it_leaves_a_process_alone_that_ticks(self) -> None:
        ended, rounds = threading.Event(), count(1)
        watchdog = Watchdog(10.0, ended.set)

        def next_round(_seconds: float) -> bool:
            number = next(rounds)
            if number % (ROUNDS - 1) == 0:
                watchdog.hear()
            return number > 10 * ROUNDS

        watchdog._stop.wait = next_round  # type: ignore[assignment, method-assign]
        watchdog._watch()

        assert not ended.is_set()

    @pytest.mark.usefixtures("clean", "broker")
    def test_a_wall_clock_set_back_is_noticed(self, context: Context) -> None:
        ended = threading.Event()
        watchdog = Watchdog(0.5, ended.set)
        clock = Clock(context, watchdog)
        scheduler = timetable_of(clock, context.settings)
        watchdog.start()
        scheduler.start()

        try:
            until(lambda: clock.leading, "it ticks")
            # What a clock set back by a day does to APScheduler: the next run is a day away.
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC) + timedelta(days=1))
            assert ended.wait(PATIENCE)
        finally:
            scheduler.shutdown()

    def test_its_patience_is_twenty_ticks_and_no_less_than_ten_seconds(self) -> None:
        assert patience_for(0.5) == 10.0
        assert patience_for(2.0) == 40.0


class TestProcess:
    @pytest.fixture
    def stack(self, make_stack: StackMaker) -> Stack:
        return make_stack({**FAST, "HECTIS_LEADER_SECONDS": "12.0"})

    def test_a_clock_told_to_stop_leaves_the_lead_and_its_heartbeat(
        self, stack: Stack, clean: Engine
    ) -> None:
        clock = stack.start("clock")
        until(lambda: leader_of(clean), "it leads")
        until(lambda: beats(clean), "its heart beats")

        clock.signal(signal.SIGTERM)

        until(lambda: not clock.alive, "it has ended")
        assert leader_of(clean) is None
        assert beats(clean) == []

    def test_the_leader_measures_the_queues(self, stack: Stack) -> None:
        stack.start("clock")

        statement = text("SELECT queue FROM queue_depth ORDER BY 1")
        with stack.look() as connection:
            assert until(lambda: list(connection.scalars(statement)), "they are measured") == [
                "deliveries",
                "messages",
                "outbox",
            ]


def beats(engine: Engine) -> list[dict[str, object]]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT details FROM heartbeat WHERE part = 'clock'")))
