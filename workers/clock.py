"""The clock: one elected process that makes everything happen which no message and no person starts.

`python -m workers.clock`, as many as one likes. Each ticks; the one that leads acts (`workers.leading`).
`TIMETABLE` is the whole timetable. APScheduler only ticks: what is due, and who may act, the database says
in its own time.
"""

import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from queue import SimpleQueue

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]

from config.settings import Settings
from workers.bell import Bell
from workers.context import Context, run_part
from workers.leading import Clock
from workers.pulse import Pulse, Trouble, guarded
from workers.watchdog import Watchdog, patience_for

#: A window's job is asked for this often in each window, so that a change of leader does not miss it.
ASKS_PER_WINDOW = 10
TEN_MINUTES = 600.0
ONE_MINUTE = 60.0
HALF_A_MINUTE = 30.0
COUNTDOWN_SECONDS = 3600.0
CHAT_TICKS = 2  # a press is answered already; what it does may take a moment


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
