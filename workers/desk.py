"""What a worker is at, and how it is told to stop.

`work` keeps one `Desk`; RQ's loop (`short_jobs`), the pulse and the signal handlers share it. After
SIGTERM the job at hand may finish for `LAST_CALL` seconds, is hurried then, and is cut off
`CLEAN_UP` seconds later. It must not know what a job does.
"""

import os
import signal
import time
from queue import SimpleQueue
from types import FrameType
from typing import Any

from rq.exceptions import StopRequested

from workers.pulse import Trouble

LAST_CALL = 20.0  # seconds; whoever runs us waits 30 before it kills
CLEAN_UP = 4.0  # seconds for the transaction to be rolled back
CUT_OFF = 1  # exit code


class Desk:
    """What this process is at, shared by its loop, its pulse and its signal handlers."""

    def __init__(self) -> None:
        self.stopping = False
        self.redis = Trouble("redis")
        self._done = 0
        self._failed = 0
        self._busy_since: float | None = None
        # The one kind of queue that a signal handler may put into while its own thread waits on it.
        self._told: SimpleQueue[None] = SimpleQueue()

    def begin(self) -> None:
        """A job is being worked on."""
        self._busy_since = time.monotonic()

    def end(self, *, well: bool) -> None:
        """The job is over."""
        self._busy_since = None
        self._done += well
        self._failed += not well

    def figures(self) -> dict[str, Any]:
        """For the heartbeat."""
        since = self._busy_since
        return {
            "state": "idle" if since is None else "busy",
            "busy_seconds": 0.0 if since is None else round(time.monotonic() - since, 1),
            "done": self._done,
            "failed": self._failed,
            "redis": self.redis.word,
        }

    def stop(self) -> None:
        """Begin nothing new."""
        self.stopping = True
        self._told.put(None)

    def interrupt(self, _order: int, _frame: FrameType | None) -> None:
        """The signal handler for as long as no queue is being listened to."""
        self.stop()
        raise StopRequested

    def last_call(self) -> None:
        """Runs in a thread of its own: hurries the job at hand, then cuts it off."""
        self._told.get()
        time.sleep(LAST_CALL)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(CLEAN_UP)
        os._exit(CUT_OFF)
