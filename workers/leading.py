"""A candidate for the lead among the clocks, and what the one that leads does at each of its turns.

`workers.clock` makes one and has the timetable of its turns. Whoever holds the leader's lease in PostgreSQL acts, the
others stand by: the database says who, in its own time. It must not do a worker's work.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from redis import RedisError

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
from workers.context import Context
from workers.handover import hand_over, hand_over_all, hand_over_chats, hand_over_keys
from workers.pulse import Trouble, guarded
from workers.routes import UNROUTED
from workers.watchdog import Watchdog

log = structlog.get_logger(__name__)

REDIS_SECONDS = 1.5  # a frozen one is asked twice; the watchdog and the leader's lease must outlast that
RENEW_AT = 0.5  # of the lease; renewing at every tick would only write the same row over and over


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
