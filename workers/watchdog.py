"""Ends a process whose clock has stopped ticking, so that its runner starts it again.

APScheduler reckons with the wall clock: after the machine's clock is set back by an hour it would wait
that hour. This thread counts rounds of its own monotonic wait instead. It must not share anything
with what it watches but one flag.
"""

import os
import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

ROUNDS = 10
STOPPED_TICKING = 70  # exit code


def end_process() -> None:
    """Leave without asking anybody: whatever hangs may hang in a clean-up too."""
    os._exit(STOPPED_TICKING)


def patience_for(tick_seconds: float) -> float:
    """Seconds without a tick after which a process is taken for stuck."""
    return max(10.0, 20 * tick_seconds)


class Watchdog:
    """Calls `end` when nothing was heard for `patience` seconds.

    The time is counted in rounds, so that a process which was itself stopped for a while (a paused
    machine, a debugger) has lost one round and not all of them.
    """

    def __init__(self, patience: float, end: Callable[[], None] = end_process) -> None:
        self._round = patience / ROUNDS
        self._end = end
        self._heard = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def hear(self) -> None:
        """It ticks."""
        self._heard.set()

    def stop(self) -> None:
        """Watch no longer."""
        self._stop.set()

    def _watch(self) -> None:
        silent = 0
        while not self._stop.wait(self._round):
            silent = 0 if self._heard.is_set() else silent + 1
            self._heard.clear()
            if silent >= ROUNDS:
                log.error("clock.stopped_ticking", seconds=round(self._round * ROUNDS, 1))
                self._end()
                return
