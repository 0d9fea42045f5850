"""Asks a question that may hang, and stops waiting for the answer after a deadline.

`web.health` uses it, because a frozen database must not freeze the page that says so. One question is
under way at a time: who asks meanwhile waits for the same answer, so threads never pile up.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadline(Generic[T]):
    """Waits at most some seconds for an answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._pending: Future[T] | None = None

    def ask(self, question: Callable[[], T]) -> T:
        """The answer; raises what the question raises, or `TimeoutError`."""
        with self._lock:
            if self._pending is None or self._pending.done():
                self._pending = Future()
                # A daemon: a question that hangs for ever must not hold up the end of the process.
                Thread(target=_answer, args=(self._pending, question), daemon=True).start()
            pending = self._pending
        return pending.result(timeout=self._seconds)


def _answer(pending: Future[T], question: Callable[[], T]) -> None:
    try:
        pending.set_result(question())
    except Exception as fault:  # noqa: BLE001  (handed to whoever asked)
        pending.set_exception(fault)
