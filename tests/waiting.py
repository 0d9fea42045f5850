"""The one way a test waits: ask until it is so, and say what was waited for when it never was."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")

POLL_SECONDS = 0.01
PATIENCE = 60.0  # seconds after which a test gives up; nothing waits this long when all is well


def until(seen: Callable[[], Seen], what: str, *, within: float = PATIENCE) -> Seen:
    """The first true answer of `seen`; an assertion that names `what` after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        answer = seen()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"After {within:g} s: not yet {what}."
        time.sleep(POLL_SECONDS)
