"""Connections for reads that are one statement: each thread of the web process keeps one of its own.

Made by the composition root, used by `storage.task_queue`. No pool, no BEGIN and no COMMIT: a statement is one
round trip, planned once a connection. Each commits itself, so it must be safe to run twice: on a connection
that the server has closed it is tried once more on a fresh one. A thread's connection ends with its thread.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from hectis_flow.storage.direct import Direct, Row


class ThreadConnections:
    """Runs statements, each on the connection of the thread that asks; `make` gives a thread its own."""

    def __init__(self, make: Callable[[], Direct]) -> None:
        self._make = make
        self._own = threading.local()

    def rows(self, statement: bytes, values: Mapping[str, Any]) -> list[Row]:
        """All rows of a statement. Raises what the driver raises; then nothing was written."""
        try:
            own: Direct = self._own.direct
        except AttributeError:
            own = self._own.direct = self._make()
        return own.rows(statement, values)

    def close(self) -> None:
        """Let this thread's connection go; its next statement makes a new one."""
        own: Direct | None = getattr(self._own, "direct", None)
        if own is not None:
            own.close()
