"""Signs of life, and words about trouble: how a process says that it runs and what it misses.

`clock`, `work` and `listen` each keep one `Pulse`. It writes to PostgreSQL from a thread of its own, so
that a long job does not look like a dead worker; `/readyz` and `/metrics` read what it wrote.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from hectis_flow.services import work
from workers.context import Context

log = structlog.get_logger(__name__)

AWAY = "away"
PATIENCE = 3.0  # seconds for a beat that is under way when the process is to end


class Trouble:
    """Says once that something is away and once that it is back, however often it is met."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._since: float | None = None
        self._cause = AWAY

    @property
    def word(self) -> str:
        """How it stands, for a heartbeat: "ok", or what was said last of why not."""
        return "ok" if self._since is None else self._cause

    def met(self, fault: BaseException, cause: str = AWAY) -> None:
        """It failed (again)."""
        self._cause = cause
        if self._since is None:
            self._since = time.monotonic()
            log.warning("trouble.begins", what=self._what, exc_info=fault)

    def over(self) -> None:
        """It works (again)."""
        if self._since is not None:
            log.warning("trouble.over", what=self._what, seconds=round(time.monotonic() - self._since, 1))
            self._since = None


def guarded(act: Callable[[], None], trouble: Trouble) -> None:
    """Act; a fault is said once, and it is tried again at the next turn."""
    try:
        act()
    except Exception as fault:  # noqa: BLE001 - a database that is away must not end the clock
        trouble.met(fault)
    else:
        trouble.over()


class Pulse:
    """Beats until stopped. `details` is asked for its figures from the pulse's own thread."""

    def __init__(self, context: Context, details: Callable[[], Mapping[str, Any]]) -> None:
        self._context = context
        self._details = details
        self._stop = threading.Event()
        self._trouble = Trouble("heartbeat")
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> "Pulse":
        """Begin to beat."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop beating and take the last sign away, so that nobody looks for a process that left."""
        self._stop.set()
        self._thread.join(PATIENCE)
        if self._thread.is_alive():  # the database hangs; a sign that grows old says so too
            return
        try:
            work.stop_beating(self._context.house, self._context.part, self._context.instance)
        except Exception as fault:  # noqa: BLE001 - whatever keeps the sign there, it only grows old
            self._trouble.met(fault)

    def _run(self) -> None:
        while True:
            self._beat()
            if self._stop.wait(self._context.settings.heartbeat_seconds):
                return

    def _beat(self) -> None:
        context = self._context
        try:
            # The key is told so that nobody retires one which a process still writes with.
            details = {**self._details(), "key": context.house.vault.active}
            work.beat(context.house, context.part, context.instance, details)
            # A key that was rotated meanwhile is to be used by processes that run for months.
            context.house.vault.refresh()
        except Exception as fault:  # noqa: BLE001 - a pulse that stops for a fault would hide a living process
            self._trouble.met(fault)
        else:
            self._trouble.over()
