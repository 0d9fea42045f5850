"""The clock: one elected process that makes everything happen which no message and no person starts.

`python -m workers.clock`, as many as one likes. Each ticks; whoever holds the leader's lease in
PostgreSQL acts, the others stand by. `TIMETABLE` is the whole timetable. APScheduler only ticks: what
is due, and who may act, the database says in its own time. It must not do a worker's work.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from queue import SimpleQueue
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from redis import RedisError

from config.settings import Settings
from hectis_flow.services import (
    auditor,
    balance,
    countdown,
    digest,
    escalation,
    once,
    pacing,
    reencryption,
    rota,
    sign_in,
    tasks,
    terms,
    work,
)
from workers import queues
from workers.bell import Bell
from workers.context import Context, run_part
from workers.handover import hand_over, hand_over_all, hand_over_chats, hand_over_keys
from workers.pulse import Pulse, Trouble, guarded
from workers.routes import UNROUTED
from workers.watchdog import Watchdog, patience_for

log = structlog.get_logger(__name__)

#: A window's job is asked for this often in each window, so that a change of leader does not miss it.
ASKS_PER_WINDOW = 10
REDIS_SECONDS = 1.5  # a frozen one is asked twice; the watchdog and the leader's lease must outlast that
RENEW_AT = 0.5  # of the lease; renewing at every tick would only write the same row over and over
TEN_MINUTES = 600.0
ONE_MINUTE = 60.0
HALF_A_MINUTE = 30.0
COUNTDOWN_SECONDS = 3600.0
CHAT_TICKS = 2  # a press is answered already; what it does may take a moment


class Clock:
    """One candidate for the lead, and what it does while it leads."""

    def __init__(self, context: Context, watchdog: Watchdog) -> None:
        self._house = context.house
        self._name = context.instance
        self._settings = context.settings
        self._redis = queues.connect(context.settings.redis_url, REDIS_SECONDS)
        self._watchdog = watchdog
        self._turn = threading.Lock()  # a ring may come while a tick hands over
        self._term: int | None = None
        self._lead_until = 0.0  # monotonic; reckoned from before the lease was asked for, so never too long
        self._handed_over = 0
        self._walking_to = ""  # the key towards which everything is being moved
        self._redis_trouble = Trouble("redis")
        self._seal_trouble = Trouble("clock.first_seal")
        self._audit_trouble = Trouble("clock.first_audit")

    @property
    def leading(self) -> bool:
        """Whether the lease we were given still runs."""
        return self._term is not None and time.monotonic() < self._lead_until

    def figures(self) -> dict[str, Any]:
        """For the heartbeat."""
        return {
            "leading": self.leading,
            "term": self._term if self.leading else None,
            "handed_over": self._handed_over,
            "redis": self._redis_trouble.word,
        }

    def tick(self) -> None:
        """Take or keep the lead; while leading, hand over what is due."""
        self._watchdog.hear()
        before = self._term
        self._keep_lead()
        if not self.leading:
            return
        if self._term != before:
            # At once: where the lease is shorter than a window, no window then goes without its run.
            guarded(self.seal, self._seal_trouble)
            guarded(self.audit, self._audit_trouble)
        with self._turn, self._asking_redis():
            self._hand_over()

    def hurry(self) -> None:
        """Somebody has rung: what waits to be read is handed over now."""
        if self.leading:
            with self._turn, self._asking_redis():
                self._handed_over += hand_over(self._house, self._redis, self._settings.job_size)

    def sweep(self) -> None:
        """Let climb what nobody answered in time."""
        if self.leading:
            escalation.sweep(self._house)

    def pace(self) -> None:
        """Let come due what was held back, and take the further ways of whoever has not answered."""
        if self.leading:
            pacing.keep(self._house)

    def audit(self) -> None:
        """Look for duties that were not done; only a clean look is told to the watcher outside."""
        if self.leading and auditor.audit(self._house).clean and self._settings.heartbeat_url:
            auditor.beat_outside(self._settings.heartbeat_url)

    def balance(self) -> None:
        """Draw the balance of the day, once, when its hour has come."""
        if self.leading:
            balance.draw_due(self._house, self._name)

    def watch_rota(self) -> None:
        """Find the posts that stand empty, now or soon."""
        if self.leading:
            rota.watch(self._house)

    def count_down(self) -> None:
        """Ask for what the days in court ahead need, and let go what is over."""
        if self.leading:
            countdown.prepare(self._house)

    def keep_terms(self) -> None:
        """End gang flags whose time is over, and let decisions climb that are about no case."""
        if self.leading:
            terms.keep(self._house)

    def digests(self) -> None:
        """Plan the digests whose window has come, and let those climb that nobody has opened."""
        if self.leading:
            digest.plan(self._house)
            digest.climb(self._house)

    def take_over(self) -> None:
        """Put what leavers held back into its queue."""
        if self.leading:
            tasks.take_over(self._house)

    def hear_chats(self) -> None:
        """Let be done what was pressed in a chat, and cards there be drawn anew."""
        if self.leading:
            with self._asking_redis():
                self._handed_over += hand_over_chats(self._house, self._redis, self._settings.job_size)

    def rekey(self) -> None:
        """Let what an older key locks be brought to the active one."""
        if not self.leading:
            return
        if self._walking_to != (active := self._house.vault.active):
            reencryption.begin(self._house)
            self._walking_to = active
        with self._asking_redis():
            hand_over_keys(self._house, self._redis)

    def seal(self) -> None:
        """Seal the ledger, once in a window."""
        if self.leading:
            work.seal_window(self._house, self._settings.seal_seconds, self._name)

    def tidy(self) -> None:
        """Measure the queues and close the events that nobody listens to.

        A clock that stands by looks after Redis here, so that every clock's heartbeat tells the same.
        """
        if self.leading:
            work.close_unrouted_events(self._house, UNROUTED)
            work.measure_queues(self._house)
        else:
            with self._asking_redis():
                self._redis.ping()

    def forget(self) -> None:
        """Drop what only old windows needed."""
        if self.leading:
            work.forget_old_runs(self._house)
            once.forget_old_keys(self._house)
            sign_in.forget_old_tries(self._house)

    def resign(self) -> None:
        """Leave the lead to another at once."""
        self._lead_until = 0.0
        work.resign(self._house, self._name)

    def _hand_over(self) -> None:
        size, seconds = self._settings.job_size, self._settings.tick_seconds
        for handed in hand_over_all(self._house, self._redis, size, seconds):
            self._handed_over += handed
            if not self.leading:
                return

    @contextmanager
    def _asking_redis(self) -> Iterator[None]:
        try:
            yield
        except RedisError as fault:
            self._redis_trouble.met(fault, queues.cause_of(fault))
        else:
            self._redis_trouble.over()

    def _keep_lead(self) -> None:
        asked = time.monotonic()
        lease = self._settings.leader_seconds
        if asked < self._lead_until - lease * RENEW_AT:
            return
        term = work.lead(self._house, self._name, lease)
        self._lead_until = asked + lease if term is not None else 0.0
        if term is not None and term != self._term:
            log.info("clock.leads", term=term)
        self._term = term


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timetable: what, and every how many seconds."""

    name: str
    act: Callable[[Clock], None]
    every: Callable[[Settings], float]


TIMETABLE = (
    Entry("tick", Clock.tick, lambda settings: settings.tick_seconds),
    Entry("rekey", Clock.rekey, lambda settings: settings.tick_seconds),
    Entry("hear_chats", Clock.hear_chats, lambda settings: settings.tick_seconds * CHAT_TICKS),
    Entry("sweep", Clock.sweep, lambda settings: settings.tick_seconds),
    Entry("pace", Clock.pace, lambda settings: settings.tick_seconds),
    Entry("audit", Clock.audit, lambda settings: settings.audit_seconds),
    Entry("balance", Clock.balance, lambda _: ONE_MINUTE),
    Entry("watch_rota", Clock.watch_rota, lambda _: TEN_MINUTES),
    Entry("count_down", Clock.count_down, lambda _: COUNTDOWN_SECONDS),
    Entry("keep_terms", Clock.keep_terms, lambda _: TEN_MINUTES),
    Entry("digests", Clock.digests, lambda _: HALF_A_MINUTE),
    Entry("take_over", Clock.take_over, lambda _: HALF_A_MINUTE),
    Entry("seal", Clock.seal, lambda settings: settings.seal_seconds / ASKS_PER_WINDOW),
    Entry("tidy", Clock.tidy, lambda settings: settings.heartbeat_seconds),
    Entry("forget", Clock.forget, lambda _: TEN_MINUTES),
)


def timetable_of(clock: Clock, settings: Settings) -> BackgroundScheduler:
    """A scheduler that runs the timetable: late runs fold into one, no entry runs beside itself."""
    # It warns whenever a run takes longer than its interval, which `max_instances` already settles.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    rules = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=rules)
    for entry in TIMETABLE:
        scheduler.add_job(
            partial(guarded, partial(entry.act, clock), Trouble(f"clock.{entry.name}")),
            "interval",
            seconds=entry.every(settings),
            next_run_time=datetime.now(UTC),
        )
    return scheduler


def keep_time(context: Context) -> int:
    """Tick until told to stop, then leave the lead to another."""
    # The one kind of queue that a signal handler may put into while its own thread waits on it.
    told: SimpleQueue[int] = SimpleQueue()
    for order in (signal.SIGTERM, signal.SIGINT):
        signal.signal(order, lambda number, _: told.put(number))
    watchdog = Watchdog(patience_for(context.settings.tick_seconds))
    clock = Clock(context, watchdog)
    scheduler = timetable_of(clock, context.settings)
    watchdog.start()
    scheduler.start()
    pulse = Pulse(context, clock.figures).start()
    bell = Bell(context.house, clock.hurry).start()
    told.get()
    bell.stop()
    watchdog.stop()
    scheduler.shutdown()
    guarded(clock.resign, Trouble("clock.resign"))
    pulse.stop()
    return 0


if __name__ == "__main__":
    sys.exit(run_part("clock", keep_time))
