"""One driver connection for the statements where each microsecond counts: the group commit of intake.

Made by the composition root, used by `storage.messages`. Each statement commits itself, so it must be
safe to run twice: on a connection that the server has closed it is tried once more on a fresh one.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from sqlalchemy.pool import PoolProxiedConnection

Row = tuple[Any, ...]
#: What `rows` raises where the database is away, or a lock was not got: it says nothing of the work.
Away = psycopg.OperationalError


class Direct:
    """Runs statements on a connection of its own, one at a time; `connect` makes one in autocommit."""

    def __init__(self, connect: Callable[[], PoolProxiedConnection]) -> None:
        self._connect = connect
        self._held: PoolProxiedConnection | None = None
        self._cursor: psycopg.Cursor[Row] | None = None  # making one costs as much as reading a page's rows
        self._turn = threading.Lock()

    def rows(self, statement: bytes, values: Mapping[str, Any]) -> list[Row]:
        """All rows of a statement. Raises what the driver raises; then nothing was written."""
        with self._turn:
            try:
                return self._run(statement, values)
            except psycopg.OperationalError:
                if not self._gone():
                    raise
            return self._run(statement, values)

    def another(self) -> PoolProxiedConnection:
        """One more connection of the same kind, for whoever must keep one to itself."""
        return self._connect()

    def close(self) -> None:
        """Let the connection go; the next statement makes a new one."""
        with self._turn:
            held, self._held, self._cursor = self._held, None, None
            if held is not None:
                held.close()

    def _run(self, statement: bytes, values: Mapping[str, Any]) -> list[Row]:
        if self._held is None or self._cursor is None:
            self._held = self._connect()
            connection: psycopg.Connection[Row] = self._held.driver_connection  # type: ignore[assignment]
            self._cursor = connection.cursor()
        return self._cursor.execute(statement, values).fetchall()

    def _gone(self) -> bool:
        """Whether the connection was lost; then it is let go of."""
        held = self._held
        if held is None:
            return False  # no connection could be made at all: trying again at once would not help
        if not getattr(held.driver_connection, "closed", True):
            return False
        self._held = self._cursor = None
        held.invalidate()
        return True
